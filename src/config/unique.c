#include "config/unique.h"

#include <search.h>
#include <stddef.h>
#include <string.h>

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

/* A unix socket has a path, any other a host. */
static int compare_endpoints(const void *a, const void *b)
{
    const struct endpoint *one = &((const struct instance_config *)a)->management;
    const struct endpoint *other = &((const struct instance_config *)b)->management;

    if (!one->path != !other->path)
        return one->path ? -1 : 1;
    if (one->path)
        return strcmp(one->path, other->path);
    if (one->port != other->port)
        return one->port < other->port ? -1 : 1;
    return strcmp(one->host, other->host);
}

static bool add(void **tree, const struct instance_config *instance,
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
    return (!instance->name || add(&unique->names, instance, compare_names, &found->name)) &&
           (instance->index == 0 ||
            add(&unique->indexes, instance, compare_indexes, &found->index)) &&
           (!instance->management.text ||
            add(&unique->endpoints, instance, compare_endpoints, &found->endpoint));
}

static void leave(void *instance)
{
    (void)instance;
}

void unique_fini(struct unique *unique)
{
    tdestroy(unique->names, leave);
    tdestroy(unique->indexes, leave);
    tdestroy(unique->endpoints, leave);
    *unique = (struct unique){0};
}
