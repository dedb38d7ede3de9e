#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/*
 * Histories that the daemon replays on contact: nothing is lost, nothing is doubled, whether the
 * daemon's history has rolled over, the agent's has, or the agent was away.
 */

/* Log lines first to last, as the daemon lists them. */
static const char *lines(unsigned first, unsigned last)
{
    static char text[65536];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = first; i <= last; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u,N,line %u\r\n",
                                1795453000 + i / 3, i);
    return text;
}

static void say_log(unsigned number)
{
    char text[64];

    snprintf(text, sizeof(text), ">LOG:%u,N,line %u\r\n", 1795453000 + number / 3, number);
    peer_say(text);
}

static void start(const char *pid, const char *states, const char *log)
{
    char text[65536];

    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    snprintf(text, sizeof(text), "SUCCESS: pid=%s\r\n", pid);
    peer_answer("pid\n", text);
    snprintf(text, sizeof(text), "SUCCESS: ON\r\n%sEND\r\n", states);
    peer_answer("state on all\n", text);
    snprintf(text, sizeof(text), "SUCCESS: ON\r\n%sEND\r\n", log);
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("log on all\n", text);
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    peer_answer("help\n", "END\r\n");
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
}

static void start_again(const char *pid, const char *states, const char *log)
{
    peer_close(0);
    daemon_reconnect();
    start(pid, states, log);
}

/* The history holds these lines, and the newest has that number. */
static void assert_log(unsigned first, unsigned last, uint32_t number)
{
    const struct log_record *record;
    uint32_t row = 0;

    assert_int_equal(daemon_instance->log.last, number);
    assert_int_equal(daemon_instance->log.count, last - first + 1);
    for (unsigned i = first; i <= last; i++) {
        char text[32];

        record = history_after(&daemon_instance->log, row, &row);
        assert_non_null(record);
        snprintf(text, sizeof(text), "line %u", i);
        assert_string_equal(record->message, text);
        assert_int_equal(record->time, 1795453000 + i / 3);
        assert_int_equal(record->flags, LOG_FLAG_NONFATAL);
    }
}

static int set_up(void **state)
{
    daemon_set_up(state);
    peer_watch_lines(true);
    return 0;
}

static void test_first_contact(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 5));
    assert_log(1, 5, 5);
    say_log(6);
    assert_log(1, 6, 6);
    peer_told(EVENT_LOG, -1);
}

static void test_nothing_new(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 5));
    start_again("77", DAEMON_CONNECTED, lines(1, 5));
    assert_log(1, 5, 5);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
}

/* What the stream told and what the replay tells are the same lines. */
static void test_away_for_a_while(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 3));
    say_log(4);
    say_log(5);
    peer_told(EVENT_LOG, EVENT_LOG, -1);
    start_again("77", DAEMON_CONNECTED, lines(1, 8));
    assert_log(1, 8, 8);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
    /* Of a longer absence only one line is known. */
    start_again("77", DAEMON_CONNECTED, lines(8, 12));
    assert_log(3, 12, 12);
}

static void test_away_too_long(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 5));
    start_again("77", DAEMON_CONNECTED, lines(50, 55));
    assert_int_equal(daemon_instance->log.last, 5 + 6);
    assert_int_equal(daemon_instance->log.count, 10);
}

/* The daemon keeps more than the agent, or fewer. */
static void test_either_rolled_over(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 300));
    assert_log(291, 300, 10); /* the newest; numbers are of what was kept */
    start_again("77", DAEMON_CONNECTED, lines(51, 300));
    assert_log(291, 300, 10);
    start_again("77", DAEMON_CONNECTED, lines(53, 302));
    assert_log(293, 302, 12);
    start_again("77", DAEMON_CONNECTED, lines(302, 302));
    assert_log(293, 302, 12);
    start_again("77", DAEMON_CONNECTED, "");
    assert_log(293, 302, 12);
}

/* A daemon that says the same again and again, within a second. */
static void test_lines_alike(void **state)
{
    static const char same[] = "1795453000,N,same\r\n";
    char log[1024];

    (void)state;
    snprintf(log, sizeof(log), "1795453000,N,first\r\n%s%s", same, same);
    start("77", DAEMON_CONNECTED, log);
    assert_int_equal(daemon_instance->log.last, 3);
    strcat(log, same);
    strcat(log, same);
    start_again("77", DAEMON_CONNECTED, log);
    assert_int_equal(daemon_instance->log.last, 5);
    start_again("77", DAEMON_CONNECTED, log);
    assert_int_equal(daemon_instance->log.last, 5);
}

static void test_other_daemon(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 3));
    start_again("78", "1795453990,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n", lines(4, 6));
    assert_log(1, 6, 6);
    assert_int_equal(daemon_instance->states.last, 2);
}

/* The agent's own commands, and what cannot be read, are no lines of the log. */
static void test_lines_that_are_not_kept(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED,
          "1795453000,N,line 1\r\n"
          "1795453000,D,MANAGEMENT: CMD 'status 3'\r\n"
          "1795453000,,MANAGEMENT: >STATE:1795453000,CONNECTED,,,\r\n"
          "1795453000,,MANAGEMENT: Client connected from /run/x\r\n"
          "\r\n"
          "no time\r\n1795453000,Q,no such flag\r\n");
    assert_log(1, 1, 1);
    assert_int_equal(daemon_instance->rows_dropped, 2);
    peer_say(">LOG:1795453000,D,MANAGEMENT: CMD 'status 3'\r\n");
    peer_told(-1);
    start_again("77", DAEMON_CONNECTED,
                "1795453000,N,line 1\r\n1795453000,D,MANAGEMENT: CMD 'x'\r\n");
    assert_log(1, 1, 1);
}

static void test_states(void **state)
{
    const struct state_record *record;

    (void)state;
    start("77",
          "1795453880,CONNECTING,,,,,,\r\n"
          "1795453890,CONNECTED,SUCCESS,10.9.0.1,192.0.2.9,1194,,,fd00::1\r\n",
          "");
    peer_told(-1);
    assert_int_equal(daemon_instance->states.last, 2);
    record = history_at(&daemon_instance->states, 2);
    assert_int_equal(record->state, STATE_CONNECTED);
    assert_string_equal(record->remote_text, "192.0.2.9:1194");
    assert_true(record->tunnel.has_ipv4 && record->tunnel.has_ipv6);
    /* Three more while the agent was away: one event, for the last. */
    peer_pass(5000);
    start_again("77",
                "1795453890,CONNECTED,SUCCESS,10.9.0.1,192.0.2.9,1194,,,fd00::1\r\n"
                "1795453900,RECONNECTING,ping-restart,,,,,\r\n"
                "1795453901,RESOLVE,,,,,,\r\n1795453902,CONNECTED,SUCCESS,10.9.0.2,,,,\r\n",
                "");
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, EVENT_STATE, -1);
    assert_int_equal(daemon_instance->states.last, 5);
    assert_int_equal(daemon_instance->state.time, 1795453902);
    /* Counters of the tunnel have begun anew. */
    assert_true(daemon_instance->tunnel_mono > daemon_instance->started_mono);
}

/* In 2.1 to 2.3 a state has five fields. */
static void test_states_of_old(void **state)
{
    char states[1024];
    char *end;

    (void)state;
    snprintf(states, sizeof(states), "%s",
             strchr(peer_capture("compat/2.3.18-server", "state on all"), '\n') + 1);
    end = strstr(states, "END\r\n");
    assert_non_null(end);
    *end = '\0';
    start("77", states, "");
    assert_int_equal(daemon_instance->states.last, 2);
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
    assert_true(daemon_instance->state.tunnel.has_ipv4);
    assert_null(daemon_instance->state.remote_text);
    assert_int_equal(daemon_instance->rows_dropped, 0);
}

static void test_bound_0(void **state)
{
    struct instance_config config;

    daemon_end(state);
    config = daemon_config;
    daemon_config.limits.state_lines = 0;
    daemon_begin();
    daemon_config = config;
    start("77", DAEMON_CONNECTED "1795453900,EXITING,SIGTERM,,,,,\r\n", "");
    assert_int_equal(instance_state(daemon_instance), STATE_EXITING);
    assert_int_equal(daemon_instance->states.last, 0);
}

/* The numbers of a history start again behind the last. */
static void test_last_number(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 3));
    daemon_instance->log.last = UINT32_MAX;
    assert_log(1, 3, UINT32_MAX);
    say_log(4);
    assert_log(4, 4, 1);
    start_again("77", DAEMON_CONNECTED, lines(1, 6));
    assert_log(4, 6, 3);
}

/* A session that ends within a replay has told nothing. */
static void test_lost_within_a_replay(void **state)
{
    (void)state;
    start("77", DAEMON_CONNECTED, lines(1, 3));
    peer_close(0);
    peer_pass(1000);
    peer_connect();
    peer_say(PEER_GREETING "OpenVPN Version: x\r\nEND\r\nSUCCESS: pid=77\r\n"
                           "SUCCESS: ON\r\n1795459999,EXITING,,,,,,\r\n");
    peer_close(0);
    peer_pass(2000);
    peer_connect();
    start("77", DAEMON_CONNECTED, lines(1, 4));
    assert_log(1, 4, 4);
    assert_int_equal(daemon_instance->states.last, 1);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_first_contact),
        TEST(test_nothing_new),
        TEST(test_away_for_a_while),
        TEST(test_away_too_long),
        TEST(test_either_rolled_over),
        TEST(test_lines_alike),
        TEST(test_other_daemon),
        TEST(test_lines_that_are_not_kept),
        TEST(test_states),
        TEST(test_states_of_old),
        TEST(test_bound_0),
        TEST(test_last_number),
        TEST(test_lost_within_a_replay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
