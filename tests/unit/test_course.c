#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "office.h"

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
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", states);
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n", STATISTICS);
    script_say(OFFICE_STATS);
}

static void start_again(const char *states)
{
    office_lose();
    office_reconnect();
    start(states);
}

static void assert_up(enum daemon_mode mode)
{
    assert_int_equal(instance_state(office), STATE_CONNECTED);
    assert_int_equal(office->state.time, 1795453884);
    assert_string_equal(office->state.remote_text, "192.0.2.2:1194");
    assert_int_equal(office->mode, mode);
}

static enum state last_said(void)
{
    const struct state_record *record = history_at(&office->states, office->states.last);

    assert_non_null(record);
    return record->state;
}

static void test_modes(void **state)
{
    (void)state;
    start(PEER);
    assert_up(MODE_PEER_TO_PEER);
    office_end(state);
    office_set_up(state);
    start(CLIENT);
    assert_up(MODE_CLIENT);
}

static void test_a_stranger_tries(void **state)
{
    (void)state;
    start(PEER);
    script_say(">STATE:" SAID("90", "WAIT") ">STATE:" SAID("91", "AUTH"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(last_said(), STATE_AUTH);
    assert_int_equal(office->states.last, 7);
    script_told(-1);
    script_say(">STATE:" SAID("95", "RECONNECTING"));
    assert_int_equal(instance_state(office), STATE_RECONNECTING);
    script_say(">STATE:" SAID("96", "CONNECTING") ">STATE:" SAID("97", "WAIT"));
    assert_int_equal(instance_state(office), STATE_WAIT);
    script_told(EVENT_STATE, EVENT_STATE, EVENT_STATE, -1);
    assert_true(office->course.peer);
}

/* The agent comes when the stranger has been there, and when another has been while it was away. */
static void test_the_history_of_it(void **state)
{
    (void)state;
    start(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    start_again(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(office->states.last, 7);
    start_again(PEER STRANGER SAID("92", "WAIT"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(office->states.last, 8);
    script_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, EVENT_CONTACT_LOST,
                EVENT_CONTACT_RESTORED, -1);
    /* Its history has rolled over. */
    start_again(STRANGER SAID("92", "WAIT") SAID("93", "WAIT"));
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(office->states.last, 9);
    start_again(STRANGER SAID("92", "WAIT") SAID("93", "WAIT") RESTART);
    assert_int_equal(instance_state(office), STATE_WAIT);
}

static void test_without_a_history(void **state)
{
    office_end(state);
    office_config.limits.state_lines = 0;
    office_begin();
    start(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    start_again(PEER STRANGER);
    assert_up(MODE_PEER_TO_PEER);
    assert_int_equal(office->tun_read, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_modes, office_set_up, office_end),
        cmocka_unit_test_setup_teardown(test_a_stranger_tries, office_set_up, office_end),
        cmocka_unit_test_setup_teardown(test_the_history_of_it, office_set_up, office_end),
        cmocka_unit_test_setup_teardown(test_without_a_history, office_set_up, office_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
