#ifndef PROTOCOL_REPLY_H
#define PROTOCOL_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Reads `NAME=N`, the text of a SUCCESS reply: "pid". */
bool reply_number(struct slice text, const char *name, int64_t *out)
    __attribute__((warn_unused_result));

/* `load-stats`: clients whose set-up has finished, link bytes since the daemon started. */
struct load_stats {
    uint64_t clients;
    uint64_t bytes_in;
    uint64_t bytes_out;
};

/* Reads `nclients=N,bytesin=B,bytesout=B`, nothing more and nothing less. */
bool reply_load_stats(struct slice text, struct load_stats *out);

/*
 * Whether `SUCCESS: text` can be the reply to the command line: a query repeats what it was asked
 * for.  True for all commands that are no such query.
 */
bool reply_fits(const char *line, struct slice text);

/*
 * Bytes of the longest reply that is believed to end: a status of as many rows as are kept, or the
 * longest history that a daemon may reasonably have.
 */
uint64_t reply_max(uint64_t rows);

#endif
