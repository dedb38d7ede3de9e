#include "base/timers.h"

#include <stddef.h>

#include "base/clock.h"

/* Sorted by due; the number of timers is a few for each instance. */
static struct timer *queue;

void timer_init(struct timer *timer, void (*fire)(void *arg), void *arg)
{
    *timer = (struct timer){.fire = fire, .arg = arg};
}

void timer_start(struct timer *timer, int64_t delay)
{
    struct timer **at = &queue;

    timer_stop(timer);
    timer->due = clock_mono() + delay;
    while (*at && (*at)->due <= timer->due)
        at = &(*at)->next;
    timer->next = *at;
    timer->armed = true;
    *at = timer;
}

void timer_stop(struct timer *timer)
{
    struct timer **at = &queue;

    if (!timer->armed)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->armed = false;
}

int64_t timers_next(void)
{
    int64_t left;

    if (!queue)
        return -1;
    left = queue->due - clock_mono();
    return left > 0 ? left : 0;
}

void timers_run(void)
{
    int64_t now = clock_mono();
    int fires = 0;

    for (struct timer *timer = queue; timer && timer->due <= now; timer = timer->next)
        fires++;
    /* Counted first: a timer that restarts itself with no delay must not keep the loop here. */
    while (fires-- > 0 && queue && queue->due <= now) {
        struct timer *timer = queue;

        timer_stop(timer);
        timer->fire(timer->arg);
    }
}
