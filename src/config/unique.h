#ifndef CONFIG_UNIQUE_H
#define CONFIG_UNIQUE_H

#include <stdbool.h>

#include "config/config.h"

/*
 * Finds what two instances have in common, in a time that does not grow with the square of their
 * number.
 */
struct unique {
    void *names;
    void *indexes;
    void *endpoints;
};

/* Another that was there before, of each kind; NULL when there is none. */
struct unique_found {
    const struct instance_config *name;
    const struct instance_config *index;
    const struct instance_config *endpoint;
};

/*
 * Takes an instance, which must stay where and as it is until unique_fini(), and tells which one
 * was the first with the same values.  What it does not have (NULL, 0) is compared with nothing. An
 * empty struct unique is zeroed.  Returns false when memory is out.
 */
bool unique_add(struct unique *unique, const struct instance_config *instance,
                struct unique_found *found);

/* Forgets all instances. */
void unique_fini(struct unique *unique);

#endif
