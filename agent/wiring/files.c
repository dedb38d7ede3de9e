#include "agent/wiring/files.h"

#include <stdint.h>
#include <sys/resource.h>

#include "base/log.h"
#include "connection/transport.h"

/* Kept for all else; of a limit that is not twice as high, one half. */
enum { KEPT = 64 };

static struct {
    rlim_t limit;
    size_t daemons; /* so many have room */
} self = {.daemons = SIZE_MAX};

void files_start(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    self.limit = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        self.limit = limit.rlim_cur;
    if (self.limit == RLIM_INFINITY)
        return;
    self.daemons = self.limit - (self.limit / 2 < KEPT ? self.limit / 2 : KEPT);
    transport_limit(self.daemons);
}

void files_check(size_t daemons)
{
    if (daemons > self.daemons)
        log_warning("%zu daemons are configured, and %zu can be connected: no more than %llu files "
                    "may be open (LimitNOFILE)",
                    daemons, self.daemons, (unsigned long long)self.limit);
}
