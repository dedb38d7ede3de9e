#include "model/snapshot.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/event.h"
#include "model/instance.h"

static void keep_tree_nodes(void *node)
{
    (void)node; /* the clients belong to their rows */
}

void snapshot_begin(struct snapshot *snapshot, struct instance *instance, bool plain)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->instance = instance;
    snapshot->plain = plain;
}

static bool list_known(struct snapshot *snapshot)
{
    const struct instance *instance = snapshot->instance;

    return (!snapshot->plain && instance->anonymous == 0) ||
           known_init(&snapshot->known, &instance->clients);
}

static void begin_server(struct snapshot *snapshot)
{
    if (snapshot->gathering)
        return;
    snapshot->server = snapshot->failed = true;
    if (!list_known(snapshot))
        return;
    if (!gather_begin(&snapshot->clients, &snapshot->instance->clients,
                      snapshot->instance->client_max))
        return;
    if (!gather_begin(&snapshot->routes, &snapshot->instance->routes,
                      snapshot->instance->route_max)) {
        gather_abort(&snapshot->clients, &client_rows);
        return;
    }
    snapshot->gathering = true;
    snapshot->failed = false;
}

static bool fill_client(struct client *client, const struct status_client *row)
{
    bool good = text_set(&client->who.common_name, ADMIN_MAX, row->common_name) &&
                text_set(&client->who.username, ADMIN_MAX, row->username) &&
                text_set(&client->who.real_text, ADMIN_MAX, row->real_address) &&
                text_set(&client->cipher, ADMIN_MAX, row->cipher);

    address_parse(row->real_address, &client->who.real);
    client->who.tunnel = address_parse_tunnel(row->virtual_ipv4, row->virtual_ipv6);
    client->bytes_in = row->bytes_in;
    client->bytes_out = row->bytes_out;
    client->since = row->since;
    client->cid = row->cid;
    client->peer_id = row->peer_id;
    client->seen_mono = clock_mono();
    client->pending = !client->who.tunnel.has_ipv4 && !client->who.tunnel.has_ipv6;
    return good;
}

static void note_address(struct snapshot *snapshot, struct client *client)
{
    void **node = tsearch(client, &snapshot->addresses, known_compare);

    snapshot->failed |= !node;
    if (node && *node != client)
        ((struct client *)*node)->ambiguous = true;
}

/* A row that its client id does not find, or that has none. */
static void identify(struct snapshot *snapshot, struct client *client)
{
    struct instance *instance = snapshot->instance;
    struct client *old;

    /* Where rows have come or gone since it began it comes to nothing. */
    if (!snapshot->known.list || instance->clients.count != snapshot->clients.base ||
        instance->clients.last_index != snapshot->clients.last_index)
        return;
    if (!snapshot->plain && rows_find(&instance->clients, &client_rows, client))
        return;
    old = known_find(&snapshot->known, &snapshot->clients, client);
    if (old && snapshot->plain)
        snapshot->failed |= !known_complete(client, old);
    else if (old)
        clients_adopt(instance, old, client->cid, client->since);
}

static bool add_client(struct snapshot *snapshot, const struct status_client *row)
{
    const struct instance *instance = snapshot->instance;
    struct client *client;

    if (!snapshot->gathering)
        return false;
    client = calloc(1, sizeof(*client));
    if (!client || !fill_client(client, row)) {
        snapshot->failed = true;
        client_free(client);
        return false;
    }
    identify(snapshot, client);
    if (!gather_add(&snapshot->clients, &instance->clients, &client_rows, client)) {
        client_free(client);
        return false;
    }
    note_address(snapshot, client);
    return true;
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

static struct client *client_of(struct snapshot *snapshot, const struct status_route *row)
{
    struct client key = {0};
    void **node = NULL;

    if (text_set(&key.who.common_name, ADMIN_MAX, row->common_name) &&
        text_set(&key.who.real_text, ADMIN_MAX, row->real_address))
        node = tfind(&key, (void *const *)&snapshot->addresses, known_compare);
    else
        snapshot->failed = true;
    free(key.who.common_name);
    free(key.who.real_text);
    return node ? *node : NULL;
}

/* The first host route of a client whose row has no address is its own. */
static void take_address(struct client *client, const struct status_route *row)
{
    struct tunnel_addresses *tunnel = &client->who.tunnel;

    if (row->cached || client->ambiguous)
        return;
    if (!tunnel->has_ipv4)
        tunnel->has_ipv4 = address_parse_ip(row->address, ADDRESS_IPV4, tunnel->ipv4);
    if (!tunnel->has_ipv6)
        tunnel->has_ipv6 = address_parse_ip(row->address, ADDRESS_IPV6, tunnel->ipv6);
    client->pending &= !tunnel->has_ipv4 && !tunnel->has_ipv6;
}

static bool add_route(struct snapshot *snapshot, const struct status_route *row)
{
    const struct instance *instance = snapshot->instance;
    struct route *route;

    if (!snapshot->gathering)
        return false;
    route = calloc(1, sizeof(*route));
    if (!route || !text_set(&route->address, ADMIN_MAX, row->address) ||
        !text_set(&route->common_name, ADMIN_MAX, row->common_name)) {
        snapshot->failed = true;
        route_free(route);
        return false;
    }
    route->kind = kind_of(row->address);
    route->cached = row->cached;
    route->last_ref = row->last_ref;
    route->client = client_of(snapshot, row);
    if (!gather_add(&snapshot->routes, &instance->routes, &route_rows, route)) {
        route_free(route);
        return false;
    }
    if (route->client && route->client->last_ref < route->last_ref)
        route->client->last_ref = route->last_ref;
    if (snapshot->plain && route->client)
        take_address(route->client, row);
    return true;
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
 * A daemon with client ids tells of each that comes through: who has no address and is settled by
 * their number alone has been there all along.
 */
static bool is_news(const struct instance *instance, const struct client *client)
{
    return client->who.tunnel.has_ipv4 || client->who.tunnel.has_ipv6 ||
           !instance->dialect.client_ids;
}

/* What only the block has told of it. */
static void keep_address(struct address *address, const struct address *old)
{
    if (address->family != old->family ||
        memcmp(address->bytes, old->bytes, address_bytes(address)) != 0)
        return;
    if (address->port == 0)
        address->port = old->port;
    if (address->proto == PROTO_UNKNOWN && address->port == old->port)
        address->proto = old->proto;
}

static void client_kept(void *arg, void *row, void *old_row)
{
    struct instance *instance = arg;
    struct client *client = row;
    struct client *old = old_row;

    if (client == old) { /* it stays */
        client->unconfirmed = true;
        if (client->peer)
            rows_select(&instance->peers, client);
        return;
    }
    client->peer = old->peer;
    old->peer = NULL;
    if (client->peer)
        rows_select(&instance->peers, client); /* the list has room for those of the old rows */
    keep_address(&client->who.real, &old->who.real);
    if (client->bytes_in >= old->bytes_in && client->bytes_out >= old->bytes_out)
        client->seen_mono = old->seen_mono;
    instance_count_client(instance, client, old);
    users_keep(client, old);
    if (!old->pending)
        client->pending = false;
    clients_see(instance, client);
    if (old->pending && !client->pending && is_news(instance, client))
        clients_come(instance, client);
}

/* Who is there when the agent comes to know the daemon is no news. */
static void client_started(void *arg, void *row)
{
    struct instance *instance = arg;
    struct client *client = row;

    instance_count_client(instance, client, NULL);
    clients_see(instance, client);
    if (!client->pending && instance->clients_known)
        clients_come(instance, client);
}

static void client_ended(void *arg, void *row)
{
    clients_end(arg, row);
}

/* Clients have their numbers now. */
static void link_routes(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->routes.next.count; i++) {
        struct route *route = (struct route *)snapshot->routes.next.list[i];

        if (route->client && !route->client->ambiguous)
            route->client_index = route->client->base.index;
        route->client = NULL;
    }
}

/* All are through, where the daemon counts as many. */
static void settle(struct snapshot *snapshot)
{
    struct rows *rows = &snapshot->clients.next;

    if (snapshot->cut || snapshot->dropped > 0 || snapshot->instance->client_total < rows->count)
        return;
    for (size_t i = 0; i < rows->count; i++)
        ((struct client *)rows->list[i])->pending = false;
}

/*
 * The rows that are pending.  Of those that the agent found there without an address it is not
 * known which are through, but how many.
 */
static uint32_t count_pending(const struct snapshot *snapshot)
{
    const struct instance *instance = snapshot->instance;
    uint32_t pending = clients_pending(instance);
    size_t count = instance->clients.count;
    size_t rest = count > instance->client_total ? count - instance->client_total : 0;

    return snapshot->dropped == 0 && !snapshot->cut && rest < pending ? (uint32_t)rest : pending;
}

static uint32_t count_anonymous(const struct instance *instance)
{
    uint32_t count = 0;

    for (size_t i = 0; i < instance->clients.count && instance->dialect.client_ids; i++)
        count += ((struct client *)instance->clients.list[i])->cid < 0;
    return count;
}

/* Most often it is the last. */
static uint32_t last_dated(const struct instance *instance)
{
    for (size_t i = instance->clients.count; i-- > 0;)
        if (((struct client *)instance->clients.list[i])->since > 0)
            return instance->clients.list[i]->index;
    return 0;
}

/* The peers are found anew among the clients, by client_kept(). */
static bool commit_clients(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    struct gather_visitor visitor = {client_kept, client_ended, client_started, instance};
    size_t peers = instance->peers.count;

    instance->peers.count = 0;
    if (gather_commit(&snapshot->clients, &instance->clients, &client_rows, &visitor))
        return true;
    instance->peers.count = peers;
    return false;
}

/* False when memory was out, or the tables have changed under it: the old rows stay. */
static bool commit_server(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    struct gather_visitor nobody = {NULL, NULL, NULL, NULL};

    instance->mode = MODE_SERVER;
    if (snapshot->failed || snapshot->routes.failed || !snapshot->gathering)
        return false;
    snapshot->gathering = false;
    settle(snapshot);
    if (!commit_clients(snapshot)) {
        gather_abort(&snapshot->routes, &route_rows);
        return false;
    }
    instance->clients_known |= !snapshot->cut;
    instance->pending_clients = count_pending(snapshot);
    instance->anonymous = count_anonymous(instance);
    users_settle(&instance->users, &instance->clients);
    instance->client_dated = last_dated(instance);
    link_routes(snapshot);
    return gather_commit(&snapshot->routes, &instance->routes, &route_rows, &nobody);
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
    instance->numbers_told =
        snapshot->server ? (instance->numbers_told | told) & of_server : told;
}

bool snapshot_commit(struct snapshot *snapshot)
{
    struct instance *instance = snapshot->instance;
    bool whole = snapshot->dropped == 0 && !snapshot->plain && !snapshot->cut &&
                 (snapshot->server || snapshot->tunnel);

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
    instance->status_complete = whole ? TRUTH_TRUE : TRUTH_FALSE;
    snapshot_abort(snapshot);
    return true;
}

bool snapshot_commit_cut(struct snapshot *snapshot)
{
    bool server = snapshot->server;

    snapshot->cut = true;
    snapshot->clients.partial = snapshot->routes.partial = true;
    if (server)
        snapshot_commit(snapshot);
    else
        snapshot_abort(snapshot);
    snapshot->instance->status_complete = TRUTH_FALSE;
    return server;
}

void snapshot_abort(struct snapshot *snapshot)
{
    if (snapshot->gathering) {
        gather_abort(&snapshot->clients, &client_rows);
        gather_abort(&snapshot->routes, &route_rows);
    }
    known_fini(&snapshot->known);
    tdestroy(snapshot->addresses, keep_tree_nodes);
    snapshot->addresses = NULL;
    snapshot->gathering = false;
}
