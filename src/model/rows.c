#include "model/rows.h"

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

/* No status has it. */
#define NO_ROUND UINT32_MAX

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

static bool is_listed_at(const struct rows *rows, const struct row_base *row, size_t position)
{
    return position < rows->count && rows->list[position] == row;
}

bool rows_has(const struct rows *rows, const void *row)
{
    const struct row_base *base = row;

    return is_listed_at(rows, base, base->position) || rows_at(rows, base->index) == row;
}

/* Of a row of the table. */
static size_t position_of(const struct rows *rows, const struct row_base *row)
{
    return is_listed_at(rows, row, row->position) ? row->position
                                                  : position_after(rows, row->index) - 1;
}

/* The oldest that the status of that round has not shown yet. */
static struct row_base *find(const struct rows *rows, const struct row_key *key, uint32_t round)
{
    struct row_base *found = NULL;

    for (struct hash_node *node = hash_first(&rows->table, key->hash); node;
         node = hash_next(node)) {
        struct row_base *row = (struct row_base *)node;

        if (row->round == round || (found && found->index < row->index) ||
            !key->match(row, key->arg))
            continue;
        found = row;
    }
    return found;
}

void *rows_find(const struct rows *rows, const struct row_key *key)
{
    return find(rows, key, NO_ROUND);
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
    row->position = (uint32_t)rows->count;
    rows->list[rows->count++] = row;
}

/* At the end, and by its identity; false, and not there, when memory is out. */
static bool enter_row(struct rows *rows, const struct rows_type *type, struct row_base *row)
{
    row->node.hash = type->hash(row);
    if (!make_row_room(rows, rows->count + 1) || !hash_add(&rows->table, &row->node))
        return false;
    append_row(rows, row);
    return true;
}

bool rows_add(struct rows *rows, const struct rows_type *type, void *row)
{
    const struct row_key like = {type->hash(row), type->equal, row};
    struct row_base *base = row;

    if (rows->last_index == UINT32_MAX || rows_find(rows, &like) || !enter_row(rows, type, base))
        return false;
    base->index = ++rows->last_index;
    return true;
}

static void unlist(struct rows *rows, size_t position)
{
    rows->count--;
    memmove(rows->list + position, rows->list + position + 1,
            (rows->count - position) * sizeof(struct row_base *));
}

void rows_remove(struct rows *rows, void *row)
{
    struct row_base *base = row;

    hash_remove(&rows->table, &base->node);
    unlist(rows, position_of(rows, base));
}

void rows_unknown(struct rows *rows, void *row)
{
    struct row_base *base = row;

    hash_remove(&rows->table, &base->node);
}

/* There is room: the table had it before. */
void rows_known(struct rows *rows, const struct rows_type *type, void *row)
{
    struct row_base *base = row;

    base->node.hash = type->hash(row);
    hash_add(&rows->table, &base->node);
}

/* The list goes with those that are taken; of those that stay there is another. */
void rows_take(struct rows *rows, uint32_t index, struct rows *taken)
{
    size_t count = position_after(rows, index);
    struct rows rest = {.last_index = rows->last_index, .round = rows->round};

    *taken = (struct rows){0};
    if (count == 0)
        return;
    if (count == rows->count || !make_row_room(&rest, rows->count - count)) {
        *taken = *rows;
        *rows = rest;
        return;
    }
    for (size_t i = 0; i < count; i++)
        hash_remove(&rows->table, &rows->list[i]->node);
    for (size_t i = count; i < rows->count; i++)
        append_row(&rest, rows->list[i]);
    rest.table = rows->table;
    *taken = (struct rows){.list = rows->list, .count = count, .room = rows->room};
    *rows = rest;
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

void rows_deselect(struct rows *selection, const void *row)
{
    const struct row_base *base = row;

    if (rows_at(selection, base->index) == row)
        unlist(selection, position_after(selection, base->index) - 1);
}

void rows_reselect(struct rows *selection, const struct rows *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < selection->count; i++)
        if (rows_has(rows, selection->list[i]))
            selection->list[count++] = selection->list[i];
    selection->count = count;
}

/* Frees rows, no more than a slice; returns how many. */
static size_t free_some(struct rows *rows, const struct rows_type *type, size_t slice)
{
    size_t count = rows->count < slice ? rows->count : slice;

    for (size_t i = 0; i < count; i++)
        type->free(rows->list[--rows->count]);
    return count;
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

/* Nobody looks for them by their identity any more. */
void rows_bury(struct rows *rows, const struct rows_type *type)
{
    struct rows content = *rows;
    struct grave *grave = content.count > 0 ? malloc(sizeof(*grave)) : NULL;

    *rows = (struct rows){.last_index = rows->last_index, .round = rows->round};
    hash_clear(&content.table);
    if (!grave) { /* there is nothing to wait for, or no memory to wait with */
        free_some(&content, type, SIZE_MAX);
        free(content.list);
        return;
    }
    buried += content.count;
    *grave = (struct grave){content, type, graves};
    graves = grave;
    timer_start(&digger, 0);
}

void gather_begin(struct gather *gather, struct rows *rows, size_t bound)
{
    rows->round = rows->round + 1 == NO_ROUND ? 1 : rows->round + 1;
    *gather = (struct gather){
        .base = rows->count, .last_index = rows->last_index, .round = rows->round, .bound = bound};
}

bool gather_is_stale(const struct gather *gather, const struct rows *rows)
{
    return rows->count != gather->base || rows->last_index != gather->last_index;
}

void *gather_find(const struct gather *gather, const struct rows *rows, const struct row_key *key)
{
    return gather_is_stale(gather, rows) ? NULL : find(rows, key, gather->round);
}

bool gather_keep(struct gather *gather, const struct rows *rows, void *row)
{
    struct row_base *base = row;

    if (gather->kept + gather->fresh.count >= gather->bound)
        return false;
    base->position = (uint32_t)position_of(rows, base);
    base->round = gather->round;
    gather->kept++;
    return true;
}

bool gather_has(const struct gather *gather, const void *row)
{
    const struct row_base *base = row;

    return base->round == gather->round;
}

/* How many with the identity of a row the status has had in a table. */
static unsigned count_twins(const struct gather *gather, const struct rows *rows,
                            const struct rows_type *type, const struct row_base *of)
{
    unsigned twins = 0;

    for (struct hash_node *node = hash_first(&rows->table, of->node.hash); node;
         node = hash_next(node))
        twins += gather_has(gather, node) && type->equal(node, of);
    return twins;
}

bool gather_add(struct gather *gather, const struct rows *rows, const struct rows_type *type,
                void *row)
{
    struct row_base *base = row;
    size_t others = gather->kept > gather->base ? gather->kept : gather->base;

    base->node.hash = type->hash(row);
    if (others + gather->fresh.count >= gather->bound ||
        count_twins(gather, rows, type, base) + count_twins(gather, &gather->fresh, type, base) >=
            TWINS_MAX)
        return false;
    base->index = 0;
    base->round = gather->round;
    if (enter_row(&gather->fresh, type, base))
        return true;
    gather->failed = true;
    return false;
}

/*
 * Takes those out that the status does not have.  There is room for them in *ended, which is not
 * theirs yet.
 */
static void end_rest(const struct gather *gather, struct rows *rows, struct rows *ended,
                     void (*kept)(void *arg, void *row, size_t before), void *arg)
{
    size_t count = 0;

    for (size_t i = 0; i < gather->base; i++) {
        struct row_base *row = rows->list[i];

        if (!gather->partial && !gather_has(gather, row)) {
            hash_remove(&rows->table, &row->node);
            append_row(ended, row);
            continue;
        }
        row->position = (uint32_t)count;
        rows->list[count++] = row;
        kept(arg, row, i);
    }
    rows->count = count;
}

static void append_fresh(struct gather *gather, struct rows *rows)
{
    for (size_t i = 0; i < gather->fresh.count; i++) {
        struct row_base *row = gather->fresh.list[i];

        row->index = ++rows->last_index;
        append_row(rows, row);
        hash_add(&rows->table, &row->node); /* there is room */
    }
    free(gather->fresh.list);
    hash_clear(&gather->fresh.table);
}

/* The indexes are used up. */
static void start_again(struct gather *gather, struct rows *rows, struct rows *ended)
{
    *ended = *rows;
    *rows = gather->fresh;
    rows->round = ended->round;
    for (size_t i = 0; i < rows->count; i++)
        rows->list[i]->index = ++rows->last_index;
}

static bool is_full(const struct gather *gather)
{
    return gather->fresh.count > UINT32_MAX - gather->last_index;
}

/* Room for all that gather_commit() does. */
static bool make_commit_room(const struct gather *gather, struct rows *rows, struct rows *ended)
{
    size_t rest = gather->partial ? 0 : gather->base - gather->kept;

    return make_row_room(rows, gather->base + gather->fresh.count) && make_row_room(ended, rest) &&
           hash_reserve(&rows->table, gather->base + gather->fresh.count);
}

bool gather_commit(struct gather *gather, struct rows *rows, const struct rows_type *type,
                   void (*kept)(void *arg, void *row, size_t before), void *arg,
                   struct gathered *outcome)
{
    bool possible =
        !gather->failed && !gather_is_stale(gather, rows) && !(gather->partial && is_full(gather));

    *outcome = (struct gathered){0};
    if (!possible || !make_commit_room(gather, rows, &outcome->ended)) {
        free(outcome->ended.list);
        gather_abort(gather, type);
        return false;
    }
    if (is_full(gather)) {
        free(outcome->ended.list);
        start_again(gather, rows, &outcome->ended);
    } else {
        end_rest(gather, rows, &outcome->ended, kept, arg);
        outcome->fresh = rows->count;
        append_fresh(gather, rows);
    }
    *gather = (struct gather){0};
    return true;
}

void gather_abort(struct gather *gather, const struct rows_type *type)
{
    rows_bury(&gather->fresh, type);
    *gather = (struct gather){0};
}
