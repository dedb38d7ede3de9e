#include "agent/wiring/files.h"

#include <stdint.h>
#include <sys/resource.h>

#include "base/log.h"
#include "config/config.h"
#include "connection/transport.h"

/* Kept for all else; of a limit that is not twice as high, one half. */
enum { KEPT = 64 };

static struct {
    rlim_t limit;   /* 0: not known */
    size_t daemons; /* so many have room */
} self = {.daemons = SIZE_MAX};

static void leave_room(rlim_t kept)
{
    if (self.limit == 0)
        return;
    self.daemons = self.limit - (self.limit / 2 < kept ? self.limit / 2 : kept);
    transport_limit(self.daemons);
}

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
        self.limit = 0;
    leave_room(KEPT);
}

/* Shares listen, and have guests; so does the agent where a daemon connects to it. */
static size_t count_listening_files(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->count; i++) {
        count += config->instances[i].management.listen;
        for (size_t j = 0; j < config->instances[i].share_count; j++)
            count += 1 + config->instances[i].shares[j].guests;
    }
    return count;
}

void files_check(const struct config *config)
{
    size_t daemons = config->count;

    leave_room(KEPT + count_listening_files(config));
    if (daemons > self.daemons)
        log_warning("%zu daemons are configured, and %zu can be connected: no more than %llu files "
                    "may be open (LimitNOFILE)",
                    daemons, self.daemons, (unsigned long long)self.limit);
}
