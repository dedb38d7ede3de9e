#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/history.h"

struct record {
    int value;
    int *owned;
};

static int freed;

static void record_fini(void *at)
{
    struct record *record = at;

    free(record->owned);
    freed++;
}

static struct record *push(struct history *history, int value)
{
    struct record *record = history_push(history);

    if (!record)
        return NULL;
    assert_int_equal(record->value, 0);
    assert_null(record->owned);
    record->value = value;
    record->owned = malloc(sizeof(int));
    return record;
}

static void fill(struct history *history, int from, int to)
{
    for (int value = from; value <= to; value++)
        assert_non_null(push(history, value));
}

/* The history holds just the numbers first to last, and each record's value is its number. */
static void assert_range(const struct history *history, uint32_t first, uint32_t last)
{
    uint32_t sequence = 0;
    const struct record *record;

    for (uint32_t expected = first; expected <= last; expected++) {
        record = history_after(history, sequence, &sequence);
        assert_non_null(record);
        assert_int_equal(sequence, expected);
        assert_int_equal(record->value, expected);
        assert_ptr_equal(history_at(history, expected), record);
    }
    assert_null(history_after(history, sequence, &sequence));
    assert_int_equal(sequence, last); /* left alone at the end */
    assert_int_equal(history->count, last - first + 1);
    assert_int_equal(history->last, last);
    assert_null(history_at(history, first - 1));
    assert_null(history_at(history, last + 1));
}

static void assert_empty(const struct history *history)
{
    uint32_t sequence = 7;

    assert_int_equal(history->count, 0);
    assert_null(history_after(history, 0, &sequence));
    assert_int_equal(sequence, 7);
    assert_null(history_at(history, 0));
    assert_null(history_at(history, 1));
    assert_null(history_at(history, history->last));
    assert_null(history_at(history, UINT32_MAX));
}

static void start(struct history *history, uint32_t bound)
{
    freed = 0;
    assert_true(history_init(history, bound, sizeof(struct record), record_fini));
}

static void test_bounded(void **state)
{
    struct history history;

    (void)state;
    start(&history, 3);
    assert_empty(&history);
    fill(&history, 1, 3);
    assert_range(&history, 1, 3);
    assert_int_equal(freed, 0);
    fill(&history, 4, 8);
    assert_range(&history, 6, 8);
    assert_int_equal(freed, 5);
    assert_null(history_at(&history, 0));
    assert_null(history_at(&history, 5));
    assert_null(history_at(&history, UINT32_MAX));
    history_fini(&history);
    assert_int_equal(freed, 8);
    assert_null(history_push(&history));
}

static void test_bound_one(void **state)
{
    struct history history;

    (void)state;
    start(&history, 1);
    for (int value = 1; value < 5; value++) {
        fill(&history, value, value);
        assert_range(&history, (uint32_t)value, (uint32_t)value);
    }
    history_fini(&history);
    assert_int_equal(freed, 4);
}

static void test_bound_zero(void **state)
{
    struct history history;

    (void)state;
    start(&history, 0);
    assert_null(history_push(&history));
    assert_int_equal(history.last, 0);
    assert_empty(&history);
    history_clear(&history);
    history_fini(&history);
}

static void test_without_fini(void **state)
{
    struct history history;

    (void)state;
    assert_true(history_init(&history, 2, sizeof(int), NULL));
    for (int i = 1; i <= 5; i++)
        *(int *)history_push(&history) = i;
    assert_int_equal(*(int *)history_at(&history, 4), 4);
    history_fini(&history);
}

static void test_clear_keeps_numbers(void **state)
{
    struct history history;

    (void)state;
    start(&history, 3);
    fill(&history, 1, 5);
    history_clear(&history);
    assert_int_equal(freed, 5);
    assert_int_equal(history.last, 5);
    assert_empty(&history);
    fill(&history, 6, 6);
    assert_range(&history, 6, 6);
    history_fini(&history);
}

static void test_after(void **state)
{
    struct history history;
    uint32_t sequence;

    (void)state;
    start(&history, 3);
    fill(&history, 1, 9);
    assert_non_null(history_after(&history, 3, &sequence));
    assert_int_equal(sequence, 7); /* what lies between is gone */
    assert_non_null(history_after(&history, 7, &sequence));
    assert_int_equal(sequence, 8);
    assert_null(history_after(&history, 9, &sequence));
    assert_null(history_after(&history, UINT32_MAX, &sequence));
    history_fini(&history);
}

/* Gaps stay where they are, whatever becomes of the records around them. */
static void test_skip(void **state)
{
    struct history history;
    uint32_t sequence;

    (void)state;
    start(&history, 4);
    history_skip(&history, 9);
    assert_int_equal(history.last, 9);
    assert_null(history_at(&history, 9));
    fill(&history, 10, 11);
    history_skip(&history, 5);
    assert_range(&history, 10, 11);
    history_skip(&history, 20);
    fill(&history, 21, 22);
    assert_int_equal(((struct record *)history_at(&history, 11))->value, 11);
    assert_null(history_at(&history, 12));
    assert_null(history_at(&history, 20));
    assert_non_null(history_after(&history, 11, &sequence));
    assert_int_equal(sequence, 21);
    history_skip(&history, 30);
    fill(&history, 31, 31); /* 11 21 22 31 */
    assert_null(history_at(&history, 10));
    assert_non_null(history_after(&history, 0, &sequence));
    assert_int_equal(sequence, 11);
    assert_true(history_resize(&history, 3));
    assert_non_null(history_after(&history, 0, &sequence));
    assert_int_equal(sequence, 21);
    assert_non_null(history_after(&history, 22, &sequence));
    assert_int_equal(sequence, 31);
    assert_null(history_after(&history, 31, &sequence));
    history_fini(&history);
}

/* What a history never had takes no memory. */
static void test_it_grows(void **state)
{
    struct history history;

    (void)state;
    start(&history, 1000);
    assert_in_range(history.room, 0, 8);
    for (int value = 1; value <= 1500; value++) {
        fill(&history, value, value);
        assert_in_range(history.room, history.count, 8 + 2 * history.count);
        assert_in_range(history.room, 0, 1000);
    }
    assert_range(&history, 501, 1500);
    assert_true(history_resize(&history, 2000));
    assert_int_equal(history.room, 1000);
    fill(&history, 1501, 1600);
    assert_range(&history, 501, 1600);
    history_fini(&history);
    assert_int_equal(freed, 1600);
}

/* What there is stays, and what is new has no place and no number. */
static void test_it_cannot_grow(void **state)
{
    struct history history;

    (void)state;
    start(&history, 1000);
    fill(&history, 1, (int)history.room);
    history.record_size = SIZE_MAX / 16;
    assert_null(history_push(&history));
    history.record_size = sizeof(struct record);
    assert_range(&history, 1, history.room);
    fill(&history, (int)history.last + 1, 100);
    assert_range(&history, 1, 100);
    history_fini(&history);
}

static void test_resize(void **state)
{
    struct history history;

    (void)state;
    start(&history, 4);
    fill(&history, 1, 6); /* the ring has wrapped: 3 4 5 6 */
    assert_true(history_resize(&history, 4));
    assert_range(&history, 3, 6);
    assert_true(history_resize(&history, 6));
    assert_range(&history, 3, 6);
    fill(&history, 7, 9);
    assert_range(&history, 4, 9);
    assert_int_equal(freed, 3);
    assert_true(history_resize(&history, 2));
    assert_range(&history, 8, 9);
    assert_int_equal(freed, 7);
    fill(&history, 10, 10);
    assert_range(&history, 9, 10);
    assert_true(history_resize(&history, 0));
    assert_int_equal(freed, 10);
    assert_empty(&history);
    assert_null(history_push(&history));
    assert_true(history_resize(&history, 2));
    fill(&history, 11, 12);
    assert_range(&history, 11, 12);
    history_fini(&history);
    assert_int_equal(freed, 12);
}

/* The address sanitizer ends the program at such a request unless it is told not to. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_resize_without_memory(void **state)
{
    struct history history = {0};
    const size_t too_large = SIZE_MAX / 4;

    (void)state;
    assert_false(history_init(&history, UINT32_MAX, too_large, NULL));
    assert_int_equal(history.bound, 0);
    assert_null(history_push(&history));
    history_fini(&history);

    start(&history, 2);
    fill(&history, 1, 3);
    history.record_size = too_large;
    assert_false(history_resize(&history, UINT32_MAX));
    history.record_size = sizeof(struct record);
    assert_range(&history, 2, 3);
    history_fini(&history);
}

static void test_wrap(void **state)
{
    struct history history;
    uint32_t sequence;

    (void)state;
    start(&history, 3);
    history.last = UINT32_MAX - 2;
    for (int i = 0; i < 2; i++)
        assert_non_null(push(&history, 1));
    assert_int_equal(history.last, UINT32_MAX);
    assert_non_null(history_at(&history, UINT32_MAX));
    assert_non_null(history_at(&history, UINT32_MAX - 1));
    assert_null(history_at(&history, UINT32_MAX - 2));
    assert_non_null(history_after(&history, UINT32_MAX - 1, &sequence));
    assert_int_equal(sequence, UINT32_MAX);
    assert_null(history_after(&history, UINT32_MAX, &sequence));

    fill(&history, 1, 1);
    assert_int_equal(freed, 2);
    assert_range(&history, 1, 1);
    assert_null(history_at(&history, UINT32_MAX));
    fill(&history, 2, 4);
    assert_range(&history, 2, 4);
    history_fini(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_bound_one),
        cmocka_unit_test(test_bound_zero),
        cmocka_unit_test(test_without_fini),
        cmocka_unit_test(test_clear_keeps_numbers),
        cmocka_unit_test(test_after),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_it_grows),
        cmocka_unit_test(test_it_cannot_grow),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_resize_without_memory),
        cmocka_unit_test(test_wrap),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
