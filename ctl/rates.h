#ifndef CTL_RATES_H
#define CTL_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/grid.h"

/*
 * How fast counters grow, from readings one after the other.  Where a daemon tells its numbers at
 * times of its own, a rate is what was counted between two of those over the time between them, and
 * stays until the next; readings in between change nothing.
 */

struct rate {
    unsigned long index[ROW_INDEX_MAX];
    int64_t when; /* of the counters, seconds */
    int64_t in;
    int64_t out;
    int64_t rate_in; /* bytes in a second; -1: not known yet */
    int64_t rate_out;
};

/* Zero bytes are an empty one. */
struct rates {
    struct rate *rate; /* one for each row of the last reading, in its order */
    size_t count;
};

void rates_fini(struct rates *rates);

/*
 * Takes a reading: rows sorted by index, in and out the places of the counters, and when(row,
 * context) the time that they are of.  Returns false when memory is out; the rates
 * stay as they were.
 */
bool rates_take(struct rates *rates, const struct grid *rows, size_t in, size_t out,
                int64_t (*when)(const struct row *row, const void *context), const void *context);

/* Both directions together, -1 when not known. */
int64_t rates_both(const struct rate *rate);

#endif
