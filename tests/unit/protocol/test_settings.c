#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/reply.h"
#include "protocol/settings.h"

static void assert_line(const struct command *command, const char *line)
{
    assert_int_equal(command->len, strlen(line));
    assert_memory_equal(command->line, line, command->len);
    assert_int_equal(command->form, REPLY_SINGLE);
    assert_false(command->secret);
}

/* The lines and answers, word for word as the daemon has them. */
static const struct {
    enum setting setting;
    int value;
    const char *written; /* NULL: is no value */
    const char *answer;
} values[] = {
    {SETTING_HOLD, 0, "hold off\n", "hold=0"},
    {SETTING_HOLD, 1, "hold on\n", "hold=1"},
    {SETTING_HOLD, 2, NULL, "hold=2"},
    {SETTING_HOLD, -1, NULL, "hold=on"},
    {SETTING_VERB, 0, "verb 0\n", "verb=0"},
    {SETTING_VERB, 15, "verb 15\n", "verb=15"},
    {SETTING_VERB, 16, NULL, "verb=16"},
    {SETTING_VERB, -1, NULL, "verb=-1"},
    {SETTING_MUTE, 0, "mute 0\n", "mute=0"},
    {SETTING_MUTE, INT32_MAX, "mute 2147483647\n", "mute=2147483647"},
    {SETTING_MUTE, -1, NULL, "mute=2147483648"},
    {SETTING_AUTH_RETRY, AUTH_RETRY_NONE, "auth-retry none\n", "auth-retry=none"},
    {SETTING_AUTH_RETRY, AUTH_RETRY_INTERACT, "auth-retry interact\n", "auth-retry=interact"},
    {SETTING_AUTH_RETRY, AUTH_RETRY_NOINTERACT, "auth-retry nointeract\n", "auth-retry=nointeract"},
    {SETTING_AUTH_RETRY, 3, NULL, "auth-retry=3"},
    {SETTING_AUTH_RETRY, -1, NULL, "auth-retry=always"},
};

/* What is read can be written, and the other way round. */
static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct command command;
        enum command_error error = settings_write(values[i].setting, values[i].value, &command);
        int read = 77;

        assert_int_equal(error, values[i].written ? COMMAND_OK : COMMAND_RANGE);
        if (values[i].written)
            assert_line(&command, values[i].written);
        assert_int_equal(settings_read(values[i].setting, slice_of(values[i].answer), &read),
                         values[i].written != NULL);
        assert_int_equal(read, values[i].written ? values[i].value : 77);
    }
}

static void test_other_answers(void **state)
{
    static const char *const texts[] = {"",        "verb",    "verb=",    "verb=3 ",
                                        " verb=3", "verb 3",  "verb==3",  "verb=3x",
                                        "verbs=3", "mute=3x", "verb=0x3", "auth-retry"};
    int value = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (enum setting setting = 0; setting < SETTINGS; setting++)
            assert_false(settings_read(setting, slice_of(texts[i]), &value));
    assert_int_equal(value, 77);
}

/* Each has a name of its own, is asked for by it, and knows its own answer from all others. */
static void test_each_is_complete(void **state)
{
    (void)state;
    for (enum setting setting = 0; setting < SETTINGS; setting++) {
        const char *name = settings_name(setting);
        char shown[SETTINGS_SHOWN_MAX];
        char text[64];
        struct command command;

        assert_true(settings_max(setting) > 0);
        settings_query(setting, &command);
        snprintf(text, sizeof(text), "%s\n", name);
        assert_line(&command, text);
        for (int value = 0; value <= settings_max(setting) && value < 20; value++) {
            settings_show(setting, value, shown);
            snprintf(text, sizeof(text), "%s %s\n", name, shown);
            assert_int_equal(settings_write(setting, value, &command), COMMAND_OK);
            assert_line(&command, text);
        }
        for (enum setting other = 0; other < SETTINGS; other++) {
            snprintf(text, sizeof(text), "%s\n", settings_name(other));
            snprintf(shown, sizeof(shown), "%s=1", name);
            assert_int_equal(reply_fits(text, slice_of(shown)), setting == other);
            snprintf(text, sizeof(text), "%s 1\n", settings_name(other));
            assert_true(reply_fits(text, slice_of(shown)));
        }
    }
}

/* A value that is none is shown all the same. */
static void test_show(void **state)
{
    char shown[SETTINGS_SHOWN_MAX];

    (void)state;
    settings_show(SETTING_HOLD, 1, shown);
    assert_string_equal(shown, "on");
    settings_show(SETTING_AUTH_RETRY, SETTING_UNKNOWN, shown);
    assert_string_equal(shown, "-1");
    settings_show(SETTING_MUTE, INT32_MIN, shown);
    assert_string_equal(shown, "-2147483648");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_each_is_complete),
        cmocka_unit_test(test_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
