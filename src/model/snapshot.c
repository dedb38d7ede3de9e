#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/instance.h"

/* What a status says of a route in force. */
struct route_news {
    int64_t last_ref;
    struct client *client;
    struct route *changed; /* as it will be, where it has another name */
    bool cached;
};

void snapshot_begin(struct snapshot *snapshot, struct instance *instance, bool plain)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->instance = instance;
    snapshot->plain = plain;
}

static void begin_server(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;

    if (snapshot->gathering)
        return;
    snapshot->server = true;
    snapshot->gathering = true;
    snapshot->route_count = instance->routes.count;
    gather_begin(&snapshot->routes, &instance->routes, instance->route_max);
    snapshot->news = calloc(snapshot->route_count + 1, sizeof(*snapshot->news));
    snapshot->failed =
        !census_begin(&snapshot->clients, instance, snapshot->plain) || !snapshot->news;
}

static bool keep_route(struct snapshot *snapshot, struct route *route,
                       const struct status_route *row, struct client *client)
{
    struct route *changed = NULL;

    if (!gather_keep(&snapshot->routes, &snapshot->instance->routes, route))
        return false;
    if (!text_is(route->common_name, ADMIN_MAX, row->common_name)) {
        changed = route_new(row->address, row->common_name);
        snapshot->routes.failed |= !changed;
    }
    snapshot->news[route->base.position] =
        (struct route_news){row->last_ref, client, changed, row->cached};
    return true;
}

static bool start_route(struct snapshot *snapshot, const struct status_route *row,
                        struct client *client)
{
    struct route *route = route_new(row->address, row->common_name);

    snapshot->routes.failed |= !route;
    if (!route)
        return false;
    route->cached = row->cached;
    route->last_ref = row->last_ref;
    route->client = client;
    if (gather_add(&snapshot->routes, &snapshot->instance->routes, &route_rows, route))
        return true;
    route_free(route);
    return false;
}

static struct route *find_route(const struct snapshot *snapshot, struct slice address)
{
    const struct row_key key = route_key(&address);

    return gather_find(&snapshot->routes, &snapshot->instance->routes, &key);
}

/* As it is kept. */
static struct route *find_clean_route(const struct snapshot *snapshot, struct slice address)
{
    char clean[ADMIN_MAX + 1];

    text_clean(clean, ADMIN_MAX, address);
    return find_route(snapshot, slice_of(clean));
}

static bool add_route(struct snapshot *snapshot, const struct status_route *row)
{
    struct client *client;
    struct route *route;
    bool taken;

    if (!snapshot->gathering || snapshot->failed)
        return false;
    client = census_find(&snapshot->clients, row);
    route = find_route(snapshot, row->address); /* most are clean */
    if (!route)
        route = find_clean_route(snapshot, row->address);
    taken = route ? keep_route(snapshot, route, row, client) : start_route(snapshot, row, client);
    if (taken && client)
        census_route(&snapshot->clients, client, row);
    return taken;
}

static bool add_client(struct snapshot *snapshot, const struct status_client *row)
{
    return snapshot->gathering && !snapshot->failed && census_add(&snapshot->clients, row);
}

void snapshot_row(struct snapshot *snapshot, const struct status_row *row)
{
    bool taken = true;

    switch (row->kind) {
    case STATUS_SERVER:
        begin_server(snapshot);
        break;
    case STATUS_TUNNEL:
        snapshot->tunnel = true;
        break;
    case STATUS_CLIENT:
        taken = add_client(snapshot, &row->client);
        break;
    case STATUS_ROUTE:
        taken = snapshot->instance->route_max == 0 || add_route(snapshot, &row->route);
        break;
    case STATUS_NUMBER:
        if (row->number < STATUS_OTHER_NUMBER) {
            snapshot->numbers[row->number] = row->value;
            snapshot->told[row->number] = true;
        }
        break;
    case STATUS_BAD:
        taken = false;
        break;
    case STATUS_OTHER:
    case STATUS_TIME:
    case STATUS_END:
        break;
    }
    snapshot->dropped += !taken;
}

/*
 * The rows that are pending.  Of those that the agent found there without an address it is not
 * known which are through, but how many.
 */
static uint32_t count_pending(const struct snapshot *snapshot)
{
    const struct instance *instance = snapshot->instance;
    uint32_t pending = snapshot->clients.pending;
    size_t count = instance->clients.count;
    size_t rest = count > instance->client_total ? count - instance->client_total : 0;

    return snapshot->dropped == 0 && !snapshot->cut && rest < pending ? (uint32_t)rest : pending;
}

/* Most often it is the last. */
static uint32_t last_dated(const struct instance *instance)
{
    for (size_t i = instance->clients.count; i-- > 0;)
        if (((struct client *)instance->clients.list[i])->since > 0)
            return instance->clients.list[i]->index;
    return 0;
}

/* Clients have their numbers now. */
static uint32_t index_of_client(const struct instance *instance, const struct client *client)
{
    return client && !client->ambiguous && rows_has(&instance->clients, client) ? client->base.index
                                                                                : 0;
}

static void take_route_change(struct route *route, struct route *changed)
{
    char *address = route->address;

    route->address = changed->address;
    route->common_name = changed->common_name;
    changed->address = address;
    route_free(changed);
}

/* One that stands behind a cut stays as it is. */
static void route_kept(void *arg, void *row, size_t before)
{
    struct snapshot *snapshot = arg;
    struct route_news *news = &snapshot->news[before];
    struct route *route = row;

    if (!gather_has(&snapshot->routes, route))
        return;
    route->last_ref = news->last_ref;
    route->cached = news->cached;
    route->client_index = index_of_client(snapshot->instance, news->client);
    if (news->changed)
        take_route_change(route, news->changed);
    news->changed = NULL;
}

static bool commit_routes(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    struct gathered outcome;

    if (!gather_commit(&snapshot->routes, &instance->routes, &route_rows, route_kept, snapshot,
                       &outcome))
        return false;
    for (size_t i = outcome.fresh; i < instance->routes.count; i++) {
        struct route *route = (struct route *)instance->routes.list[i];

        route->client_index = index_of_client(instance, route->client);
    }
    rows_bury(&outcome.ended, &route_rows);
    return true;
}

/* False when memory was out, or the tables have changed under it: the old rows stay. */
static bool commit_server(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    bool whole = !snapshot->cut && snapshot->dropped == 0;

    instance->mode = MODE_SERVER;
    if (!snapshot->gathering || snapshot->failed || snapshot->routes.failed ||
        snapshot->clients.gather.failed || !census_commit(&snapshot->clients, whole))
        return false;
    instance->clients_known |= !snapshot->cut;
    instance->pending_clients = count_pending(snapshot);
    instance->anonymous = instance->dialect.client_ids ? snapshot->clients.anonymous : 0;
    users_settle(&instance->users, &instance->clients);
    instance->client_dated = last_dated(instance);
    snapshot->cut |= !commit_routes(snapshot); /* the clients are in force by now */
    return true;
}

static void commit_tunnel(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;

    /* The status is alike; a peer with a static key goes straight to CONNECTED. */
    if (instance->course.client)
        instance->mode = MODE_CLIENT;
    else if (instance->course.peer || instance->state.state == STATE_CONNECTED)
        instance->mode = MODE_PEER_TO_PEER;
    if (snapshot->numbers[STATUS_LINK_READ] < instance->link_read ||
        snapshot->numbers[STATUS_LINK_WRITE] < instance->link_write)
        instance->tunnel_mono = clock_mono();
    instance->tun_read = snapshot->numbers[STATUS_TUN_READ];
    instance->tun_write = snapshot->numbers[STATUS_TUN_WRITE];
    instance->link_read = snapshot->numbers[STATUS_LINK_READ];
    instance->link_write = snapshot->numbers[STATUS_LINK_WRITE];
    instance->auth_read = snapshot->numbers[STATUS_AUTH_READ];
}

static void commit_queue(const struct snapshot *snapshot)
{
    uint64_t longest = snapshot->numbers[STATUS_BCAST_QUEUE];

    if (snapshot->told[STATUS_BCAST_QUEUE])
        snapshot->instance->bcast_queue_max = longest < UINT32_MAX ? (uint32_t)longest : UINT32_MAX;
}

/* A server has no counters of a tunnel; what stands behind a cut was told before. */
static void note_told(const struct snapshot *snapshot)
{
    const unsigned of_server = 1u << STATUS_BCAST_QUEUE | 1u << STATUS_DCO;
    struct instance *instance = snapshot->instance;
    unsigned told = 0;

    for (unsigned number = 0; number < STATUS_OTHER_NUMBER; number++)
        told |= (unsigned)snapshot->told[number] << number;
    instance->numbers_told = snapshot->server ? (instance->numbers_told | told) & of_server : told;
}

bool snapshot_commit(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    bool whole;

    if (snapshot->told[STATUS_DCO])
        instance_set_dco(instance, snapshot->numbers[STATUS_DCO] != 0);
    if (snapshot->server && !commit_server(snapshot)) {
        instance->status_complete = TRUTH_FALSE;
        snapshot_abort(snapshot);
        return false;
    }
    if (!snapshot->server && snapshot->tunnel)
        commit_tunnel(snapshot);
    commit_queue(snapshot);
    note_told(snapshot);
    instance->rows_dropped += snapshot->dropped;
    instance->status_mono = clock_mono();
    instance->status_seen |= !snapshot->cut;
    if (instance->status_seen)
        users_heard(&instance->users);
    instance->status_unix = clock_wall();
    whole = snapshot->dropped == 0 && !snapshot->plain && !snapshot->cut &&
            (snapshot->server || snapshot->tunnel);
    instance->status_complete = whole ? TRUTH_TRUE : TRUTH_FALSE;
    snapshot_abort(snapshot);
    return true;
}

bool snapshot_commit_cut(struct snapshot *snapshot)
{
    bool server = snapshot->server;

    snapshot->cut = true;
    snapshot->clients.gather.partial = snapshot->routes.partial = true;
    if (server)
        snapshot_commit(snapshot);
    else
        snapshot_abort(snapshot);
    snapshot->instance->status_complete = TRUTH_FALSE;
    return server;
}

void snapshot_abort(struct snapshot *snapshot)
{
    census_end(&snapshot->clients);
    gather_abort(&snapshot->routes, &route_rows);
    for (size_t i = 0; snapshot->news && i < snapshot->route_count; i++)
        route_free(snapshot->news[i].changed);
    free(snapshot->news);
    snapshot->news = NULL;
    snapshot->gathering = false;
}
