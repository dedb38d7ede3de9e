#ifndef MODEL_ROUTES_H
#define MODEL_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "model/rows.h"

struct client;
struct instance;

/* A route of the daemon's table; its identity is the address. */
enum route_kind { ROUTE_UNKNOWN = 1, ROUTE_IPV4, ROUTE_IPV6, ROUTE_MAC };

struct route {
    struct row_base base;
    enum route_kind kind;
    bool cached;
    char *address; /* text with prefix, and the memory of both */
    char *common_name;
    union {
        struct client *client; /* while it gathers */
        uint32_t client_index; /* 0 when none, or more than one, has its name and real address */
    };
    int64_t last_ref; /* seconds since 1970, 0 when not told */
};

/* A new one of these texts, clean or not; NULL when memory is out. */
struct route *route_new(struct slice address, struct slice common_name);
void route_free(void *route);

/* How the route with that clean address is looked for. */
struct row_key route_key(const struct slice *address);
extern const struct rows_type route_rows;

/* The row with that index, or the first with a greater one; NULL when there is none to be seen. */
struct route *routes_at(const struct instance *instance, uint32_t index);
struct route *routes_after(const struct instance *instance, uint32_t index);

#endif
