#ifndef MODEL_CERTIFICATES_H
#define MODEL_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct instance;

/* Certificates and revocation lists kept of a daemon; the rest is left out, and that is told. */
#define CERTIFICATES_MAX 1000

/* What the daemon uses it for; numbers of the MIB. */
enum certificate_role {
    CERTIFICATE_CA = 1,
    CERTIFICATE_OWN,
    CERTIFICATE_CRL, /* a revocation list */
    CERTIFICATE_EXTRA
};

/* Texts are clean and owned, NULL is empty. */
struct certificate {
    enum certificate_role role;
    char *subject;
    char *serial;
    char *source;       /* where it was found */
    int64_t not_before; /* seconds since 1970, 0 when not known */
    int64_t not_after;  /* likewise */
    int told; /* EVENT_CERTIFICATE_EXPIRES was told for so many days; CERTIFICATE_UNTOLD */
};

#define CERTIFICATE_UNTOLD INT32_MAX

struct certificates {
    struct certificate *list;
    size_t count;
};

/*
 * Adds one without texts at the end, for the caller to fill in.  NULL when there are as many as are
 * kept, or memory is out.
 */
struct certificate *certificates_add(struct certificates *certificates);

/* Frees what is in it; then it is as new. */
void certificates_fini(struct certificates *certificates);

/*
 * What a daemon uses is now this, which is taken; *certificates is empty then.  Of one that was
 * there before it is known what was told.  EVENT_CERTIFICATE_EXPIRES for each of which as many days
 * are left as the configuration lists (instance->expiry_days) or none is: once for each number of
 * days, and where several have passed since somebody looked, for the smallest.
 */
void certificates_replace(struct instance *instance, struct certificates *certificates);

/* Looks again, as after a change of the days. */
void certificates_check(struct instance *instance);

/* Seconds until it ends, negative when it has; only where not_after is known. */
int64_t certificate_seconds_left(const struct certificate *certificate);

#endif
