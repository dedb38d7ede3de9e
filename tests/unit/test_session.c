#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "office.h"

static void test_start_up(void **state)
{
    (void)state;
    office_bring_up();
    assert_int_equal(office->pid, 77);
    assert_int_equal(office->settings[SETTING_VERB], 3);
    assert_int_equal(instance_state(office), STATE_CONNECTED);
    assert_int_equal(office->capability_count, 1);
    office_status(OFFICE_ALICE);
    assert_int_equal(office->mode, MODE_SERVER);
    /* What was there before the agent is no news. */
    script_told(-1);
}

static void test_events_of_the_start_wait_for_contact(void **state)
{
    (void)state;
    script_say(SCRIPT_GREETING ">HOLD:Waiting for hold release:0\r\n");
    script_told(-1);
    office_synchronize("OpenVPN 2.6.14 x", "77", "");
    script_told(EVENT_HOLD_WAITING, -1);
    assert_int_equal(instance_hold_waiting(office), TRUTH_TRUE);
}

static void test_a_hold_said_twice_is_told(void **state)
{
    (void)state;
    script_say(SCRIPT_GREETING
               ">HOLD:Waiting for hold release:0\r\n>HOLD:Waiting for hold release:0\r\n");
    office_synchronize("OpenVPN 2.6.14 x", "77", "");
    script_told(EVENT_HOLD_WAITING, -1);
}

static void test_a_hold_that_ends_without_contact(void **state)
{
    (void)state;
    script_say(SCRIPT_GREETING ">HOLD:Waiting for hold release:0\r\n");
    office_synchronize("OpenVPN 2.6.14 x", "77", "");
    script_told(EVENT_HOLD_WAITING, -1);
    script_sent("load-stats\n");
    script_close(0);
    script_told(EVENT_CONTACT_LOST, -1);
    script_pass(1000);
    script_connect();
    script_say(SCRIPT_GREETING ">STATE:1795453890,WAIT,,,,,,\r\n");
    office_synchronize("OpenVPN 2.6.14 x", "77", "1795453890,WAIT,,,,,,\r\n");
    script_told(EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_HOLD_ENDED, -1);
}

static void test_an_idle_daemon_is_asked_rarely(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    for (int poll = 0; poll < 5; poll++) {
        script_pass(10000);
        script_answer("load-stats\n", OFFICE_STATS);
        script_sent("");
    }
    script_pass(10000);
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("status 3\nload-stats\n");
}

static void test_news_bring_a_status(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_pass(10000);
    script_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    script_answer("status 3\nload-stats\n",
                  STATUS_TITLE STATUS_HEADERS "END\r\n"
                                              "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    assert_int_equal(office->clients.count, 0);
    script_told(EVENT_CLIENT_DISCONNECTED, -1);
}

static void test_a_cut_status_keeps_the_rows(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_pass(10000);
    script_answer("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    /* The marker comes, END does not. */
    script_answer("status 3\nload-stats\n",
                  STATUS_TITLE STATUS_HEADERS "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    assert_int_equal(office->clients.count, 1);
    assert_int_equal(office->status_complete, TRUTH_FALSE);
    script_told(-1);
}

static void test_a_refused_status_waits_for_the_next_state(void **state)
{
    (void)state;
    office_bring_up();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n",
                  "ERROR: The 'status' command is not supported by the current daemon mode\r\n");
    script_say(OFFICE_STATS);
    for (int poll = 0; poll < 20; poll++) {
        script_pass(10000);
        script_answer("load-stats\n", OFFICE_STATS);
        script_sent("");
    }
    script_say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    script_pass(1);
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("status 3\nload-stats\n");
}

static void test_an_overdue_answer(void **state)
{
    (void)state;
    office_bring_up();
    script_sent("load-stats\n");
    script_pass(4999);
    assert_int_equal(office->contact, CONTACT_UP);
    script_pass(1);
    assert_int_equal(office->contact, CONTACT_STALE);
    assert_int_equal(instance_state(office), STATE_CONNECTED);
    script_pass(114999);
    assert_true(script_is_open());
    script_told(-1);
    script_pass(1);
    assert_false(script_is_open());
    assert_int_equal(office->contact, CONTACT_DISCONNECTED);
    assert_int_equal(instance_state(office), STATE_UNKNOWN);
    script_told(EVENT_CONTACT_LOST, -1);
}

static void test_a_late_answer_brings_contact_back(void **state)
{
    (void)state;
    office_bring_up();
    script_pass(60000);
    assert_int_equal(office->contact, CONTACT_STALE);
    script_answer("load-stats\n", OFFICE_STATS);
    assert_int_equal(office->contact, CONTACT_UP);
    script_told(-1);
}

/* It was asked everything once more, and both start-ups went on together. */
static void test_a_late_answer_does_not_start_twice(void **state)
{
    (void)state;
    script_say(SCRIPT_GREETING);
    script_pass(60000);
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED);
    assert_int_equal(office->contact, CONTACT_UP);
    office_status(OFFICE_ALICE);
    script_sent("");
}

static void test_a_silent_daemon_keeps_our_place(void **state)
{
    (void)state;
    script_pass(10000);
    assert_int_equal(office->contact, CONTACT_REFUSED);
    script_told(EVENT_CONTACT_LOST, -1);
    script_pass(3600000);
    assert_true(script_is_open());
    assert_int_equal(script_opened(), 1);
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED);
    script_told(EVENT_CONTACT_RESTORED, -1);
}

static void test_no_password_is_configured(void **state)
{
    (void)state;
    script_say("ENTER PASSWORD:");
    assert_false(script_is_open());
    assert_int_equal(office->contact, CONTACT_REFUSED);
    assert_non_null(strstr(office->contact_error, "password_file"));
}

static void lose_and_return(const char *pid, const char *states)
{
    script_close(0);
    script_told(EVENT_CONTACT_LOST, -1);
    script_pass(1000);
    script_connect();
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", pid, states);
}

static void test_the_same_daemon_returns(void **state)
{
    uint32_t index;

    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    index = office->clients.list[0]->index;
    lose_and_return("77", OFFICE_CONNECTED);
    script_told(EVENT_CONTACT_RESTORED, -1);
    office_status(OFFICE_ALICE);
    assert_int_equal(office->clients.list[0]->index, index);
    script_told(-1);
    assert_int_equal(office->states.last, 1);
}

static void test_another_daemon_returns(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    lose_and_return("78", "1795453895,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CONTACT_RESTORED, EVENT_STATE, -1);
    assert_int_equal(office->clients.count, 0);
}

static void assert_reason(const char *last_words, const char *reason)
{
    office_bring_up();
    script_say(last_words);
    script_close(0);
    assert_string_equal(office->contact_error, reason);
}

static void test_end_by_exit(void **state)
{
    (void)state;
    assert_reason(">STATE:1795453999,EXITING,SIGTERM,,,,,\r\n", "the daemon has ended: SIGTERM");
}

static void test_end_by_fatal(void **state)
{
    (void)state;
    assert_reason(">FATAL:cannot bind\r\n", "the daemon has ended on a fatal error: cannot bind");
    assert_string_equal(office->fatal_message, "cannot bind");
}

static void test_end_by_config(void **state)
{
    (void)state;
    assert_reason(">LOG:1795453999,,Options error: no such option\r\n",
                  "the daemon has ended: Options error: no such option");
}

static void test_end_without_reason(void **state)
{
    (void)state;
    assert_reason(">LOG:1795453999,I,all is well\r\n", "the daemon closed the session");
}

static void test_secrets_are_not_kept(void **state)
{
    (void)state;
    office_bring_up();
    script_say(">PASSWORD:Auth-Token:SECRET\r\n"
               ">LOG:1795453999,D,MANAGEMENT: CMD 'username \"Auth\" \"SECRET\"'\r\n"
               ">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n");
    assert_int_equal(office->log.count, 0);
    assert_int_equal(office->unknown_messages, 0);
    assert_null(office->info);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, office_set_up, office_end)
    const struct CMUnitTest tests[] = {
        TEST(test_start_up),
        TEST(test_events_of_the_start_wait_for_contact),
        TEST(test_a_hold_said_twice_is_told),
        TEST(test_a_hold_that_ends_without_contact),
        TEST(test_an_idle_daemon_is_asked_rarely),
        TEST(test_news_bring_a_status),
        TEST(test_a_cut_status_keeps_the_rows),
        TEST(test_a_refused_status_waits_for_the_next_state),
        TEST(test_an_overdue_answer),
        TEST(test_a_late_answer_brings_contact_back),
        TEST(test_a_late_answer_does_not_start_twice),
        TEST(test_a_silent_daemon_keeps_our_place),
        TEST(test_no_password_is_configured),
        TEST(test_the_same_daemon_returns),
        TEST(test_another_daemon_returns),
        TEST(test_end_by_exit),
        TEST(test_end_by_fatal),
        TEST(test_end_by_config),
        TEST(test_end_without_reason),
        TEST(test_secrets_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
