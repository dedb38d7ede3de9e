#include "base/timers.h"

#include <stddef.h>

#include "base/clock.h"

/* Sorted by due; the number of timers is a few for each instance. */
static struct timer *queue;

/* Of timers_run(): a timer that is armed in a round is not fired in it. */
static uint64_t round_now;

void timer_init(struct timer *timer, void (*fire)(void *arg), void *arg)
{
    *timer = (struct timer){.fire = fire, .arg = arg};
}

void timer_start(struct timer *timer, int64_t delay)
{
    struct timer **at = &queue;

    timer_stop(timer);
    timer->due = clock_mono() + delay;
    timer->round = round_now;
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

static struct timer *first_due(int64_t now)
{
    struct timer *timer = queue;

    while (timer && timer->due <= now && timer->round == round_now)
        timer = timer->next;
    return timer && timer->due <= now ? timer : NULL;
}

void timers_run(void)
{
    int64_t now = clock_mono();
    struct timer *timer;

    round_now++;
    while ((timer = first_due(now))) {
        timer_stop(timer);
        timer->fire(timer->arg);
    }
}
