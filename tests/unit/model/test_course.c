#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* Tunnels by the order of their states: of a client, or of a point to point end with TLS. */

#define SAID(seconds, name) "17954538" seconds "," name ",,,,,,\r\n"
#define STATISTICS          "OpenVPN STATISTICS\r\nTUN/TAP read bytes,7\r\nEND\r\n"
#define UP                  "1795453884,CONNECTED,SUCCESS,10.9.0.1,192.0.2.2,1194,,\r\n"

/* As 2.6 says them. */
#define PEER                                                                                       \
    SAID("80", "CONNECTING")                                                                       \
    SAID("81", "ASSIGN_IP") SAID("82", "WAIT") SAID("83", "AUTH") UP
#define CLIENT                                                                                     \
    SAID("80", "CONNECTING")                                                                       \
    SAID("81", "WAIT") SAID("82", "AUTH") SAID("83", "ASSIGN_IP") UP
#define STRANGER SAID("90", "WAIT") SAID("91", "AUTH")
#define RESTART  SAID("95", "RECONNECTING") SAID("96", "CONNECTING") SAID("97", "WAIT")

static void start(const char *states)
{
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", states);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", STATISTICS);
    peer_say(DAEMON_STATS);
}

static void start_again(const char *states)
{
    daemon_lose();
    daemon_reconnect();
    start(states);
}

static void assert_up(enum daemon_mode mode)
{
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
    assert_int_equal(daemon_instance->state.time, 1795453884);
    assert_string_equal(daemon_instance->state.remote_text, "192.0.2.2:1194");
    assert_int_equal(daemon_instance->mode, mode);
}

static enum state last_said(void)
{
    const struct state_record *record =
        history_at(&daemon_instance->states, daemon_instance->states.last);

    assert_non_null(record);
    return record->state;
}

static void test_modes(void **state)
{
    (void)state;
    start(PEER);
    assert_up(MODE_PEER_TO_PEER);
    daemon_end(state);
    daemon_set_up(state);
    start(CLIENT);
    assert_up(MODE_CLIENT);
}

static void test_a_stranger_tries(void **state)
{
    (void)state;
    start(PEER);
    peer_say(">STATE:" SAID("90", "WAIT") ">STATE:" SAID("91", "AUTH"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(last_said(), STATE_AUTH);
    assert_int_equal(daemon_instance->states.last, 7);
    peer_told(-1);
    peer_say(">STATE:" SAID("95", "RECONNECTING"));
    assert_int_equal(instance_state(daemon_instance), STATE_RECONNECTING);
    peer_say(">STATE:" SAID("96", "CONNECTING") ">STATE:" SAID("97", "WAIT"));
    assert_int_equal(instance_state(daemon_instance), STATE_WAIT);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_STATE, EVENT_STATE, -1);
    assert_true(daemon_instance->course.peer);
}

/* The agent comes when the stranger has been there, and when another has been while it was away. */
static void test_the_history_of_it(void **state)
{
    (void)state;
    start(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    start_again(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->states.last, 7);
    start_again(PEER STRANGER SAID("92", "WAIT"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->states.last, 8);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, EVENT_CONTACT_LOST,
              EVENT_CONTACT_RESTORED, -1);
    /* Its history has rolled over. */
    start_again(STRANGER SAID("92", "WAIT") SAID("93", "WAIT"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->states.last, 9);
    start_again(STRANGER SAID("92", "WAIT") SAID("93", "WAIT") RESTART);
    assert_int_equal(instance_state(daemon_instance), STATE_WAIT);
}

static void test_without_a_history(void **state)
{
    daemon_end(state);
    daemon_config.limits.state_lines = 0;
    daemon_begin();
    start(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    start_again(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->tun_read, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_modes, daemon_set_up, daemon_end),
        cmocka_unit_test_setup_teardown(test_a_stranger_tries, daemon_set_up, daemon_end),
        cmocka_unit_test_setup_teardown(test_the_history_of_it, daemon_set_up, daemon_end),
        cmocka_unit_test_setup_teardown(test_without_a_history, daemon_set_up, daemon_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
