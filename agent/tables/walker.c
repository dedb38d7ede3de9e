#include "agent/tables/walker.h"

#include <string.h>

int walker_compare(const unsigned long *a, size_t a_len, const unsigned long *b, size_t b_len)
{
    for (size_t i = 0; i < a_len && i < b_len; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return (a_len > b_len) - (a_len < b_len);
}

static bool starts_with(const unsigned long *oid, size_t len, const unsigned long *prefix,
                        size_t prefix_len)
{
    return len >= prefix_len && walker_compare(oid, prefix_len, prefix, prefix_len) == 0;
}

/* The order of what follows the root against a table's path: 0 when it lies below the path. */
static int compare_path(const unsigned long *oid, size_t len, const struct table *table)
{
    for (size_t i = 0; i < table->path_len; i++) {
        if (i == len || oid[i] < table->path[i])
            return -1;
        if (oid[i] > table->path[i])
            return 1;
    }
    return 0;
}

static bool seek(const struct walker *walker, const struct table *table, const uint32_t *index,
                 bool exact, struct row *row)
{
    *row = (struct row){.model = walker->model};
    return table->find(table, walker->model, index, exact, row);
}

static bool seek_from(const struct walker *walker, const struct table *table, const uint32_t *index,
                      struct row *row)
{
    return seek(walker, table, index, true, row) || seek(walker, table, index, false, row);
}

static bool seek_first(const struct walker *walker, const struct table *table, struct row *row)
{
    static const uint32_t zeros[WALKER_ARITY_MAX];

    return seek_from(walker, table, zeros, row);
}

/* The first row whose index stands behind those sub-identifiers, which may be too few or many. */
static bool seek_behind(const struct walker *walker, const struct table *table,
                        const unsigned long *index, size_t len, struct row *row)
{
    uint32_t numbers[WALKER_ARITY_MAX] = {0};

    for (size_t i = 0; i < table->arity && i < len; i++) {
        if (index[i] > UINT32_MAX) {
            /* No row has it: all rows that agree up to here stand before it. */
            memset(numbers + i, 0xff, (table->arity - i) * sizeof(*numbers));
            return seek(walker, table, numbers, false, row);
        }
        numbers[i] = (uint32_t)index[i];
    }
    if (len < table->arity)
        return seek_from(walker, table, numbers, row);
    return seek(walker, table, numbers, false, row);
}

static const struct column *column_from(const struct table *table, unsigned long number)
{
    size_t low = 0;
    size_t high = table->column_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->columns[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->column_count ? &table->columns[low] : NULL;
}

size_t walker_oid(const struct walker *walker, const struct table *table,
                  const struct column *column, const uint32_t *index, unsigned long *oid)
{
    size_t len = walker->root_len;

    memcpy(oid, walker->root, len * sizeof(*oid));
    for (size_t i = 0; i < table->path_len; i++)
        oid[len++] = table->path[i];
    oid[len++] = column->number;
    for (size_t i = 0; i < table->arity; i++)
        oid[len++] = index[i];
    return len;
}

/* Returns false when the cell is absent: then its OID stays what it was, which may be the question.
 */
static bool read_cell(const struct walker *walker, const struct table *table,
                      const struct column *column, const struct row *row, struct walker_cell *cell)
{
    cell->table = table;
    cell->column = column;
    cell->row = *row;
    cell->value = (struct value){0};
    column->get(row, &cell->value);
    if (cell->value.absence != ABSENT_NOT)
        return false;
    cell->oid_len = walker_oid(walker, table, column, row->index, cell->oid);
    return true;
}

/* The first cell of the column that is not absent, in that row or behind it. */
static bool read_from(const struct walker *walker, const struct table *table,
                      const struct column *column, struct row *row, struct walker_cell *cell)
{
    while (!read_cell(walker, table, column, row, cell)) {
        uint32_t index[WALKER_ARITY_MAX] = {row->index[0], row->index[1]};

        if (cell->value.absence == ABSENT_REST)
            index[1] = UINT32_MAX;
        if (!seek(walker, table, index, false, row))
            return false;
    }
    return true;
}

/* oid is what follows a table's path. */
static enum walker_result name_cell(const struct table *table, const unsigned long *oid, size_t len,
                                    struct walker_cell *cell)
{
    const struct column *column = len > 0 ? column_from(table, oid[0]) : NULL;

    if (!column || column->number != oid[0])
        return WALKER_NO_OBJECT;
    cell->table = table;
    cell->column = column;
    if (len - 1 != table->arity)
        return WALKER_NO_INSTANCE;
    memset(cell->row.index, 0, sizeof(cell->row.index));
    for (size_t i = 0; i < table->arity; i++) {
        if (oid[1 + i] > UINT32_MAX)
            return WALKER_NO_INSTANCE;
        cell->row.index[i] = (uint32_t)oid[1 + i];
    }
    return WALKER_FOUND;
}

enum walker_result walker_name(const struct walker *walker, const unsigned long *oid, size_t len,
                               struct walker_cell *cell)
{
    if (!starts_with(oid, len, walker->root, walker->root_len))
        return WALKER_NO_OBJECT;
    oid += walker->root_len;
    len -= walker->root_len;
    for (size_t i = 0; i < walker->table_count; i++) {
        const struct table *table = walker->tables[i];

        if (compare_path(oid, len, table) == 0)
            return name_cell(table, oid + table->path_len, len - table->path_len, cell);
    }
    return WALKER_NO_OBJECT;
}

enum walker_result walker_get(const struct walker *walker, const unsigned long *oid, size_t len,
                              struct walker_cell *cell)
{
    enum walker_result result = walker_name(walker, oid, len, cell);
    struct row row;

    if (result != WALKER_FOUND)
        return result;
    if (!seek(walker, cell->table, cell->row.index, true, &row) ||
        !read_cell(walker, cell->table, cell->column, &row, cell))
        return WALKER_NO_INSTANCE;
    return WALKER_FOUND;
}

/* The first cell of a table behind oid, which is what follows its path. */
static enum walker_result next_cell(const struct walker *walker, const struct table *table,
                                    const unsigned long *oid, size_t len, struct walker_cell *cell)
{
    const struct column *end = table->columns + table->column_count;
    const struct column *column = column_from(table, len > 0 ? oid[0] : 0);
    struct row row;

    if (column && len > 0 && column->number == oid[0]) {
        if (seek_behind(walker, table, oid + 1, len - 1, &row) &&
            read_from(walker, table, column, &row, cell))
            return WALKER_FOUND;
        column++;
    }
    for (; column && column < end && seek_first(walker, table, &row); column++)
        if (read_from(walker, table, column, &row, cell))
            return WALKER_FOUND;
    return WALKER_END;
}

/* oid is what follows the root. */
static enum walker_result next_below(const struct walker *walker, const unsigned long *oid,
                                     size_t len, struct walker_cell *cell)
{
    for (size_t i = 0; i < walker->table_count; i++) {
        const struct table *table = walker->tables[i];
        int order = compare_path(oid, len, table);
        size_t skip = order == 0 ? table->path_len : len;

        if (order <= 0 && next_cell(walker, table, oid + skip, len - skip, cell) == WALKER_FOUND)
            return WALKER_FOUND;
    }
    return WALKER_END;
}

static enum walker_result next_anywhere(const struct walker *walker, const unsigned long *oid,
                                        size_t len, struct walker_cell *cell)
{
    if (starts_with(oid, len, walker->root, walker->root_len))
        return next_below(walker, oid + walker->root_len, len - walker->root_len, cell);
    if (walker_compare(oid, len, walker->root, walker->root_len) > 0)
        return WALKER_END;
    return next_below(walker, walker->root, 0, cell);
}

enum walker_result walker_next(const struct walker *walker, const unsigned long *oid, size_t len,
                               const unsigned long *scope, size_t scope_len,
                               struct walker_cell *cell)
{
    if (walker_compare(oid, len, scope, scope_len) < 0) {
        if (walker_get(walker, scope, scope_len, cell) == WALKER_FOUND)
            return WALKER_FOUND;
        oid = scope;
        len = scope_len;
    }
    if (next_anywhere(walker, oid, len, cell) != WALKER_FOUND ||
        !starts_with(cell->oid, cell->oid_len, scope, scope_len))
        return WALKER_END;
    return WALKER_FOUND;
}

static bool name_right(const struct table *table, size_t which)
{
    const char *name = table->columns[which].name;

    for (size_t i = 0; i < which && name; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return false;
    return name != NULL;
}

static bool columns_right(const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].number <= (i > 0 ? table->columns[i - 1].number : 0) ||
            !table->columns[i].get || !name_right(table, i))
            return false;
    }
    return true;
}

/* Whether b stands behind a and not below it. */
static bool paths_right(const struct table *a, const struct table *b)
{
    for (size_t i = 0; i < a->path_len && i < b->path_len; i++) {
        if (a->path[i] != b->path[i])
            return a->path[i] < b->path[i];
    }
    return false;
}

const struct table *walker_check(const struct walker *walker)
{
    for (size_t i = 0; i < walker->table_count; i++) {
        const struct table *table = walker->tables[i];

        if (table->arity < 1 || table->arity > WALKER_ARITY_MAX || !table->find ||
            table->path_len == 0 ||
            walker->root_len + table->path_len + 1 + table->arity > WALKER_OID_MAX ||
            !columns_right(table) || (i > 0 && !paths_right(walker->tables[i - 1], table)))
            return table;
    }
    return NULL;
}
