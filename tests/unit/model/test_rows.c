#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/timers.h"
#include "model/rows.h"
#include "tests/unit/fixtures/failing_memory.h"

struct item {
    struct row_base base;
    int key;
};

static int freed;

static int compare(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->base.twin > b->base.twin) - (a->base.twin < b->base.twin);
}

static void free_item(void *row)
{
    free(row);
    freed++;
}

static const struct rows_type type = {compare, free_item};
static struct rows rows;
static char told[256];

static void tell(const char *what, const void *row)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof(told) - len, "%s%d ", what, ((const struct item *)row)->key);
}

static void kept(void *arg, void *row, void *old)
{
    assert_ptr_equal(arg, &rows);
    assert_int_equal(((struct item *)row)->key, ((struct item *)old)->key);
    tell("=", row);
}

static void ended(void *arg, void *old)
{
    assert_ptr_equal(arg, &rows);
    tell("-", old);
}

static void started(void *arg, void *row)
{
    assert_ptr_equal(arg, &rows);
    assert_ptr_equal(rows_at(&rows, ((struct item *)row)->base.index), row);
    tell("+", row);
}

static const struct gather_visitor visitor = {kept, ended, started, &rows};

static struct item *item_new(int key)
{
    struct item *item = calloc(1, sizeof(*item));

    assert_non_null(item);
    item->key = key;
    return item;
}

static bool gather_key(struct gather *gather, int key)
{
    struct item *item = item_new(key);

    if (gather_add(gather, &rows, &type, item))
        return true;
    free(item);
    return false;
}

static bool add_key(int key)
{
    struct item *item = item_new(key);

    if (rows_add(&rows, &type, item))
        return true;
    free(item);
    return false;
}

/* Replaces the rows by those of a text, one letter each; true when that was taken. */
static bool replace(const char *keys, size_t bound)
{
    struct gather gather;

    told[0] = '\0';
    assert_true(gather_begin(&gather, &rows, bound));
    for (; *keys; keys++)
        gather_key(&gather, *keys);
    return gather_commit(&gather, &rows, &type, &visitor);
}

/* "KEY:INDEX ..." in the order of a walk. */
static void assert_rows(const char *expected)
{
    char text[256] = "";
    uint32_t index = 0;
    const struct item *item;
    size_t position = 0;

    while ((item = rows_after(&rows, index))) {
        size_t len = strlen(text);

        index = item->base.index;
        assert_int_equal(item->base.position, position++);
        assert_ptr_equal(rows_at(&rows, index), item);
        assert_ptr_equal(rows_find(&rows, &type, item), item);
        snprintf(text + len, sizeof(text) - len, "%c:%u ", item->key, index);
    }
    assert_int_equal(rows.count, position);
    assert_string_equal(text, expected);
}

static int set_up(void **state)
{
    (void)state;
    rows = (struct rows){0};
    freed = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rows_bury(&rows, &type);
    rows_bury_now();
    return timers_next() == -1 ? 0 : 1;
}

static void test_replacing(void **state)
{
    (void)state;
    assert_rows("");
    assert_true(replace("abc", 10));
    assert_string_equal(told, "+97 +98 +99 ");
    assert_true(replace("cda", 10));
    assert_string_equal(told, "=97 -98 =99 +100 ");
    assert_rows("a:1 c:3 d:4 ");
    assert_true(replace("", 10));
    assert_true(replace("a", 10));
    assert_rows("a:5 ");
    rows_bury_now();
    assert_int_equal(freed, 6);
}

static void test_twins(void **state)
{
    (void)state;
    assert_true(replace("aaab", 10));
    assert_rows("a:1 a:2 a:3 b:4 ");
    assert_true(replace("baaaa", 10));
    assert_rows("a:1 a:2 a:3 b:4 a:5 ");
    assert_true(replace("ab", 10));
    assert_rows("a:1 b:4 ");
}

/* Who is there stays when others come, wherever they stand in the status. */
static void test_bound(void **state)
{
    (void)state;
    assert_true(replace("ab", 2));
    assert_true(replace("cdab", 2));
    assert_rows("a:1 b:2 ");
    assert_string_equal(told, "=97 =98 ");
    /* Room is used when it is known to be there. */
    assert_true(replace("cb", 2));
    assert_rows("b:2 ");
    assert_true(replace("cdb", 2));
    assert_rows("b:2 c:3 ");
    /* A smaller bound holds for those that are known too. */
    assert_true(replace("bc", 1));
    assert_rows("b:2 ");
    assert_true(replace("xyz", 0));
    assert_rows("");
}

static void test_change_while_gathering(void **state)
{
    struct gather gather;

    (void)state;
    assert_true(replace("ab", 10));
    assert_true(gather_begin(&gather, &rows, 10));
    assert_true(gather_key(&gather, 'a'));
    assert_true(add_key('c'));
    assert_true(gather_key(&gather, 'c'));
    assert_false(gather_commit(&gather, &rows, &type, &visitor));
    assert_rows("a:1 b:2 c:3 ");
    assert_true(gather_begin(&gather, &rows, 10));
    assert_true(gather_key(&gather, 'a'));
    rows_bury(&rows, &type);
    assert_true(add_key('x') && add_key('y') && add_key('z'));
    assert_false(gather_commit(&gather, &rows, &type, &visitor));
    assert_rows("x:4 y:5 z:6 ");
    gather_abort(&gather, &type);
}

static void test_adding(void **state)
{
    (void)state;
    assert_true(add_key('a') && add_key('b'));
    assert_false(add_key('a'));
    assert_rows("a:1 b:2 ");
    assert_true(replace("b", 10));
    assert_rows("b:2 ");
}

static void test_the_last_index(void **state)
{
    (void)state;
    rows.last_index = UINT32_MAX - 2;
    assert_true(replace("ab", 10));
    assert_rows("a:4294967294 b:4294967295 ");
    assert_false(add_key('c'));
    assert_true(replace("ba", 10));
    assert_rows("a:4294967294 b:4294967295 ");
    assert_true(replace("bac", 10));
    assert_string_equal(told, "-97 -98 +98 +97 +99 ");
    assert_rows("b:1 a:2 c:3 ");
    assert_true(add_key('d'));
    assert_rows("b:1 a:2 c:3 d:4 ");
}

/* No turn of the loop frees more than a slice. */
static void test_burial_in_slices(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_true(add_key(i));
    rows_bury(&rows, &type);
    assert_int_equal(freed, 0);
    timers_run();
    assert_true(freed > 0 && freed <= 2500);
    for (int turn = 0; turn < 10; turn++)
        timers_run();
    assert_int_equal(freed, 10000);
    assert_int_equal(rows.last_index, 10000);
}

/* A table without rows needs no grave, however often it ends. */
static void test_burial_of_nothing(void **state)
{
    (void)state;
    rows_bury(&rows, &type);
    assert_int_equal(timers_next(), -1);
    assert_true(replace("", 10)); /* leaves a list, and room in it */
    assert_true(memory_blocks() > 0);
    rows_bury(&rows, &type);
    assert_int_equal(timers_next(), -1);
    assert_int_equal(memory_blocks(), 0);
}

/* So many tables end in each turn of the loop; what waits must not grow on and on. */
static void bury_fast(int tables, int size)
{
    enum { TURNS = 200 };
    long before = 0;

    freed = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        if (turn == TURNS / 4 * 3)
            before = memory_blocks();
        for (int i = 0; i < tables * size; i++) {
            assert_true(add_key(i % size));
            if (i % size == size - 1)
                rows_bury(&rows, &type);
        }
        timers_run();
    }
    assert_true(memory_blocks() <= before + before / 5);
    rows_bury_now();
    assert_int_equal(memory_blocks(), 0);
    assert_int_equal(freed, tables * size * TURNS);
}

static void test_burials_without_end(void **state)
{
    (void)state;
    bury_fast(190, 1); /* 16 KiB of clients and restarts in turn */
    bury_fast(12 * 190, 1);
    bury_fast(5, 500);
}

static void assert_taken(struct rows *taken, size_t count)
{
    assert_int_equal(taken->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(taken->list[i]->index, i + 1);
    rows_bury(taken, &type);
}

static void test_taking(void **state)
{
    struct rows taken;

    (void)state;
    assert_true(replace("abcde", 10));
    rows_take(&rows, &type, 0, &taken);
    assert_taken(&taken, 0);
    assert_rows("a:1 b:2 c:3 d:4 e:5 ");
    rows_take(&rows, &type, 3, &taken);
    rows_bury_now();
    assert_taken(&taken, 3);
    rows_bury_now();
    assert_int_equal(freed, 3);
    assert_rows("d:4 e:5 ");
    assert_true(add_key('f'));
    assert_rows("d:4 e:5 f:6 ");
    rows_take(&rows, &type, UINT32_MAX, &taken);
    assert_int_equal(taken.count, 3);
    rows_bury(&taken, &type);
    assert_rows("");
    assert_true(replace("a", 10));
    assert_rows("a:7 ");
}

/* What cannot be kept goes with those that were meant. */
static void test_taking_without_memory(void **state)
{
    struct rows taken;
    size_t all = 0;

    (void)state;
    for (long number = 1; all == 0; number++) {
        assert_true(replace("abcde", 10));
        memory_fail_at(number);
        rows_take(&rows, &type, rows.last_index - 3, &taken);
        all = memory_has_failed() ? 0 : taken.count;
        memory_fail_at(0);
        assert_int_equal(taken.count + rows.count, 5);
        assert_true(rows.count == 3 || all == 0);
        for (size_t i = 0; i < rows.count; i++)
            assert_ptr_equal(rows_find(&rows, &type, rows.list[i]), rows.list[i]);
        rows_bury(&taken, &type);
        rows_bury(&rows, &type);
    }
    assert_int_equal(all, 2);
    rows_bury_now();
    assert_int_equal(memory_blocks(), 0);
}

static void test_selecting(void **state)
{
    struct rows selection = {0};

    (void)state;
    for (int key = 1; key <= 40; key++)
        assert_true(rows_add(&rows, &type, item_new(key)));
    for (int i = 0; i < 20; i++) /* every second, in an order of its own */
        assert_true(rows_select(&selection, rows.list[2 * (7 * i % 20)]));
    assert_true(rows_select(&selection, rows.list[0])); /* once more */
    assert_int_equal(selection.count, 20);
    for (uint32_t index = 0; index < 39; index++)
        assert_ptr_equal(rows_after(&selection, index), rows.list[(index + 1) / 2 * 2]);
    assert_null(rows_after(&selection, 39));
    for (size_t i = 0; i < rows.count; i++)
        assert_int_equal(rows.list[i]->position, i);
    free(selection.list);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_replacing),
        TEST(test_twins),
        TEST(test_bound),
        TEST(test_change_while_gathering),
        TEST(test_adding),
        TEST(test_selecting),
        TEST(test_the_last_index),
        TEST(test_burial_in_slices),
        TEST(test_burial_of_nothing),
        TEST(test_burials_without_end),
        TEST(test_taking),
        TEST(test_taking_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
