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

/* What log_all() writes to stderr at that level. */
static void assert_written(enum log_level level, const char *expected)
{
    char written[200];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    size_t len;

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    log_set_level(level);
    log_all();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    len = fread(written, 1, sizeof(written) - 1, file);
    written[len] = '\0';
    fclose(file);
    assert_string_equal(written, expected);
}

static void test_levels(void **state)
{
    (void)state;
    assert_written(LOG_LEVEL_ERROR, "error: one\n");
    assert_written(LOG_LEVEL_NOTICE, "error: one\nwarning: 2\nnotice: three\n");
    assert_written(LOG_LEVEL_DEBUG,
                   "error: one\nwarning: 2\nnotice: three\ninfo: four\ndebug: five\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_levels),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
