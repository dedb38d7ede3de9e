#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "ctl/format.h"

#define NOON 1795694400 /* 2026-11-26 12:00 UTC */

static void assert_bytes(int64_t bytes, const char *expected)
{
    char text[FORMAT_MAX];

    format_bytes(text, bytes);
    assert_string_equal(text, expected);
}

static void test_bytes(void **state)
{
    (void)state;
    assert_bytes(-5, "0 B");
    assert_bytes(0, "0 B");
    assert_bytes(999, "999 B");
    assert_bytes(1000, "1.00 kB");
    assert_bytes(9994, "9.99 kB");
    assert_bytes(9996, "10.0 kB");
    assert_bytes(99960, "100 kB");
    assert_bytes(999499, "999 kB");
    assert_bytes(999500, "1.00 MB");
    assert_bytes(123456789, "123 MB");
    assert_bytes(INT64_MAX, "9.22 EB");
}

static void test_rate(void **state)
{
    char text[FORMAT_MAX];

    (void)state;
    format_rate(text, 1500);
    assert_string_equal(text, "1.50 kB/s");
}

static void assert_seconds(int64_t seconds, const char *expected)
{
    char text[FORMAT_MAX];

    format_seconds(text, seconds);
    assert_string_equal(text, expected);
}

static void test_seconds(void **state)
{
    (void)state;
    assert_seconds(0, "0s");
    assert_seconds(59, "59s");
    assert_seconds(725, "12m5s");
    assert_seconds(12000, "3h20m");
    assert_seconds(4 * 86400 + 3 * 3600 + 59, "4d3h");
    assert_seconds(-86400, "-1d0h");
    assert_seconds(INT64_MAX, "106751991167300d15h");
    assert_seconds(-INT64_MAX, "-106751991167300d15h");
}

static void test_time(void **state)
{
    char text[FORMAT_MAX];

    (void)state;
    format_time(text, NOON + 62, NOON);
    assert_string_equal(text, "12:01:02");
    format_time(text, NOON - 86400, NOON);
    assert_string_equal(text, "2026-11-25 12:00");
    format_time(text, INT64_MAX, NOON);
    assert_string_equal(text, "9223372036854775807");
}

static void assert_parsed(const char *text, int64_t expected)
{
    int64_t when = 0;

    assert_true(format_parse_time(text, NOON, &when));
    assert_int_equal(when, expected);
}

static void test_parse_time(void **state)
{
    (void)state;
    assert_parsed("@5", 5);
    assert_parsed("-90s", NOON - 90);
    assert_parsed("-5m", NOON - 300);
    assert_parsed("-2h", NOON - 7200);
    assert_parsed("-3d", NOON - 3 * 86400);
    assert_parsed("11:30", NOON - 1800);
    assert_parsed("11:30:01", NOON - 1799);
    assert_parsed("12:00", NOON);
    assert_parsed("13:00", NOON - 23 * 3600); /* the last such was yesterday */
    assert_parsed("2026-11-25", NOON - 36 * 3600);
    assert_parsed("2026-11-25 12:00", NOON - 86400);
    assert_parsed("2026-11-25T12:00:01", NOON - 86399);
}

static void test_parse_time_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "-",
                                        "-5",
                                        "-5x",
                                        "--5m",
                                        "@",
                                        "@x",
                                        "25:00",
                                        "12",
                                        "12:00x",
                                        "now",
                                        "2026-13-01",
                                        "2026-11-25x",
                                        "2026-11-25 12",
                                        "-99999999999d"};
    int64_t when = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(format_parse_time(wrong[i], NOON, &when));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),      cmocka_unit_test(test_rate),
        cmocka_unit_test(test_seconds),    cmocka_unit_test(test_time),
        cmocka_unit_test(test_parse_time), cmocka_unit_test(test_parse_time_refused),
    };

    setenv("TZ", "UTC0", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
