#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/walker_fixture.h"

static void test_walk(void **state)
{
    static const struct model empty;

    (void)state;
    fixture_walk(&fixture_model);
    fixture_walk(&empty);
}

/* A question, below the root, and where it leads, below the root too; len 0 is the end. */
struct next_case {
    struct oid from;
    struct oid to;
};

static const struct next_case next_cases[] = {
    {{0, {0}}, {4, {1, 1, 1, 0}}},                             /* the root itself */
    {{1, {0}}, {4, {1, 1, 1, 0}}},                             /* before all tables */
    {{1, {1}}, {4, {1, 1, 1, 0}}},                             /* part of a path */
    {{2, {1, 1}}, {4, {1, 1, 1, 0}}},                          /* a path */
    {{3, {1, 1, 0}}, {4, {1, 1, 1, 0}}},                       /* column 0 */
    {{3, {1, 1, 1}}, {4, {1, 1, 1, 0}}},                       /* a scalar without instance */
    {{4, {1, 1, 1, 0}}, {4, {1, 1, 2, 0}}},                    /* from scalar to scalar */
    {{4, {1, 1, 3, 0}}, {5, {1, 2, 1, 2, 1}}},                 /* from table to table */
    {{4, {1, 1, 9, 0}}, {5, {1, 2, 1, 2, 1}}},                 /* behind the last column */
    {{4, {1, 2, 1, 1}}, {5, {1, 2, 1, 2, 1}}},                 /* a column that is missing, first */
    {{5, {1, 2, 1, 4, 1}}, {5, {1, 2, 1, 7, 1}}},              /* and in a gap */
    {{5, {1, 2, 1, 2, 0}}, {5, {1, 2, 1, 2, 1}}},              /* index 0 */
    {{5, {1, 2, 1, 2, 40}}, {5, {1, 2, 1, 3, 1}}},             /* the last row */
    {{5, {1, 2, 1, 2, BIG}}, {5, {1, 2, 1, 3, 1}}},            /* no row can have it */
    {{5, {1, 2, 1, 2, BIG + 1}}, {5, {1, 2, 1, 3, 1}}},        /* nor is it taken for 1 */
    {{5, {1, 2, 1, BIG + 2, 1}}, {6, {1, 3, 1, 2, 1, 7}}},     /* such a column */
    {{6, {1, 2, 1, 2, 1, 0}}, {5, {1, 2, 1, 2, 2}}},           /* index too long */
    {{5, {1, 3, 1, 2, 1}}, {6, {1, 3, 1, 2, 1, 7}}},           /* and too short */
    {{6, {1, 3, 1, 2, 1, BIG}}, {6, {1, 3, 1, 2, 2, 0}}},      /* behind all rows of 1 */
    {{6, {1, 3, 1, 2, 1, 9}}, {6, {1, 3, 1, 2, 2, 0}}},        /* a second index of 0 */
    {{6, {1, 3, 1, 2, BIG, 0}}, {6, {1, 3, 1, 3, 1, 7}}},      /* behind all rows */
    {{7, {1, 3, 1, 2, 1, 7, 0}}, {6, {1, 3, 1, 2, 1, 9}}},     /* index too long */
    {{6, {1, 3, 1, 7, 40, UINT32_MAX}}, {5, {2, 4, 1, 1, 0}}}, /* over an empty table */
    {{3, {2, 1, 1}}, {5, {2, 4, 1, 1, 0}}},                    /* from within it */
    {{5, {2, 1, 1, 1, 7}}, {5, {2, 4, 1, 1, 0}}},
    {{2, {2, 3}}, {5, {2, 4, 1, 1, 0}}},       /* between tables */
    {{4, {2, 4, 1, 1}}, {5, {2, 4, 1, 1, 0}}}, /* a row of index 0 comes first */
    {{5, {2, 4, 1, 1, 5}}, {5, {2, 4, 1, 1, UINT32_MAX}}},
    {{5, {2, 4, 1, 1, UINT32_MAX}}, {5, {2, 4, 1, 2, 0}}},
    {{7, {3, 1, 1, 1, 3, UINT32_MAX, UINT32_MAX}}, {0, {0}}}, /* the last cell */
    {{1, {4}}, {0, {0}}},
    {{1, {BIG + 1}}, {0, {0}}},
};

static struct oid below_root(const struct oid *oid)
{
    struct oid whole = {ROOT_LEN + oid->len, {0}};

    memcpy(whole.at, fixture_root, sizeof(fixture_root));
    memcpy(whole.at + ROOT_LEN, oid->at, oid->len * sizeof(oid->at[0]));
    return whole;
}

static void test_next(void **state)
{
    const struct walker walker = fixture_walker(&fixture_model);
    struct walker_cell cell;

    (void)state;
    for (size_t i = 0; i < COUNT(next_cases); i++) {
        struct oid from = below_root(&next_cases[i].from);
        struct oid to = below_root(&next_cases[i].to);
        enum walker_result result = walker_next(&walker, from.at, from.len, NULL, 0, &cell);

        if (next_cases[i].to.len == 0) {
            assert_int_equal(result, WALKER_END);
        } else {
            assert_int_equal(result, WALKER_FOUND);
            fixture_assert_cell(&cell, &to);
        }
    }
}

static void test_outside_root(void **state)
{
    static const struct oid before[] = {
        {0, {0}}, {1, {0}}, {1, {1}}, {7, {1, 3, 6, 1, 4, 1, 98}}, {9, {1, 3, 6, 1, 2, 1, 1, 3, 0}},
    };
    static const struct oid behind[] = {
        {7, {1, 3, 6, 1, 4, 1, 100}},
        {1, {2}},
        {4, {1, 3, 6, 2}},
        {1, {BIG}},
    };
    const struct walker walker = fixture_walker(&fixture_model);
    struct walker_cell cell;

    (void)state;
    fixture_list(&fixture_model);
    for (size_t i = 0; i < COUNT(before); i++) {
        assert_int_equal(walker_next(&walker, before[i].at, before[i].len, NULL, 0, &cell),
                         WALKER_FOUND);
        fixture_assert_cell(&cell, &fixture_cells[0]);
        assert_int_equal(walker_get(&walker, before[i].at, before[i].len, &cell), WALKER_NO_OBJECT);
    }
    for (size_t i = 0; i < COUNT(behind); i++) {
        assert_int_equal(walker_next(&walker, behind[i].at, behind[i].len, NULL, 0, &cell),
                         WALKER_END);
        assert_int_equal(walker_get(&walker, behind[i].at, behind[i].len, &cell), WALKER_NO_OBJECT);
    }
}

static void test_get(void **state)
{
    static const struct {
        struct oid oid;
        enum walker_result result;
    } cases[] = {
        {{4, {1, 1, 1, 0}}, WALKER_FOUND},
        {{3, {1, 1, 1}}, WALKER_NO_INSTANCE},
        {{4, {1, 1, 1, 1}}, WALKER_NO_INSTANCE},
        {{5, {1, 1, 1, 0, 0}}, WALKER_NO_INSTANCE},
        {{4, {1, 1, 4, 0}}, WALKER_NO_OBJECT},
        {{2, {1, 1}}, WALKER_NO_OBJECT},
        {{0, {0}}, WALKER_NO_OBJECT},
        {{5, {1, 2, 1, 1, 1}}, WALKER_NO_OBJECT},
        {{5, {1, 2, 1, 2, 40}}, WALKER_FOUND},
        {{5, {1, 2, 1, 2, 3}}, WALKER_NO_INSTANCE},
        {{5, {1, 2, 1, 2, BIG + 1}}, WALKER_NO_INSTANCE},
        {{5, {1, 2, 1, BIG + 2, 1}}, WALKER_NO_OBJECT},
        {{5, {1, 3, 1, 2, 1}}, WALKER_NO_INSTANCE},
        {{6, {1, 3, 1, 2, 2, 0}}, WALKER_FOUND},
        {{6, {1, 3, 1, 2, 40, UINT32_MAX}}, WALKER_FOUND},
        {{5, {2, 1, 1, 1, 1}}, WALKER_NO_INSTANCE},
        {{5, {2, 4, 1, 3, 0}}, WALKER_FOUND},
        {{6, {2, 5, 1, 2, 1, 1}}, WALKER_FOUND},
        {{6, {2, 5, 1, 2, 1, 2}}, WALKER_NO_INSTANCE}, /* an absent cell */
        {{6, {2, 5, 1, 3, 1, 1}}, WALKER_NO_INSTANCE},
        {{6, {2, 5, 1, 5, 1, 2}}, WALKER_FOUND},
        {{6, {2, 5, 1, 5, 1, 8}}, WALKER_NO_INSTANCE},
    };
    const struct walker walker = fixture_walker(&fixture_model);
    struct walker_cell cell;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct oid oid = below_root(&cases[i].oid);

        assert_int_equal(walker_get(&walker, oid.at, oid.len, &cell), cases[i].result);
        if (cases[i].result == WALKER_FOUND)
            fixture_assert_cell(&cell, &oid);
    }
}

static void test_oid(void **state)
{
    static const uint32_t index[] = {40, UINT32_MAX};
    static const unsigned long expected[] = {1, 3, 6, 1, 4, 1, 99, 1, 3, 1, 7, 40, UINT32_MAX};
    const struct walker walker = fixture_walker(&fixture_model);
    unsigned long oid[WALKER_OID_MAX];

    (void)state;
    assert_int_equal(
        walker_oid(&walker, fixture_tables[2], &fixture_tables[2]->columns[2], index, oid),
        COUNT(expected));
    assert_memory_equal(oid, expected, sizeof(expected));
}

static const struct table *check(const struct table *a, const struct table *b)
{
    const struct table *pair[] = {a, b};
    const struct walker walker = {fixture_root, ROOT_LEN, pair, 2, &fixture_model};

    return walker_check(&walker);
}

static void test_check_order(void **state)
{
    static const unsigned below[] = {1, 2, 1, 4};
    const struct walker walker = fixture_walker(&fixture_model);
    const struct table *first = fixture_tables[1];
    const struct table *second = fixture_tables[2];
    struct table wrong = *second;

    (void)state;
    assert_null(walker_check(&walker));
    assert_null(check(first, second));
    assert_ptr_equal(check(second, first), first);
    assert_ptr_equal(check(first, first), first);
    wrong.path = below;
    wrong.path_len = COUNT(below);
    assert_ptr_equal(check(first, &wrong), &wrong);
}

static void check_columns(const struct column *columns, size_t count)
{
    struct table wrong = *fixture_tables[2];

    wrong.columns = columns;
    wrong.column_count = count;
    assert_ptr_equal(check(fixture_tables[1], &wrong), &wrong);
}

static void test_check_table(void **state)
{
    const struct column good = fixture_tables[2]->columns[0];
    const struct column twice[] = {good, good};
    struct column alike[] = {good, good};
    struct column bad = good;
    struct table wrong = *fixture_tables[2];

    (void)state;
    wrong.arity = 3;
    assert_ptr_equal(check(fixture_tables[1], &wrong), &wrong);
    wrong.arity = 0;
    assert_ptr_equal(check(fixture_tables[1], &wrong), &wrong);
    check_columns(twice, COUNT(twice));
    bad.number = 0;
    check_columns(&bad, 1);
    bad = good;
    bad.get = NULL;
    check_columns(&bad, 1);
    bad = good;
    bad.name = NULL;
    check_columns(&bad, 1);
    alike[1].number++;
    check_columns(alike, COUNT(alike));
}

static void test_check_length(void **state)
{
    static unsigned long long_root[WALKER_OID_MAX];
    struct walker walker = fixture_walker(&fixture_model);

    (void)state;
    walker.root = long_root;
    walker.root_len = WALKER_OID_MAX - 7; /* the longest are four of path, a column, two of index */
    assert_null(walker_check(&walker));
    walker.root_len++;
    assert_ptr_equal(walker_check(&walker), fixture_tables[6]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),         cmocka_unit_test(test_next),
        cmocka_unit_test(test_outside_root), cmocka_unit_test(test_get),
        cmocka_unit_test(test_oid),          cmocka_unit_test(test_check_order),
        cmocka_unit_test(test_check_table),  cmocka_unit_test(test_check_length),
    };

    return cmocka_run_group_tests_name("walker", tests, NULL, NULL);
}
