#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static void test_names(void **state)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    enum log_level level;

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(log_level_from_name(names[i], &level));
        assert_int_equal(level, i);
    }
    level = LOG_LEVEL_INFO;
    assert_false(log_level_from_name("", &level));
    assert_false(log_level_from_name("Error", &level));
    assert_false(log_level_from_name("err", &level));
    assert_false(log_level_from_name("errors", &level));
    assert_int_equal(level, LOG_LEVEL_INFO);
}

static void log_all(void)
{
    log_error("%s", "one");
    log_warning("%d", 2);
    log_notice("three");
    log_info("four");
    log_debug("five");
}

/* What a function writes to stderr at that level. */
static void assert_logged(void (*say)(void), enum log_level level, const char *expected)
{
    char written[4096];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    size_t len;

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    log_set_level(level);
    say();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    len = fread(written, 1, sizeof(written) - 1, file);
    written[len] = '\0';
    fclose(file);
    assert_string_equal(written, expected);
}

static void assert_written(enum log_level level, const char *expected)
{
    assert_logged(log_all, level, expected);
}

static void test_levels(void **state)
{
    (void)state;
    assert_written(LOG_LEVEL_ERROR, "error: one\n");
    assert_written(LOG_LEVEL_NOTICE, "error: one\nwarning: 2\nnotice: three\n");
    assert_written(LOG_LEVEL_DEBUG,
                   "error: one\nwarning: 2\nnotice: three\ninfo: four\ndebug: five\n");
}

static void log_hostile(void)
{
    log_notice("%s", "a\xc2\x9b"
                     "31m\x1b[2J\nerror: forged\xe2\x80\xae\xe2\x80\xa8\xff");
}

static void log_long(void)
{
    char text[3000] = "";

    memset(text, 'x', sizeof(text) - 1);
    log_error("%s", text);
}

static void test_text_is_cleaned(void **state)
{
    char expected[2100] = "error: ";

    (void)state;
    assert_logged(log_hostile, LOG_LEVEL_NOTICE, "notice: a 31m [2J error: forged  \xef\xbf\xbd\n");
    memset(expected + 7, 'x', 2045);
    strcpy(expected + 7 + 2045, "...\n");
    assert_logged(log_long, LOG_LEVEL_NOTICE, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_text_is_cleaned),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
