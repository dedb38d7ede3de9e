#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/*
 * The one source of time.  Everything that waits or stamps asks here, so that a test can let two
 * minutes pass in no time.
 */

/* What a clock answers; all functions are required. */
struct clock_source {
    int64_t (*mono)(void); /* milliseconds since some fixed moment, never backwards */
    int64_t (*wall)(void); /* seconds since 1970-01-01 00:00 UTC */
    int64_t (*idle)(void); /* clock_idle() */
};

/* Replaces the system's clock; NULL puts it back.  The source must outlive its use. */
void clock_use(const struct clock_source *source);

/* Milliseconds of the monotonic clock: for intervals and deadlines. */
int64_t clock_mono(void);

/* Seconds since 1970: for what people read. */
int64_t clock_wall(void);

/*
 * Milliseconds that this process has waited for something to do, so that what others said in them
 * was taken at once: for judging how long they take.
 */
int64_t clock_idle(void);

/* It begins to wait, and has something to do.  Each may be called twice. */
void clock_idle_begin(void);
void clock_idle_end(void);

#endif
