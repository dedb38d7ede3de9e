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

/* Two of three share a hash. */
static uint32_t hash_key(const void *row)
{
    return (uint32_t)((const struct item *)row)->key / 3;
}

static bool has_same_key(const void *a, const void *b)
{
    return ((const struct item *)a)->key == ((const struct item *)b)->key;
}

static void free_item(void *row)
{
    free(row);
    freed++;
}

static const struct rows_type type = {hash_key, has_same_key, free_item};
static struct rows rows;
static char told[256];
static const struct item *was[16]; /* the rows before a status */

static void tell(const char *what, const void *row)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof(told) - len, "%s%d ", what, ((const struct item *)row)->key);
}

/* Positions before, and a mark on those that stay because the status was cut. */
static void kept(void *arg, void *row, size_t before)
{
    const struct gather *gather = arg;
    const struct item *item = row;

    assert_ptr_equal(item, was[before]);
    tell(gather_has(gather, row) ? "=" : "~", row);
}

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
    const struct row_key like = {hash_key(item), has_same_key, item};
    struct item *old = gather_find(gather, &rows, &like);
    bool taken = old ? gather_keep(gather, &rows, old) : gather_add(gather, &rows, &type, item);

    if (old || !taken)
        free(item);
    return taken;
}

static void *find_like(const void *item)
{
    const struct row_key like = {hash_key(item), has_same_key, item};

    return rows_find(&rows, &like);
}

static bool add_key(int key)
{
    struct item *item = item_new(key);

    if (rows_add(&rows, &type, item))
        return true;
    free(item);
    return false;
}

static void begin(struct gather *gather, size_t bound)
{
    told[0] = '\0';
    gather_begin(gather, &rows, bound);
    for (size_t i = 0; i < rows.count; i++)
        was[i] = (const struct item *)rows.list[i];
}

static bool commit(struct gather *gather)
{
    struct gathered outcome;

    if (!gather_commit(gather, &rows, &type, kept, gather, &outcome))
        return false;
    for (size_t i = 0; i < outcome.ended.count; i++) {
        assert_false(rows_has(&rows, outcome.ended.list[i]));
        tell("-", outcome.ended.list[i]);
    }
    for (size_t i = outcome.fresh; i < rows.count; i++)
        tell("+", rows.list[i]);
    rows_bury(&outcome.ended, &type);
    return true;
}

/* Replaces the rows by those of a text, one letter each; true when that was taken. */
static bool replace(const char *keys, size_t bound)
{
    struct gather gather;

    begin(&gather, bound);
    for (; *keys; keys++)
        gather_key(&gather, *keys);
    return commit(&gather);
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
        assert_ptr_equal(rows.list[position++], item);
        assert_ptr_equal(rows_at(&rows, index), item);
        assert_true(rows_has(&rows, item));
        assert_true(has_same_key(find_like(item), item));
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
    assert_string_equal(told, "=97 =99 -98 +100 ");
    assert_rows("a:1 c:3 d:4 ");
    assert_true(replace("", 10));
    assert_true(replace("a", 10));
    assert_rows("a:5 ");
    rows_bury_now();
    assert_int_equal(freed, 4);
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
    assert_true(replace("aaaaaaaaaaaaaaaaaaab", 100)); /* so many are not believed */
    assert_int_equal(rows.count, 16 + 1);
}

/* The rows behind a cut stay. */
static void test_partial(void **state)
{
    struct gather gather;

    (void)state;
    assert_true(replace("abc", 10));
    begin(&gather, 10);
    assert_true(gather_key(&gather, 'b') && gather_key(&gather, 'd'));
    gather.partial = true;
    assert_true(commit(&gather));
    assert_string_equal(told, "~97 =98 ~99 +100 ");
    assert_rows("a:1 b:2 c:3 d:4 ");
}

/* Without memory all stays as it was. */
static void test_without_memory(void **state)
{
    struct gather gather;
    bool taken = false;

    (void)state;
    for (long number = 1; !taken; number++) {
        assert_true(replace("abc", 10));
        begin(&gather, 100);
        gather_key(&gather, 'a');
        memory_fail_at(number);
        for (int key = 'd'; key < 'd' + 20; key++) {
            struct item *item = (struct item *)calloc(1, sizeof(*item));

            if (item)
                item->key = key;
            if (item && !gather_add(&gather, &rows, &type, item))
                free(item);
        }
        taken = commit(&gather) && !memory_has_failed();
        memory_fail_at(0);
        assert_true(rows.count == 3 || rows.count >= 20);
        rows_bury(&rows, &type);
        rows_bury_now();
        assert_int_equal(memory_blocks(), 0);
    }
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
    begin(&gather, 10);
    assert_true(gather_key(&gather, 'a'));
    assert_true(add_key('c'));
    assert_true(gather_key(&gather, 'c'));
    assert_false(commit(&gather));
    assert_rows("a:1 b:2 c:3 ");
    begin(&gather, 10);
    assert_true(gather_key(&gather, 'a'));
    rows_bury(&rows, &type);
    assert_true(add_key('x') && add_key('y') && add_key('z'));
    assert_false(commit(&gather));
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
    assert_string_equal(told, "-97 -98 +99 ");
    assert_rows("c:1 ");
    assert_true(replace("bac", 10)); /* what was there before is new to this one */
    assert_string_equal(told, "=99 +98 +97 ");
    assert_rows("c:1 b:2 a:3 ");
    assert_true(add_key('d'));
    assert_rows("c:1 b:2 a:3 d:4 ");
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
    rows_take(&rows, 0, &taken);
    assert_taken(&taken, 0);
    assert_rows("a:1 b:2 c:3 d:4 e:5 ");
    rows_take(&rows, 3, &taken);
    rows_bury_now();
    assert_taken(&taken, 3);
    rows_bury_now();
    assert_int_equal(freed, 3);
    assert_rows("d:4 e:5 ");
    assert_true(add_key('f'));
    assert_rows("d:4 e:5 f:6 ");
    rows_take(&rows, UINT32_MAX, &taken);
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
        rows_take(&rows, rows.last_index - 3, &taken);
        all = memory_has_failed() ? 0 : taken.count;
        memory_fail_at(0);
        assert_int_equal(taken.count + rows.count, 5);
        assert_true(rows.count == 3 || all == 0);
        for (size_t i = 0; i < rows.count; i++)
            assert_ptr_equal(find_like(rows.list[i]), rows.list[i]);
        rows_bury(&taken, &type);
        rows_bury(&rows, &type);
    }
    assert_int_equal(all, 2);
    rows_bury_now();
    assert_int_equal(memory_blocks(), 0);
}

/* Rows behind one that goes are found as before. */
static void test_removing(void **state)
{
    struct item *item;

    (void)state;
    assert_true(replace("abcde", 10));
    for (int i = 0; i < 2; i++) {
        item = (struct item *)rows.list[1];
        rows_remove(&rows, item);
        assert_false(rows_has(&rows, item));
        free_item(item);
    }
    assert_rows("a:1 d:4 e:5 ");
    assert_true(replace("eda", 10));
    assert_string_equal(told, "=97 =100 =101 ");
    assert_rows("a:1 d:4 e:5 ");
}

static void test_selecting(void **state)
{
    struct rows selection = {0};
    struct rows taken;

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
    rows_deselect(&selection, rows.list[1]); /* was not */
    rows_deselect(&selection, rows.list[2]);
    assert_int_equal(selection.count, 19);
    assert_ptr_equal(rows_after(&selection, 1), rows.list[4]);
    rows_take(&rows, 5, &taken);
    rows_reselect(&selection, &rows);
    assert_int_equal(selection.count, 17);
    assert_ptr_equal(rows_after(&selection, 0), rows.list[1]);
    rows_bury(&taken, &type);
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
        TEST(test_partial),
        TEST(test_without_memory),
        TEST(test_removing),
        TEST(test_the_last_index),
        TEST(test_burial_in_slices),
        TEST(test_burial_of_nothing),
        TEST(test_burials_without_end),
        TEST(test_taking),
        TEST(test_taking_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
