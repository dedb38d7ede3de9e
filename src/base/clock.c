#include "base/clock.h"

#include <time.h>

static int64_t system_mono(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

/* What has been counted, and clock_mono() since when it goes on; -1 while it does not. */
static int64_t idle;
static int64_t idle_since = -1;

static int64_t system_idle(void)
{
    return idle;
}

static const struct clock_source system_clock = {system_mono, system_wall, system_idle};
static const struct clock_source *current = &system_clock;

void clock_use(const struct clock_source *source)
{
    current = source ? source : &system_clock;
}

int64_t clock_mono(void)
{
    return current->mono();
}

int64_t clock_wall(void)
{
    return current->wall();
}

int64_t clock_idle(void)
{
    return current->idle();
}

void clock_idle_begin(void)
{
    idle_since = clock_mono();
}

void clock_idle_end(void)
{
    if (idle_since >= 0)
        idle += clock_mono() - idle_since;
    idle_since = -1;
}
