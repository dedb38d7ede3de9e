#include "base/timers.h"

#include <assert.h>
#include <stddef.h>

#include "base/clock.h"

/* A pairing heap: each is due no later than those below it. */
static struct timer *root;
static struct timer *later; /* what is armed by those that fire: for the next round */
static bool firing;
static uint64_t started;

void timer_init(struct timer *timer, void (*fire)(void *arg), void *arg)
{
    assert(fire);
    *timer = (struct timer){.fire = fire, .arg = arg};
}

static bool is_sooner(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

/* Makes one heap of two, of which either may be NULL; neither has siblings. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    struct timer *top = !b || (a && is_sooner(a, b)) ? a : b;
    struct timer *below = top == a ? b : a;

    if (!below)
        return top;
    below->sibling = top->child;
    below->before = top;
    if (top->child)
        top->child->before = below;
    top->child = below;
    return top;
}

/* Makes one heap of siblings: in pairs first, which keeps heaps flat. */
static struct timer *meld_all(struct timer *first)
{
    struct timer *pairs = NULL;
    struct timer *all = NULL;
    struct timer *next;

    for (; first; first = next) {
        struct timer *second = first->sibling;
        struct timer *pair;

        next = second ? second->sibling : NULL;
        first->sibling = NULL;
        if (second)
            second->sibling = NULL;
        pair = meld(first, second);
        pair->sibling = pairs;
        pairs = pair;
    }
    for (; pairs; pairs = next) {
        next = pairs->sibling;
        pairs->sibling = NULL;
        all = meld(all, pairs);
    }
    return all;
}

void timer_start(struct timer *timer, int64_t delay)
{
    assert(timer->fire);
    timer_stop(timer);
    timer->due = clock_mono() + delay;
    timer->order = ++started;
    timer->armed = true;
    if (firing)
        later = meld(later, timer);
    else
        root = meld(root, timer);
}

/* Puts what was below a timer in its place. */
static void replace(struct timer *timer, struct timer *below)
{
    struct timer *next = below ? below : timer->sibling;

    if (timer->before->child == timer)
        timer->before->child = next;
    else
        timer->before->sibling = next;
    if (below) {
        below->before = timer->before;
        below->sibling = timer->sibling;
    }
    if (timer->sibling)
        timer->sibling->before = below ? below : timer->before;
}

void timer_stop(struct timer *timer)
{
    struct timer *below;

    if (!timer->armed)
        return;
    below = meld_all(timer->child);
    if (timer == root)
        root = below;
    else if (timer == later)
        later = below;
    else
        replace(timer, below);
    timer->child = timer->sibling = timer->before = NULL;
    timer->armed = false;
}

int64_t timers_next(void)
{
    int64_t left;

    if (!root)
        return -1;
    left = root->due - clock_mono();
    return left > 0 ? left : 0;
}

void timers_run(void)
{
    int64_t now = clock_mono();

    firing = true;
    while (root && root->due <= now) {
        struct timer *timer = root;

        timer_stop(timer);
        timer->fire(timer->arg);
    }
    firing = false;
    root = meld(root, later);
    later = NULL;
}
