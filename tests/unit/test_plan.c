#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/control.h"
#include "control/plan.h"
#include "model/commands.h"
#include "office.h"

/* Plans for one daemon that the test plays; several daemons are tested on the whole agent. */

static struct control *control;
static struct plan *plan;
static int ended; /* how often the plan has told its end */

static int set_up(void **state)
{
    office_set_up(state);
    office_config.allow = ~0u;
    office_config.command_timeout = 800;
    office_config.limits.command_lines = 20;
    instance_configure(office, &office_config);
    control = control_new(office, office_session, &office_config);
    assert_non_null(control);
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_told(-1);
    plan = plan_new();
    assert_non_null(plan);
    ended = 0;
    return 0;
}

static int tear_down(void **state)
{
    plan_free(plan);
    session_free(office_session);
    office_session = NULL;
    control_free(control);
    control_forbid_secrets(false);
    return office_end(state);
}

static void add(enum change_kind kind, int number)
{
    const struct change change = {.kind = kind, .instance = 1, .number = number};

    assert_true(plan_add(plan, &change));
}

static void add_text(enum change_kind kind, uint32_t row, const char *text)
{
    struct change change = {.kind = kind, .instance = 1, .row = row, .len = strlen(text)};

    memcpy(change.text, text, change.len);
    assert_true(plan_add(plan, &change));
}

static void on_end(void *arg)
{
    assert_ptr_equal(arg, &plan);
    ended++;
}

/* Checks and runs it; it goes on. */
static void run(void)
{
    assert_true(plan_check(plan));
    assert_true(plan_run(plan, on_end, &plan));
    assert_int_equal(ended, 0);
}

static void assert_ended(enum plan_error first, enum plan_error second)
{
    assert_int_equal(ended, 1);
    ended = 0;
    assert_int_equal(plan_error_of(plan, 0), first);
    if (plan_count(plan) > 1)
        assert_int_equal(plan_error_of(plan, 1), second);
}

static void assert_refused(enum plan_error error)
{
    assert_false(plan_check(plan));
    assert_int_equal(plan_error_of(plan, plan_count(plan) - 1), error);
    script_sent("");
}

/* The last row of the commands. */
static void assert_last(const char *text, enum command_result result, const char *reply)
{
    assert_string_equal(office->last_command.command, text);
    assert_int_equal(office->last_command.result, result);
    assert_string_equal(office->last_command.reply ? office->last_command.reply : "", reply);
}

static void ask_password(void)
{
    script_say(">PASSWORD:Need 'Auth' username/password\r\n");
    script_told(EVENT_INPUT_NEEDED, -1);
}

static void test_settings(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    add(CHANGE_MUTE, 7);
    run();
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_answer("mute 7\n", "SUCCESS: mute level changed\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    plan_commit(plan);
    script_sent("");
    assert_int_equal(office->verb, 5);
    assert_int_equal(office->mute, 7);
    assert_last("mute 7", RESULT_SUCCESS, "mute level changed");
}

static void test_undo_goes_backwards(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    add(CHANGE_AUTH_RETRY, AUTH_RETRY_INTERACT);
    add_text(CHANGE_KILL_NAME, 0, "nobody");
    run();
    /* The values are those that the daemon tells now, not those of before. */
    script_answer("verb\n", "SUCCESS: verb=4\r\n");
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=nointeract\r\n");
    script_answer("auth-retry interact\n", "SUCCESS: auth-retry parameter changed\r\n");
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("kill \"nobody\"\n", "ERROR: common name 'nobody' not found\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(plan_error_of(plan, 2), PLAN_FAILED);
    assert_last("kill \"nobody\"", RESULT_ERROR, "common name 'nobody' not found");
    assert_true(plan_undo(plan, on_end, &plan));
    script_answer("auth-retry nointeract\n", "SUCCESS: auth-retry parameter changed\r\n");
    script_answer("verb 4\n", "SUCCESS: verb level changed\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(plan_error_of(plan, 2), PLAN_OK);
    assert_int_equal(office->verb, 4);
    assert_int_equal(office->auth_retry, AUTH_RETRY_NOINTERACT);
}

static void test_an_undo_that_is_refused(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    add(CHANGE_FORGET, 0);
    run();
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("forget-passwords\n", "ERROR: no\r\n");
    assert_ended(PLAN_OK, PLAN_FAILED);
    assert_true(plan_undo(plan, on_end, &plan));
    script_answer("verb 3\n", "ERROR: no\r\n");
    assert_ended(PLAN_UNDO_FAILED, PLAN_OK);
    assert_int_equal(office->verb, 5);
}

static void test_a_value_that_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    run();
    script_answer("verb\n", "ERROR: no\r\n");
    assert_ended(PLAN_FAILED, PLAN_OK);
    script_sent("");
    assert_last("verb 5", RESULT_ERROR, "no");
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
}

static void test_no_answer_to_the_reading(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    run();
    script_pass(799);
    assert_int_equal(ended, 0);
    script_pass(1);
    assert_ended(PLAN_FAILED, PLAN_OK);
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
    assert_last("verb 5", RESULT_TIMED_OUT, "the daemon did not answer");
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    script_sent("");
}

static void test_no_answer_in_time(void **state)
{
    (void)state;
    add(CHANGE_MUTE, 7);
    add(CHANGE_VERB, 5);
    run();
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_answer("mute 7\n", "SUCCESS: mute level changed\r\n");
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    script_pass(800);
    assert_ended(PLAN_OK, PLAN_FAILED);
    assert_last("verb 5", RESULT_TIMED_OUT, "the daemon did not answer");
    /* There is no time left: what is put back is not waited for. */
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    assert_int_equal(plan_error_of(plan, 1), PLAN_UNDO_FAILED);
    plan_free(plan);
    plan = NULL;
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_answer("mute 0\n", "SUCCESS: mute level changed\r\n");
    script_answer("verb 3\n", "SUCCESS: verb level changed\r\n");
    script_sent("");
    assert_int_equal(office->verb, 3);
    assert_int_equal(office->mute, 0);
    assert_int_equal(ended, 0);
}

static void test_a_late_error_is_shown(void **state)
{
    (void)state;
    add_text(CHANGE_KILL_NAME, 0, "bob");
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("kill \"bob\"\n");
    script_pass(800);
    assert_ended(PLAN_FAILED, PLAN_OK);
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    assert_last("kill \"bob\"", RESULT_TIMED_OUT, "the daemon did not answer");
    plan_free(plan);
    plan = NULL;
    script_say("ERROR: common name 'bob' not found\r\n");
    assert_last("kill \"bob\"", RESULT_ERROR, "common name 'bob' not found");
}

static void test_what_was_not_sent_is_withdrawn(void **state)
{
    (void)state;
    script_pass(10000);
    script_answer("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    script_sent("status 3\nload-stats\n");
    add(CHANGE_FORGET, 0);
    run(); /* behind the status */
    script_pass(800);
    assert_ended(PLAN_FAILED, PLAN_OK);
    assert_int_equal(office->last_command.result, RESULT_REJECTED);
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
    script_answer("", OFFICE_TITLE OFFICE_HEADERS OFFICE_ALICE "END\r\n" OFFICE_STATS);
    script_sent("");
}

static void test_a_fence_that_comes_too_late(void **state)
{
    (void)state;
    add(CHANGE_FORGET, 0);
    run();
    script_pass(800);
    assert_ended(PLAN_FAILED, PLAN_OK);
    plan_free(plan);
    plan = NULL;
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("");
    assert_int_equal(office->last_command.result, RESULT_REJECTED);
}

/* The question was on its way when the signal was asked for: it would have ended the daemon. */
static void test_a_question_before_the_fence(void **state)
{
    (void)state;
    add(CHANGE_SIGNAL, DAEMON_SIGUSR1);
    run();
    script_sent("load-stats\n");
    ask_password();
    script_say(OFFICE_STATS);
    script_sent("");
    assert_ended(PLAN_FAILED, PLAN_OK);
    assert_int_equal(office->last_command.result, RESULT_REJECTED);
}

static void test_a_hold_before_the_fence(void **state)
{
    (void)state;
    add(CHANGE_SIGNAL, DAEMON_SIGUSR2);
    run();
    script_sent("load-stats\n");
    script_say(">HOLD:Waiting for hold release:5\r\n");
    script_told(EVENT_HOLD_WAITING, -1);
    script_say(OFFICE_STATS);
    script_sent("");
    assert_ended(PLAN_FAILED, PLAN_OK);
}

static void test_phases(void **state)
{
    (void)state;
    add(CHANGE_HOLD_RELEASE, 0);
    assert_refused(PLAN_INCONSISTENT);
    script_say(">HOLD:Waiting for hold release:5\r\n");
    script_told(EVENT_HOLD_WAITING, -1);
    assert_true(plan_check(plan));
    add(CHANGE_SIGNAL, DAEMON_SIGHUP);
    assert_refused(PLAN_INCONSISTENT);
    plan_free(plan);
    plan = plan_new();
    add(CHANGE_SIGNAL, DAEMON_SIGTERM);
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("signal SIGTERM\nload-stats\n", "SUCCESS: signal SIGTERM thrown\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    script_close(0);
    assert_last("signal SIGTERM", RESULT_SUCCESS, "signal SIGTERM thrown");
}

static void test_busy(void **state)
{
    (void)state;
    script_pass(10000);
    script_sent("load-stats\n");
    add(CHANGE_VERB, 5);
    script_pass(CONNECTION_BUSY_AFTER);
    assert_true(plan_check(plan));
    script_pass(1);
    assert_refused(PLAN_BUSY);
    script_say(OFFICE_STATS);
    assert_true(plan_check(plan));
}

static void test_the_session_ends(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    add(CHANGE_MUTE, 7);
    run();
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_sent("mute 7\n");
    script_close(0);
    assert_ended(PLAN_OK, PLAN_FAILED);
    assert_last("mute 7", RESULT_TIMED_OUT, "the session ended before the answer");
    assert_false(plan_undo(plan, on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_UNDO_FAILED);
    assert_int_equal(plan_error_of(plan, 1), PLAN_UNDO_FAILED);
}

static void test_given_up_in_the_middle(void **state)
{
    (void)state;
    add(CHANGE_VERB, 5);
    run();
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    plan_free(plan);
    plan = NULL;
    script_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    script_pass(1000);
    assert_int_equal(ended, 0);
    assert_int_equal(office->verb, 5);
}

static void test_permission(void **state)
{
    (void)state;
    office_config.allow = ALLOW_SIGUSR1;
    add(CHANGE_VERB, 5);
    assert_refused(PLAN_NOT_ALLOWED);
    add(CHANGE_SIGNAL, DAEMON_SIGTERM);
    assert_refused(PLAN_INCONSISTENT);
    office_config.allow = ALLOW_PASSWORDS;
    ask_password();
    add_text(CHANGE_PASSWORD, 1, "x");
    control_forbid_secrets(true);
    assert_refused(PLAN_NOT_ALLOWED);
}

static void test_a_user_name_and_a_password(void **state)
{
    const struct command_record *record;

    (void)state;
    ask_password();
    add_text(CHANGE_PASSWORD, 1, "pass \"word\"");
    add_text(CHANGE_USERNAME, 1, "carol");
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("username \"Auth\" \"carol\"\n",
                  "SUCCESS: 'Auth' username entered, but not yet verified\r\n");
    record = history_at(&office->commands, 1);
    assert_string_equal(record->command, "username \"Auth\" ***");
    assert_int_equal(record->result, RESULT_SUCCESS);
    script_answer("load-stats\n", OFFICE_STATS);
    assert_true(script_wiped());
    script_answer("password \"Auth\" \"pass \\\"word\\\"\"\n",
                  "SUCCESS: 'Auth' password entered, but not yet verified\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    script_told(EVENT_INPUT_ENDED, -1);
    assert_last("password \"Auth\" ***", RESULT_SUCCESS,
                "'Auth' password entered, but not yet verified");
}

static void test_the_lock(void **state)
{
    (void)state;
    office->serial = INT32_MAX;
    add(CHANGE_SERIAL, INT32_MAX);
    add(CHANGE_FORGET, 0);
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("forget-passwords\n", "ERROR: no\r\n");
    assert_ended(PLAN_OK, PLAN_FAILED);
    assert_int_equal(office->serial, INT32_MAX);
    plan_free(plan);
    plan = plan_new();
    add(CHANGE_FORGET, 0);
    add(CHANGE_SERIAL, INT32_MAX);
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("forget-passwords\n", "SUCCESS: Passwords were forgotten\r\n");
    assert_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(office->serial, 0);
    assert_refused(PLAN_INCONSISTENT);
}

/* Whether it was done is not known, so a repetition must not do it again. */
static void test_the_lock_when_nothing_is_known(void **state)
{
    (void)state;
    add(CHANGE_SERIAL, 0);
    add(CHANGE_FORGET, 0);
    run();
    script_answer("load-stats\n", OFFICE_STATS);
    script_sent("forget-passwords\n");
    script_pass(800);
    assert_ended(PLAN_OK, PLAN_FAILED);
    assert_int_equal(office->serial, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
