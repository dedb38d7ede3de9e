#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/manager.h"

/* Plans whose daemon is taken away, changed or lost under them. */

/* A reload puts other controls under the same index. */
static void replace_control(void)
{
    control_free(control);
    control = control_new(daemon_instance, daemon_session, &daemon_config);
    assert_non_null(control);
}

static void begin_setting_and_action(enum change_kind action, int number)
{
    manager_add(CHANGE_VERB, 5);
    manager_add(action, number);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_sent("verb 5\n");
}

static void test_other_controls_are_not_asked(void **state)
{
    (void)state;
    assert_true(plan_check(plan));
    manager_add(CHANGE_FORGET, 0);
    assert_true(plan_check(plan));
    replace_control();
    assert_false(plan_run(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_FAILED);
    peer_sent("");
}

static void test_permission_is_taken_away(void **state)
{
    (void)state;
    begin_setting_and_action(CHANGE_FORGET, 0);
    daemon_config.allow = ALLOW_VERB;
    peer_say("SUCCESS: verb level changed\r\n");
    peer_sent("");
    manager_ended(PLAN_OK, PLAN_FAILED);
}

static void test_permission_is_taken_away_at_the_fence(void **state)
{
    (void)state;
    manager_add(CHANGE_FORGET, 0);
    manager_run();
    daemon_config.allow = ALLOW_VERB;
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
    manager_ended(PLAN_FAILED, PLAN_OK);
}

static void test_the_session_stays_when_a_setting_fails(void **state)
{
    (void)state;
    begin_setting_and_action(CHANGE_SESSION, SESSION_DETACHED);
    peer_say("ERROR: no\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    assert_true(peer_is_open());
}

static void test_detached_and_attached(void **state)
{
    (void)state;
    manager_add(CHANGE_SESSION, SESSION_DETACHED);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
    peer_turn();
    assert_int_equal(daemon_instance->contact, CONTACT_DETACHED);
    session_attach(daemon_session);
    peer_turn();
    assert_int_equal(daemon_instance->contact, CONTACT_CONNECTING);
    assert_true(peer_is_open());
    /* Before there is a greeting. */
    session_detach(daemon_session);
    peer_turn();
    assert_int_equal(daemon_instance->contact, CONTACT_DETACHED);
    assert_false(peer_is_open());
}

static void test_detached_while_contact_is_lost(void **state)
{
    (void)state;
    peer_close(0);
    peer_told(EVENT_CONTACT_LOST, -1);
    session_detach(daemon_session);
    session_attach(daemon_session);
    peer_turn();
    assert_int_equal(daemon_instance->contact, CONTACT_CONNECTING);
    session_detach(daemon_session);
    peer_turn();
    assert_false(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_DETACHED);
}

/* The process id is no proof: in a container it is always 1. */
static void test_no_pkcs11_for_a_new_process_of_the_same_id(void **state)
{
    (void)state;
    manager_add(CHANGE_PKCS11_REFRESH, 0);
    assert_true(plan_check(plan));
    peer_close(0);
    peer_pass(1000);
    peer_connect();
    peer_say(PEER_GREETING ">HOLD:Waiting for hold release:0\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", DAEMON_NO_STATUS DAEMON_STATS);
    manager_refused(PLAN_INCONSISTENT);
}

/* What an earlier plan still has to hear, or to put back, comes first. */
static void test_busy_until_all_is_put_back(void **state)
{
    (void)state;
    manager_add(CHANGE_MUTE, 7);
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_pass(240);
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_pass(240);
    peer_answer("mute 7\n", "SUCCESS: mute level changed\r\n");
    peer_pass(240);
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_pass(80);
    peer_sent("verb 5\n");
    manager_ended(PLAN_OK, PLAN_FAILED);
    assert_false(plan_undo(plan, manager_on_end, &plan));
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_VERB, 6);
    manager_refused(PLAN_BUSY);
    peer_say("SUCCESS: verb level changed\r\n");
    peer_sent("mute 0\n");
    assert_false(plan_check(plan));
    peer_say("SUCCESS: mute level changed\r\n");
    peer_sent("verb 3\n");
    assert_false(plan_check(plan));
    peer_say("SUCCESS: verb level changed\r\n");
    assert_true(plan_check(plan));
}

static void test_what_was_not_sent_is_known_not_to_be_done(void **state)
{
    (void)state;
    daemon_instance->serial = 5;
    manager_add(CHANGE_FORGET, 0);
    manager_add(CHANGE_SERIAL, 5);
    manager_run();
    peer_sent("load-stats\n"); /* the fence */
    peer_close(0);
    manager_ended(PLAN_FAILED, PLAN_OK);
    manager_last("forget-passwords", RESULT_REJECTED, "not sent: the session has ended");
    assert_false(plan_undo(plan, manager_on_end, &plan));
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
    assert_int_equal(daemon_instance->serial, 5);
}

static void test_a_value_that_could_not_be_written_again(void **state)
{
    (void)state;
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=99\r\n");
    manager_ended(PLAN_FAILED, PLAN_OK);
    peer_sent("");
}

/* A manager whose master agent is gone: the undo begins where the run ends. */
static int undone;

static void on_undone(void *arg)
{
    (void)arg;
    undone++;
}

static void undo_at_once(void *arg)
{
    (void)arg;
    assert_true(plan_undo(plan, on_undone, NULL));
}

static void test_undone_from_the_end_of_the_run(void **state)
{
    (void)state;
    undone = 0;
    manager_add(CHANGE_VERB, 5);
    assert_true(plan_check(plan));
    assert_true(plan_run(plan, undo_at_once, NULL));
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_answer("verb 3\n", "SUCCESS: verb level changed\r\n");
    assert_int_equal(undone, 1);
    assert_int_equal(plan_error_of(plan, 0), PLAN_OK);
}

static void test_replies_belong_to_their_commands_without_a_history(void **state)
{
    (void)state;
    daemon_config.limits.command_lines = 0;
    instance_configure(daemon_instance, &daemon_config);
    manager_add(CHANGE_NET_REFRESH, 0);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
    plan_commit(plan);
    peer_sent("net\nload-stats\n");
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_VERB, 5);
    manager_run();
    peer_say("ERROR: only on Windows\r\n" DAEMON_STATS);
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    assert_int_equal(daemon_instance->last_command.result, RESULT_PENDING);
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    manager_last("verb 5", RESULT_SUCCESS, "verb level changed");
    assert_int_equal(daemon_instance->last_command_sequence, 0);
}

static void test_a_refresh_does_not_wait_for_the_interval(void **state)
{
    (void)state;
    daemon_config.status_interval = 3600;
    manager_add(CHANGE_REFRESH, 0);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
    plan_commit(plan);
    peer_pass(1000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
}

static void refresh(void)
{
    plan_free(plan);
    plan = plan_new();
    manager_add(CHANGE_REFRESH, 0);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
    plan_commit(plan);
}

/* A status may take a twentieth of the time, whoever wants it. */
static void test_refreshes_keep_the_stretched_interval(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=1,bytesin=101,bytesout=200\r\n");
    peer_pass(1500);
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS "END\r\n" DAEMON_STATS);
    for (int second = 0; second < 28; second++) {
        refresh();
        peer_pass(1000);
        peer_sent("");
    }
    refresh();
    peer_pass(499);
    peer_sent("");
    peer_pass(1);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
}

/* Row 2 is the question. */
static void ask_challenged(void)
{
    peer_say(">PASSWORD:Verification Failed: 'Auth' ['CRV1:R:STATE:Y2Fyb2w=:PIN?']\r\n"
             ">PASSWORD:Need 'Auth' username/password\r\n");
    peer_told(EVENT_AUTH_FAILED, EVENT_INPUT_NEEDED, -1);
}

static void test_the_state_of_a_challenge_is_forgotten(void **state)
{
    const struct request *request;

    (void)state;
    ask_challenged();
    manager_add_text(CHANGE_RESPONSE, 2, "1234");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("username \"Auth\" \"carol\"\n", "SUCCESS: x\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("password \"Auth\" \"CRV1::STATE::1234\"\n", "SUCCESS: x\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    peer_told(EVENT_INPUT_ENDED, -1);
    request = history_at(&daemon_instance->requests, 2);
    assert_int_equal(request->status, REQUEST_ANSWERED);
    assert_null(request->challenge);
    request = history_at(&daemon_instance->requests, 1);
    assert_null(request->challenge);
}

/* The challenge may be too old by now: the plain answer begins anew. */
static void test_a_password_despite_a_dynamic_challenge(void **state)
{
    (void)state;
    ask_challenged();
    manager_add_text(CHANGE_USERNAME, 2, "carol");
    manager_add_text(CHANGE_PASSWORD, 2, "pass");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("username \"Auth\" \"carol\"\n", "SUCCESS: x\r\n");
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("password \"Auth\" \"pass\"\n", "SUCCESS: x\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
}

static void test_no_password_in_the_answer_to_a_dynamic_challenge(void **state)
{
    (void)state;
    ask_challenged();
    manager_add_text(CHANGE_RESPONSE, 2, "1234");
    manager_add_text(CHANGE_PASSWORD, 2, "pass");
    manager_refused(PLAN_INCONSISTENT);
    manager_last("password ***", RESULT_REJECTED,
                 "the question has a challenge: it takes a response, or a password without one");
}

/* A daemon may send anything. */
static void test_a_dynamic_challenge_to_a_question_that_has_none(void **state)
{
    (void)state;
    peer_say(">PASSWORD:Verification Failed: 'Private Key' ['CRV1:R:STATE:Y2Fyb2w=:PIN?']\r\n"
             ">PASSWORD:Need 'Private Key' password\r\n");
    peer_forget();
    manager_add_text(CHANGE_PASSWORD, 2, "pass");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("password \"Private Key\" \"pass\"\n", "SUCCESS: x\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
}

static void test_the_question_is_another_one_by_now(void **state)
{
    (void)state;
    ask_challenged();
    manager_add(CHANGE_VERB, 5);
    manager_add_text(CHANGE_RESPONSE, 2, "1234");
    manager_run();
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_say(">PASSWORD:Need 'Auth' username/password SC:0,Other PIN\r\n");
    peer_answer("verb 5\n", "SUCCESS: verb level changed\r\n");
    peer_sent("");
    manager_ended(PLAN_OK, PLAN_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, manager_set_up, manager_tear_down)

static void assert_kills(const char *address, const char *sent)
{
    plan_free(plan);
    plan = plan_new();
    assert_non_null(plan);
    manager_add_text(CHANGE_KILL_ADDRESS, 0, address);
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer(sent, "SUCCESS: done\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
}

/* By address means by number where that is the same client, which kill may not find. */
static void test_kill_by_address(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_CLIENT("bob", "[2001:db8::1]:4000", "10.9.0.3", "1", "1")
                    DAEMON_CLIENT("carol", "192.0.2.3:4000", "10.9.0.4", "2", "2")
                        DAEMON_CLIENT("dave", "192.0.2.3:4000", "10.9.0.5", "3", "3"));
    assert_kills("192.0.2.1:4000", "client-kill 0\n");
    assert_kills("[2001:db8::1]:4000", "client-kill 1\n");
    assert_kills("192.0.2.3:4000", "kill 192.0.2.3:4000\n");
    assert_kills("192.0.2.9:4000", "kill 192.0.2.9:4000\n");
    plan_free(plan);
    plan = plan_new();
    assert_non_null(plan);
    manager_add_text(CHANGE_KILL_ADDRESS, 0, "[2001:db8::2]:4000");
    manager_refused(PLAN_INCONSISTENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_other_controls_are_not_asked),
        TEST(test_permission_is_taken_away),
        TEST(test_permission_is_taken_away_at_the_fence),
        TEST(test_the_session_stays_when_a_setting_fails),
        TEST(test_detached_and_attached),
        TEST(test_detached_while_contact_is_lost),
        TEST(test_no_pkcs11_for_a_new_process_of_the_same_id),
        TEST(test_busy_until_all_is_put_back),
        TEST(test_what_was_not_sent_is_known_not_to_be_done),
        TEST(test_a_value_that_could_not_be_written_again),
        TEST(test_undone_from_the_end_of_the_run),
        TEST(test_replies_belong_to_their_commands_without_a_history),
        TEST(test_a_refresh_does_not_wait_for_the_interval),
        TEST(test_refreshes_keep_the_stretched_interval),
        TEST(test_the_state_of_a_challenge_is_forgotten),
        TEST(test_a_password_despite_a_dynamic_challenge),
        TEST(test_no_password_in_the_answer_to_a_dynamic_challenge),
        TEST(test_a_dynamic_challenge_to_a_question_that_has_none),
        TEST(test_kill_by_address),
        TEST(test_the_question_is_another_one_by_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
