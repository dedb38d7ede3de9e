#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/fixtures/manager.h"

/* What is said of a change that was not made, in the last reply and in the log; and plans given up.
 */

static FILE *file;
static int saved;

static int set_up(void **state)
{
    manager_set_up(state);
    file = tmpfile();
    saved = dup(STDERR_FILENO);
    assert_true(file && saved >= 0);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    return 0;
}

static void stop_catching(void)
{
    if (!file)
        return;
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    fclose(file);
    file = NULL;
}

static int tear_down(void **state)
{
    stop_catching();
    return manager_tear_down(state);
}

/* Fails unless that is said of the last command, and the log has one line of it. */
static void assert_told(const char *command, enum command_result result, const char *reply)
{
    const char *word = result == RESULT_TIMED_OUT ? "no answer" : "not done";
    char written[2000];
    char expected[200];
    const char *at;
    size_t len;

    manager_last(command, result, reply);
    fflush(stderr);
    rewind(file);
    len = fread(written, 1, sizeof(written) - 1, file);
    written[len] = '\0';
    snprintf(expected, sizeof(expected), "office: asked for \"%s\": %s\n", command, word);
    at = strstr(written, expected);
    assert_non_null(at);
    assert_null(strstr(at + strlen(expected), "asked for"));
}

static void begin_verb(void)
{
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_sent("verb\n");
}

static void test_the_value_cannot_be_understood(void **state)
{
    (void)state;
    begin_verb();
    peer_say("SUCCESS: verb=much\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("verb 5", RESULT_REJECTED, "not sent: the value that it has now could not be read");
}

static void test_the_daemon_does_not_tell_the_value(void **state)
{
    (void)state;
    begin_verb();
    peer_say("ERROR: no\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("verb 5", RESULT_ERROR, "no");
}

static void test_the_session_ends_while_the_value_is_read(void **state)
{
    (void)state;
    begin_verb();
    peer_close(0);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("verb 5", RESULT_REJECTED, "not sent: the session has ended");
}

static void test_no_answer_to_the_reading(void **state)
{
    (void)state;
    begin_verb();
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("verb 5", RESULT_TIMED_OUT, "the daemon did not answer");
}

/* A status is on its way, and the daemon is slow. */
static void keep_busy(void)
{
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    peer_sent("status 3\nload-stats\n");
}

static void test_the_reading_is_withdrawn(void **state)
{
    (void)state;
    keep_busy();
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("verb 5", RESULT_REJECTED, "not sent: it came too late");
    peer_say("END\r\n" DAEMON_STATS);
    peer_sent("");
}

static void test_an_action_is_withdrawn(void **state)
{
    (void)state;
    keep_busy();
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    peer_pass(800);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("forget-passwords", RESULT_REJECTED, "not sent: it came too late");
}

static void test_it_makes_no_sense_at_the_fence(void **state)
{
    (void)state;
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR1);
    manager_run();
    manager_ask_password();
    peer_answer("load-stats\n", DAEMON_STATS);
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_told("signal SIGUSR1", RESULT_REJECTED, "not sent: it makes no sense any more");
}

static void ignore(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

static void test_no_room_for_it(void **state)
{
    const struct listener listener = {.done = ignore};
    struct command command;

    (void)state;
    manager_add(CHANGE_VERB, 5);
    assert_true(plan_check(plan));
    settings_query(SETTING_MUTE, &command);
    while (session_ask(daemon_session, &command, &listener))
        ;
    assert_false(plan_run(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_FAILED);
    assert_told("verb 5", RESULT_REJECTED,
                "not sent: too many commands wait, or the agent is out of memory");
}

/* The session goes away in the same turn. */
static void test_it_is_detached_before(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    assert_true(plan_check(plan));
    session_detach(daemon_session);
    assert_false(plan_run(plan, manager_on_end, &plan));
    assert_told("verb 5", RESULT_REJECTED, "not sent: the session has ended");
}

static void give_up(void)
{
    plan_free(plan);
    plan = NULL;
}

/* Nothing more is begun. */
static void test_given_up_while_the_value_is_read(void **state)
{
    (void)state;
    manager_add(CHANGE_MUTE, 7);
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_sent("mute\n");
    give_up();
    assert_told("mute 7", RESULT_REJECTED, "not sent: it came too late");
    peer_say("SUCCESS: mute=0\r\n");
    peer_sent("");
}

static void test_given_up_between_two_settings(void **state)
{
    (void)state;
    manager_add(CHANGE_MUTE, 7);
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_sent("mute 7\n");
    give_up();
    peer_say("SUCCESS: mute level changed\r\n");
    peer_sent("");
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], 7);
    manager_last("mute 7", RESULT_SUCCESS, "mute level changed");
}

static void test_given_up_before_an_action_is_sent(void **state)
{
    (void)state;
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    give_up();
    assert_told("forget-passwords", RESULT_REJECTED, "not sent: it came too late");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
}

static void free_it(void *arg)
{
    assert_ptr_equal(arg, &plan);
    give_up();
    ended++;
}

/* Whoever is told of the end may free the plan there. */
static void test_freed_where_it_ends(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    assert_true(plan_check(plan));
    assert_true(plan_run(plan, free_it, &plan));
    peer_answer("verb\n", "ERROR: no\r\n");
    assert_int_equal(ended, 1);
    plan = plan_new();
    manager_add(CHANGE_FORGET, 0);
    assert_true(plan_check(plan));
    assert_true(plan_run(plan, free_it, &plan));
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("forget-passwords\n");
    peer_pass(800);
    assert_int_equal(ended, 2);
    peer_say("SUCCESS: Passwords were forgotten\r\n");
    manager_last("forget-passwords", RESULT_SUCCESS, "Passwords were forgotten");
}

/* An end without a beginning keeps nobody away. */
static void test_paid_too_often(void **state)
{
    (void)state;
    control_unattended_end(control);
    manager_add(CHANGE_VERB, 5);
    assert_true(plan_check(plan));
    control_unattended_begin(control);
    manager_refused(PLAN_BUSY);
    control_unattended_end(control);
    assert_true(plan_check(plan));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_value_cannot_be_understood),
        TEST(test_the_daemon_does_not_tell_the_value),
        TEST(test_the_session_ends_while_the_value_is_read),
        TEST(test_no_answer_to_the_reading),
        TEST(test_the_reading_is_withdrawn),
        TEST(test_an_action_is_withdrawn),
        TEST(test_it_makes_no_sense_at_the_fence),
        TEST(test_no_room_for_it),
        TEST(test_it_is_detached_before),
        TEST(test_given_up_while_the_value_is_read),
        TEST(test_given_up_between_two_settings),
        TEST(test_given_up_before_an_action_is_sent),
        TEST(test_freed_where_it_ends),
        TEST(test_paid_too_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
