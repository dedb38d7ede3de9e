#include "model/certificates.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/event.h"
#include "model/instance.h"

enum { DAY = 86400 };

/* The system's clock may be set meanwhile, so nothing waits longer than an hour. */
enum { LOOK_AGAIN = 3600 };

struct certificate *certificates_add(struct certificates *certificates)
{
    struct certificate *list;

    if (certificates->count >= CERTIFICATES_MAX)
        return NULL;
    list = realloc(certificates->list, (certificates->count + 1) * sizeof(*list));
    if (!list)
        return NULL;
    certificates->list = list;
    list += certificates->count++;
    *list = (struct certificate){.told = CERTIFICATE_UNTOLD};
    return list;
}

void certificates_fini(struct certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        free(certificates->list[i].subject);
        free(certificates->list[i].serial);
        free(certificates->list[i].source);
    }
    free(certificates->list);
    *certificates = (struct certificates){0};
}

int64_t certificate_seconds_left(const struct certificate *certificate)
{
    return certificate->not_after - clock_wall();
}

/* The fewest of the listed days that it has no more than; 0 when it has ended. */
static int days_passed(const struct instance *instance, int64_t left)
{
    int days = left <= 0 ? 0 : CERTIFICATE_UNTOLD;

    for (size_t i = 0; i < instance->expiry_day_count; i++)
        if (left <= (int64_t)instance->expiry_days[i] * DAY && instance->expiry_days[i] < days)
            days = instance->expiry_days[i];
    return days;
}

/* Seconds until the next of the days comes; LOOK_AGAIN at most. */
static int64_t until_next(const struct instance *instance, int64_t left)
{
    int64_t next = left > 0 && left < LOOK_AGAIN ? left : LOOK_AGAIN;

    for (size_t i = 0; i < instance->expiry_day_count; i++) {
        int64_t until = left - (int64_t)instance->expiry_days[i] * DAY;

        if (until > 0 && until < next)
            next = until;
    }
    return next;
}

static void on_expiry_timer(void *arg)
{
    certificates_check(arg);
}

void certificates_check(struct instance *instance)
{
    struct certificates *certificates = &instance->certificates;
    int64_t next = LOOK_AGAIN;

    timer_stop(&instance->expiry_timer);
    for (size_t i = 0; i < certificates->count; i++) {
        struct certificate *certificate = &certificates->list[i];
        int64_t left = certificate_seconds_left(certificate);
        int days = days_passed(instance, left);
        int64_t until = until_next(instance, left);

        if (certificate->not_after == 0)
            continue;
        if (until < next)
            next = until;
        if (days >= certificate->told)
            continue;
        certificate->told = days;
        event_tell(EVENT_CERTIFICATE_EXPIRES, instance, (uint32_t)i + 1, certificate);
    }
    if (certificates->count == 0)
        return;
    timer_init(&instance->expiry_timer, on_expiry_timer, instance);
    timer_start(&instance->expiry_timer, next * 1000);
}

static bool same_certificate(const struct certificate *a, const struct certificate *b)
{
    return a->role == b->role && a->not_before == b->not_before && a->not_after == b->not_after &&
           text_equal(a->serial, b->serial) && text_equal(a->subject, b->subject);
}

void certificates_replace(struct instance *instance, struct certificates *certificates)
{
    const struct certificates *old = &instance->certificates;

    for (size_t i = 0; i < certificates->count; i++)
        for (size_t j = 0; j < old->count; j++)
            if (same_certificate(&certificates->list[i], &old->list[j]))
                certificates->list[i].told = old->list[j].told;
    certificates_fini(&instance->certificates);
    instance->certificates = *certificates;
    *certificates = (struct certificates){0};
    certificates_check(instance);
}
