/* Thresholds of monitoring plugins, with the examples of their guidelines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/range.h"

static bool alerts(const char *text, double value)
{
    struct range range;

    assert_true(range_parse(text, &range));
    return range_alerts(&range, value);
}

static void test_the_guidelines_examples(void **state)
{
    (void)state;
    assert_true(alerts("10", -1) && !alerts("10", 0) && !alerts("10", 10) && alerts("10", 10.1));
    assert_true(alerts("10:", 9) && !alerts("10:", 10) && !alerts("10:", 1e12));
    assert_true(!alerts("~:10", -1e12) && !alerts("~:10", 10) && alerts("~:10", 11));
    assert_true(alerts("10:20", 9) && !alerts("10:20", 10) && alerts("10:20", 21));
    assert_true(!alerts("@10:20", 9) && alerts("@10:20", 10) && alerts("@10:20", 20));
    assert_true(!alerts("@10:20", 21));
}

static void test_others(void **state)
{
    (void)state;
    assert_true(alerts("0", 1) && !alerts("0", 0));
    assert_true(!alerts("-5:-1.5", -2) && alerts("-5:-1.5", 0));
    assert_true(!alerts("~:", -7) && !alerts("~:", 7));
}

static void test_what_is_no_range(void **state)
{
    static const char *const wrong[] = {"",      "@",    ":",   "x",   "10:x", "20:10",
                                        "1e3",   "~",    "10 ", "--1", "inf",  "nan",
                                        "1:2:3", "0x10", "@~",  "10%", "1,5:", "~10:20"};
    struct range range = {1, 2, true};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (range_parse(wrong[i], &range))
            fail_msg("\"%s\" is taken", wrong[i]);
        assert_true(range.low == 1 && range.high == 2 && range.inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_guidelines_examples),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_what_is_no_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
