#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/session_private.h"
#include "tests/unit/fixtures/daemon.h"

/* The start of a session, and what is still true when there is contact again. */

#define RECONNECTED  "1795453891,RECONNECTING,SIGUSR1,,,,,\r\n"
#define RECONNECTING ">STATE:" RECONNECTED
#define WAITING      ">HOLD:Waiting for hold release:0\r\n"
#define NEED         ">PASSWORD:Need 'Auth' username/password\r\n"

/* An answer of the start that is overdue is no new session. */
static void test_a_slow_start(void **state)
{
    (void)state;
    peer_say(PEER_GREETING);
    peer_pass(20000);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    peer_pass(20000);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("state on all\n", "SUCCESS: ON\r\n" DAEMON_CONNECTED "END\r\n");
    peer_answer("verb\n", "SUCCESS: verb=4\r\n");
    peer_answer("log on all\n", "SUCCESS: ON\r\n1795453890,I,one\r\nEND\r\n");
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_pass(20000);
    peer_answer("mute\n", "SUCCESS: mute=20\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=interact\r\n");
    peer_answer("help\n", "Commands:\r\nverb [n] : level\r\nEND\r\n");
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    assert_int_equal(daemon_instance->pid, 77);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 4);
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], 20);
    assert_int_equal(daemon_instance->settings[SETTING_AUTH_RETRY], AUTH_RETRY_INTERACT);
    assert_int_equal(daemon_instance->settings[SETTING_HOLD], 1);
    assert_int_equal(daemon_instance->log.count, 1);
    assert_int_equal(daemon_instance->contacts, 1);
    peer_sent("load-stats\n");
}

/* Old and odd daemons refuse one or the other; the rest is known all the same. */
static void test_refusals_of_the_start(void **state)
{
    const char *const commands[] = {"version\n",    "pid\n",  "state on all\n", "verb\n",
                                    "log on all\n", "hold\n", "mute\n",         "auth-retry\n"};

    (void)state;
    peer_say(PEER_GREETING);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        peer_answer(commands[i], "ERROR: unknown command, enter 'help' for more options\r\n");
    peer_answer("help\n", "verb [n] : level\r\nEND\r\n");
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    assert_int_equal(daemon_instance->pid, 0);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], -1);
    assert_int_equal(daemon_instance->settings[SETTING_AUTH_RETRY], -1);
    assert_int_equal(daemon_instance->settings[SETTING_HOLD], SETTING_UNKNOWN);
    assert_int_equal(instance_state(daemon_instance), STATE_UNKNOWN);
    assert_int_equal(daemon_instance->capability_count, 1);
}

static void test_streams_that_are_not_kept_stay_off(void **state)
{
    daemon_end(state);
    daemon_config.limits.log_lines = 0;
    daemon_config.limits.state_lines = 0;
    daemon_begin();
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
    assert_int_equal(daemon_instance->states.last, 0);
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n>LOG:1795453999,F,x\r\n");
    assert_int_equal(instance_state(daemon_instance), STATE_RECONNECTING);
    assert_int_equal(daemon_instance->fatals, 1);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, -1);
}

/* 2.1 to 2.7, as they were recorded; the start asks for what the capture has. */
static void bring_up_from(const char *capture)
{
    peer_say(PEER_GREETING);
    peer_answer("version\n", peer_capture(capture, "version"));
    peer_answer("pid\n", peer_capture(capture, "pid"));
}

static void test_versions(void **state)
{
    static const struct {
        const char *capture;
        const char *version;
        bool client_ids;
        bool kill_by_proto;
    } versions[] = {
        {"compat/2.1.4-server", "OpenVPN 2.1.4", false, false},
        {"compat/2.3.18-server", "OpenVPN 2.3.18", false, false},
        {"compat/2.4.12-server", "OpenVPN 2.4.12", true, false},
        {"compat/2.6.14-server", "OpenVPN 2.6.14", true, false},
        {"compat/2.7.6-server", "OpenVPN 2.7.6", true, true},
    };

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        bring_up_from(versions[i].capture);
        assert_true(slice_starts(slice_of(daemon_instance->version), versions[i].version));
        assert_true(daemon_instance->pid > 1);
        assert_int_equal(daemon_instance->dialect.client_ids, versions[i].client_ids);
        assert_int_equal(daemon_instance->dialect.kill_by_proto, versions[i].kill_by_proto);
        daemon_end(state);
        daemon_begin();
    }
}

static void test_a_hold_that_goes_on(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(RECONNECTING WAITING);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_HOLD_WAITING, -1);
    daemon_lose();
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_UNKNOWN);
    daemon_return();
    peer_say(WAITING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED RECONNECTED);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_TRUE);
}

static void test_a_hold_that_ended_unseen(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(RECONNECTING WAITING);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED RECONNECTED DAEMON_CONNECTED);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_HOLD_WAITING, EVENT_CONTACT_LOST,
              EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_TUNNEL_UP, EVENT_HOLD_ENDED, -1);
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_FALSE);
}

/* Nobody was told of it, so nobody is told of its end. */
static void test_a_hold_that_was_never_told(void **state)
{
    (void)state;
    peer_say(PEER_GREETING WAITING);
    peer_close(0);
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
}

static void test_a_hold_that_ends_during_the_start(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(RECONNECTING WAITING);
    daemon_lose();
    daemon_return();
    peer_say(WAITING ">STATE:1795453999,ASSIGN_IP,,10.9.0.1,,,,\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77",
                       RECONNECTED "1795453999,ASSIGN_IP,,10.9.0.1,,,,\r\n");
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_HOLD_WAITING, EVENT_CONTACT_LOST,
              EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_HOLD_ENDED, -1);
}

/* The daemon repeats an open question behind each greeting. */
static void test_a_question_over_a_loss(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(NEED);
    daemon_lose();
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_CONTACT_LOST, -1);
    daemon_return();
    peer_say(NEED);
    peer_told(-1);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_RESTORED, EVENT_INPUT_NEEDED, -1);
    assert_int_equal(instance_request_count(daemon_instance), 1);
    assert_int_equal(daemon_instance->requests.count, 2);
}

/* Somebody else may have answered it meanwhile: only the daemon says what is still open. */
static void test_a_question_while_detached(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(NEED);
    connection_close(daemon_session->connection);
    peer_say(DAEMON_STATS); /* that was asked for */
    assert_int_equal(daemon_instance->contact, CONTACT_DETACHED);
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, -1);
    connection_open(daemon_session->connection);
    peer_turn();
    peer_connect();
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_int_equal(instance_request_count(daemon_instance), 0);
    peer_told(-1);
}

static const char *error_of(const char *bytes)
{
    peer_say(bytes);
    return daemon_instance->contact_error;
}

/* What is wrong with the set-up is said as long as it is. */
static void test_client_auth_is_said_until_it_ends(void **state)
{
    const char connect[] = ">CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,password=SECRET\r\n"
                           ">CLIENT:ENV,END\r\n";

    (void)state;
    peer_say(PEER_GREETING);
    peer_say(connect);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_non_null(strstr(daemon_instance->contact_error, "management-client-auth"));
    peer_pass(5000);
    assert_int_equal(daemon_instance->contact, CONTACT_STALE);
    assert_non_null(strstr(error_of(DAEMON_STATS), "management-client-auth"));
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "78", DAEMON_CONNECTED);
    assert_null(daemon_instance->contact_error);
}

/* A server may push an option that is an error here: that ends nothing. */
static void test_an_error_that_was_none(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(">LOG:1795453999,,Options error: option 'x' cannot be used in this context\r\n"
             ">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error, "the daemon closed the session");
}

/* The daemon answers, so it has not ended: the word explains no end of days later. */
static void test_an_error_of_a_daemon_that_goes_on(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_say(">LOG:1795453999,,Options error: x\r\n");
    peer_pass(10000);
    peer_answer("load-stats\n", DAEMON_STATS);
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error, "the daemon closed the session");
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_say(">LOG:1795453999,,Options error: x\r\n");
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error, "the daemon has ended: Options error: x");
}

/* The last words of a daemon are masked as its other lines are. */
static void test_keys_in_last_words(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(">LOG:1795453999,F,x: HMAC KEY: 01234567 89abcdef 01234567\r\n");
    assert_string_equal(daemon_session->end_reason, "the daemon has ended: x: HMAC KEY: ***");
    peer_say(">FATAL:x: HMAC KEY: 01234567 89abcdef 01234567\r\n");
    assert_string_equal(daemon_instance->fatal_message, "x: HMAC KEY: ***");
    peer_say(">INFO:,auth-token hunter2\r\n");
    assert_string_equal(daemon_instance->info, ",auth-token ***");
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error,
                        "the daemon has ended on a fatal error: x: HMAC KEY: ***");
}

/* Names of clients that look like what the daemon says. */
static void test_names_like_last_words(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(">LOG:1795453999,,Options error: x/192.0.2.1:4000 TLS: soft reset\r\n");
    peer_say(">LOG:1795453999,,MANAGEMENT: Client x/192.0.2.1:4000 TLS: soft reset\r\n");
    assert_int_equal(daemon_instance->log.last, 2);
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error, "the daemon closed the session");
}

/* A line feed in a text that the daemon logs begins a line of a stranger. */
static void test_a_hold_while_connected(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_say(WAITING WAITING);
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_sent("");
    peer_told(-1);
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_FALSE);
    peer_say(WAITING);
    peer_answer("hold\n", "ERROR: x\r\n");
    peer_told(-1);
    peer_say(WAITING);
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_told(EVENT_HOLD_WAITING, -1);
    assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_TRUE);
}

static void test_a_hold_that_ends_before_the_answer(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_say(WAITING ">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_told(EVENT_STATE, -1);
    /* The question is forgotten with its session. */
    peer_say(WAITING);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    daemon_status(DAEMON_ALICE);
    peer_say(WAITING);
    peer_sent("hold\n");
}

static void test_a_hold_while_connected_at_the_start(void **state)
{
    (void)state;
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("state on all\n", "SUCCESS: ON\r\n" DAEMON_CONNECTED "END\r\n" WAITING);
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    assert_false(daemon_instance->hold_waiting);
}

/* An error of the session before says nothing of this one. */
static void test_an_explanation_is_used_once(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_say(">FATAL:out of tunnels\r\n");
    daemon_lose();
    assert_non_null(strstr(daemon_instance->contact_error, "out of tunnels"));
    daemon_return();
    daemon_lose();
    assert_string_equal(daemon_instance->contact_error, "the daemon closed the session");
    assert_string_equal(daemon_instance->fatal_message, "out of tunnels");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_slow_start),
        TEST(test_refusals_of_the_start),
        TEST(test_streams_that_are_not_kept_stay_off),
        TEST(test_versions),
        TEST(test_a_hold_that_goes_on),
        TEST(test_a_hold_that_ended_unseen),
        TEST(test_a_hold_that_was_never_told),
        TEST(test_a_hold_that_ends_during_the_start),
        TEST(test_a_question_over_a_loss),
        TEST(test_a_question_while_detached),
        TEST(test_client_auth_is_said_until_it_ends),
        TEST(test_an_error_that_was_none),
        TEST(test_an_error_of_a_daemon_that_goes_on),
        TEST(test_keys_in_last_words),
        TEST(test_names_like_last_words),
        TEST(test_a_hold_while_connected),
        TEST(test_a_hold_that_ends_before_the_answer),
        TEST(test_a_hold_while_connected_at_the_start),
        TEST(test_an_explanation_is_used_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
