#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connection/connection.h"
#include "tests/unit/fixtures/daemon.h"

/* Streams follow the configuration while the session goes on (session/streams.c). */

#define OFF         "SUCCESS: real-time log notification set to OFF\r\n"
#define ON(history) "SUCCESS: real-time log notification set to ON\r\n" history "END\r\n"
#define ONE         "1795453901,I,one\r\n"
#define TWO         "1795453902,I,two\r\n"

static void configure(unsigned log_lines, unsigned echo_lines)
{
    daemon_config.limits.log_lines = log_lines;
    daemon_config.limits.echo_lines = echo_lines;
    session_configure(daemon_session, &daemon_config);
}

static void begin(void)
{
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_say(">LOG:" ONE);
    assert_int_equal(daemon_instance->log.last, 1);
    peer_forget();
}

static void assert_undisturbed(void)
{
    assert_true(peer_is_open());
    assert_int_equal(peer_opened(), 1);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    assert_int_equal(daemon_instance->contacts, 1);
    assert_int_equal(daemon_client(0)->base.index, 1);
    peer_told(-1);
}

static void test_off_and_on(void **state)
{
    (void)state;
    begin();
    configure(0, 0);
    peer_answer("log off\n", OFF);
    peer_sent("");
    assert_int_equal(daemon_instance->log.count, 0);
    configure(10, 0);
    peer_answer("log on all\n", ON(ONE TWO));
    peer_sent("");
    assert_int_equal(daemon_instance->log.count, 2);
    assert_int_equal(daemon_instance->log.last, 3);
    configure(20, 0);
    peer_sent("");
    assert_undisturbed();
}

/* There is one replay: the second stream waits for the first. */
static void test_both(void **state)
{
    (void)state;
    begin();
    configure(0, 0);
    peer_answer("log off\n", OFF);
    configure(10, 10);
    peer_answer("log on all\n", ON(TWO));
    peer_answer("echo on all\n", ON("1795453901,forget-passwords\r\n"));
    peer_sent("");
    assert_int_equal(daemon_instance->log.last, 2);
    assert_int_equal(daemon_instance->echo.last, 1);
    configure(0, 0);
    peer_answer("log off\n", OFF);
    peer_answer("echo off\n", OFF);
    peer_sent("");
    assert_undisturbed();
}

/* What is asked for while the answer of before is on its way. */
static void test_a_change_of_mind(void **state)
{
    (void)state;
    begin();
    configure(10, 10);
    configure(0, 0);
    configure(10, 10);
    configure(10, 0);
    peer_answer("echo on all\n", ON(""));
    peer_answer("log off\n", OFF);
    peer_answer("echo off\n", OFF);
    peer_answer("log on all\n", ON(TWO));
    peer_sent("");
    assert_int_equal(daemon_instance->log.last, 2);
    assert_undisturbed();
}

static void test_a_change_while_synchronizing(void **state)
{
    (void)state;
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("state on all\n", ON(DAEMON_CONNECTED));
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    configure(0, 10);
    peer_answer("log on all\n", ON(ONE));
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    peer_answer("help\n", "Commands:\r\nEND\r\n");
    peer_answer("log off\n", OFF);
    peer_answer("echo on all\n", ON("1795453901,one\r\n"));
    peer_sent("load-stats\n");
    assert_int_equal(daemon_instance->log.last, 0);
    assert_int_equal(daemon_instance->echo.last, 1);
}

/* Nothing is asked of a daemon that is not there; the next session starts as it should. */
static void test_a_change_without_contact(void **state)
{
    (void)state;
    begin();
    daemon_lose();
    configure(0, 10);
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_sent("load-stats\n");
}

/* The session ends while a stream is being turned on. */
static void test_a_loss_while_turning_on(void **state)
{
    (void)state;
    begin();
    configure(10, 10);
    peer_answer("echo on all\n", "SUCCESS: ON\r\n1795453901,one\r\n");
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    daemon_status(DAEMON_ALICE);
    configure(10, 0);
    peer_answer("echo off\n", OFF);
    assert_int_equal(daemon_instance->echo.last, 0);
}

static void ignore(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

/* With no room for a command now there is at the next poll. */
static void test_a_full_queue(void **state)
{
    const struct listener listener = {.done = ignore};
    struct command command;

    (void)state;
    begin();
    settings_query(SETTING_HOLD, &command);
    while (session_ask(daemon_session, &command, &listener))
        ;
    configure(0, 0);
    for (int i = 0; i < CONNECTION_QUEUE_MAX; i++)
        peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_sent("");
    peer_pass(10000);
    peer_answer("log off\n", OFF);
    peer_sent("load-stats\n");
    assert_undisturbed();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_set_up, daemon_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_off_and_on),
        TEST(test_both),
        TEST(test_a_change_of_mind),
        TEST(test_a_change_while_synchronizing),
        TEST(test_a_change_without_contact),
        TEST(test_a_loss_while_turning_on),
        TEST(test_a_full_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
