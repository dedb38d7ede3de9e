#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "office.h"

/*
 * Above verb 7 the daemon logs that it writes to us, and writes that to us, without end: the stream
 * of the log is off then (session/verbosity.c).
 */

#define RESTART ">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n>STATE:1795453999,WAIT,,,,,,\r\n"

static void answer_settings(const char *verb)
{
    script_answer("hold\n", "SUCCESS: hold=0\r\n");
    script_answer("verb\n", verb);
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
}

/* A restart has read another configuration. */
static void answer_refresh(const char *verb)
{
    script_say(RESTART);
    answer_settings(verb);
}

static void answer_quiet_start(void)
{
    script_say(SCRIPT_GREETING);
    script_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    script_answer("pid\n", "SUCCESS: pid=77\r\n");
    script_answer("state on all\n", "SUCCESS: ON\r\n" OFFICE_CONNECTED "END\r\n");
    script_answer("verb\n", "SUCCESS: verb=8\r\n");
    script_answer("hold\n", "SUCCESS: hold=0\r\n");
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    script_answer("help\n", "Commands:\r\nEND\r\n");
    assert_int_equal(office->contact, CONTACT_UP);
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n", OFFICE_NO_STATUS OFFICE_STATS);
}

static void test_off_and_on(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    answer_refresh("SUCCESS: verb=8\r\n");
    script_answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    script_sent("");
    answer_refresh("SUCCESS: verb=7\r\n");
    script_answer("log on all\n", "SUCCESS: ON\r\n1795453999,I,one\r\nEND\r\n");
    assert_int_equal(office->log.last, 1);
}

static void test_a_start_with_it_off(void **state)
{
    (void)state;
    answer_quiet_start();
    script_pass(10000);
    script_answer("load-stats\n", OFFICE_STATS);
    answer_refresh("SUCCESS: verb=3\r\n");
    script_answer("log on all\n", "SUCCESS: ON\r\n1795453999,I,one\r\nEND\r\n");
    assert_int_equal(office->log.last, 1);
}

static void ignore(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

/* The settings are asked for when there is room again. */
static void test_a_restart_while_the_queue_is_full(void **state)
{
    const struct listener listener = {.done = ignore};
    struct command command;
    int others = 0;

    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    command_pid(&command);
    while (session_ask(office_session, &command, &listener))
        others++;
    script_say(RESTART);
    for (int i = 0; i < others; i++)
        script_answer("pid\n", "SUCCESS: pid=77\r\n");
    script_sent("");
    script_pass(10000);
    answer_settings("SUCCESS: verb=8\r\n");
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    script_answer("status 3\nload-stats\n", OFFICE_NO_STATUS OFFICE_STATS);
    /* Once. */
    script_pass(10000);
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("");
}

static void test_a_loop_is_left(void **state)
{
    (void)state;
    office_bring_up();
    script_sent("load-stats\n");
    for (int i = 0; i < 50001; i++)
        script_say(">LOG:1795453999,D,I/O WAIT status=0x0080\r\n");
    script_pass(4999);
    assert_true(script_is_open());
    script_pass(1);
    assert_false(script_is_open());
    assert_string_equal(office->contact_error,
                        "the daemon logs its own logging without end: verb is above 7");
    script_pass(1000);
    script_connect();
    answer_quiet_start();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_set_up, office_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_off_and_on),
        TEST(test_a_start_with_it_off),
        TEST(test_a_restart_while_the_queue_is_full),
        TEST(test_a_loop_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
