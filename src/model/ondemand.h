#ifndef MODEL_ONDEMAND_H
#define MODEL_ONDEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * What is read only when a manager asks for it: the reply of `net`, and the certificates of
 * pkcs11-id-count and pkcs11-id-get.
 */

/* Lines and certificates kept at most; the rest is dropped. */
#define NET_LINES_MAX 2000
#define PKCS11_MAX    200

/* The longest certificate, in bytes of base64: more than a line of the daemon can hold. */
#define PKCS11_BLOB_MAX 16384

struct net_lines {
    char **lines; /* clean texts, owned */
    size_t count;
    bool failed;     /* memory was out for some */
    int64_t updated; /* seconds since 1970, 0 never */
};

struct pkcs11_certificate {
    char *id;   /* clean text, owned */
    char *blob; /* bytes as given, owned */
    size_t blob_len;
    bool truncated; /* the daemon, or a bound, has cut it */
};

struct pkcs11_list {
    struct pkcs11_certificate *certificates;
    size_t count;
    bool failed;     /* memory was out for some, or for a part of one */
    int told;        /* how many the daemon says there are, -1 when it has not */
    int64_t updated; /* seconds since 1970, 0 never */
};

/*
 * Adds a line, or a certificate.  What is over the bound is left out, and so is what there is no
 * memory for, which `failed` tells.
 */
void net_lines_add(struct net_lines *net, struct slice line);
void pkcs11_list_add(struct pkcs11_list *list, struct slice id, struct slice blob, bool truncated);

/* Frees what is in it; then it is as new. */
void net_lines_fini(struct net_lines *net);
void pkcs11_list_fini(struct pkcs11_list *list);

/* Puts a newly read one in the place of the old, which is freed; the new one is empty then. */
void net_lines_replace(struct net_lines *old, struct net_lines *read);
void pkcs11_list_replace(struct pkcs11_list *old, struct pkcs11_list *read);

#endif
