#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/tables/tables.h"
#include "config/config.h"
#include "control/change.h"
#include "model/instance.h"

enum { SECRET_LEN = 6 };

static const char secret[] = "SECRET";

static char name[] = "office";
static char endpoint[] = "unix:/x";

static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {10, 10, 10, 10, 10, 10, 10, 10},
};

static struct change change_of(enum change_kind kind)
{
    struct change change = {.kind = kind, .instance = 1, .row = 1, .number = 1, .len = SECRET_LEN};

    memcpy(change.text, secret, SECRET_LEN);
    return change;
}

static struct instance *daemon_new(void)
{
    struct instance *daemon_instance = instance_new(1, &config);

    assert_non_null(daemon_instance);
    return daemon_instance;
}

static void test_all_are_complete(void **state)
{
    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++)
        assert_true(change_is_complete(kind));
}

/* What a change is shown as, word for word; secrets are not among them. */
static void test_show(void **state)
{
    static const struct {
        struct change change;
        const char *text;
    } shown[] = {
        {{.kind = CHANGE_SERIAL, .number = 7}, "serial 7"},
        {{.kind = CHANGE_SESSION, .number = SESSION_DETACHED}, "session detached"},
        {{.kind = CHANGE_SESSION, .number = SESSION_ATTACHED}, "session attached"},
        {{.kind = CHANGE_HOLD_FLAG, .number = 1}, "hold on"},
        {{.kind = CHANGE_HOLD_FLAG, .number = 0}, "hold off"},
        {{.kind = CHANGE_HOLD_RELEASE}, "hold release"},
        {{.kind = CHANGE_HOLD_RELEASE, .idle = true}, "hold release (idle)"},
        {{.kind = CHANGE_VERB, .number = 5}, "verb 5"},
        {{.kind = CHANGE_MUTE, .number = 20}, "mute 20"},
        {{.kind = CHANGE_SIGNAL, .number = DAEMON_SIGUSR2}, "signal SIGUSR2"},
        {{.kind = CHANGE_SIGNAL, .number = -1, .idle = true}, "signal (idle)"},
        {{.kind = CHANGE_KILL_NAME, .len = 7, .text = "al\tic\1e"}, "kill al ic e"},
        {{.kind = CHANGE_KILL_ADDRESS, .len = 9, .text = "1.2.3.4:5"}, "kill 1.2.3.4:5"},
        {{.kind = CHANGE_AUTH_RETRY, .number = AUTH_RETRY_INTERACT}, "auth-retry interact"},
        {{.kind = CHANGE_FORGET}, "forget-passwords"},
        {{.kind = CHANGE_REFRESH}, "status"},
        {{.kind = CHANGE_NET_REFRESH}, "net"},
        {{.kind = CHANGE_PKCS11_REFRESH}, "pkcs11-id-count"},
        {{.kind = CHANGE_KILL_CLIENT, .row = 3}, "client-kill of row 3"},
        {{.kind = CHANGE_KILL_CLIENT, .row = 3, .number = CLIENT_HALT},
         "client-kill of row 3 HALT"},
        {{.kind = CHANGE_CONFIRM, .number = CONFIRM_OK}, "needok ok"},
        {{.kind = CHANGE_CONFIRM, .number = CONFIRM_CANCEL}, "needok cancel"},
        {{.kind = CHANGE_USERNAME, .len = 1, .text = "u"}, "username ***"},
        {{.kind = CHANGE_PASSWORD, .len = 1, .text = "p"}, "password ***"},
        {{.kind = CHANGE_RESPONSE, .len = 1, .text = "r"}, "password ***"},
        {{.kind = CHANGE_STRING, .len = 1, .text = "s"}, "needstr ***"},
    };
    struct instance *daemon_instance = daemon_new();
    bool seen[CHANGE_KINDS] = {false};
    char text[CHANGE_SHOWN_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        change_show(&shown[i].change, daemon_instance, text);
        assert_string_equal(text, shown[i].text);
        seen[shown[i].change.kind] = true;
    }
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++)
        assert_true(seen[kind]);
    instance_free(daemon_instance);
}

static void test_a_long_text_is_shown_whole(void **state)
{
    struct change change = {.kind = CHANGE_KILL_NAME, .len = CHANGE_TEXT_MAX, .idle = true};
    char text[CHANGE_SHOWN_MAX];

    (void)state;
    memset(change.text, 'x', sizeof(change.text));
    change_show(&change, NULL, text);
    assert_int_equal(strlen(text), strlen("kill ") + CHANGE_TEXT_MAX + strlen(" (idle)"));
}

static void test_secrets_are_not_shown(void **state)
{
    struct instance *daemon_instance = daemon_new();

    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++) {
        const struct change change = change_of(kind);
        char text[CHANGE_SHOWN_MAX];

        change_show(&change, daemon_instance, text);
        if (change_is_secret(kind))
            assert_null(strstr(text, secret));
    }
    instance_free(daemon_instance);
}

/* One at least opens an object, and a value of it no more than the object. */
static void test_permissions(void **state)
{
    unsigned all = 0;

    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++) {
        const struct change change = change_of(kind);

        assert_true((change_allow(kind) & ALLOW_ALL) != 0);
        assert_true((change_allow_value(&change) & ~change_allow(kind)) == 0);
        if (change_needs_daemon(kind))
            assert_int_not_equal(change_allow(kind), ~0u);
        all |= change_needs_daemon(kind) ? change_allow(kind) : 0;
    }
    assert_int_equal(all | ALLOW_SESSION, ALLOW_ALL);
}

/*
 * A setting is asked for, read, written and kept as one and the same thing, and nothing else of the
 * daemon's settings changes with it.
 */
static void test_settings(void **state)
{
    struct instance *daemon_instance = daemon_new();
    bool kept[SETTINGS] = {false};

    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++) {
        struct change change = {.kind = kind, .instance = 1};
        struct command query;
        struct command command;
        char answer[64];
        int changed = 0;

        if (change_class(kind) != CLASS_SETTING)
            continue;
        for (enum setting setting = 0; setting < SETTINGS; setting++)
            daemon_instance->settings[setting] = SETTING_UNKNOWN;
        change_query(kind, &query);
        assert_int_equal(change_command(&change, daemon_instance, &command), COMMAND_OK);
        assert_memory_equal(command.line, query.line, query.len - 1);
        assert_int_equal(command.line[query.len - 1], ' ');
        change_accepted(&change, daemon_instance);
        for (enum setting setting = 0; setting < SETTINGS; setting++) {
            if (daemon_instance->settings[setting] == SETTING_UNKNOWN)
                continue;
            assert_int_equal(daemon_instance->settings[setting], change.number);
            assert_memory_equal(query.line, settings_name(setting), query.len - 1);
            kept[setting] = true;
            changed++;
        }
        assert_int_equal(changed, 1);
        snprintf(answer, sizeof(answer), "%.*s=%s", (int)query.len - 1, query.line,
                 kind == CHANGE_AUTH_RETRY ? "none" : "0");
        change.number = 77;
        assert_true(change_read_answer(kind, slice_of(answer), &change.number));
        assert_int_equal(change.number, 0);
    }
    for (enum setting setting = 0; setting < SETTINGS; setting++)
        assert_true(kept[setting]);
    instance_free(daemon_instance);
}

/* What is no setting leaves the settings alone. */
static void test_actions_are_no_settings(void **state)
{
    struct instance *daemon_instance = daemon_new();

    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++) {
        const struct change change = change_of(kind);

        if (change_class(kind) == CLASS_SETTING)
            continue;
        change_accepted(&change, daemon_instance);
        for (enum setting setting = 0; setting < SETTINGS; setting++)
            assert_int_equal(daemon_instance->settings[setting], SETTING_UNKNOWN);
    }
    instance_free(daemon_instance);
}

/* The column that writes a kind. */
static const struct column *column_of(enum change_kind kind)
{
    const struct column *found = NULL;

    for (size_t i = 0; i < table_count; i++) {
        for (size_t j = 0; j < tables[i]->column_count; j++) {
            const struct column *column = &tables[i]->columns[j];

            if (!column->writer || column->writer->kind != kind)
                continue;
            assert_null(found);
            found = column;
        }
    }
    return found;
}

/* Each kind has one column; it writes all values of a setting, and reads nothing that is secret. */
static void test_columns(void **state)
{
    struct instance *daemon_instance = daemon_new();

    (void)state;
    for (enum change_kind kind = 0; kind < CHANGE_KINDS; kind++) {
        const struct column *column = column_of(kind);
        const struct row row = {
            .instance = daemon_instance, .item = daemon_instance, .index = {1, 1}};
        struct value value = {.octets.len = 77};

        assert_non_null(column);
        if (change_is_secret(kind)) {
            assert_int_equal(column->type, VALUE_OCTETS);
            column->get(&row, &value);
            assert_int_equal(value.octets.len, 0);
        }
        if (change_class(kind) == CLASS_SETTING) {
            const struct writer *writer = column->writer;
            struct change change = {.kind = kind, .number = 1};
            struct command command;

            if (writer->base != WRITER_TRUTH)
                change.number = writer->max - writer->base;
            assert_int_equal(change_command(&change, daemon_instance, &command), COMMAND_OK);
            if (change.number < INT32_MAX) {
                change.number++;
                assert_int_equal(change_command(&change, daemon_instance, &command), COMMAND_RANGE);
            }
        }
    }
    instance_free(daemon_instance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_complete),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_a_long_text_is_shown_whole),
        cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_actions_are_no_settings),
        cmocka_unit_test(test_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
