#include "model/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/event.h"
#include "model/instance.h"

static void record_departure(struct instance *instance, const struct client *client, int64_t ended)
{
    struct departure_record session = {
        .client_index = client->base.index,
        .user_index = users_leave(&instance->users, client, ended),
        .who = identity_copy(&client->who),
        .bytes_in = client->bytes_in,
        .bytes_out = client->bytes_out,
        .connected = client->since,
        .ended = ended,
    };
    struct departure_record *kept = history_push(&instance->departures);

    if (kept)
        *kept = session;
    if (session.connected > 0)
        instance->departure_dated = instance->departures.last;
    event_tell(EVENT_CLIENT_DISCONNECTED, instance, instance->departures.last,
               kept ? kept : &session);
    if (!kept)
        departure_record_fini(&session);
}

/*
 * Of one that went while there was no contact it is not known whether it had come through.  Where
 * there are no client ids, one that has its name now is another row.
 */
static void reject_login(struct instance *instance, const struct client *client)
{
    if (!clients_confirmed(instance, client))
        return;
    if (client->cid < 0 && clients_with_address(instance, slice_of(client->who.real_text)))
        return;
    instance->logins_rejected++;
    users_reject(&instance->users, &client->who);
    event_tell_why(EVENT_CLIENT_REJECTED, instance, client->base.index, client,
                   reasons_find(&instance->reasons, &client->who.real, client->since));
}

void clients_end(struct instance *instance, const struct client *client)
{
    if (client->pending)
        reject_login(instance, client);
    else
        record_departure(instance, client, clock_wall());
}

void clients_come(struct instance *instance, const struct client *client)
{
    instance->logins_accepted++;
    event_tell(EVENT_CLIENT_CONNECTED, instance, client->base.index, client);
}

/* One of a list without client ids may have a user name that the list does not tell. */
void clients_see(struct instance *instance, struct client *client)
{
    bool named = client->cid >= 0 || client->who.username || !instance->dialect.client_ids ||
                 !instance->users.by_username;

    if (!client->pending && named)
        users_see(&instance->users, client);
}

bool clients_waiting(const struct instance *instance, uint32_t after, uint32_t last)
{
    const struct client *client = rows_after(&instance->clients, after);

    for (; client && client->base.index <= last;
         client = rows_after(&instance->clients, client->base.index))
        if (client->pending &&
            (client->who.username || !text_equal(client->who.common_name, "UNDEF")))
            return true;
    return false;
}

uint32_t clients_pending(const struct instance *instance)
{
    uint32_t pending = 0;

    for (size_t i = 0; i < instance->clients.count; i++)
        pending += ((struct client *)instance->clients.list[i])->pending;
    return pending;
}

void clients_set_total(struct instance *instance, uint64_t total)
{
    instance->client_total = total < UINT32_MAX ? (uint32_t)total : UINT32_MAX;
    if (instance->client_total > instance->clients_peak)
        instance->clients_peak = instance->client_total;
}

/* Those up to an index. */
static void end_until(struct instance *instance, uint32_t index, int64_t ended)
{
    struct rows gone;

    rows_take(&instance->clients, index, &gone);
    rows_reselect(&instance->peers, &instance->clients);
    instance->pending_clients = clients_pending(instance);
    clients_set_total(instance, instance->clients.count - instance->pending_clients);
    for (size_t i = 0; i < gone.count; i++) {
        const struct client *client = (const struct client *)gone.list[i];

        /* A login that a restart cuts off was not rejected. */
        if (!client->pending)
            record_departure(instance, client, ended);
    }
    rows_bury(&gone, &client_rows);
    rows_bury(&instance->routes, &route_rows);
}

void clients_end_all(struct instance *instance)
{
    end_until(instance, UINT32_MAX, clock_wall());
}

void clients_end_old(struct instance *instance, int64_t ended)
{
    end_until(instance, instance->clients_old, ended);
}

static void note_start(struct instance *instance, const struct client *client)
{
    if (client->since > 0 && client->base.index > instance->client_dated)
        instance->client_dated = client->base.index;
}

void clients_adopt(struct instance *instance, struct client *client, int64_t cid, int64_t since)
{
    rows_unknown(&instance->clients, client);
    client->cid = cid;
    client->since = since;
    rows_known(&instance->clients, &client_rows, client);
    note_start(instance, client);
}

/* The daemon has no other with that id; of one that a restart has ended the row is older. */
struct client *clients_with_cid(const struct instance *instance, int64_t cid)
{
    struct client *found = NULL;

    if (cid < 0)
        return NULL;
    for (struct hash_node *node = hash_first(&instance->clients.table, hash_number((uint64_t)cid));
         node; node = hash_next(node)) {
        struct client *client = (struct client *)node;

        if (client->cid == cid && (!found || found->base.index < client->base.index))
            found = client;
    }
    return found;
}

void clients_disconnected(struct instance *instance, int64_t cid)
{
    struct client *client = clients_with_cid(instance, cid);

    if (!client)
        return;
    rows_remove(&instance->clients, client);
    rows_deselect(&instance->peers, client);
    if (client->pending && instance->pending_clients > 0)
        instance->pending_clients--;
    else if (!client->pending && instance->client_total > 0)
        instance->client_total--;
    clients_end(instance, client);
    client_free(client);
}

bool clients_confirmed(const struct instance *instance, const struct client *client)
{
    return instance->status_seen || client->base.index > instance->clients_old;
}

/* What a client's user has set: bounded like any text, however many there are. */
static void add_variable(char **variables, struct slice name, struct slice value)
{
    char text[2 * ADMIN_MAX + 3];
    int len = snprintf(text, sizeof(text), "%s%s%.*s=%.*s", text_or_empty(*variables),
                       *variables ? ", " : "", (int)name.len, name.at, (int)value.len, value.at);

    if (len > 0)
        text_set(variables, ADMIN_MAX, slice_of(text));
}

/* The names are those of the daemon's environment variables. */
void established_env(struct established *block, struct slice name, struct slice value)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {
        {"common_name", &block->who.common_name},
        {"username", &block->who.username},
        {"trusted_ip", &block->real_ip},
        {"trusted_ip6", &block->real_ip},
        {"trusted_port", &block->real_port},
        {"IV_VER", &block->peer.version},
        {"IV_PLAT", &block->peer.platform},
        {"IV_GUI_VER", &block->peer.gui},
        {"IV_SSO", &block->peer.sso},
        {"IV_PLAT_VER", &block->peer.platform_version},
        {"IV_HWADDR", &block->peer.hardware},
        {"IV_SSL", &block->peer.ssl},
        {"proto_1", &block->proto},
    };
    int64_t since;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (slice_is(name, texts[i].name))
            text_set(texts[i].text, ADMIN_MAX, value);
    if (slice_starts(name, "UV_"))
        add_variable(&block->peer.variables, name, value);
    if (slice_is(name, "time_unix"))
        block->since = slice_to_i64(value, &since) ? since : 0;
    else if (slice_is(name, "ifconfig_pool_remote_ip"))
        block->who.tunnel.has_ipv4 = address_parse_ip(value, ADDRESS_IPV4, block->who.tunnel.ipv4);
    else if (slice_is(name, "ifconfig_pool_remote_ip6"))
        block->who.tunnel.has_ipv6 = address_parse_ip(value, ADDRESS_IPV6, block->who.tunnel.ipv6);
}

void established_fini(struct established *block)
{
    identity_fini(&block->who);
    free(block->real_ip);
    free(block->real_port);
    free(block->proto);
    peer_fini(&block->peer);
    *block = (struct established){0};
}

/* One that a list without client ids has brought. */
static struct client *find_anonymous(struct instance *instance, const struct established *block)
{
    struct client *found = NULL;
    struct address real;

    if (instance->anonymous == 0 || !block->real_ip ||
        !address_parse_pair(slice_of(block->real_ip), slice_of(block->real_port), &real))
        return NULL;
    for (size_t i = 0; i < instance->clients.count && !found; i++) {
        struct client *client = (struct client *)instance->clients.list[i];

        if (client->cid < 0 && address_agrees(&client->who.real, &real) &&
            text_equal(client->who.common_name, block->who.common_name))
            found = client;
    }
    if (found)
        clients_adopt(instance, found, block->cid, block->since);
    return found;
}

/* Before 2.7 a status does not tell the protocol, nor the port of an IPv6 client. */
static void set_real_address(struct client *client, const struct established *block)
{
    struct address told;

    if (!address_parse_pair(slice_of(block->real_ip), slice_of(block->real_port), &told))
        return;
    if (client->who.real.family == ADDRESS_NONE)
        client->who.real = told;
    if (client->who.real.port == 0)
        client->who.real.port = told.port;
    if (client->who.real.proto == PROTO_UNKNOWN && block->proto)
        client->who.real.proto =
            slice_starts(slice_of(block->proto), "udp") ? PROTO_UDP : PROTO_TCP;
}

/* Keeps those that the block does not tell, and an address: the status has the daemon's own form.
 */
static void take_texts(struct client *client, const struct established *block)
{
    const struct identity *who = &client->who;
    bool told = !who->real_text && who->real.family != ADDRESS_NONE;
    char *real = told ? record_address(slice_of(block->real_ip), slice_of(block->real_port)) : NULL;
    const struct client_texts texts = {
        slice_of(block->who.common_name),
        slice_of(block->who.username ? block->who.username : who->username),
        slice_of(real ? real : who->real_text), slice_of(client->cipher)};

    client_set_texts(client, &texts);
    free(real);
}

/* A client has a peer when, and only when, it is among the instance's peers. */
static void take_peer(struct instance *instance, struct client *client, struct peer *peer)
{
    if (!client->peer) {
        client->peer = calloc(1, sizeof(*client->peer));
        if (client->peer && !rows_select(&instance->peers, client)) {
            free(client->peer);
            client->peer = NULL;
        }
    }
    if (!client->peer)
        return;
    peer_fini(client->peer);
    *client->peer = *peer;
    *peer = (struct peer){0};
}

static void fill_from_block(struct instance *instance, struct client *client,
                            struct established *block)
{
    set_real_address(client, block);
    take_texts(client, block);
    if (block->who.tunnel.has_ipv4)
        memcpy(client->who.tunnel.ipv4, block->who.tunnel.ipv4, sizeof(client->who.tunnel.ipv4));
    if (block->who.tunnel.has_ipv6)
        memcpy(client->who.tunnel.ipv6, block->who.tunnel.ipv6, sizeof(client->who.tunnel.ipv6));
    client->who.tunnel.has_ipv4 |= block->who.tunnel.has_ipv4;
    client->who.tunnel.has_ipv6 |= block->who.tunnel.has_ipv6;
    client->pending = false;
    take_peer(instance, client, &block->peer);
}

static struct client *add_established(struct instance *instance, int64_t cid, int64_t since)
{
    struct client *client = calloc(1, sizeof(*client));

    if (!client)
        return NULL;
    client->cid = cid;
    client->peer_id = -1;
    client->since = since;
    client->pending = true;
    client->seen_mono = clock_mono();
    if (!rows_add(&instance->clients, &client_rows, client)) {
        client_free(client);
        return NULL;
    }
    instance->pending_clients++;
    note_start(instance, client);
    return client;
}

bool clients_established(struct instance *instance, struct established *block)
{
    const struct client_id id = {block->cid, block->since};
    const struct row_key key = client_key(&id);
    struct client *client;
    bool news;

    /* Without client ids in the status (2.3 and older) the row could not be found again. */
    if (!instance->dialect.client_ids)
        return true;
    if (block->cid < 0)
        return false;
    if (block->since <= 0) /* thinned out: only a status tells who has come */
        return true;
    client = rows_find(&instance->clients, &key);
    if (!client)
        client = find_anonymous(instance, block);
    if (!client && instance->clients.count < instance->client_max)
        client = add_established(instance, block->cid, block->since);
    if (!client) {
        instance->rows_dropped++;
        return false;
    }
    news = client->pending;
    fill_from_block(instance, client, block);
    clients_see(instance, client);
    if (!news)
        return false;
    /* Not counted anew: thousands of clients may come at once. */
    if (instance->pending_clients > 0)
        instance->pending_clients--;
    clients_set_total(instance, (uint64_t)instance->client_total + 1);
    clients_come(instance, client);
    return true;
}

bool clients_restore(struct instance *instance, struct client *client, uint32_t user_index)
{
    struct rows *clients = &instance->clients;
    uint32_t last = clients->last_index;

    if (client->base.index <= last || clients->count >= instance->client_max)
        return false;
    clients->last_index = client->base.index - 1;
    if (!rows_add(clients, &client_rows, client)) {
        clients->last_index = last;
        return false;
    }
    client->seen_mono = clock_mono();
    users_resume(&instance->users, client, user_index);
    return true;
}

struct client *clients_at(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_at(&instance->clients, index) : NULL;
}

struct client *clients_after(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_after(&instance->clients, index) : NULL;
}

struct client *clients_with_address(const struct instance *instance, struct slice real_text)
{
    const struct rows *rows = &instance->clients;
    struct client *found = NULL;

    for (size_t i = 0; i < rows->count; i++) {
        struct client *client = (struct client *)rows->list[i];

        if (!slice_is(real_text, text_or_empty(client->who.real_text)))
            continue;
        if (found)
            return NULL;
        found = client;
    }
    return found;
}

struct client *peers_after(const struct instance *instance, uint32_t index)
{
    return instance_in_contact(instance) ? rows_after(&instance->peers, index) : NULL;
}
