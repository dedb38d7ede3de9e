#ifndef MODEL_REASONS_H
#define MODEL_REASONS_H

#include <stdint.h>

#include "protocol/address.h"
#include "protocol/state.h"

/*
 * What a server's log says of logins that fail, by the address that the client connects from: the
 * last ones, as many as anybody may cause in some seconds.  A line is taken only where no name in
 * it can have forged the address.  Prepared by {0}; owns its texts.
 */
enum { REASONS_MAX = 64 };

struct reasons {
    struct reason {
        struct address from;
        int64_t time; /* seconds since 1970, the daemon's clock */
        char *text;   /* clean, without secrets */
    } list[REASONS_MAX];
    unsigned next; /* the oldest */
};

void reasons_fini(struct reasons *reasons);

/* A line of the log. */
void reasons_log_told(struct reasons *reasons, const struct log_line *line);

/*
 * What was said of the client with that address that has been there since then, in seconds since
 * 1970.  NULL when nothing was, or it may have been said of another.  Valid until the next line.
 */
const char *reasons_find(const struct reasons *reasons, const struct address *from, int64_t since);

#endif
