#include "config/unique.h"

#include <search.h>
#include <stddef.h>
#include <string.h>

#include "config/endpoint.h"

static int compare_names(const void *a, const void *b)
{
    const struct instance_config *one = a;
    const struct instance_config *other = b;

    return strcmp(one->name, other->name);
}

static int compare_indexes(const void *a, const void *b)
{
    const struct instance_config *one = a;
    const struct instance_config *other = b;

    return (one->index > other->index) - (one->index < other->index);
}

static int compare_endpoints(const void *a, const void *b)
{
    return endpoint_compare(&((const struct instance_config *)a)->management,
                            &((const struct instance_config *)b)->management);
}

static bool enter(void **tree, const struct instance_config *instance,
                  int (*compare)(const void *, const void *), const struct instance_config **found)
{
    const struct instance_config *const *node = tsearch(instance, tree, compare);

    if (!node)
        return false;
    *found = *node == instance ? NULL : *node;
    return true;
}

bool unique_add(struct unique *unique, const struct instance_config *instance,
                struct unique_found *found)
{
    *found = (struct unique_found){0};
    return (!instance->name || enter(&unique->names, instance, compare_names, &found->name)) &&
           (instance->index == 0 ||
            enter(&unique->indexes, instance, compare_indexes, &found->index)) &&
           (!instance->management.text ||
            enter(&unique->endpoints, instance, compare_endpoints, &found->endpoint));
}

static void leave_entry(void *instance)
{
    (void)instance;
}

void unique_fini(struct unique *unique)
{
    tdestroy(unique->names, leave_entry);
    tdestroy(unique->indexes, leave_entry);
    tdestroy(unique->endpoints, leave_entry);
    *unique = (struct unique){0};
}
