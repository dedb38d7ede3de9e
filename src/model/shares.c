#include "model/shares.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "model/instance.h"

/* No two are alike. */
static uint32_t hash_address(const void *row)
{
    return hash_number((uintptr_t)row);
}

static bool is_itself(const void *a, const void *b)
{
    return a == b;
}

static void free_share(void *row)
{
    struct share_row *share = row;

    free(share->endpoint);
    free(share->allow_text);
    free(share->last_denied);
    free(share);
}

static void free_guest(void *row)
{
    struct guest_row *guest = row;

    free(guest->peer);
    free(guest->last_command);
    free(guest);
}

static const struct rows_type share_rows = {hash_address, is_itself, free_share};
static const struct rows_type guest_rows = {hash_address, is_itself, free_guest};

/* When the indexes are used up they begin anew. */
static void number_anew(struct rows *rows)
{
    if (rows->last_index < UINT32_MAX)
        return;
    for (size_t i = 0; i < rows->count; i++)
        rows->list[i]->index = (uint32_t)i + 1;
    rows->last_index = (uint32_t)rows->count;
}

struct share_row *shares_add(struct instance *instance, const char *endpoint)
{
    struct rows *list = &instance->shares.list;
    struct share_row *share = calloc(1, sizeof(*share));

    number_anew(list);
    if (share)
        share->opened_unix = clock_wall();
    if (share && text_set(&share->endpoint, TEXT_MAX, slice_of(endpoint)) &&
        rows_add(list, &share_rows, share))
        return share;
    if (share)
        free_share(share);
    return NULL;
}

void shares_configure(struct share_row *share, unsigned allow, uint32_t guests_max)
{
    char text[ADMIN_MAX + 1] = "";
    size_t len = 0;

    for (unsigned place = 0; place < PERMISSIONS_OF_GUESTS; place++)
        if (allow & (1u << place) && len < sizeof(text))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? ", " : "",
                                    config_permission_word((enum permission_place)place));
    share->allow = allow;
    share->guests_max = guests_max;
    text_set(&share->allow_text, ADMIN_MAX, slice_of(text));
}

struct guest_row *shares_guest_came(struct instance *instance, struct share_row *share,
                                    const char *peer)
{
    struct rows *guests = &instance->shares.guests;
    struct guest_row *guest = calloc(1, sizeof(*guest));

    number_anew(guests);
    if (!guest || !text_set(&guest->peer, TEXT_MAX, slice_of(peer)) ||
        !rows_add(guests, &guest_rows, guest)) {
        if (guest)
            free_guest(guest);
        return NULL;
    }
    guest->share = share;
    guest->since_unix = clock_wall();
    share->guests++;
    share->connects++;
    return guest;
}

void shares_guest_left(struct instance *instance, struct guest_row *guest)
{
    guest->share->guests--;
    rows_remove(&instance->shares.guests, guest);
    free_guest(guest);
}

void shares_remove(struct instance *instance, struct share_row *share)
{
    struct guest_row *guest;
    uint32_t index = 0;

    while ((guest = shares_guest_after(instance, index))) {
        index = guest->base.index;
        if (guest->share == share)
            shares_guest_left(instance, guest);
    }
    rows_remove(&instance->shares.list, share);
    free_share(share);
}

void shares_commanded(struct guest_row *guest, const char *shown)
{
    guest->commands++;
    guest->share->commands++;
    text_set(&guest->last_command, TEXT_MAX, slice_of(shown));
}

void shares_denied(struct guest_row *guest, const char *name)
{
    struct share_row *share = guest->share;

    share->denied++;
    share->last_denied_unix = clock_wall();
    text_set(&share->last_denied, TEXT_MAX, slice_of(name));
}

struct share_row *shares_after(const struct instance *instance, uint32_t index)
{
    return rows_after(&instance->shares.list, index);
}

struct guest_row *shares_guest_after(const struct instance *instance, uint32_t index)
{
    return rows_after(&instance->shares.guests, index);
}

void shares_fini(struct shares *shares)
{
    rows_bury(&shares->guests, &guest_rows);
    rows_bury(&shares->list, &share_rows);
}
