#ifndef SHARE_FILTER_H
#define SHARE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"
#include "protocol/state.h"

/*
 * What of a daemon's real-time messages one guest of its management session hears: what it has
 * asked for, and nothing that it may not see.  Pure.
 */

/* How far a guest is in a block of >CLIENT or >UPDOWN. */
enum filter_block {
    FILTER_OUTSIDE, /* it gets a block from its first line on, or not at all */
    FILTER_PEER,    /* what the client says of itself comes first, and passes each env-filter */
    FILTER_INSIDE
};

/* What one guest wants and may; zeroed it is a new guest's. */
struct filter {
    bool state; /* these three: the real-time messages of the command of that name */
    bool log;
    bool echo;
    unsigned bytecount;  /* seconds between two >BYTECOUNT; 0: none */
    int env_filter;      /* what the command of that name says */
    bool sees_clients;   /* passwords of clients that log in, and their responses */
    bool sees_passwords; /* tokens and addresses that take the place of a password */
    enum filter_block block;
};

/*
 * Whether a line that the daemon said by itself goes to the guest; to be asked of every such line,
 * in order.  wire is the daemon's own bytecount interval in seconds, now a time in seconds that
 * only grows: of an interval of the guest's the first `wire` seconds pass.
 */
bool filter_passes(struct filter *filter, const struct message *message, unsigned wire,
                   int64_t now);

/* Whether a line of the answer to `log N` or `log all` does. */
bool filter_passes_listed(const struct filter *filter, struct slice line);

/* The guest's flag that `state`, `log` or `echo` turns; NULL for another word. */
bool *filter_flag(struct filter *filter, const char *verb);

#endif
