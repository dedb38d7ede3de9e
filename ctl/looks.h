#ifndef CTL_LOOKS_H
#define CTL_LOOKS_H

#include "ctl/remote.h"
#include "ctl/verdict.h"

/* What the plugin can look at. */

struct question {
    const char *daemon; /* NULL for all */
    const char *user;
    const char *state; /* a file that keeps counters until the next look, NULL for none */
    bool percent;      /* thresholds are of the most that there can be */
    struct thresholds thresholds;
};

struct look {
    const char *name;
    const char *summary;
    const char *thresholds; /* what they are of, for people */
    struct thresholds usual;
    bool (*run)(struct remote *remote, const struct question *question, struct verdict *verdict,
                struct fault *fault);
};

/* The look of that place, NULL behind the last one. */
const struct look *looks_at(size_t place);

const struct look *looks_find(const char *name);

#endif
