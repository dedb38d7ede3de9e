#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/timers.h"
#include "config/config.h"
#include "model/instance.h"
#include "protocol/message.h"
#include "share/asks.h"

static char name[] = "office";
static char endpoint[] = "unix:/x";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {10, 10, 10, 10, 10, 10, 10, 10, 10},
};
static struct instance *instance;
static struct ask ask;

static int set_up(void **state)
{
    (void)state;
    instance = instance_new(7, &config);
    instance->dialect = command_dialect_of(slice_of("OpenVPN 2.6.14"));
    return instance ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ask_wipe(&ask);
    instance_free(instance);
    return 0;
}

static enum verb_verdict read_line(const char *line, unsigned allow)
{
    return ask_read(&ask, slice_of(line), (struct verb_manners){false, false}, allow, instance);
}

static void say(const char *line)
{
    struct message message;

    message_parse(slice_of(line), &message);
    if (message.kind == MESSAGE_REQUEST)
        requests_asked(instance, &message.request);
    else
        requests_other(instance, message.type, message.text);
}

static void test_read_only(void **state)
{
    static const char *const writes[] = {
        "hold release",        "verb 4",       "mute 3",          "kill x", "signal SIGUSR1",
        "forget-passwords",    "username a b", "client-auth 1 0", "pk-sig", "remote ACCEPT",
        "push-update-cid 1 x", "net",          "pkcs11-id-count"};

    (void)state;
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        assert_int_equal(read_line(writes[i], 0), LINE_FORBIDDEN);
        assert_non_null(strstr(ask.judgement.text, "command is not allowed here"));
        assert_int_equal(ask.command.len, 0);
        assert_true(read_line(writes[i], ALLOW_GUESTS_ALL) >= LINE_READS);
    }
    assert_int_equal(read_line("signal SIGUSR1", ALLOW_SIGTERM), LINE_FORBIDDEN);
    assert_int_equal(read_line("verb", 0), LINE_READS);
    assert_int_equal(read_line("bogus", 0), LINE_WRONG);
    assert_int_equal(read_line("kill \"x", ALLOW_KILL), LINE_WRONG);
    assert_string_equal(ask.judgement.text,
                        "ERROR: Options error: No closing quotation (\") in TCP:0");
    assert_int_equal(read_line(" # x", 0), LINE_EMPTY);
}

static void assert_change(const char *line, enum change_kind kind, int32_t number)
{
    assert_int_equal(read_line(line, ALLOW_GUESTS_ALL), LINE_WRITES);
    assert_true(ask.has_change);
    assert_int_equal(ask.change.kind, kind);
    assert_int_equal(ask.change.instance, 7);
    assert_int_equal(ask.change.number, number);
}

static void test_changes(void **state)
{
    (void)state;
    assert_change("hold release", CHANGE_HOLD_RELEASE, 0);
    assert_change("hold on", CHANGE_HOLD_FLAG, 1);
    assert_change("hold off", CHANGE_HOLD_FLAG, 0);
    assert_change("verb 4", CHANGE_VERB, 4);
    assert_change("mute 7", CHANGE_MUTE, 7);
    assert_change("auth-retry nointeract", CHANGE_AUTH_RETRY, AUTH_RETRY_NOINTERACT);
    assert_change("signal SIGTERM", CHANGE_SIGNAL, DAEMON_SIGTERM);
    assert_change("kill 'al ice'", CHANGE_KILL_NAME, 0);
    assert_true(slice_is(change_text(&ask.change), "al ice"));
    assert_change("kill 192.0.2.1:5", CHANGE_KILL_ADDRESS, 0);
    assert_change("client-kill 3", CHANGE_KILL_CLIENT, CLIENT_KILL);
    assert_change("client-kill 3 HALT,x", CHANGE_KILL_CLIENT, CLIENT_HALT);
    assert_change("forget-passwords", CHANGE_FORGET, 0);
    read_line("remote ACCEPT", ALLOW_REMOTE);
    assert_false(ask.has_change);
    read_line("verb", ALLOW_VERB);
    assert_false(ask.has_change);
}

static void test_setting_is_accepted(void **state)
{
    (void)state;
    read_line("verb 5", ALLOW_VERB);
    ask_accepted(&ask, instance);
    assert_int_equal(instance->settings[SETTING_VERB], 5);
    instance_set_hold(instance, true, 0);
    read_line("hold release", ALLOW_HOLD);
    ask_accepted(&ask, instance);
    assert_false(instance->hold_waiting);
}

static void test_question(void **state)
{
    uint32_t row;

    (void)state;
    say(">PASSWORD:Need 'Auth' username/password");
    say(">PASSWORD:Need 'Private Key' password");
    read_line("username Auth alice", ALLOW_PASSWORDS);
    assert_string_equal(ask.question, "Auth");
    assert_int_equal(ask.row, 1);
    ask_accepted(&ask, instance);
    read_line("password \"Private Key\" secret", ALLOW_PASSWORDS);
    assert_string_equal(ask.question, "Private Key");
    ask_accepted(&ask, instance);
    row = 0;
    requests_open(instance, &row);
    assert_int_equal(row, 1);
    read_line("password Auth secret", ALLOW_PASSWORDS);
    ask_accepted(&ask, instance);
    assert_null(requests_open(instance, &row));
    read_line("password Auth secret", ALLOW_PASSWORDS);
    assert_int_equal(ask.row, 0);
    assert_string_equal(ask.question, "Auth");
}

/* No secret is in the change, nor in what is shown. */
static void test_secrets(void **state)
{
    char text[ASK_SHOWN_MAX];

    (void)state;
    read_line("password Auth 'top secret'", ALLOW_PASSWORDS);
    assert_true(ask.command.secret);
    assert_int_equal(ask.change.len, 0);
    ask_show(&ask, text);
    assert_string_equal(text, "password Auth ***");
    read_line("needstr pin 1234", ALLOW_PASSWORDS);
    ask_show(&ask, text);
    assert_string_equal(text, "needstr pin ***");
}

static void test_logins(void **state)
{
    (void)state;
    read_line("client-deny 12 3 no", ALLOW_CLIENTS);
    assert_int_equal(ask.cid, 12);
    assert_int_equal(ask.kid, 3);
    read_line("client-pending-auth 12 3 x 30", ALLOW_CLIENTS);
    assert_int_equal(ask.kid, 3);
    read_line("client-pending-auth 12 x", ALLOW_CLIENTS);
    assert_int_equal(ask.cid, 12);
    assert_int_equal(ask.kid, -1);
    read_line("client-kill 12", ALLOW_KILL);
    assert_int_equal(ask.cid, -1);
    read_line("client-auth 12 3", ALLOW_CLIENTS);
    assert_int_equal(ask.command.form, REPLY_BLOCK);
}

static void test_fits(void **state)
{
    char text[VERB_TEXT_MAX] = "";

    (void)state;
    read_line("pk-sig", ALLOW_SIGN);
    assert_false(ask_fits(&ask, instance, text));
    assert_string_equal(text, "ERROR: The pk-sig command is not currently available");
    say(">RSA_SIGN:QUJD");
    read_line("pk-sig", ALLOW_SIGN);
    assert_string_equal(ask.question, "RSA_SIGN");
    assert_true(ask_fits(&ask, instance, text));
    ask_accepted(&ask, instance);
    assert_false(ask_fits(&ask, instance, text));
    read_line("pkcs11-id-count", ALLOW_REFRESH);
    assert_false(ask_fits(&ask, instance, text));
    instance->status_seen = true;
    assert_true(ask_fits(&ask, instance, text));
    read_line("signal SIGUSR2", ALLOW_SIGUSR2);
    assert_true(ask_fits(&ask, instance, text));
    instance_set_hold(instance, true, 0);
    assert_false(ask_fits(&ask, instance, text));
    assert_true(strncmp(text, "ERROR: the daemon is in a hold", 30) == 0);
    read_line("signal SIGTERM", ALLOW_SIGTERM);
    assert_true(ask_fits(&ask, instance, text));
}

static void test_equal(void **state)
{
    struct ask first;

    (void)state;
    ask_read(&first, slice_of("status  3"), (struct verb_manners){false, false}, 0, instance);
    read_line("status \"3\"", 0);
    assert_true(ask_equal(&first, &ask));
    read_line("status 2", 0);
    assert_false(ask_equal(&first, &ask));
    read_line("kill x", ALLOW_KILL);
    first = ask;
    assert_false(ask_equal(&first, &ask));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_setting_is_accepted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_secrets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_logins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
