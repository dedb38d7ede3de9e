#include "ctl/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/*
 * What a message may hold.  snmpd gives no answer at all over 65507 bytes, and each varbind takes
 * its identifier, of up to some 150 bytes, beside its value.
 */
#define MESSAGE_ROOM    60000
#define IDENTIFIER_ROOM 60
#define REPETITIONS_MAX 100

struct found {
    unsigned long index[ROW_INDEX_MAX];
    struct cell cell;
};

struct walk_column {
    enum object object;
    bool ended;
    unsigned long last[OBJECTS_OID_MAX]; /* what was asked for, or came last */
    size_t arcs;                         /* of last */
    size_t own_arcs;                     /* of the column itself */
    struct found *found;
    size_t count;
    size_t room;
};

bool walk_init(struct walk *walk, const enum object *columns, size_t count, size_t depth,
               unsigned long only, unsigned long after)
{
    *walk = (struct walk){.count = count, .depth = depth, .only = only};
    walk->columns = calloc(count, sizeof(*walk->columns));
    if (!walk->columns)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct walk_column *column = &walk->columns[i];

        column->object = columns[i];
        column->own_arcs = objects_oid(columns[i], column->last);
        column->arcs = column->own_arcs;
        if (only == 0)
            continue;
        /* With one part of the index its GETNEXT begins before the row. */
        column->last[column->arcs++] = depth == 1 ? only - 1 : only;
        if (depth > 1 && after > 0)
            column->last[column->arcs++] = after;
    }
    return true;
}

static void forget_found(struct walk_column *column)
{
    for (size_t i = 0; i < column->count; i++)
        free(column->found[i].cell.text);
    free(column->found);
    column->found = NULL;
    column->count = column->room = 0;
}

void walk_fini(struct walk *walk)
{
    for (size_t i = 0; walk->columns && i < walk->count; i++)
        forget_found(&walk->columns[i]);
    free(walk->columns);
    walk->columns = NULL;
}

bool walk_next(const struct walk *walk, size_t column, unsigned long *name, size_t *arcs)
{
    const struct walk_column *asked = &walk->columns[column];

    if (asked->ended)
        return false;
    memcpy(name, asked->last, asked->arcs * sizeof(*name));
    *arcs = asked->arcs;
    return true;
}

int walk_repetitions(const struct walk *walk)
{
    size_t bytes = 0;
    size_t fit;

    for (size_t i = 0; i < walk->count; i++)
        if (!walk->columns[i].ended)
            bytes += objects_longest(walk->columns[i].object) + IDENTIFIER_ROOM;
    fit = bytes ? MESSAGE_ROOM / bytes : 1;
    if (fit > REPETITIONS_MAX)
        fit = REPETITIONS_MAX;
    return fit ? (int)fit : 1;
}

static bool has_flag(const struct walk_value *value, size_t flag)
{
    return flag / 8 < value->size && value->octets[flag / 8] & (0x80 >> flag % 8);
}

/* BITS as their labels; those of the log as the letters that OpenVPN has for them. */
static bool flags_cell(enum object object, const struct walk_value *value, struct cell *cell)
{
    static const char letters[] = "IFNWD";
    char text[64] = "";
    size_t len = 0;
    const char *label;

    for (size_t i = 0; (label = objects_label(object, (int64_t)i)); i++) {
        if (!has_flag(value, i) || len >= sizeof(text))
            continue;
        if (object == ovpnLogFlags)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%c", letters[i]);
        else
            len +=
                (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? "," : "", label);
    }
    cell->text = text_copy(text);
    cell->there = cell->text != NULL;
    return cell->there;
}

bool walk_cell(enum object object, const struct walk_value *value, struct cell *cell)
{
    enum objects_kind kind = objects_kind(object);

    *cell = (struct cell){0};
    if (value->type == WALK_NUMBER && (kind == OBJECTS_NUMBER || kind == OBJECTS_ENUM)) {
        cell->there = true;
        cell->number = value->number;
        return true;
    }
    if (value->type != WALK_OCTETS)
        return true;
    if (kind == OBJECTS_FLAGS)
        return flags_cell(object, value, cell);
    if (kind != OBJECTS_TEXT)
        return true;
    cell->text = text_new(TEXT_MAX, (struct slice){(const char *)value->octets, value->size});
    cell->there = cell->text != NULL;
    return cell->there;
}

/* As in RFC 3416: arc by arc, and a name comes before all that begin with it. */
static int compare_arcs(const unsigned long *a, size_t a_arcs, const unsigned long *b,
                        size_t b_arcs)
{
    for (size_t i = 0; i < a_arcs && i < b_arcs; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_arcs == b_arcs ? 0 : a_arcs < b_arcs ? -1 : 1;
}

static bool grow_found(struct walk_column *column)
{
    size_t room = column->room ? column->room * 2 : 32;
    struct found *more;

    if (column->count < column->room)
        return true;
    more = realloc(column->found, room * sizeof(*more));
    if (!more)
        return false;
    column->found = more;
    column->room = room;
    return true;
}

static enum walk_result keep(struct walk *walk, struct walk_column *column,
                             const unsigned long *index, const struct walk_value *value)
{
    struct found *found;

    if (column->count >= WALK_ROWS_MAX || walk->text_bytes > WALK_TEXT_MAX)
        return WALK_ENDLESS;
    if (!grow_found(column))
        return WALK_MEMORY;
    found = &column->found[column->count];
    if (!walk_cell(column->object, value, &found->cell))
        return WALK_MEMORY;
    for (size_t i = 0; i < ROW_INDEX_MAX; i++)
        found->index[i] = i < walk->depth ? index[i] : 0;
    if (found->cell.text)
        walk->text_bytes += strlen(found->cell.text) + 1;
    column->count++;
    return WALK_MORE;
}

enum walk_result walk_take(struct walk *walk, size_t column, const unsigned long *name, size_t arcs,
                           const struct walk_value *value)
{
    struct walk_column *asked = &walk->columns[column];
    const unsigned long *index = name + asked->own_arcs;
    enum walk_result result;

    if (asked->ended)
        return WALK_DONE;
    if (value->type == WALK_END || arcs < asked->own_arcs ||
        memcmp(name, asked->last, asked->own_arcs * sizeof(*name)) != 0 ||
        (walk->only && arcs > asked->own_arcs && index[0] != walk->only)) {
        asked->ended = true;
        return WALK_DONE;
    }
    if (compare_arcs(name, arcs, asked->last, asked->arcs) <= 0)
        return WALK_BACKWARD;
    if (arcs != asked->own_arcs + walk->depth)
        return WALK_STRANGE;
    result = keep(walk, asked, index, value);
    if (result == WALK_MORE) {
        memcpy(asked->last, name, arcs * sizeof(*name));
        asked->arcs = arcs;
    }
    return result;
}

/* The smallest index that columns have at their places; false when all are at their ends. */
static bool smallest(const struct walk *walk, const size_t *places, const unsigned long **index)
{
    *index = NULL;
    for (size_t i = 0; i < walk->count; i++) {
        const struct walk_column *column = &walk->columns[i];

        if (places[i] < column->count &&
            (!*index || compare_arcs(column->found[places[i]].index, ROW_INDEX_MAX, *index,
                                     ROW_INDEX_MAX) < 0))
            *index = column->found[places[i]].index;
    }
    return *index != NULL;
}

static bool stands_at(const struct walk_column *column, size_t place, const unsigned long *index)
{
    return column->found && place < column->count &&
           memcmp(column->found[place].index, index, sizeof(column->found[place].index)) == 0;
}

static size_t count_rows(const struct walk *walk)
{
    size_t places[WALK_COLUMNS_MAX] = {0};
    const unsigned long *index;
    size_t count = 0;

    while (smallest(walk, places, &index)) {
        const unsigned long at[ROW_INDEX_MAX] = {index[0], index[1]};

        for (size_t i = 0; i < walk->count; i++)
            if (stands_at(&walk->columns[i], places[i], at))
                places[i]++;
        count++;
    }
    return count;
}

bool walk_rows(struct walk *walk, struct grid *rows)
{
    size_t places[WALK_COLUMNS_MAX] = {0};
    const unsigned long *index;
    size_t count = count_rows(walk);

    grid_init(rows);
    rows->cells = calloc(count * walk->count + 1, sizeof(*rows->cells));
    rows->row = calloc(count + 1, sizeof(*rows->row));
    if (!rows->cells || !rows->row) {
        grid_fini(rows);
        return false;
    }
    rows->columns = walk->count;
    while (smallest(walk, places, &index)) {
        struct row *row = &rows->row[rows->count];

        memcpy(row->index, index, sizeof(row->index));
        row->cells = rows->cells + rows->count * rows->columns;
        for (size_t i = 0; i < walk->count; i++) {
            struct walk_column *column = &walk->columns[i];

            if (!stands_at(column, places[i], row->index))
                continue;
            row->cells[i] = column->found[places[i]].cell;
            column->found[places[i]++].cell.text = NULL;
        }
        rows->count++;
    }
    for (size_t i = 0; i < walk->count; i++)
        forget_found(&walk->columns[i]);
    return true;
}
