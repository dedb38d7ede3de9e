#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "walker_fixture.h"

int fixture_compare_index(const uint32_t *a, const uint32_t *b, size_t arity)
{
    for (size_t i = 0; i < arity; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

static bool find(const struct model *model, size_t table, size_t arity, const uint32_t *index,
                 bool exact, struct row *row)
{
    const struct rows *rows = &model->rows[table];

    for (size_t i = 0; i < rows->count; i++) {
        int order = fixture_compare_index(rows->index[i], index, arity);

        if (exact ? order == 0 : order > 0) {
            memcpy(row->index, rows->index[i], arity * sizeof(*index));
            row->item = rows->index[i];
            return true;
        }
    }
    return false;
}

#define FINDER(number, arity)                                                                      \
    static bool find_##number(const struct table *table, const struct model *model,                \
                              const uint32_t *index, bool exact, struct row *row)                  \
    {                                                                                              \
        (void)table;                                                                               \
        return find(model, number, arity, index, exact, row);                                      \
    }

FINDER(0, 1)
FINDER(1, 1)
FINDER(2, 2)
FINDER(3, 1)
FINDER(4, 1)
FINDER(5, 2)

static void get_index(const struct row *row, struct value *value)
{
    value->number = row->index[0];
}

static const struct column three_columns[] = {
    {1, VALUE_GAUGE32, NULL, get_index, "A"},
    {2, VALUE_GAUGE32, NULL, get_index, "B"},
    {3, VALUE_GAUGE32, NULL, get_index, "C"},
};
static const struct column gap_columns[] = {
    {2, VALUE_GAUGE32, NULL, get_index, "B"},
    {3, VALUE_GAUGE32, NULL, get_index, "C"},
    {7, VALUE_GAUGE32, NULL, get_index, "G"},
};

static const unsigned path_0[] = {1, 1};
static const unsigned path_1[] = {1, 2, 1};
static const unsigned path_2[] = {1, 3, 1};
static const unsigned path_3[] = {2, 1, 1};
static const unsigned path_4[] = {2, 4, 1};
static const unsigned path_5[] = {3, 1, 1, 1};

#define TABLE(number, arity_of, cells)                                                             \
    {                                                                                              \
        .name = "t" #number, .path = path_##number, .path_len = COUNT(path_##number),              \
        .arity = arity_of, .find = find_##number, TABLE_COLUMNS(cells)                             \
    }

static const struct table table_0 = TABLE(0, 1, three_columns); /* scalars */
static const struct table table_1 = TABLE(1, 1, gap_columns);
static const struct table table_2 = TABLE(2, 2, gap_columns);
static const struct table table_3 = TABLE(3, 1, three_columns); /* empty */
static const struct table table_4 = TABLE(4, 1, three_columns); /* indexes 0 and 2^32-1 */
static const struct table table_5 = TABLE(5, 2, three_columns);

const struct table *const fixture_tables[TABLES] = {&table_0, &table_1, &table_2,
                                                    &table_3, &table_4, &table_5};
const unsigned long fixture_root[ROOT_LEN] = {1, 3, 6, 1, 4, 1, 99};

const struct model fixture_model = {{
    {1, {{0}}},
    {3, {{1}, {2}, {40}}},
    {5, {{1, 7}, {1, 9}, {2, 0}, {40, 1}, {40, UINT32_MAX}}},
    {0, {{0}}},
    {3, {{0}, {5}, {UINT32_MAX}}},
    {2, {{1, 1}, {UINT32_MAX, UINT32_MAX}}},
}};

struct walker fixture_walker(const struct model *model)
{
    return (struct walker){fixture_root, ROOT_LEN, fixture_tables, TABLES, model};
}

int fixture_compare(const struct oid *a, const struct oid *b)
{
    for (size_t i = 0;; i++) {
        if (i == a->len || i == b->len)
            return (i == b->len) - (i == a->len);
        if (a->at[i] != b->at[i])
            return a->at[i] < b->at[i] ? -1 : 1;
    }
}

int fixture_compare_for_sort(const void *a, const void *b)
{
    return fixture_compare(a, b);
}

bool fixture_has_prefix(const struct oid *oid, const struct oid *prefix)
{
    return oid->len >= prefix->len &&
           memcmp(oid->at, prefix->at, prefix->len * sizeof(oid->at[0])) == 0;
}

struct oid fixture_oid(const struct table *table, unsigned column, const uint32_t *index)
{
    struct oid oid = {0, {0}};

    for (size_t i = 0; i < ROOT_LEN; i++)
        oid.at[oid.len++] = fixture_root[i];
    for (size_t i = 0; i < table->path_len; i++)
        oid.at[oid.len++] = table->path[i];
    oid.at[oid.len++] = column;
    for (size_t i = 0; i < table->arity; i++)
        oid.at[oid.len++] = index[i];
    return oid;
}

struct oid fixture_cells[CELLS_MAX];
size_t fixture_cell_count;

static void push_row(const struct table *table, const uint32_t *index)
{
    for (size_t i = 0; i < table->column_count; i++) {
        assert_true(fixture_cell_count < CELLS_MAX);
        fixture_cells[fixture_cell_count++] = fixture_oid(table, table->columns[i].number, index);
    }
}

void fixture_list(const struct model *model)
{
    fixture_cell_count = 0;
    for (size_t i = 0; i < TABLES; i++) {
        for (size_t row = 0; row < model->rows[i].count; row++)
            push_row(fixture_tables[i], model->rows[i].index[row]);
    }
    qsort(fixture_cells, fixture_cell_count, sizeof(fixture_cells[0]), fixture_compare_for_sort);
}

void fixture_assert_cell(const struct walker_cell *cell, const struct oid *oid)
{
    assert_int_equal(cell->oid_len, oid->len);
    assert_memory_equal(cell->oid, oid->at, oid->len * sizeof(oid->at[0]));
    /* Table, column and row say the same as the OID. */
    assert_int_equal(cell->column->number, oid->at[ROOT_LEN + cell->table->path_len]);
    for (size_t i = 0; i < cell->table->arity; i++)
        assert_int_equal(cell->row.index[i], oid->at[oid->len - cell->table->arity + i]);
    assert_non_null(cell->row.item);
    assert_non_null(cell->row.model);
}

void fixture_walk(const struct model *model)
{
    const struct walker walker = fixture_walker(model);
    struct walker_cell cell = {.oid_len = 0};

    fixture_list(model);
    for (size_t i = 0; i < fixture_cell_count; i++) {
        assert_int_equal(walker_next(&walker, cell.oid, cell.oid_len, NULL, 0, &cell),
                         WALKER_FOUND);
        fixture_assert_cell(&cell, &fixture_cells[i]);
    }
    assert_int_equal(walker_next(&walker, cell.oid, cell.oid_len, NULL, 0, &cell), WALKER_END);
}
