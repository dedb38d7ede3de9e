#include "model/routes.h"

#include <stdlib.h>

#include "base/text.h"
#include "model/instance.h"
#include "protocol/address.h"

static uint32_t hash_route(const void *row)
{
    const struct route *route = row;

    return hash_text(route->address);
}

static bool is_same_route(const void *left, const void *right)
{
    const struct route *a = left;
    const struct route *b = right;

    return text_equal(a->address, b->address);
}

static bool leads_to(const void *row, const void *arg)
{
    const struct route *route = row;
    const struct slice *address = arg;

    return slice_is(*address, route->address);
}

struct row_key route_key(const struct slice *address)
{
    return (struct row_key){hash_bytes(address->at, address->len), leads_to, address};
}

static enum route_kind kind_of(struct slice address)
{
    struct slice host = slice_cut(&address, '/');
    uint8_t bytes[16];

    if (address_parse_ip(host, ADDRESS_IPV4, bytes))
        return ROUTE_IPV4;
    if (address_parse_ip(host, ADDRESS_IPV6, bytes))
        return ROUTE_IPV6;
    /* aa:bb:cc:dd:ee:ff, since 2.5 with @vlan */
    if (host.len >= 17 && host.at[2] == ':' && host.at[14] == ':')
        return ROUTE_MAC;
    return ROUTE_UNKNOWN;
}

struct route *route_new(struct slice address, struct slice common_name)
{
    struct route *route = calloc(1, sizeof(*route));
    const struct text_part parts[] = {{route ? &route->address : NULL, address},
                                      {route ? &route->common_name : NULL, common_name}};

    char *texts = NULL; /* the address is never empty, and stands first */

    if (!route || !text_pack(&texts, ADMIN_MAX, parts, sizeof(parts) / sizeof(parts[0]))) {
        free(route);
        return NULL;
    }
    route->kind = kind_of(address);
    return route;
}

void route_free(void *row)
{
    struct route *route = row;

    if (!route)
        return;
    free(route->address);
    free(route);
}

const struct rows_type route_rows = {hash_route, is_same_route, route_free};

struct route *routes_at(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_at(&instance->routes, index) : NULL;
}

struct route *routes_after(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_after(&instance->routes, index) : NULL;
}
