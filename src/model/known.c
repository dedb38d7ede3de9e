#include "model/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/*
 * By address where it can be read: lists of one daemon, and the block of an established client,
 * write the same one with and without a port or a protocol.
 */
static int known_compare(const struct client *a, const struct client *b)
{
    const struct address *one = &a->who.real;
    const struct address *other = &b->who.real;
    int order = (one->family > other->family) - (one->family < other->family);

    if (order == 0)
        order = one->family == ADDRESS_NONE
                    ? strcmp(text_or_empty(a->who.real_text), text_or_empty(b->who.real_text))
                    : memcmp(one->bytes, other->bytes, address_bytes(one));
    return order ? order
                 : strcmp(text_or_empty(a->who.common_name), text_or_empty(b->who.common_name));
}

static int compare_listed(const void *left, const void *right)
{
    const struct client *a = *(struct client *const *)left;
    const struct client *b = *(struct client *const *)right;
    int order = known_compare(a, b);

    return order ? order : (a->base.index > b->base.index) - (a->base.index < b->base.index);
}

bool known_init(struct known *known, const struct rows *clients)
{
    *known = (struct known){calloc(clients->count + 1, sizeof(*known->list)), clients->count};
    if (!known->list)
        return false;
    for (size_t i = 0; i < known->count; i++)
        known->list[i] = (struct client *)clients->list[i];
    qsort(known->list, known->count, sizeof(*known->list), compare_listed);
    return true;
}

void known_fini(struct known *known)
{
    free(known->list);
    *known = (struct known){NULL, 0};
}

/* Where those with this name and real address begin. */
static size_t lower_bound(const struct known *known, const struct client *row)
{
    size_t low = 0;
    size_t high = known->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (known_compare(known->list[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct client *known_find(const struct known *known, const struct gather *gather,
                          const struct client *row)
{
    struct client *found = NULL;

    for (size_t i = lower_bound(known, row); i < known->count; i++) {
        struct client *client = known->list[i];

        if (known_compare(client, row) != 0)
            break;
        if (gather_has(gather, client) || (row->cid >= 0 && client->cid >= 0) ||
            !address_agrees(&client->who.real, &row->who.real))
            continue;
        if (client->since == row->since)
            return client;
        if (!found)
            found = client;
    }
    return found;
}
