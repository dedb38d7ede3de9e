#include "model/rows.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/timers.h"

/*
 * Rows freed in one turn of the loop, and the share of all that wait which is freed too: so what
 * waits stays bounded, however fast daemons make rows end.
 */
enum { SLICE = 2000, SHARE = 64 };

/* A status with more rows alike than this is not believed: the surplus is dropped. */
enum { TWINS_MAX = 16 };

/* Buried rows, waiting to be freed. */
struct grave {
    struct rows rows;
    const struct rows_type *type;
    struct grave *next;
};

static struct grave *graves;
static size_t buried; /* rows in them */
static void dig(void *arg);
static struct timer digger = {.fire = dig};

/* Position of the first row whose index is greater than index. */
static size_t position_after(const struct rows *rows, uint32_t index)
{
    size_t low = 0;
    size_t high = rows->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows->list[middle]->index > index)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void *rows_after(const struct rows *rows, uint32_t index)
{
    size_t position = position_after(rows, index);

    return position < rows->count ? rows->list[position] : NULL;
}

void *rows_at(const struct rows *rows, uint32_t index)
{
    size_t position = position_after(rows, index);

    if (position == 0 || rows->list[position - 1]->index != index)
        return NULL;
    return rows->list[position - 1];
}

void *rows_find(const struct rows *rows, const struct rows_type *type, const void *key)
{
    void **node = tfind(key, (void *const *)&rows->tree, type->compare);

    return node ? *node : NULL;
}

static bool make_row_room(struct rows *rows, size_t count)
{
    size_t room = rows->room ? rows->room : 16;
    struct row_base **list;

    if (count <= rows->room)
        return true;
    while (room < count)
        room *= 2;
    list = realloc(rows->list, room * sizeof(*list));
    if (!list)
        return false;
    rows->list = list;
    rows->room = room;
    return true;
}

static void append_row(struct rows *rows, struct row_base *row)
{
    row->position = rows->count;
    rows->list[rows->count++] = row;
}

bool rows_add(struct rows *rows, const struct rows_type *type, void *row)
{
    struct row_base *base = row;
    void **node;

    if (rows->last_index == UINT32_MAX || !make_row_room(rows, rows->count + 1))
        return false;
    node = tsearch(row, &rows->tree, type->compare);
    if (!node || *node != row)
        return false;
    base->index = ++rows->last_index;
    append_row(rows, base);
    return true;
}

void rows_remove(struct rows *rows, const struct rows_type *type, void *row)
{
    struct row_base *base = row;

    tdelete(row, &rows->tree, type->compare);
    rows->count--;
    for (size_t i = base->position; i < rows->count; i++) {
        rows->list[i] = rows->list[i + 1];
        rows->list[i]->position = i;
    }
}

void rows_unknown(struct rows *rows, const struct rows_type *type, void *row)
{
    tdelete(row, &rows->tree, type->compare);
}

void rows_known(struct rows *rows, const struct rows_type *type, void *row)
{
    tsearch(row, &rows->tree, type->compare);
}

/* To rows from the others, in whose list it stays. */
static bool move(struct rows *rows, struct rows *from, const struct rows_type *type,
                 struct row_base *row)
{
    tdelete(row, &from->tree, type->compare);
    if (!make_row_room(rows, rows->count + 1) || !tsearch(row, &rows->tree, type->compare))
        return false;
    append_row(rows, row);
    return true;
}

void rows_take(struct rows *rows, const struct rows_type *type, uint32_t index, struct rows *taken)
{
    size_t count = position_after(rows, index);
    size_t all = rows->count;

    *taken = *rows;
    *rows = (struct rows){.last_index = taken->last_index};
    taken->count = count;
    for (size_t i = count; i < all; i++)
        if (!move(rows, taken, type, taken->list[i]))
            taken->list[taken->count++] = taken->list[i];
}

bool rows_select(struct rows *selection, void *row)
{
    const struct row_base *base = row;
    size_t position = position_after(selection, base->index);
    struct row_base **at;

    if (position > 0 && selection->list[position - 1] == base)
        return true;
    if (!make_row_room(selection, selection->count + 1))
        return false;
    at = selection->list + position;
    memmove(at + 1, at, (selection->count - position) * sizeof(struct row_base *));
    *at = row;
    selection->count++;
    return true;
}

/* Frees rows, no more than a slice; returns how many. */
static size_t free_some(struct rows *rows, const struct rows_type *type, size_t slice)
{
    size_t count = rows->count < slice ? rows->count : slice;

    for (size_t i = 0; i < count; i++) {
        struct row_base *row = rows->list[--rows->count];

        tdelete(row, &rows->tree, type->compare);
        type->free(row);
    }
    return count;
}

static void free_all(struct rows *rows, const struct rows_type *type)
{
    free_some(rows, type, SIZE_MAX);
    free(rows->list);
}

static void dig(void *arg)
{
    size_t left = SLICE + buried / SHARE;

    (void)arg;
    while (graves && left > 0) {
        struct grave *grave = graves;
        size_t freed = free_some(&grave->rows, grave->type, left);

        buried -= freed;
        left -= freed;
        if (grave->rows.count > 0)
            break;
        graves = grave->next;
        free(grave->rows.list);
        free(grave);
    }
    if (graves)
        timer_start(&digger, 0);
}

void rows_bury_now(void)
{
    while (graves)
        dig(NULL);
    timer_stop(&digger);
}

void rows_bury(struct rows *rows, const struct rows_type *type)
{
    struct rows content = *rows;
    struct grave *grave = content.count > 0 ? malloc(sizeof(*grave)) : NULL;

    *rows = (struct rows){.last_index = rows->last_index};
    if (!grave) { /* there is nothing to wait for, or no memory to wait with */
        free_all(&content, type);
        return;
    }
    buried += content.count;
    *grave = (struct grave){content, type, graves};
    graves = grave;
    timer_start(&digger, 0);
}

bool gather_begin(struct gather *gather, const struct rows *rows, size_t bound)
{
    *gather = (struct gather){.base = rows->count, .last_index = rows->last_index, .bound = bound};
    gather->kept = calloc(rows->count + 1, sizeof(struct row_base *));
    return gather->kept != NULL;
}

bool gather_add(struct gather *gather, const struct rows *rows, const struct rows_type *type,
                void *row)
{
    struct row_base *base = row;
    struct row_base *old;
    void **node = NULL;

    if (gather->next.count >= gather->bound)
        return false;
    if (!make_row_room(&gather->next, gather->next.count + 1)) {
        gather->failed = true;
        return false;
    }
    for (base->twin = 0; base->twin < TWINS_MAX; base->twin++) {
        node = tsearch(row, &gather->next.tree, type->compare);
        if (!node || *node == row)
            break;
    }
    gather->failed |= !node;
    if (!node || *node != row)
        return false;
    old = rows_find(rows, type, row);
    base->index = old && old->position < gather->base ? old->index : 0;
    if (base->index == 0 && gather->base + gather->fresh >= gather->bound) {
        tdelete(row, &gather->next.tree, type->compare);
        return false;
    }
    if (base->index > 0)
        gather->kept[old->position] = base;
    else
        gather->fresh++;
    append_row(&gather->next, base);
    return true;
}

/* The indexes are used up: nothing is known any more, and what was gathered is new. */
static void start_again(struct gather *gather)
{
    for (size_t i = 0; i < gather->base; i++)
        gather->kept[i] = NULL;
    for (size_t i = 0; i < gather->next.count; i++)
        gather->next.list[i]->index = 0;
    gather->fresh = gather->next.count;
    gather->last_index = 0;
}

/* Takes the old rows that were not gathered to the new ones, or none of them. */
static bool keep_rest(struct gather *gather, const struct rows *old, const struct rows_type *type)
{
    for (size_t i = 0; i < gather->base; i++) {
        void **node;

        if (gather->kept[i])
            continue;
        node = tsearch(old->list[i], &gather->next.tree, type->compare);
        if (node && *node == old->list[i]) {
            gather->kept[i] = old->list[i];
            continue;
        }
        while (i-- > 0)
            if (gather->kept[i] == old->list[i])
                tdelete(old->list[i], &gather->next.tree, type->compare);
        return false;
    }
    return true;
}

/* Of the old rows those that stay are not the old table's any more. */
static void spare(const struct gather *gather, struct rows *old, const struct rows_type *type)
{
    size_t count = 0;

    for (size_t i = 0; i < old->count; i++) {
        if (gather->kept[i] == old->list[i])
            tdelete(old->list[i], &old->tree, type->compare);
        else
            old->list[count++] = old->list[i];
    }
    old->count = count;
}

static bool is_full(const struct gather *gather)
{
    return gather->fresh > UINT32_MAX - gather->last_index;
}

/*
 * The new list: rows that were there before in their order, then the new ones in theirs.  Returns
 * how many there are, *count of them of before.
 */
static size_t order(struct gather *gather, struct row_base **list, size_t *count)
{
    size_t used = 0;

    if (is_full(gather))
        start_again(gather);
    for (size_t i = 0; i < gather->base; i++)
        if (gather->kept[i])
            list[used++] = gather->kept[i];
    *count = used;
    for (size_t i = 0; i < gather->next.count; i++)
        if (gather->next.list[i]->index == 0)
            list[used++] = gather->next.list[i];
    for (size_t i = 0; i < used; i++)
        list[i]->position = i;
    for (size_t i = *count; i < used; i++)
        list[i]->index = gather->last_index + (uint32_t)(i - *count) + 1;
    return used;
}

static void visit(const struct gather_visitor *visitor, struct gather *gather,
                  const struct rows *old, const struct rows *now, size_t kept)
{
    for (size_t i = 0; i < gather->base; i++) {
        if (gather->kept[i] && visitor->kept)
            visitor->kept(visitor->arg, gather->kept[i], old->list[i]);
        else if (!gather->kept[i] && visitor->ended)
            visitor->ended(visitor->arg, old->list[i]);
    }
    for (size_t i = kept; i < now->count && visitor->started; i++)
        visitor->started(visitor->arg, now->list[i]); /* NOLINT: order() has filled all of it */
}

bool gather_commit(struct gather *gather, struct rows *rows, const struct rows_type *type,
                   const struct gather_visitor *visitor)
{
    size_t room = gather->base + gather->next.count + 1;
    size_t kept = 0;
    size_t count;
    struct rows old = *rows;
    struct row_base **list = NULL;

    /* Rows that came or went meanwhile are in neither: a daemon writes a reply in one go. */
    if (!gather->failed && rows->count == gather->base && rows->last_index == gather->last_index)
        list = malloc(room * sizeof(struct row_base *));
    if (!list || (gather->partial && (is_full(gather) || !keep_rest(gather, rows, type)))) {
        free(list);
        gather_abort(gather, type);
        return false;
    }
    count = order(gather, list, &kept);
    free(gather->next.list);
    *rows = gather->next;
    rows->list = list;
    rows->count = count;
    rows->room = room;
    rows->last_index = gather->last_index + (uint32_t)(rows->count - kept);
    visit(visitor, gather, &old, rows, kept);
    spare(gather, &old, type);
    rows_bury(&old, type);
    free(gather->kept);
    *gather = (struct gather){0};
    return true;
}

void gather_abort(struct gather *gather, const struct rows_type *type)
{
    rows_bury(&gather->next, type);
    free(gather->kept);
    *gather = (struct gather){0};
}
