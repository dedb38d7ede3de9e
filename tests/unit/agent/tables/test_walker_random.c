#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/walker_fixture.h"

static void check_next(const struct walker *walker, const struct oid *oid, const struct oid *scope)
{
    const struct oid *expected = NULL;
    struct walker_cell cell;
    enum walker_result result =
        walker_next(walker, oid->at, oid->len, scope->at, scope->len, &cell);

    for (size_t i = 0; i < fixture_cell_count && !expected; i++) {
        if (fixture_compare(&fixture_cells[i], oid) > 0 &&
            fixture_has_prefix(&fixture_cells[i], scope))
            expected = &fixture_cells[i];
    }
    assert_int_equal(result, expected ? WALKER_FOUND : WALKER_END);
    if (expected)
        fixture_assert_cell(&cell, expected);
}

/* Whether the OID lies in some column: the tables say so without the walker. */
static bool in_column(const struct oid *oid)
{
    for (size_t i = 0; i < TABLES; i++) {
        for (size_t j = 0; j < fixture_tables[i]->column_count; j++) {
            static const uint32_t zeros[2];
            struct oid column =
                fixture_oid(fixture_tables[i], fixture_tables[i]->columns[j].number, zeros);

            column.len -= fixture_tables[i]->arity;
            if (fixture_has_prefix(oid, &column))
                return true;
        }
    }
    return false;
}

static void check_get(const struct walker *walker, const struct oid *oid)
{
    struct walker_cell cell;
    enum walker_result result = walker_get(walker, oid->at, oid->len, &cell);

    if (bsearch(oid, fixture_cells, fixture_cell_count, sizeof(fixture_cells[0]),
                fixture_compare_for_sort)) {
        assert_int_equal(result, WALKER_FOUND);
        fixture_assert_cell(&cell, oid);
    } else {
        assert_int_equal(result, in_column(oid) ? WALKER_NO_INSTANCE : WALKER_NO_OBJECT);
    }
}

static uint64_t seed = 88172645463325252u;

/* The same numbers in every run. */
static unsigned long random_below(unsigned long bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned long)(seed % bound);
}

static uint32_t random_index(void)
{
    switch (random_below(4)) {
    case 0:
        return UINT32_MAX - (uint32_t)random_below(3);
    case 1:
        return (uint32_t)random_below(3);
    default:
        return (uint32_t)random_below(12);
    }
}

static void fill_rows(struct rows *rows, size_t arity)
{
    size_t count = random_below(12);

    rows->count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t index[2] = {random_index(), arity == 2 ? random_index() : 0};
        size_t at = 0;

        while (at < rows->count && fixture_compare_index(rows->index[at], index, 2) < 0)
            at++;
        if (at < rows->count && fixture_compare_index(rows->index[at], index, 2) == 0)
            continue;
        memmove(rows->index + at + 1, rows->index + at, (rows->count - at) * sizeof(*rows->index));
        memcpy(rows->index[at], index, sizeof(index));
        rows->count++;
    }
}

/* Somewhere near a cell, most of the time. */
static struct oid random_oid(void)
{
    struct oid oid = {random_below(16), {0}};

    for (size_t i = 0; i < oid.len; i++)
        oid.at[i] = i < ROOT_LEN ? fixture_root[i] : random_below(5);
    if (fixture_cell_count > 0 && random_below(8) > 0)
        oid = fixture_cells[random_below(fixture_cell_count)];
    for (unsigned long changes = random_below(3); changes > 0 && oid.len > 0; changes--) {
        static const unsigned long steps[] = {1, -1UL, 2, -2UL, BIG, 1UL << 63};

        oid.at[random_below(oid.len)] += steps[random_below(COUNT(steps))];
    }
    if (random_below(3) == 0)
        oid.len = random_below(oid.len + 1);
    for (unsigned long more = random_below(4) == 0 ? random_below(100) : 0; more > 0; more--)
        oid.at[oid.len++] = random_below(3) == 0 ? BIG - random_below(3) : random_below(3);
    return oid;
}

static struct oid random_scope(void)
{
    struct oid scope = random_oid();

    if (random_below(3) == 0)
        scope.len = 0;
    else if (scope.len > ROOT_LEN + 1 && random_below(2) == 0)
        scope.len = ROOT_LEN + 1;
    return scope;
}

static void test_against_list(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct model model;
        struct walker walker = fixture_walker(&model);

        for (size_t j = 0; j < TABLES; j++)
            fill_rows(&model.rows[j], fixture_tables[j]->arity);
        fixture_walk(&model);
        for (int j = 0; j < 200; j++) {
            struct oid oid = random_oid();
            struct oid scope = random_scope();

            check_next(&walker, &oid, &scope);
            check_get(&walker, &oid);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_list),
    };

    return cmocka_run_group_tests_name("walker, random", tests, NULL, NULL);
}
