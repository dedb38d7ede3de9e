#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "planned.h"

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
    planned_set_up(state);
    office_poll(OFFICE_ALICE OFFICE_BOB);
    script_forget();
    return 0;
}

/* Somebody else has the session for a minute; then its greeting is there. */
static void come_back(const char *first)
{
    session_detach(office_session);
    script_pass(60000);
    session_attach(office_session);
    script_turn();
    script_connect();
    script_say(SCRIPT_GREETING);
    script_say(first);
}

static void away(const char *states)
{
    come_back("");
    office_synchronize("OpenVPN 2.6.14 x", "77", states);
}

static const struct departure_record *session(uint32_t number)
{
    const struct departure_record *record = history_at(&office->departures, number);

    assert_non_null(record);
    return record;
}

static void test_nothing_has_happened(void **state)
{
    (void)state;
    away(STARTED OFFICE_CONNECTED);
    script_told(-1);
    assert_int_equal(office->clients.count, 2);
    office_status(OFFICE_BOB OFFICE_ALICE);
    script_told(-1);
    assert_int_equal(office_client(0)->base.index, 1);
}

/* It stands in a hold, where it answers no status. */
static void test_restart_into_a_hold(void **state)
{
    (void)state;
    come_back(">HOLD:Waiting for hold release:5\r\n");
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED RECONNECTING);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE,
                EVENT_HOLD_WAITING, -1);
    assert_int_equal(office->clients.count, 0);
    assert_int_equal(instance_client_count(office), 0);
    assert_int_equal(session(1)->ended, 1795453950);
}

static void test_restart_that_is_over(void **state)
{
    (void)state;
    away(OFFICE_CONNECTED AGAIN);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    /* Client id 0 is another now. */
    office_status(OFFICE_CLIENT("bob", "192.0.2.2:4000", "10.9.0.3", "1795453970", "0"));
    script_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(office_client(0)->base.index, 3);
}

/* The first process of a container always has the same id. */
static void test_another_process_with_the_same_id(void **state)
{
    int64_t started = office->started_mono;
    int64_t lost = clock_wall();

    (void)state;
    away("1795453955,CONNECTING,,,,,,\r\n" AGAIN);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(office->clients.count, 0);
    assert_true(office->started_mono > started);
    assert_int_equal(session(1)->ended, lost);
    assert_int_equal(session(2)->ended, lost);
}

static void test_another_process_that_has_no_state_yet(void **state)
{
    (void)state;
    come_back(">HOLD:Waiting for hold release:0\r\n");
    office_synchronize("OpenVPN 2.6.14 x", "77", "");
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE,
                EVENT_HOLD_WAITING, -1);
    assert_int_equal(instance_state(office), STATE_UNKNOWN);
    assert_int_equal(office->state.tunnel.has_ipv4, false);
    assert_int_equal(office->mode, MODE_UNKNOWN);
}

/* The sessions ended with contact, not when there was another process to be seen. */
static void test_another_id_and_no_state_yet(void **state)
{
    int64_t lost = clock_wall();

    (void)state;
    come_back("");
    office_synchronize("OpenVPN 2.6.14 x", "78", "");
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(instance_state(office), STATE_UNKNOWN);
    assert_int_equal(session(1)->ended, lost);
}

/* All within a second: the lines before tell the same line apart. */
static void test_restart_within_a_second(void **state)
{
    static const char states[] =
        OFFICE_CONNECTED AGAIN "1795453960,RECONNECTING,SIGUSR1,,,,,\r\n" AGAIN;

    (void)state;
    script_say(">STATE:" AGAIN);
    script_told(EVENT_STATE, -1);
    away(states);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
    office_status(OFFICE_ALICE);
    script_told(EVENT_CLIENT_CONNECTED, -1);
    away(states);
    script_told(-1);
    assert_int_equal(office->clients.count, 1);
}

/* Nothing is kept of the states but the last one. */
static void test_without_a_history_of_states(void **state)
{
    (void)state;
    office_config.limits.state_lines = 0;
    instance_configure(office, &office_config);
    away(STARTED OFFICE_CONNECTED);
    script_told(-1);
    away(STARTED OFFICE_CONNECTED RECONNECTING AGAIN);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(session(1)->ended, 1795453950);
}

/* Who is established before the states are told is there since the restart. */
static void test_a_client_that_is_faster(void **state)
{
    (void)state;
    come_back(BLOCK("0", "1795453970", "bob") BLOCK("1", "1795453971", "carol"));
    script_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED RECONNECTING AGAIN);
    script_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_STATE, -1);
    assert_int_equal(office->clients.count, 2);
    assert_int_equal(office_client(0)->base.index, 3);
    assert_int_equal(office_client(1)->base.index, 4);
    office_status(OFFICE_CLIENT("carol", "192.0.2.3:4000", "10.9.0.4", "1795453971", "1")
                      OFFICE_CLIENT("bob", "192.0.2.2:4000", "10.9.0.3", "1795453970", "0"));
    script_told(-1);
    assert_string_equal(office_client(0)->common_name, "bob");
    assert_int_equal(office_client(0)->base.index, 3);
}

/* The id of a row from before may be another client's: only a status of this session tells. */
static void test_no_kill_before_the_first_status(void **state)
{
    (void)state;
    away(OFFICE_CONNECTED);
    script_sent("load-stats\n");
    planned_add_text(CHANGE_KILL_CLIENT, 1, "");
    planned_refused(PLAN_INCONSISTENT);
    assert_non_null(strstr(office->last_command.reply, "still there"));
}

static void kill_first(uint32_t row)
{
    planned_add_text(CHANGE_KILL_CLIENT, row, "");
    planned_run();
    script_answer("load-stats\n", OFFICE_STATS);
}

static void test_kill_after_the_status(void **state)
{
    (void)state;
    away(OFFICE_CONNECTED);
    office_status(OFFICE_ALICE OFFICE_BOB);
    kill_first(1);
    script_answer("client-kill 0\n", "SUCCESS: client-kill command succeeded\r\n");
    planned_ended(PLAN_OK, PLAN_OK);
}

/* A block of this session says as much as a status. */
static void test_kill_of_who_has_just_come(void **state)
{
    (void)state;
    come_back(BLOCK("0", "1795453970", "bob"));
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED RECONNECTING AGAIN);
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n", OFFICE_NO_STATUS OFFICE_STATS);
    kill_first(3);
    script_answer("client-kill 0\n", "SUCCESS: client-kill command succeeded\r\n");
    planned_ended(PLAN_OK, PLAN_OK);
}

/* The daemon restarts between the check and the moment before sending. */
static void test_restart_at_the_last_moment(void **state)
{
    (void)state;
    planned_add_text(CHANGE_KILL_CLIENT, 1, "");
    planned_run();
    script_say(">STATE:" RECONNECTING);
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("");
    planned_ended(PLAN_FAILED, PLAN_FAILED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, planned_tear_down)
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
