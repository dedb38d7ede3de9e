#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/daemon.h"

static void test_start_up(void **state)
{
    (void)state;
    daemon_bring_up();
    assert_int_equal(daemon_instance->pid, 77);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 3);
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
    assert_int_equal(daemon_instance->capability_count, 1);
    daemon_status(DAEMON_ALICE);
    assert_int_equal(daemon_instance->mode, MODE_SERVER);
    /* What was there before the agent is no news. */
    peer_told(-1);
}

static void test_events_of_the_start_wait_for_contact(void **state)
{
    (void)state;
    peer_say(PEER_GREETING ">HOLD:Waiting for hold release:0\r\n");
    peer_told(-1);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "");
    peer_told(EVENT_HOLD_WAITING, -1);
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_TRUE);
}

static void test_a_hold_said_twice_is_told(void **state)
{
    (void)state;
    peer_say(PEER_GREETING
             ">HOLD:Waiting for hold release:0\r\n>HOLD:Waiting for hold release:0\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "");
    peer_told(EVENT_HOLD_WAITING, -1);
}

static void test_a_hold_that_ends_without_contact(void **state)
{
    (void)state;
    peer_say(PEER_GREETING ">HOLD:Waiting for hold release:0\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "");
    peer_told(EVENT_HOLD_WAITING, -1);
    peer_sent("load-stats\n");
    peer_close(0);
    peer_told(EVENT_CONTACT_LOST, -1);
    peer_pass(1000);
    peer_connect();
    peer_say(PEER_GREETING ">STATE:1795453890,WAIT,,,,,,\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "1795453890,WAIT,,,,,,\r\n");
    peer_told(EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_HOLD_ENDED, -1);
}

static void test_an_idle_daemon_is_asked_rarely(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    for (int poll = 0; poll < 5; poll++) {
        peer_pass(10000);
        peer_answer("load-stats\n", DAEMON_STATS);
        peer_sent("");
    }
    peer_pass(10000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
}

static void test_news_bring_a_status(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS "END\r\n"
                                            "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    assert_int_equal(daemon_instance->clients.count, 0);
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
}

static void test_a_cut_status_keeps_the_rows(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    /* The marker comes, END does not. */
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    assert_int_equal(daemon_instance->clients.count, 1);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_told(-1);
}

static void test_a_refused_status_waits_for_the_next_state(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n",
                "ERROR: The 'status' command is not supported by the current daemon mode\r\n");
    peer_say(DAEMON_STATS);
    for (int poll = 0; poll < 20; poll++) {
        peer_pass(10000);
        peer_answer("load-stats\n", DAEMON_STATS);
        peer_sent("");
    }
    peer_say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    peer_pass(1);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
}

static void test_an_overdue_answer(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_sent("load-stats\n");
    peer_pass(4999);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    peer_pass(1);
    assert_int_equal(daemon_instance->contact, CONTACT_STALE);
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
    peer_pass(114999);
    assert_true(peer_is_open());
    peer_told(-1);
    peer_pass(1);
    assert_false(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_DISCONNECTED);
    assert_int_equal(instance_state(daemon_instance), STATE_UNKNOWN);
    peer_told(EVENT_CONTACT_LOST, -1);
}

static void test_a_late_answer_brings_contact_back(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_pass(60000);
    assert_int_equal(daemon_instance->contact, CONTACT_STALE);
    peer_answer("load-stats\n", DAEMON_STATS);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    peer_told(-1);
}

/* It was asked everything once more, and both start-ups went on together. */
static void test_a_late_answer_does_not_start_twice(void **state)
{
    (void)state;
    peer_say(PEER_GREETING);
    peer_pass(60000);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    daemon_status(DAEMON_ALICE);
    peer_sent("");
}

static void test_a_silent_daemon_keeps_our_place(void **state)
{
    (void)state;
    peer_pass(10000);
    assert_int_equal(daemon_instance->contact, CONTACT_REFUSED);
    peer_told(EVENT_CONTACT_LOST, -1);
    peer_pass(3600000);
    assert_true(peer_is_open());
    assert_int_equal(peer_opened(), 1);
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_RESTORED, -1);
}

static void test_no_password_is_configured(void **state)
{
    (void)state;
    peer_say("ENTER PASSWORD:");
    assert_false(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_REFUSED);
    assert_non_null(strstr(daemon_instance->contact_error, "password_file"));
}

static void lose_and_return(const char *pid, const char *states)
{
    peer_close(0);
    peer_told(EVENT_CONTACT_LOST, -1);
    peer_pass(1000);
    peer_connect();
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", pid, states);
}

static void test_the_same_daemon_returns(void **state)
{
    uint32_t index;

    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    index = daemon_instance->clients.list[0]->index;
    lose_and_return("77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_RESTORED, -1);
    daemon_status(DAEMON_ALICE);
    assert_int_equal(daemon_instance->clients.list[0]->index, index);
    peer_told(-1);
    assert_int_equal(daemon_instance->states.last, 1);
}

static void test_another_daemon_returns(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    lose_and_return("78", "1795453895,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_TUNNEL_UP, -1);
    assert_int_equal(daemon_instance->clients.count, 0);
}

static void assert_reason(const char *last_words, const char *reason)
{
    daemon_bring_up();
    peer_say(last_words);
    peer_close(0);
    assert_string_equal(daemon_instance->contact_error, reason);
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
    assert_string_equal(daemon_instance->fatal_message, "cannot bind");
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
    daemon_bring_up();
    peer_say(">PASSWORD:Auth-Token:SECRET\r\n"
             ">LOG:1795453999,D,MANAGEMENT: CMD 'username \"Auth\" \"SECRET\"'\r\n"
             ">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n");
    assert_int_equal(daemon_instance->log.count, 0);
    assert_int_equal(daemon_instance->unknown_messages, 0);
    assert_null(daemon_instance->info);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)
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
