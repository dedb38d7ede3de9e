#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"

/* A slice of a literal that may hold NUL bytes. */
#define BYTES(literal) ((struct slice){literal, sizeof(literal) - 1})

static void assert_slice(struct slice slice, const char *expected)
{
    assert_non_null(slice.at);
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.at, expected, slice.len);
}

static void assert_nothing(struct slice slice)
{
    assert_null(slice.at);
    assert_int_equal(slice.len, 0);
}

static void test_of(void **state)
{
    (void)state;
    assert_slice(slice_of("abc"), "abc");
    assert_slice(slice_of(""), "");
    assert_nothing(slice_of(NULL));
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(slice_is(slice_of("abc"), "abc"));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_false(slice_is(slice_of("ab"), "abc"));
    assert_false(slice_is(slice_of("abd"), "abc"));
    assert_true(slice_is(slice_of(NULL), ""));
    assert_true(slice_is(slice_of(""), NULL));
    assert_true(slice_equal(BYTES("a\0b"), BYTES("a\0b")));
    assert_false(slice_equal(BYTES("a\0b"), BYTES("a\0c")));
    assert_false(slice_is(BYTES("a\0"), "a"));
}

static void test_starts(void **state)
{
    (void)state;
    assert_true(slice_starts(slice_of("abc"), "ab"));
    assert_true(slice_starts(slice_of("abc"), "abc"));
    assert_true(slice_starts(slice_of("abc"), ""));
    assert_true(slice_starts(slice_of(NULL), ""));
    assert_false(slice_starts(slice_of("abc"), "abcd"));
    assert_false(slice_starts(slice_of("abc"), "b"));
    assert_false(slice_starts(slice_of(NULL), "a"));
}

static void test_skip(void **state)
{
    (void)state;
    assert_slice(slice_skip(slice_of("abc"), 0), "abc");
    assert_slice(slice_skip(slice_of("abc"), 2), "c");
    assert_slice(slice_skip(slice_of("abc"), 3), "");
    assert_slice(slice_skip(slice_of("abc"), SIZE_MAX), "");
    assert_nothing(slice_skip(slice_of(NULL), 1));
}

static void test_take_prefix(void **state)
{
    struct slice slice = slice_of(">STATE:1");

    (void)state;
    assert_false(slice_take_prefix(&slice, ">LOG:"));
    assert_slice(slice, ">STATE:1");
    assert_true(slice_take_prefix(&slice, ">STATE:"));
    assert_slice(slice, "1");
    assert_false(slice_take_prefix(&slice, "12"));
    assert_true(slice_take_prefix(&slice, "1"));
    assert_slice(slice, "");
    assert_true(slice_take_prefix(&slice, ""));
    assert_false(slice_take_prefix(&slice, "1"));
}

static void test_cut(void **state)
{
    struct slice rest = slice_of("a,,bc,");

    (void)state;
    assert_slice(slice_cut(&rest, ','), "a");
    assert_slice(rest, ",bc,");
    assert_slice(slice_cut(&rest, ','), "");
    assert_slice(slice_cut(&rest, ','), "bc");
    assert_slice(rest, ""); /* an empty last field is still to come */
    assert_slice(slice_cut(&rest, ','), "");
    assert_nothing(rest);
    assert_nothing(slice_cut(&rest, ','));
    assert_nothing(rest);
}

static void test_cut_edges(void **state)
{
    struct slice rest = slice_of("abc");

    (void)state;
    assert_slice(slice_cut(&rest, ','), "abc");
    assert_nothing(rest);

    rest = slice_of("");
    assert_slice(slice_cut(&rest, ','), "");
    assert_nothing(rest);

    rest = slice_of(",");
    assert_slice(slice_cut(&rest, ','), "");
    assert_slice(rest, "");

    rest = BYTES("a\0b");
    assert_slice(slice_cut(&rest, '\0'), "a");
    assert_slice(rest, "b");

    rest = slice_of("\xff\xfe");
    assert_slice(slice_cut(&rest, '\xfe'), "\xff");
    assert_slice(rest, "");

    /* What lies behind the slice is not looked at. */
    rest = (struct slice){"ab,c", 2};
    assert_slice(slice_cut(&rest, ','), "ab");
    assert_nothing(rest);
}

static void test_cut_last(void **state)
{
    struct slice rest = slice_of(":1:22");

    (void)state;
    assert_slice(slice_cut_last(&rest, ':'), "22");
    assert_slice(rest, ":1");
    assert_slice(slice_cut_last(&rest, ':'), "1");
    assert_slice(rest, "");
    assert_slice(slice_cut_last(&rest, ':'), "");
    assert_nothing(rest);
    assert_nothing(slice_cut_last(&rest, ':'));

    rest = slice_of("a:");
    assert_slice(slice_cut_last(&rest, ':'), "");
    assert_slice(rest, "a");

    rest = slice_of("none");
    assert_slice(slice_cut_last(&rest, ':'), "none");
    assert_nothing(rest);
}

static void test_u64(void **state)
{
    static const char *const wrong[] = {"",
                                        " ",
                                        " 1",
                                        "1 ",
                                        "+1",
                                        "-1",
                                        "-0",
                                        "0x1",
                                        "1e3",
                                        "1.0",
                                        "a",
                                        "1a",
                                        "\t1",
                                        "1\n",
                                        "\xb2",
                                        "18446744073709551616",
                                        "18446744073709551620",
                                        "99999999999999999999",
                                        "100000000000000000000"};
    uint64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(slice_to_u64(slice_of(wrong[i]), &value));
        assert_int_equal(value, 42);
    }
    assert_false(slice_to_u64(slice_of(NULL), &value));
    assert_false(slice_to_u64(BYTES("1\0"), &value));
    assert_int_equal(value, 42);

    assert_true(slice_to_u64(slice_of("0"), &value));
    assert_int_equal(value, 0);
    assert_true(slice_to_u64(slice_of("0007"), &value));
    assert_int_equal(value, 7);
    assert_true(slice_to_u64(slice_of("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(slice_to_u64((struct slice){"123", 2}, &value));
    assert_int_equal(value, 12);
}

static void test_i64(void **state)
{
    static const char *const wrong[] = {
        "", "-", "--1", "+1", "- 1", "1-", "-a", "9223372036854775808", "-18446744073709551615"};
    int64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(slice_to_i64(slice_of(wrong[i]), &value));
        assert_int_equal(value, 42);
    }
    assert_true(slice_to_i64(slice_of("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(slice_to_i64(slice_of("-9223372036854775807"), &value));
    assert_true(value == -INT64_MAX);
    assert_true(slice_to_i64(slice_of("-0"), &value));
    assert_int_equal(value, 0);
}

static void test_int(void **state)
{
    int value = 42;

    (void)state;
    assert_false(slice_to_int(slice_of("0"), 1, 15, &value));
    assert_false(slice_to_int(slice_of("16"), 1, 15, &value));
    assert_false(slice_to_int(slice_of("-1"), 0, 15, &value));
    assert_false(slice_to_int(slice_of("2147483648"), INT32_MIN, INT32_MAX, &value));
    assert_false(slice_to_int(slice_of("4294967297"), 0, 15, &value));
    assert_false(slice_to_int(slice_of(""), 0, 15, &value));
    assert_int_equal(value, 42);
    assert_true(slice_to_int(slice_of("1"), 1, 15, &value));
    assert_int_equal(value, 1);
    assert_true(slice_to_int(slice_of("15"), 1, 15, &value));
    assert_int_equal(value, 15);
    assert_true(slice_to_int(slice_of("-2147483648"), INT32_MIN, INT32_MAX, &value));
    assert_int_equal(value, INT32_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of),          cmocka_unit_test(test_equal),
        cmocka_unit_test(test_starts),      cmocka_unit_test(test_skip),
        cmocka_unit_test(test_take_prefix), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_edges),   cmocka_unit_test(test_cut_last),
        cmocka_unit_test(test_u64),         cmocka_unit_test(test_i64),
        cmocka_unit_test(test_int),
    };

    return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
