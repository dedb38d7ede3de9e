#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "model/event.h"
#include "tests/unit/fixtures/manager.h"

/*
 * What has become of a daemon while the agent was away: the history of its states tells, where the
 * process id does not.
 */

#define STARTED      "1795453880,CONNECTING,,,,,,\r\n"
#define RECONNECTING "1795453950,RECONNECTING,SIGUSR1,,,,,\r\n"
#define AGAIN        "1795453960,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n"
#define BLOCK(cid, since, name)                                                                    \
    ">CLIENT:ESTABLISHED," cid "\r\n>CLIENT:ENV,time_unix=" since                                  \
    "\r\n>CLIENT:ENV,common_name=" name "\r\n>CLIENT:ENV,END\r\n"

/* Up, with alice and bob. */
static int set_up(void **state)
{
    manager_set_up(state);
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    peer_forget();
    return 0;
}

/* Somebody else has the session for a minute; then its greeting is there. */
static void come_back(const char *first)
{
    session_detach(daemon_session);
    peer_pass(60000);
    session_attach(daemon_session);
    peer_turn();
    peer_connect();
    peer_say(PEER_GREETING);
    peer_say(first);
}

static void away(const char *states)
{
    come_back("");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", states);
}

static const struct departure_record *session(uint32_t number)
{
    const struct departure_record *record = history_at(&daemon_instance->departures, number);

    assert_non_null(record);
    return record;
}

static void test_nothing_has_happened(void **state)
{
    (void)state;
    away(STARTED DAEMON_CONNECTED);
    peer_told(-1);
    assert_int_equal(daemon_instance->clients.count, 2);
    daemon_status(DAEMON_BOB DAEMON_ALICE);
    peer_told(-1);
    assert_int_equal(daemon_client(0)->base.index, 1);
}

/* It stands in a hold, where it answers no status. */
static void test_restart_into_a_hold(void **state)
{
    (void)state;
    come_back(">HOLD:Waiting for hold release:5\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED RECONNECTING);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, EVENT_TUNNEL_DOWN,
              EVENT_HOLD_WAITING, -1);
    assert_int_equal(daemon_instance->clients.count, 0);
    assert_int_equal(instance_client_count(daemon_instance), 0);
    assert_int_equal(session(1)->ended, 1795453950);
}

static void test_restart_that_is_over(void **state)
{
    (void)state;
    away(DAEMON_CONNECTED AGAIN);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    /* Client id 0 is another now. */
    daemon_status(DAEMON_CLIENT("bob", "192.0.2.2:4000", "10.9.0.3", "1795453970", "0"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(daemon_client(0)->base.index, 3);
}

/* The first process of a container always has the same id. */
static void test_another_process_with_the_same_id(void **state)
{
    int64_t started = daemon_instance->started_mono;
    int64_t lost = clock_wall();

    (void)state;
    away("1795453955,CONNECTING,,,,,,\r\n" AGAIN);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, EVENT_TUNNEL_UP,
              -1);
    assert_int_equal(daemon_instance->clients.count, 0);
    assert_true(daemon_instance->started_mono > started);
    assert_int_equal(session(1)->ended, lost);
    assert_int_equal(session(2)->ended, lost);
}

static void test_another_process_that_has_no_state_yet(void **state)
{
    (void)state;
    come_back(">HOLD:Waiting for hold release:0\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "");
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, EVENT_TUNNEL_DOWN,
              EVENT_HOLD_WAITING, -1);
    assert_int_equal(instance_state(daemon_instance), STATE_UNKNOWN);
    assert_int_equal(daemon_instance->state.tunnel.has_ipv4, false);
    assert_int_equal(daemon_instance->mode, MODE_UNKNOWN);
}

/* The sessions ended with contact, not when there was another process to be seen. */
static void test_another_id_and_no_state_yet(void **state)
{
    int64_t lost = clock_wall();

    (void)state;
    come_back("");
    daemon_synchronize("OpenVPN 2.6.14 x", "78", "");
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, EVENT_TUNNEL_DOWN,
              -1);
    assert_int_equal(instance_state(daemon_instance), STATE_UNKNOWN);
    assert_int_equal(session(1)->ended, lost);
}

/* All within a second: the lines before tell the same line apart. */
static void test_restart_within_a_second(void **state)
{
    static const char states[] =
        DAEMON_CONNECTED AGAIN "1795453960,RECONNECTING,SIGUSR1,,,,,\r\n" AGAIN;

    (void)state;
    peer_say(">STATE:" AGAIN);
    peer_told(EVENT_STATE, -1);
    away(states);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
    daemon_status(DAEMON_ALICE);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    away(states);
    peer_told(-1);
    assert_int_equal(daemon_instance->clients.count, 1);
}

/* Nothing is kept of the states but the last one. */
static void test_without_a_history_of_states(void **state)
{
    (void)state;
    daemon_config.limits.state_lines = 0;
    instance_configure(daemon_instance, &daemon_config);
    away(STARTED DAEMON_CONNECTED);
    peer_told(-1);
    away(STARTED DAEMON_CONNECTED RECONNECTING AGAIN);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(session(1)->ended, 1795453950);
}

/* Who is established before the states are told is there since the restart. */
static void test_a_client_that_is_faster(void **state)
{
    (void)state;
    come_back(BLOCK("0", "1795453970", "bob") BLOCK("1", "1795453971", "carol"));
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED RECONNECTING AGAIN);
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, EVENT_CLIENT_DISCONNECTED,
              EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_client(0)->base.index, 3);
    assert_int_equal(daemon_client(1)->base.index, 4);
    daemon_status(DAEMON_CLIENT("carol", "192.0.2.3:4000", "10.9.0.4", "1795453971", "1")
                      DAEMON_CLIENT("bob", "192.0.2.2:4000", "10.9.0.3", "1795453970", "0"));
    peer_told(-1);
    assert_string_equal(daemon_client(0)->who.common_name, "bob");
    assert_int_equal(daemon_client(0)->base.index, 3);
}

/* The id of a row from before may be another client's: only a status of this session tells. */
static void test_no_kill_before_the_first_status(void **state)
{
    (void)state;
    away(DAEMON_CONNECTED);
    peer_sent("load-stats\n");
    manager_add_text(CHANGE_KILL_CLIENT, 1, "");
    manager_refused(PLAN_INCONSISTENT);
    assert_non_null(strstr(daemon_instance->last_command.reply, "still there"));
}

static void kill_first(uint32_t row)
{
    manager_add_text(CHANGE_KILL_CLIENT, row, "");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
}

static void test_kill_after_the_status(void **state)
{
    (void)state;
    away(DAEMON_CONNECTED);
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    kill_first(1);
    peer_answer("client-kill 0\n", "SUCCESS: client-kill command succeeded\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
}

/* A block of this session says as much as a status. */
static void test_kill_of_who_has_just_come(void **state)
{
    (void)state;
    come_back(BLOCK("0", "1795453970", "bob"));
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED RECONNECTING AGAIN);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", DAEMON_NO_STATUS DAEMON_STATS);
    kill_first(3);
    peer_answer("client-kill 0\n", "SUCCESS: client-kill command succeeded\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
}

/* The daemon restarts between the check and the moment before sending. */
static void test_restart_at_the_last_moment(void **state)
{
    (void)state;
    manager_add_text(CHANGE_KILL_CLIENT, 1, "");
    manager_run();
    peer_say(">STATE:" RECONNECTING);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
    manager_ended(PLAN_FAILED, PLAN_FAILED);
}

static unsigned downs;

/* Nobody takes it for a tunnel that is connected. */
static void take_down(void *arg, const struct event *event)
{
    (void)arg;
    if (event->kind != EVENT_TUNNEL_DOWN)
        return;
    assert_string_equal(event->reason, "the end");
    assert_int_equal(instance_state(event->instance), STATE_UNKNOWN);
    downs++;
}

static void test_a_fatal_end(void **state)
{
    struct observer observer = {.told = take_down};

    (void)state;
    observer_add(&observer);
    peer_say(">FATAL:the end\r\n");
    assert_int_equal(downs, 0);
    daemon_lose();
    assert_int_equal(downs, 1);
    observer_remove(&observer);
    peer_told(EVENT_FATAL, EVENT_TUNNEL_DOWN, EVENT_CONTACT_LOST, -1);
}

/* A line feed in a text that the daemon logs lets anybody write such a line. */
static void test_no_fatal_end(void **state)
{
    (void)state;
    peer_say(">FATAL:forged\r\n");
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    daemon_lose();
    peer_told(EVENT_FATAL, EVENT_CONTACT_LOST, -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, manager_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_has_happened),
        TEST(test_restart_into_a_hold),
        TEST(test_restart_that_is_over),
        TEST(test_another_process_with_the_same_id),
        TEST(test_another_process_that_has_no_state_yet),
        TEST(test_another_id_and_no_state_yet),
        TEST(test_restart_within_a_second),
        TEST(test_without_a_history_of_states),
        TEST(test_a_client_that_is_faster),
        TEST(test_no_kill_before_the_first_status),
        TEST(test_kill_after_the_status),
        TEST(test_kill_of_who_has_just_come),
        TEST(test_restart_at_the_last_moment),
        TEST(test_a_fatal_end),
        TEST(test_no_fatal_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
