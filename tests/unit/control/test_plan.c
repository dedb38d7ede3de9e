#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/manager.h"

static void test_settings(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_add(CHANGE_MUTE, 7);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("mute 7\n", "SUCCESS: mute level changed\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    plan_commit(plan);
    peer_sent("");
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 5);
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], 7);
    manager_last("mute 7", RESULT_SUCCESS, "mute level changed");
}

static void test_undo_goes_backwards(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_add(CHANGE_AUTH_RETRY, AUTH_RETRY_INTERACT);
    manager_add_text(CHANGE_KILL_NAME, 0, "nobody");
    manager_run();
    /* The values are those that the daemon tells now, not those of before. */
    peer_answer("verb\n", "SUCCESS: verb=4\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=nointeract\r\n");
    peer_answer("auth-retry interact\n", "SUCCESS: auth-retry parameter changed\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("kill \"nobody\"\n", "ERROR: common name 'nobody' not found\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(plan_error_of(plan, 2), PLAN_FAILED);
    manager_last("kill \"nobody\"", RESULT_ERROR, "common name 'nobody' not found");
    assert_true(plan_undo(plan, manager_on_end, &plan));
    peer_answer("auth-retry nointeract\n", "SUCCESS: auth-retry parameter changed\r\n");
    peer_answer("verb 4\n", "SUCCESS: verb level changed\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(plan_error_of(plan, 2), PLAN_OK);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 4);
    assert_int_equal(daemon_instance->settings[SETTING_AUTH_RETRY], AUTH_RETRY_NOINTERACT);
}

static void test_an_undo_that_is_refused(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("forget-passwords\n", "ERROR: no\r\n");
    manager_ended(PLAN_OK, PLAN_FAILED);
    assert_true(plan_undo(plan, manager_on_end, &plan));
    peer_answer("verb 3\n", "ERROR: no\r\n");
    manager_ended(PLAN_UNDO_FAILED, PLAN_OK);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 5);
}

static void test_a_value_that_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_answer("verb\n", "ERROR: no\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    peer_sent("");
    manager_last("verb 5", RESULT_ERROR, "no");
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
}

static void test_no_answer_to_the_reading(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_pass(799);
    assert_int_equal(ended, 0);
    peer_pass(1);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
    manager_last("verb 5", RESULT_TIMED_OUT, "the daemon did not answer");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_sent("");
}

static void test_no_answer_in_time(void **state)
{
    (void)state;
    manager_add(CHANGE_MUTE, 7);
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("mute 7\n", "SUCCESS: mute level changed\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_pass(800);
    manager_ended(PLAN_OK, PLAN_FAILED);
    manager_last("verb 5", RESULT_TIMED_OUT, "the daemon did not answer");
    /* There is no time left: what is put back is not waited for. */
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    assert_int_equal(plan_error_of(plan, 1), PLAN_UNDO_FAILED);
    plan_free(plan);
    plan = NULL;
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("mute 0\n", "SUCCESS: mute level changed\r\n");
    peer_answer("verb 3\n", "SUCCESS: verb level changed\r\n");
    peer_sent("");
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 3);
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], 0);
    assert_int_equal(ended, 0);
}

static void test_a_late_error_is_shown(void **state)
{
    (void)state;
    manager_add_text(CHANGE_KILL_NAME, 0, "bob");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("kill \"bob\"\n");
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    manager_last("kill \"bob\"", RESULT_TIMED_OUT, "the daemon did not answer");
    plan_free(plan);
    plan = NULL;
    peer_say("ERROR: common name 'bob' not found\r\n");
    manager_last("kill \"bob\"", RESULT_ERROR, "common name 'bob' not found");
}

static void test_what_was_not_sent_is_withdrawn(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    peer_sent("status 3\nload-stats\n");
    manager_add(CHANGE_FORGET, 0);
    manager_run(); /* behind the status */
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_int_equal(daemon_instance->last_command.result, RESULT_REJECTED);
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
    peer_answer("", STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n" DAEMON_STATS);
    peer_sent("");
}

static void test_a_fence_that_comes_too_late(void **state)
{
    (void)state;
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    plan_free(plan);
    plan = NULL;
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
    assert_int_equal(daemon_instance->last_command.result, RESULT_REJECTED);
}

/* The question was on its way when the signal was asked for: it would have ended the daemon. */
static void test_a_question_before_the_fence(void **state)
{
    (void)state;
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR1);
    manager_run();
    peer_sent("load-stats\n");
    manager_ask_password();
    peer_say(DAEMON_STATS);
    peer_sent("");
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_int_equal(daemon_instance->last_command.result, RESULT_REJECTED);
}

#define HELD ">STATE:1795453891,RECONNECTING,SIGUSR1,,,,,\r\n>HOLD:Waiting for hold release:5\r\n"

/* What is asked when a daemon has gone on after a restart. */
static void answer_settings(void)
{
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
}

static void test_a_hold_before_the_fence(void **state)
{
    (void)state;
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR2);
    manager_run();
    peer_sent("load-stats\n");
    peer_say(HELD);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_CLIENT_DISCONNECTED, EVENT_HOLD_WAITING, -1);
    peer_say(DAEMON_STATS);
    manager_ended(PLAN_FAILED, PLAN_OK);
    answer_settings();
    peer_sent("");
}

/* Between the end of a tunnel and the next start nothing but a restart is understood. */
static void test_a_restart_before_the_fence(void **state)
{
    (void)state;
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR2);
    manager_run();
    peer_sent("load-stats\n");
    peer_say(">STATE:1795453891,RECONNECTING,SIGUSR1,,,,,\r\n");
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_CLIENT_DISCONNECTED, -1);
    peer_say(DAEMON_STATS);
    peer_sent("");
    manager_ended(PLAN_FAILED, PLAN_OK);
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR2);
    manager_refused(PLAN_INCONSISTENT);
    manager_last("signal SIGUSR2", RESULT_REJECTED,
                 "the daemon is starting: this signal would end it");
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR1);
    assert_true(plan_check(plan));
}

static void test_phases(void **state)
{
    (void)state;
    manager_add(CHANGE_HOLD_RELEASE, 0);
    manager_refused(PLAN_INCONSISTENT);
    peer_say(HELD);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_CLIENT_DISCONNECTED, EVENT_HOLD_WAITING, -1);
    answer_settings();
    peer_sent("");
    assert_true(plan_check(plan));
    manager_add(CHANGE_SIGNAL, DAEMON_SIGHUP);
    manager_refused(PLAN_INCONSISTENT);
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_SIGNAL, DAEMON_SIGTERM);
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("signal SIGTERM\nload-stats\n", "SUCCESS: signal SIGTERM thrown\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    peer_close(0);
    manager_last("signal SIGTERM", RESULT_SUCCESS, "signal SIGTERM thrown");
}

static void test_busy(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_sent("load-stats\n");
    manager_add(CHANGE_VERB, 5);
    peer_pass(CONNECTION_BUSY_AFTER);
    assert_true(plan_check(plan));
    peer_pass(1);
    manager_refused(PLAN_BUSY);
    peer_say(DAEMON_STATS);
    assert_true(plan_check(plan));
}

static void test_the_session_ends(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_add(CHANGE_MUTE, 7);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_sent("mute 7\n");
    peer_close(0);
    manager_ended(PLAN_OK, PLAN_FAILED);
    manager_last("mute 7", RESULT_TIMED_OUT, "the session ended before the answer");
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    assert_int_equal(plan_error_of(plan, 1), PLAN_UNDO_FAILED);
}

static void test_given_up_in_the_middle(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    plan_free(plan);
    plan = NULL;
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_pass(1000);
    assert_int_equal(ended, 0);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 5);
}

static void test_permission(void **state)
{
    (void)state;
    daemon_config.allow = ALLOW_SIGUSR1;
    manager_add(CHANGE_VERB, 5);
    manager_refused(PLAN_NOT_ALLOWED);
    manager_add(CHANGE_SIGNAL, DAEMON_SIGTERM);
    manager_refused(PLAN_INCONSISTENT);
    daemon_config.allow = ALLOW_PASSWORDS;
    manager_ask_password();
    manager_add_text(CHANGE_PASSWORD, 1, "x");
    control_forbid_secrets(true);
    manager_refused(PLAN_NOT_ALLOWED);
}

static void test_a_user_name_and_a_password(void **state)
{
    const struct command_record *record;

    (void)state;
    manager_ask_password();
    manager_add_text(CHANGE_PASSWORD, 1, "pass \"word\"");
    manager_add_text(CHANGE_USERNAME, 1, "carol");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("username \"Auth\" \"carol\"\n",
                "SUCCESS: 'Auth' username entered, but not yet verified\r\n");
    record = history_at(&daemon_instance->commands, 1);
    assert_string_equal(record->command, "username \"Auth\" ***");
    assert_int_equal(record->result, RESULT_SUCCESS);
    peer_answer("load-stats\n", DAEMON_STATS);
    assert_true(peer_wiped());
    peer_answer("password \"Auth\" \"pass \\\"word\\\"\"\n",
                "SUCCESS: 'Auth' password entered, but not yet verified\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    peer_told(EVENT_INPUT_ENDED, -1);
    manager_last("password \"Auth\" ***", RESULT_SUCCESS,
                 "'Auth' password entered, but not yet verified");
}

static void test_the_lock(void **state)
{
    (void)state;
    daemon_instance->serial = INT32_MAX;
    manager_add(CHANGE_SERIAL, INT32_MAX);
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("forget-passwords\n", "ERROR: no\r\n");
    manager_ended(PLAN_OK, PLAN_FAILED);
    assert_int_equal(daemon_instance->serial, INT32_MAX);
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_FORGET, 0);
    manager_add(CHANGE_SERIAL, INT32_MAX);
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("forget-passwords\n", "SUCCESS: Passwords were forgotten\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(daemon_instance->serial, 0);
    manager_refused(PLAN_INCONSISTENT);
}

/* Whether it was done is not known, so a repetition must not do it again. */
static void test_the_lock_when_nothing_is_known(void **state)
{
    (void)state;
    manager_add(CHANGE_SERIAL, 0);
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("forget-passwords\n");
    peer_pass(800);
    manager_ended(PLAN_OK, PLAN_FAILED);
    assert_int_equal(daemon_instance->serial, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, manager_set_up, manager_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings),
        TEST(test_undo_goes_backwards),
        TEST(test_an_undo_that_is_refused),
        TEST(test_a_value_that_cannot_be_read_is_not_written),
        TEST(test_no_answer_to_the_reading),
        TEST(test_no_answer_in_time),
        TEST(test_a_late_error_is_shown),
        TEST(test_what_was_not_sent_is_withdrawn),
        TEST(test_a_fence_that_comes_too_late),
        TEST(test_a_question_before_the_fence),
        TEST(test_a_hold_before_the_fence),
        TEST(test_a_restart_before_the_fence),
        TEST(test_phases),
        TEST(test_busy),
        TEST(test_the_session_ends),
        TEST(test_given_up_in_the_middle),
        TEST(test_permission),
        TEST(test_a_user_name_and_a_password),
        TEST(test_the_lock),
        TEST(test_the_lock_when_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
