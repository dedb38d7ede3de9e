#include "model/event.h"

#include <assert.h>
#include <stddef.h>

#include "base/clock.h"

static struct observer *observers;

void observer_add(struct observer *observer)
{
    struct observer **at = &observers;

    assert(observer->told);
    while (*at)
        at = &(*at)->next;
    observer->next = NULL;
    *at = observer;
}

void observer_remove(struct observer *observer)
{
    struct observer **at = &observers;

    while (*at && *at != observer)
        at = &(*at)->next;
    if (*at)
        *at = observer->next;
}

void event_tell(enum event_kind kind, const struct instance *instance, uint32_t row,
                const void *what)
{
    event_tell_reason(kind, instance, row, what, NULL);
}

void event_tell_reason(enum event_kind kind, const struct instance *instance, uint32_t row,
                       const void *what, const char *reason)
{
    struct event event = {
        .kind = kind,
        .instance = instance,
        .unix_time = clock_wall(),
        .mono = clock_mono(),
        .row = row,
        .what = what,
        .reason = reason,
    };

    assert(kind < EVENT_KINDS);
    assert(instance);
    for (struct observer *observer = observers; observer; observer = observer->next)
        observer->told(observer->arg, &event);
}
