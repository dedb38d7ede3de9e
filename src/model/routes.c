#include "model/routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/instance.h"

static int compare_routes(const void *left, const void *right)
{
    const struct route *a = left;
    const struct route *b = right;
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    if (order == 0)
        order = strcmp(text_or_empty(a->address), text_or_empty(b->address));
    if (order == 0)
        order = (a->base.twin > b->base.twin) - (a->base.twin < b->base.twin);
    return order;
}

void route_free(void *row)
{
    struct route *route = row;

    if (!route)
        return;
    free(route->address);
    free(route->common_name);
    free(route);
}

const struct rows_type route_rows = {compare_routes, route_free};

struct route *routes_at(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_at(&instance->routes, index) : NULL;
}

struct route *routes_after(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_after(&instance->routes, index) : NULL;
}
