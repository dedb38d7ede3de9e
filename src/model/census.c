#include "model/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/instance.h"

/* What a status says of a client in force. */
struct client_news {
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t last_ref;
    struct client *changed; /* it as it will be, at its position, where more than this is new */
    struct client *look;    /* itself, when it was changed or may have come through */
    bool waited;            /* was pending */
};

bool census_begin(struct census *census, struct instance *instance, bool plain)
{
    *census =
        (struct census){.instance = instance, .plain = plain, .count = instance->clients.count};
    gather_begin(&census->gather, &instance->clients, instance->client_max);
    census->news = calloc(census->count + 1, sizeof(*census->news));
    return census->news && hash_reserve(&census->found, census->count) &&
           ((!plain && instance->anonymous == 0) || known_init(&census->known, &instance->clients));
}

static bool has_address(const struct client *client)
{
    return client->who.tunnel.has_ipv4 || client->who.tunnel.has_ipv6;
}

static struct client *new_client(const struct status_client *row)
{
    const struct client_texts texts = {row->common_name, row->username, row->real_address,
                                       row->cipher};
    struct client *client = calloc(1, sizeof(*client));

    if (!client || !client_set_texts(client, &texts)) {
        client_free(client);
        return NULL;
    }
    address_parse(row->real_address, &client->who.real);
    client->who.tunnel = address_parse_tunnel(row->virtual_ipv4, row->virtual_ipv6);
    client->bytes_in = row->bytes_in;
    client->bytes_out = row->bytes_out;
    client->since = row->since;
    client->cid = row->cid;
    client->peer_id = row->peer_id;
    client->seen_mono = clock_mono();
    client->pending = !has_address(client);
    return client;
}

/* The row in force that a changed one stands for; a new one is its own. */
static struct client *row_of(const struct census *census, struct client *client)
{
    if (client->base.index == 0)
        return client;
    return (struct client *)census->instance->clients.list[client->base.position];
}

static struct client *find_found(const struct census *census, uint32_t hash,
                                 struct slice common_name, struct slice real_text)
{
    for (struct hash_node *node = hash_first(&census->found, hash); node; node = hash_next(node)) {
        struct client *client = HASH_OWNER(node, struct client, address);

        if (slice_is(common_name, text_or_empty(client->who.common_name)) &&
            slice_is(real_text, text_or_empty(client->who.real_text)))
            return row_of(census, client);
    }
    return NULL;
}

static void note_found(struct census *census, struct client *client)
{
    struct client *other =
        find_found(census, client->address.hash, slice_of(client->who.common_name),
                   slice_of(client->who.real_text));

    if (other)
        other->ambiguous = true;
    else if (!hash_add(&census->found, &client->address))
        census->gather.failed = true;
}

static bool is_same_tunnel(const struct tunnel_addresses *a, const struct tunnel_addresses *b)
{
    return a->has_ipv4 == b->has_ipv4 && a->has_ipv6 == b->has_ipv6 &&
           (!a->has_ipv4 || memcmp(a->ipv4, b->ipv4, sizeof(a->ipv4)) == 0) &&
           (!a->has_ipv6 || memcmp(a->ipv6, b->ipv6, sizeof(a->ipv6)) == 0);
}

/* But for counters, and for what identifies it. */
static bool is_as_before(const struct client *client, const struct status_client *row)
{
    const struct tunnel_addresses tunnel =
        address_parse_tunnel(row->virtual_ipv4, row->virtual_ipv6);

    return client->peer_id == row->peer_id && is_same_tunnel(&client->who.tunnel, &tunnel) &&
           text_is(client->who.common_name, ADMIN_MAX, row->common_name) &&
           text_is(client->who.real_text, ADMIN_MAX, row->real_address) &&
           text_is(client->who.username, ADMIN_MAX, row->username) &&
           text_is(client->cipher, ADMIN_MAX, row->cipher);
}

/* One that will take the place of a client in force. */
static bool change(struct census *census, const struct client *client, struct client *changed)
{
    struct client_news *news = &census->news[client->base.position];

    if (!changed) {
        census->gather.failed = true;
        return false;
    }
    changed->base.index = client->base.index;
    changed->base.position = client->base.position;
    news->changed = changed;
    return true;
}

/* Format 1 tells less than is known. */
static bool keep_client(struct census *census, struct client *client,
                        const struct status_client *row)
{
    struct client_news *news;

    if (!gather_keep(&census->gather, &census->instance->clients, client))
        return false;
    news = &census->news[client->base.position];
    news->bytes_in = row->bytes_in;
    news->bytes_out = row->bytes_out;
    client->ambiguous = false;
    if (!census->plain && !is_as_before(client, row) && !change(census, client, new_client(row)))
        return false;
    note_found(census, news->changed ? news->changed : client);
    return true;
}

static bool start_client(struct census *census, const struct status_client *row)
{
    struct client *client = new_client(row);

    census->gather.failed |= !client;
    if (!client || !gather_add(&census->gather, &census->instance->clients, &client_rows, client)) {
        client_free(client);
        return false;
    }
    note_found(census, client);
    return true;
}

/* A row that its client id may not find, or that has none. */
static struct client *identify(struct census *census, const struct status_client *row)
{
    struct instance *instance = census->instance;
    char common_name[ADMIN_MAX + 1];
    char real_text[ADMIN_MAX + 1];
    struct client like = {.cid = row->cid,
                          .since = row->since,
                          .who = {.common_name = common_name, .real_text = real_text}};
    struct row_key key = {0, client_rows.equal, &like};
    struct client *known = NULL;

    text_clean(common_name, ADMIN_MAX, row->common_name);
    text_clean(real_text, ADMIN_MAX, row->real_address);
    address_parse(row->real_address, &like.who.real);
    key.hash = client_rows.hash(&like);
    if (census->known.list && (census->plain || !rows_find(&instance->clients, &key)))
        known = known_find(&census->known, &census->gather, &like);
    if (!known)
        return gather_find(&census->gather, &instance->clients, &key);
    if (!census->plain)
        clients_adopt(instance, known, row->cid, row->since);
    return known;
}

static struct client *find_client(struct census *census, const struct status_client *row)
{
    const struct client_id id = {row->cid, row->since};
    const struct row_key key = client_key(&id);

    if (row->cid < 0 || census->known.list)
        return identify(census, row);
    return gather_find(&census->gather, &census->instance->clients, &key);
}

bool census_add(struct census *census, const struct status_client *row)
{
    struct client *client;

    /* What it has gathered of them may be gone: it comes to nothing. */
    census->gather.failed |= gather_is_stale(&census->gather, &census->instance->clients);
    if (census->gather.failed)
        return false;
    client = find_client(census, row);
    return client ? keep_client(census, client, row) : start_client(census, row);
}

/* As it is kept. */
static struct client *find_clean(const struct census *census, const struct status_route *row)
{
    char common_name[ADMIN_MAX + 1];
    char real_text[ADMIN_MAX + 1];

    text_clean(common_name, ADMIN_MAX, row->common_name);
    text_clean(real_text, ADMIN_MAX, row->real_address);
    return find_found(census, hash_text(real_text), slice_of(common_name), slice_of(real_text));
}

struct client *census_find(const struct census *census, const struct status_route *row)
{
    struct slice real_text = row->real_address;
    struct client *client;

    if (census->gather.failed || gather_is_stale(&census->gather, &census->instance->clients))
        return NULL;
    client = find_found(census, hash_bytes(real_text.at, real_text.len), row->common_name,
                        real_text); /* most are clean */
    return client ? client : find_clean(census, row);
}

/* The first host route of a client whose row has no address is its own. */
static void take_address(struct client *client, struct slice address)
{
    struct tunnel_addresses *tunnel = &client->who.tunnel;

    if (!tunnel->has_ipv4)
        tunnel->has_ipv4 = address_parse_ip(address, ADDRESS_IPV4, tunnel->ipv4);
    if (!tunnel->has_ipv6)
        tunnel->has_ipv6 = address_parse_ip(address, ADDRESS_IPV6, tunnel->ipv6);
    client->pending &= !has_address(client);
}

/* It as it will be. */
static struct client *next_of(struct census *census, struct client *client)
{
    struct client_news *news = &census->news[client->base.position];

    if (client->base.index == 0)
        return client;
    if (news->changed || change(census, client, client_copy(client)))
        return news->changed;
    return NULL;
}

void census_route(struct census *census, struct client *client, const struct status_route *row)
{
    int64_t *last_ref =
        client->base.index == 0 ? &client->last_ref : &census->news[client->base.position].last_ref;
    const struct tunnel_addresses *tunnel = &client->who.tunnel;

    if (*last_ref < row->last_ref)
        *last_ref = row->last_ref;
    if (!census->plain || row->cached || client->ambiguous ||
        (tunnel->has_ipv4 && tunnel->has_ipv6))
        return;
    client = next_of(census, client);
    if (client)
        take_address(client, row->address);
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

static void take_change(struct client *client, struct client *changed)
{
    char *texts = client->texts;

    keep_address(&changed->who.real, &client->who.real);
    client->who = changed->who;
    client->cipher = changed->cipher;
    client->texts = changed->texts;
    client->address.hash = changed->address.hash;
    client->peer_id = changed->peer_id;
    changed->texts = texts;
    client_free(changed);
}

static void take_counters(struct instance *instance, struct client *client,
                          const struct client_news *news)
{
    uint64_t in = counter_growth(news->bytes_in, client->bytes_in);
    uint64_t out = counter_growth(news->bytes_out, client->bytes_out);

    if (news->bytes_in < client->bytes_in || news->bytes_out < client->bytes_out)
        client->seen_mono = clock_mono();
    client->bytes_in = news->bytes_in;
    client->bytes_out = news->bytes_out;
    client->last_ref = news->last_ref;
    instance_count_client(instance, in, out);
    users_move(client, in, out);
}

static void count_client(struct census *census, const struct client *client)
{
    census->pending += client->pending;
    census->anonymous += client->cid < 0;
}

/* One that stands behind a cut stays as it is. */
static void client_kept(void *arg, void *row, size_t before)
{
    struct census *census = arg;
    struct client *client = row;
    struct client_news *news = &census->news[before];

    client->unconfirmed = !gather_has(&census->gather, client);
    if (!client->unconfirmed) {
        news->waited = client->pending;
        if (news->changed || client->pending || !client->counted || !census->instance->status_seen)
            news->look = client;
        take_counters(census->instance, client, news);
        if (news->changed)
            take_change(client, news->changed);
        news->changed = NULL;
        client->pending &= !census->settled && !has_address(client);
    }
    count_client(census, client);
}

/*
 * A daemon with client ids tells of each that comes through: who has no address and is settled by
 * their number alone has been there all along.
 */
static bool is_news(const struct instance *instance, const struct client *client)
{
    return has_address(client) || !instance->dialect.client_ids;
}

static void see_again(struct instance *instance, const struct client_news *news)
{
    clients_see(instance, news->look);
    if (news->waited && !news->look->pending && is_news(instance, news->look))
        clients_come(instance, news->look);
}

/* Who is there when the agent comes to know the daemon is no news. */
static void client_started(struct census *census, struct client *client)
{
    struct instance *instance = census->instance;

    client->pending &= !census->settled;
    count_client(census, client);
    instance_count_client(instance, client->bytes_in, client->bytes_out);
    clients_see(instance, client);
    if (!client->pending && instance->clients_known)
        clients_come(instance, client);
}

static void tell_changes(struct census *census, size_t fresh)
{
    struct instance *instance = census->instance;
    bool peers = false;

    for (size_t i = 0; i < census->ended.count; i++)
        peers |= ((const struct client *)census->ended.list[i])->peer != NULL;
    if (peers)
        rows_reselect(&instance->peers, &instance->clients);
    for (size_t i = 0; i < census->ended.count; i++)
        clients_end(instance, (const struct client *)census->ended.list[i]);
    for (size_t i = 0; i < census->count; i++)
        if (census->news[i].look)
            see_again(instance, &census->news[i]);
    for (size_t i = fresh; i < instance->clients.count; i++)
        client_started(census, (struct client *)instance->clients.list[i]);
}

bool census_commit(struct census *census, bool whole)
{
    const struct gather *gather = &census->gather;
    struct gathered outcome;

    census->settled = whole && census->instance->client_total >= gather->kept + gather->fresh.count;
    if (!gather_commit(&census->gather, &census->instance->clients, &client_rows, client_kept,
                       census, &outcome))
        return false;
    census->ended = outcome.ended;
    tell_changes(census, outcome.fresh);
    return true;
}

void census_end(struct census *census)
{
    gather_abort(&census->gather, &client_rows);
    rows_bury(&census->ended, &client_rows);
    for (size_t i = 0; census->news && i < census->count; i++)
        client_free(census->news[i].changed);
    free(census->news);
    known_fini(&census->known);
    hash_clear(&census->found);
    *census = (struct census){0};
}
