#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixtures/failing_manager.h"

/*
 * A verb of 7 or more must not meet the stream of the log (session/streams.c), and the stream must
 * not stay off for a verb that was never set.
 */

#define LOG_OFF "SUCCESS: real-time log notification set to OFF\r\n"
#define LOG_ON  "SUCCESS: real-time log notification set to ON\r\nEND\r\n"

static void ignore(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

/* Other commands wait until no more can. */
static int fill_queue(void)
{
    const struct listener listener = {.done = ignore};
    struct command command;
    int count = 0;

    settings_query(SETTING_MUTE, &command);
    while (session_ask(daemon_session, &command, &listener))
        count++;
    assert_in_range(count, 1, CONNECTION_QUEUE_MAX);
    return count;
}

static void answer_queue(int count)
{
    for (int i = 0; i < count; i++)
        peer_answer("mute\n", "SUCCESS: mute=0\r\n");
}

static void expect_poll(void)
{
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
}

static void test_not_sent_while_the_log_stays_on(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 9);
    manager_run();
    peer_sent("verb\n");
    memory_fail_at(2); /* the first is the script's own */
    peer_say("SUCCESS: verb=3\r\n");
    assert_true(memory_has_failed());
    manager_ended(PLAN_FAILED, PLAN_OK);
    manager_last("verb 9", RESULT_REJECTED,
                 "not sent: the stream of the log cannot be turned off before");
    peer_sent("");
    peer_pass(10000);
    expect_poll();
}

/* There is room for `log off`, but not for the verb, nor for `log on` until the next poll. */
static void test_the_log_goes_on_when_the_verb_was_not_sent(void **state)
{
    int others;

    (void)state;
    manager_add(CHANGE_VERB, 9);
    manager_run();
    others = fill_queue();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    answer_queue(others);
    peer_answer("log off\n", LOG_OFF);
    peer_pass(10000);
    peer_answer("log on all\n", LOG_ON);
    expect_poll();
}

static void test_the_log_goes_on_when_the_verb_is_refused(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 9);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("log off\n", LOG_OFF);
    peer_answer("verb 9\n", "ERROR: no\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    peer_answer("log on all\n", LOG_ON);
    peer_sent("");
}

static void test_the_log_goes_on_when_the_verb_is_not_put_back(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_add_text(CHANGE_KILL_NAME, 0, "nobody");
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=9\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("kill \"nobody\"\n", "ERROR: no\r\n");
    manager_ended(PLAN_OK, PLAN_FAILED);
    assert_true(plan_undo(plan, manager_on_end, &plan));
    peer_answer("log off\n", LOG_OFF);
    peer_answer("verb 9\n", "ERROR: no\r\n");
    manager_ended(PLAN_UNDO_FAILED, PLAN_OK);
    peer_answer("log on all\n", LOG_ON);
    peer_sent("");
}

/* The agent's own question is answered while the verb is on its way. */
static void test_what_the_verb_was_turns_nothing_on(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 9);
    manager_run();
    peer_sent("verb\n");
    peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n>STATE:1795453999,WAIT,,,,,,\r\n");
    peer_say("SUCCESS: verb=3\r\n");
    peer_answer("hold\n", "SUCCESS: hold=0\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    peer_answer("log off\n", LOG_OFF);
    peer_answer("verb 9\n", "SUCCESS: verb level changed\r\n");
    peer_sent("");
    manager_ended(PLAN_OK, PLAN_OK);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAILING_MANAGER_TEST(test_not_sent_while_the_log_stays_on),
        FAILING_MANAGER_TEST(test_the_log_goes_on_when_the_verb_was_not_sent),
        FAILING_MANAGER_TEST(test_the_log_goes_on_when_the_verb_is_refused),
        FAILING_MANAGER_TEST(test_the_log_goes_on_when_the_verb_is_not_put_back),
        FAILING_MANAGER_TEST(test_what_the_verb_was_turns_nothing_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
