#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixtures/daemon.h"

/*
 * From verb 7 on the daemon logs its keys, and from 8 on it logs that it writes to us, and writes
 * that to us, without end: the stream of the log is off then (session/streams.c).
 */

#define RESTART ">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n>STATE:1795453999,WAIT,,,,,,\r\n"

static void answer_settings(const char *verb)
{
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_answer("verb\n", verb);
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
}

/* A restart has read another configuration. */
static void answer_refresh(const char *verb)
{
    peer_say(RESTART);
    answer_settings(verb);
}

static void answer_quiet_start(void)
{
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("state on all\n", "SUCCESS: ON\r\n" DAEMON_CONNECTED "END\r\n");
    peer_answer("verb\n", "SUCCESS: verb=7\r\n");
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    peer_answer("help\n", "Commands:\r\nEND\r\n");
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", DAEMON_NO_STATUS DAEMON_STATS);
}

static void test_off_and_on(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    answer_refresh("SUCCESS: verb=7\r\n");
    peer_answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    peer_sent("");
    answer_refresh("SUCCESS: verb=8\r\n");
    peer_sent("");
    answer_refresh("SUCCESS: verb=6\r\n");
    peer_answer("log on all\n", "SUCCESS: ON\r\n1795453999,I,one\r\nEND\r\n");
    assert_int_equal(daemon_instance->log.last, 1);
}

static void test_a_start_with_it_off(void **state)
{
    (void)state;
    answer_quiet_start();
    peer_pass(10000);
    peer_answer("load-stats\n", DAEMON_STATS);
    answer_refresh("SUCCESS: verb=3\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("log on all\n", "SUCCESS: ON\r\n1795453999,I,one\r\nEND\r\n");
    assert_int_equal(daemon_instance->log.last, 1);
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
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    command_pid(&command);
    while (session_ask(daemon_session, &command, &listener))
        others++;
    peer_say(RESTART);
    for (int i = 0; i < others; i++)
        peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_sent("");
    peer_pass(10000);
    answer_settings("SUCCESS: verb=8\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    peer_answer("status 3\nload-stats\n", DAEMON_NO_STATUS DAEMON_STATS);
    /* Once. */
    peer_pass(10000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
}

/*
 * Of a turn of a daemon's loop, 2.6 with verb 8: where it polls, where it has epoll, and select;
 * and a client with TCP and verb 11.
 */
static const char *const turns[] = {
    ">LOG:1795453999,D,PO_CTL rwflags=0x0003 ev=4 arg=0x5632a0b9e3b0\r\n"
    ">LOG:1795453999,D,I/O WAIT Tr|Tw|SR|Sw [1/89118]\r\n"
    ">LOG:1795453999,D,PO_WAIT[2,0] fd=4 rev=0x00000004 rwflags=0x0002 arg=0x5632a0b9e3b0 \r\n"
    ">LOG:1795453999,D,I/O WAIT status=0x0080\r\n",
    ">LOG:1795453999,D,EP_CTL fd=7 rwflags=0x0003 ev=0x00000005 arg=0x00000007\r\n"
    ">LOG:1795453999,D,EP_WAIT[0] rwflags=0x0002 ev=0x00000004 arg=0x00000007\r\n",
    ">LOG:1795453999,D,SE_WAIT_FAST maxfd=7 tv=0/26\r\n"
    ">LOG:1795453999,D,SE_WAIT[7,0] rwflags=0x0002 arg=0x00000007\r\n",
    ">LOG:1795453999,D,TLS: tls_process: timeout set to 42\r\n"
    ">LOG:1795453999,D,ACK reliable_can_send active=0 current=0 : [7]\r\n"
    ">LOG:1795453999,D,I/O WAIT Tr|Tw|SR|Sw [1/89118]\r\n"
    ">LOG:1795453999,D, event_wait returned 1\r\n",
};

static void say_often(const char *lines, int times)
{
    for (int i = 0; i < times; i++)
        peer_say(lines);
}

static void leave_loop(const char *turn)
{
    daemon_bring_up();
    peer_sent("load-stats\n");
    say_often(turn, 1001);
    peer_pass(4999);
    assert_true(peer_is_open());
    peer_pass(1);
    assert_false(peer_is_open());
    assert_string_equal(daemon_instance->contact_error,
                        "the daemon logs its own logging without end: verb is 8 or more");
    peer_pass(1000);
    peer_connect();
    answer_quiet_start();
}

static void test_a_loop_is_left(void **state)
{
    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        leave_loop(turns[i]);
        daemon_end(state);
        daemon_begin();
    }
}

/* What a daemon with a verb of 6 or less may say without end: that is no loop. */
static void test_a_flood_is_no_loop(void **state)
{
    static const char *const floods[] = {
        ">LOG:1795453999,W,bob/192.0.2.2:4000 I/O WAIT _WAIT EP_WAIT[0]\r\n",
        ">LOG:1795453999,D,MANAGEMENT: CMD 'I/O WAIT status'\r\n",
        ">LOG:1795453999,,\r\n>LOG:1795453999,,I\r\n>ECHO:1795453999,I/O WAIT status\r\n",
        ">CLIENT:ESTABLISHED,7\r\n>CLIENT:ENV,a=I/O WAIT \r\n>CLIENT:ENV,END\r\n",
    };

    (void)state;
    daemon_bring_up();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
    for (int second = 0; second < 100; second++) {
        for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
            say_often(floods[i], 1000);
        peer_pass(1000);
    }
    assert_true(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_STALE);
    assert_string_equal(daemon_instance->contact_error, "the answer to a command is overdue");
    peer_say(DAEMON_NO_STATUS DAEMON_STATS);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    assert_int_equal(daemon_instance->contacts, 1);
}

/* The turns of before count no more when the daemon has answered. */
static void test_a_loop_that_ended(void **state)
{
    (void)state;
    daemon_bring_up();
    say_often(turns[0], 2000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
    peer_pass(5000);
    assert_int_equal(daemon_instance->contact, CONTACT_STALE);
    peer_say(DAEMON_NO_STATUS DAEMON_STATS);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_set_up, daemon_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_off_and_on),
        TEST(test_a_start_with_it_off),
        TEST(test_a_restart_while_the_queue_is_full),
        TEST(test_a_loop_is_left),
        TEST(test_a_flood_is_no_loop),
        TEST(test_a_loop_that_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
