#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/notify/capture.h"
#include "tests/unit/fixtures/walker_fixture.h"

static const unsigned long name[] = {1, 3, 6, 1, 4, 1, 99, 0, 1, 0};

static void add_octets(struct capture *capture, const char *at, size_t len)
{
    struct value value = {.octets = {at, len}};

    capture_value(capture, name, COUNT(name), VALUE_OCTETS, &value);
}

static void assert_name(const struct capture_varbind *varbind)
{
    assert_int_equal(varbind->oid_len, COUNT(name));
    assert_memory_equal(varbind->oid, name, sizeof(name));
}

static void test_values(void **state)
{
    char text[] = "as it was";
    struct value integer = {.integer = -7};
    struct value number = {.number = UINT64_MAX};
    struct capture capture = {0};
    struct capture_varbind varbind;
    size_t offset = 0;

    (void)state;
    assert_false(capture_next(&capture, &offset, &varbind));
    add_octets(&capture, text, sizeof(text) - 1);
    add_octets(&capture, NULL, 0);
    capture_value(&capture, name, COUNT(name), VALUE_INTEGER, &integer);
    capture_value(&capture, name, COUNT(name), VALUE_COUNTER64, &number);
    memset(text, 'x', sizeof(text));
    assert_false(capture.cut);

    assert_true(capture_next(&capture, &offset, &varbind));
    assert_name(&varbind);
    assert_int_equal(varbind.type, VALUE_OCTETS);
    assert_int_equal(varbind.value.octets.len, 9);
    assert_memory_equal(varbind.value.octets.at, "as it was", 9);
    assert_true(capture_next(&capture, &offset, &varbind));
    assert_name(&varbind);
    assert_int_equal(varbind.value.octets.len, 0);
    assert_true(capture_next(&capture, &offset, &varbind));
    assert_int_equal(varbind.type, VALUE_INTEGER);
    assert_int_equal(varbind.value.integer, -7);
    assert_true(capture_next(&capture, &offset, &varbind));
    assert_name(&varbind);
    assert_int_equal(varbind.type, VALUE_COUNTER64);
    assert_true(varbind.value.number == UINT64_MAX);
    assert_false(capture_next(&capture, &offset, &varbind));
    capture_fini(&capture);
}

/* A notification has all of its objects: one that has no instance is 0 in it. */
static void test_absent_cell(void **state)
{
    static const unsigned long expected[] = {1, 3, 6, 1, 4, 1, 99, 2, 5, 1, 6, 1, 1};
    const struct walker walker = fixture_walker(&fixture_model);
    const struct table *table = fixture_tables[5];
    const struct row row = {.index = {1, 1}};
    struct capture capture = {0};
    struct capture_varbind varbind;
    size_t offset = 0;

    (void)state;
    capture_cell(&capture, &walker, table, &table->columns[4], &row);
    assert_true(capture_next(&capture, &offset, &varbind));
    assert_int_equal(varbind.oid_len, COUNT(expected));
    assert_memory_equal(varbind.oid, expected, sizeof(expected));
    assert_int_equal(varbind.type, VALUE_GAUGE32);
    assert_true(varbind.value.number == 0);
    capture_fini(&capture);
}

/* A cell carries the name and the value that a GET would find. */
static void test_cell(void **state)
{
    static const unsigned long expected[] = {1, 3, 6, 1, 4, 1, 99, 1, 3, 1, 7, 40, 1};
    const struct walker walker = fixture_walker(&fixture_model);
    const struct table *table = fixture_tables[2];
    const struct row row = {.index = {40, 1}};
    struct capture capture = {0};
    struct capture_varbind varbind;
    size_t offset = 0;

    (void)state;
    capture_cell(&capture, &walker, table, &table->columns[2], &row);
    assert_true(capture_next(&capture, &offset, &varbind));
    assert_int_equal(varbind.oid_len, COUNT(expected));
    assert_memory_equal(varbind.oid, expected, sizeof(expected));
    assert_int_equal(varbind.type, VALUE_GAUGE32);
    assert_int_equal(varbind.value.number, 40);
    assert_false(capture_next(&capture, &offset, &varbind));
    capture_fini(&capture);
}

/* What is too much is left out, and known. */
static void test_bound(void **state)
{
    char *text = calloc(1, CAPTURE_MAX + 1);
    struct capture capture = {0};
    struct capture_varbind varbind;
    size_t offset = 0;
    size_t count = 0;

    (void)state;
    assert_non_null(text);
    add_octets(&capture, text, CAPTURE_MAX + 1);
    assert_true(capture.cut);
    assert_int_equal(capture.len, 0);
    capture_fini(&capture);
    assert_false(capture.cut);
    while (!capture.cut)
        add_octets(&capture, text, 1024);
    assert_in_range(capture.len, CAPTURE_MAX - 2048, CAPTURE_MAX);
    while (capture_next(&capture, &offset, &varbind))
        count++;
    assert_in_range(count, 50, CAPTURE_MAX / 1024);
    capture_fini(&capture);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_cell),
        cmocka_unit_test(test_absent_cell),
        cmocka_unit_test(test_bound),
    };

    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
