#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One-shot timers on the clock of base/clock.h.  The event loop asks timers_next() how long it may
 * sleep and calls timers_run() when it wakes; a test moves its clock and calls timers_run() itself.
 * (libevent's own timers cannot be given a clock.)
 */

/* Embedded in its owner, who must stop it before the memory goes away. */
struct timer {
    void (*fire)(void *arg);
    void *arg;
    int64_t due;    /* clock_mono() at which it fires */
    uint64_t order; /* of the starts; of those that are due together the first fires first */
    bool armed;

    /* Of the heap of all that are armed. */
    struct timer *child;
    struct timer *sibling;
    struct timer *before; /* the sibling before it, or the one above it */
};

/* Prepares a timer; it is not armed. */
void timer_init(struct timer *timer, void (*fire)(void *arg), void *arg);

/* Arms it to fire once, delay milliseconds from now; an armed timer is moved. */
void timer_start(struct timer *timer, int64_t delay);

/* Disarms it; harmless when it is not armed. */
void timer_stop(struct timer *timer);

/* Milliseconds until the next timer is due: 0 when one is overdue, -1 when none is armed. */
int64_t timers_next(void);

/*
 * Fires all that are due now, in the order of their times.  A timer that is armed meanwhile, by one
 * that fires, waits for the next call, however short its delay.  A function that fires may free
 * what its timer is embedded in.
 */
void timers_run(void);

#endif
