#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/rates.h"

static int64_t status_time;

static int64_t when(const struct row *row, const void *context)
{
    (void)row;
    (void)context;
    return status_time;
}

/* Readings of up to two clients. */
struct reading {
    struct cell cells[2][2];
    struct row row[2];
    struct grid rows;
};

static void add(struct reading *reading, unsigned long index, int64_t in, int64_t out)
{
    size_t place = reading->rows.count++;

    reading->cells[place][0] = (struct cell){.there = true, .number = in};
    reading->cells[place][1] = (struct cell){.there = true, .number = out};
    reading->row[place] = (struct row){{1, index}, reading->cells[place]};
    reading->rows.row = reading->row;
    reading->rows.columns = 2;
}

static void take(struct rates *rates, int64_t time, const struct reading *reading)
{
    status_time = time;
    assert_true(rates_take(rates, &reading->rows, 0, 1, when, NULL));
}

static void test_between_two_statuses(void **state)
{
    struct reading first = {0};
    struct reading same = {0};
    struct reading later = {0};
    struct rates rates = {0};

    (void)state;
    add(&first, 3, 1000, 100);
    take(&rates, 50, &first);
    assert_int_equal(rates_both(&rates.rate[0]), -1);
    /* The daemon has told nothing new. */
    add(&same, 3, 1000, 100);
    take(&rates, 50, &same);
    assert_int_equal(rates_both(&rates.rate[0]), -1);
    add(&later, 3, 6000, 200);
    take(&rates, 60, &later);
    assert_int_equal(rates.rate[0].rate_in, 500);
    assert_int_equal(rates.rate[0].rate_out, 10);
    /* And stays until the next. */
    take(&rates, 60, &later);
    assert_int_equal(rates_both(&rates.rate[0]), 510);
    rates_fini(&rates);
}

static void test_come_and_go(void **state)
{
    struct reading first = {0};
    struct reading later = {0};
    struct rates rates = {0};

    (void)state;
    add(&first, 3, 1000, 0);
    add(&first, 5, 1000, 0);
    take(&rates, 10, &first);
    add(&later, 5, 2000, 0);
    add(&later, 8, 9000, 0);
    take(&rates, 20, &later);
    assert_int_equal(rates.count, 2);
    assert_int_equal(rates_both(&rates.rate[0]), 100);
    assert_int_equal(rates_both(&rates.rate[1]), -1);
    rates_fini(&rates);
}

static void test_counters_begin_anew(void **state)
{
    struct reading first = {0};
    struct reading less = {0};
    struct reading more = {0};
    struct rates rates = {0};

    (void)state;
    add(&first, 1, 1000, 1000);
    take(&rates, 10, &first);
    add(&less, 1, 10, 1000);
    take(&rates, 20, &less);
    assert_int_equal(rates_both(&rates.rate[0]), -1);
    add(&more, 1, 110, 1100);
    take(&rates, 30, &more);
    assert_int_equal(rates_both(&rates.rate[0]), 20);
    rates_fini(&rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_two_statuses),
        cmocka_unit_test(test_come_and_go),
        cmocka_unit_test(test_counters_begin_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
