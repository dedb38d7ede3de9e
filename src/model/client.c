#include "model/client.h"

#include <stdlib.h>

#include "base/text.h"

/*
 * The client id counts from 0 again after each restart, so the start of the session belongs to the
 * identity, beside the hash, so that one is found by its id alone (clients_with_cid()).  Up to 2.3
 * there are no ids; the real address may change (float) only where there are.
 */
static bool is_same_client(const void *left, const void *right)
{
    const struct client *a = left;
    const struct client *b = right;

    return a->cid == b->cid && a->since == b->since &&
           (a->cid >= 0 || (text_equal(a->who.real_text, b->who.real_text) &&
                            text_equal(a->who.common_name, b->who.common_name)));
}

static uint32_t hash_client(const void *row)
{
    const struct client *client = row;

    return client->cid >= 0 ? hash_number((uint64_t)client->cid)
                            : hash_text(client->who.real_text) ^ (uint32_t)client->since;
}

static bool has_id(const void *row, const void *arg)
{
    const struct client *client = row;
    const struct client_id *id = arg;

    return client->cid == id->cid && client->since == id->since;
}

struct row_key client_key(const struct client_id *id)
{
    return (struct row_key){hash_number((uint64_t)id->cid), has_id, id};
}

bool client_set_texts(struct client *client, const struct client_texts *texts)
{
    const struct text_part parts[] = {
        {&client->who.common_name, texts->common_name},
        {&client->who.username, texts->username},
        {&client->who.real_text, texts->real_text},
        {&client->cipher, texts->cipher},
    };

    if (!text_pack(&client->texts, ADMIN_MAX, parts, sizeof(parts) / sizeof(parts[0])))
        return false;
    client->address.hash = hash_text(client->who.real_text);
    return true;
}

struct client *client_copy(const struct client *client)
{
    const struct client_texts texts = {slice_of(client->who.common_name),
                                       slice_of(client->who.username),
                                       slice_of(client->who.real_text), slice_of(client->cipher)};
    struct client *copy = malloc(sizeof(*copy));

    if (!copy)
        return NULL;
    *copy = *client;
    copy->texts = NULL;
    copy->peer = NULL;
    copy->user = NULL;
    if (client_set_texts(copy, &texts))
        return copy;
    client_free(copy);
    return NULL;
}

void peer_fini(struct peer *peer)
{
    free(peer->version);
    free(peer->platform);
    free(peer->gui);
    free(peer->sso);
    free(peer->platform_version);
    free(peer->hardware);
    free(peer->ssl);
    free(peer->variables);
    *peer = (struct peer){0};
}

void client_free(void *row)
{
    struct client *client = row;

    if (!client)
        return;
    free(client->texts);
    if (client->peer)
        peer_fini(client->peer);
    free(client->peer);
    free(client);
}

const struct rows_type client_rows = {hash_client, is_same_client, client_free};
