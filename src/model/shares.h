#ifndef MODEL_SHARES_H
#define MODEL_SHARES_H

#include <stddef.h>
#include <stdint.h>

#include "model/rows.h"

struct instance;

/*
 * The sockets at which others share the one management session of a daemon, and these guests.  Who
 * serves them adds and removes the rows, keeps a pointer to each as long as it is there, and counts
 * in it; texts are changed by the functions below alone.
 */

/* Streams of real-time messages that a guest has asked for, a bit each. */
enum guest_stream {
    GUEST_STATE = 1 << 0,
    GUEST_LOG = 1 << 1,
    GUEST_ECHO = 1 << 2,
    GUEST_BYTECOUNT = 1 << 3
};

/* A share.  Texts are clean and owned, NULL is empty. */
struct share_row {
    struct row_base base; /* index: grows with each that is added */
    char *endpoint;       /* as it is configured */
    unsigned allow;       /* of enum permission; this and the next two by shares_configure() */
    char *allow_text;     /* its words */
    uint32_t guests_max;
    uint32_t guests;          /* that are there: of shares.c alone */
    uint32_t connects;        /* that were let in */
    uint32_t refused;         /* that were not: too many, no contact, a wrong password */
    uint32_t commands;        /* that were run */
    uint32_t denied;          /* that were not allowed */
    uint32_t dropped;         /* guests that did not read */
    char *last_denied;        /* the name of the last command that was not allowed */
    int64_t last_denied_unix; /* seconds since 1970, 0 when there was none */
    int64_t opened_unix;
};

/* A guest. */
struct guest_row {
    struct row_base base; /* index: grows with each that comes, of all shares of the daemon */
    struct share_row *share;
    char *peer;         /* who it is: `uid 1000 pid 4711`, or an address */
    int64_t since_unix; /* seconds since 1970 */
    unsigned streams;   /* of enum guest_stream */
    uint32_t commands;
    char *last_command; /* without secrets */
};

/* Embedded in the instance, and zeroed. */
struct shares {
    struct rows list;   /* struct share_row */
    struct rows guests; /* struct guest_row */
};

/* These return NULL when memory is out.  A guest that has come is counted in its share. */
struct share_row *shares_add(struct instance *instance, const char *endpoint);
struct guest_row *shares_guest_came(struct instance *instance, struct share_row *share,
                                    const char *peer);

/* A configuration holds from now on; allow has bits of enum permission. */
void shares_configure(struct share_row *share, unsigned allow, uint32_t guests_max);

/* Free the row; of a share the rows of its guests too. */
void shares_guest_left(struct instance *instance, struct guest_row *guest);
void shares_remove(struct instance *instance, struct share_row *share);

/* A guest's command is run: counted for it and its share. shown holds no secrets. */
void shares_commanded(struct guest_row *guest, const char *shown);

/* A guest's command was not allowed; name is the daemon's word for it. */
void shares_denied(struct guest_row *guest, const char *name);

/* The row with the first index behind that one; NULL at the end. */
struct share_row *shares_after(const struct instance *instance, uint32_t index);
struct guest_row *shares_guest_after(const struct instance *instance, uint32_t index);

/* Frees all rows. */
void shares_fini(struct shares *shares);

#endif
