#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"

/* Overdue answers, lost sessions, and callbacks that close the connection they are called from. */

#define STALE "stale: the answer to a command is overdue\n"

static void close_it(void)
{
    connection_close(caller);
}

static void open_it(void)
{
    connection_open(caller);
}

static void reopen_it(void)
{
    connection_close(caller);
    connection_open(caller);
}

static void test_an_overdue_answer(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    script_pass(CONNECTION_STALE_AFTER - 1);
    caller_told("");
    script_pass(1);
    caller_told(STALE);
    assert_true(connection_is_open(caller) && connection_is_stale(caller));
    script_pass(120000 - CONNECTION_STALE_AFTER - 1);
    caller_told("");
    script_pass(1);
    caller_told("lost\ndisconnected: no answer within 120 seconds\n");
    assert_false(script_is_open());
}

static void test_a_late_answer(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    script_pass(100000);
    script_answer("pid\n", "SUCCESS: pid=77\r\n");
    caller_told(STALE "success pid=77\nopen\n");
    /* The next has the whole time again. */
    script_pass(CONNECTION_STALE_AFTER);
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    caller_told(STALE "success verb=3\nopen\n");
    script_pass(3600000);
    caller_told("");
}

/* Messages alone are no answer. */
static void test_talk_is_no_answer(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    for (int second = 0; second < 119; second++) {
        script_pass(1000);
        script_say(">BYTECOUNT:1,2\r\n");
    }
    assert_true(script_is_open());
    script_pass(1000);
    caller_ends("lost\ndisconnected: no answer within 120 seconds\n");
}

static void test_lost_with_commands_waiting(void **state)
{
    const struct listener nobody = {.arg = NULL};
    struct command command;

    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    caller_ask(command_help);
    script_say("SUCCESS: pi");
    script_close(ECONNRESET);
    caller_told("lost\nlost\nlost\n"
                "disconnected: the daemon closed the session: Connection reset by peer\n");
    command_pid(&command);
    assert_false(connection_ask(caller, &command, &nobody));
    script_sent("pid\n");
    script_pass(1000);
    script_connect();
    caller_told("connecting\n");
    /* Half a line of the old session is not part of the new one. */
    caller_greet();
    script_sent("");
}

static void test_cut_in_the_middle_of_a_list(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_help);
    script_say("Commands:\r\nverb : x\r\n");
    script_close(0);
    caller_told("| Commands:\n| verb : x\nlost\ndisconnected: the daemon closed the session\n");
}

/* Who was told of the loss may not ask again into a connection that is down. */
static void ask_in_vain(void)
{
    const struct listener nobody = {.arg = NULL};
    struct command command;

    command_pid(&command);
    assert_false(connection_ask(caller, &command, &nobody));
}

static void test_asking_when_lost(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_when("lost", ask_in_vain);
    script_close(0);
    caller_told("lost\ndisconnected: the daemon closed the session\n");
}

/* Closing from a callback ends the segment behind the answer that is on its way. */
static void assert_closes(const char *line, const char *told)
{
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    caller_when(line, close_it);
    script_answer("pid\n", ">LOG:1,,a\r\nline\r\nSUCCESS: pid=77\r\n>LOG:2,,b\r\n");
    caller_told(told);
    assert_false(script_is_open());
    script_pass(3600000);
    caller_told("");
    assert_int_equal(script_opened(), 1);
    connection_open(caller);
    script_turn();
    script_connect();
    caller_told("connecting\n");
    caller_greet();
    script_sent("");
}

static void test_closing_from_a_message(void **state)
{
    (void)state;
    assert_closes(">LOG 1,,a", ">LOG 1,,a\n| line\nsuccess pid=77\nlost\nclosed\n");
}

static void test_closing_from_a_line(void **state)
{
    (void)state;
    assert_closes("| line", ">LOG 1,,a\n| line\nsuccess pid=77\nlost\nclosed\n");
}

static void test_closing_from_a_reply(void **state)
{
    (void)state;
    assert_closes("success pid=77", ">LOG 1,,a\n| line\nsuccess pid=77\nlost\nclosed\n");
}

static void test_closing_from_the_greeting(void **state)
{
    (void)state;
    caller_when("open", close_it);
    script_say(SCRIPT_GREETING ">LOG:1,,a\r\n");
    /* The line that was being told is told to its end, but no other. */
    caller_told("open\n>INFO OpenVPN Management Interface Version 5 -- type 'help' for more info\n"
                "closed\n");
    assert_false(script_is_open());
}

static void assert_stays_closed(void)
{
    caller_ends("closed\n");
    assert_false(script_is_open());
    script_pass(3600000);
    caller_told("");
    assert_int_equal(script_opened(), 1);
}

/* What is too long, before and behind the greeting. */
static void say_long_line(void)
{
    static char line[20000];

    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    script_say(line);
}

static void test_closing_from_a_line_that_is_too_long(void **state)
{
    (void)state;
    caller_greet();
    caller_when("cut", close_it);
    say_long_line();
    assert_stays_closed();
}

static void test_closing_from_the_first_bytes(void **state)
{
    (void)state;
    caller_when("heard", close_it);
    script_say("220 mail.example ESMTP\r\n");
    assert_stays_closed();
}

/* No function calls back: what it causes is told from the next turn. */
static void test_nothing_is_told_before_the_next_turn(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    connection_close(caller);
    caller_told("");
    assert_true(connection_is_closed(caller));
    assert_false(connection_is_open(caller));
    ask_in_vain();
    script_answer("pid\n", "SUCCESS: pid=77\r\n");
    script_turn();
    caller_told("success pid=77\nlost\nclosed\n");
    connection_open(caller);
    caller_told("");
    script_turn();
    caller_told("connecting\n");
    script_connect();
    caller_greet();
    caller_ask(command_pid);
    connection_drop(caller, "no more");
    caller_told("");
    script_turn();
    caller_told("lost\ndisconnected: no more\n");
}

static void test_a_closed_connection_is_not_dropped(void **state)
{
    (void)state;
    connection_close(caller);
    connection_drop(caller, "no more");
    script_turn();
    connection_drop(caller, "no more");
    assert_stays_closed();
}

/* The second word counts. */
static void test_opened_and_closed_in_a_turn(void **state)
{
    (void)state;
    connection_close(caller);
    connection_open(caller);
    connection_close(caller);
    script_turn();
    assert_stays_closed();
    connection_open(caller);
    connection_close(caller);
    script_turn();
    assert_stays_closed();
}

static bool never(void *arg)
{
    (void)arg;
    fail();
    return false;
}

static void never_told(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
    fail();
}

/* What is taken back is not sent, and whoever has done so is not called any more. */
static void test_withdrawn(void **state)
{
    int fenced;
    int waiting;
    struct listener listener = {.done = never_told, .check = never, .arg = &fenced};
    struct command command;

    (void)state;
    caller_greet();
    command_pid(&command);
    assert_true(connection_ask(caller, &command, &listener));
    listener.arg = &waiting;
    assert_true(connection_ask(caller, &command, &listener));
    caller_ask_setting(SETTING_VERB);
    assert_true(connection_withdraw(caller, &waiting));
    assert_true(connection_withdraw(caller, &fenced));
    assert_false(connection_withdraw(caller, &fenced));
    script_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n");
    script_sent("verb\n");
    assert_false(connection_withdraw(caller, &caller)); /* sent already */
    script_say("SUCCESS: verb=3\r\n");
    caller_told("success verb=3\n");
}

static void test_withdrawn_and_lost(void **state)
{
    int fenced;
    const struct listener listener = {.done = never_told, .check = never, .arg = &fenced};
    struct command command;

    (void)state;
    caller_greet();
    command_pid(&command);
    assert_true(connection_ask(caller, &command, &listener));
    assert_true(connection_withdraw(caller, &fenced));
    script_close(0);
    caller_told("disconnected: the daemon closed the session\n");
}

static void test_closing_when_stale(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_when("stale: the answer to a command is overdue", close_it);
    script_pass(3600000);
    caller_told(STALE "lost\nclosed\n");
    assert_int_equal(script_opened(), 1);
}

static void test_closing_when_no_longer_stale(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    script_pass(CONNECTION_STALE_AFTER);
    caller_when("open", close_it);
    script_answer("pid\n", "SUCCESS: pid=77\r\n");
    caller_told(STALE "success pid=77\nopen\nlost\nclosed\n");
    script_sent("");
}

/* It stays closed although the loss was on its way to be told. */
static void test_closing_when_lost(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_when("lost", close_it);
    script_close(0);
    caller_told("lost\ndisconnected: the daemon closed the session\nclosed\n");
    script_pass(3600000);
    assert_int_equal(script_opened(), 1);
}

static void test_closing_when_connecting(void **state)
{
    (void)state;
    caller_greet();
    script_close(0);
    caller_when("connecting", close_it);
    script_pass(3600000);
    caller_told("disconnected: the daemon closed the session\nconnecting\nclosed\n");
    assert_int_equal(script_opened(), 1);
    assert_false(script_is_open());
}

static void test_opening_when_closed(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_when("lost", open_it);
    caller_ask_setting(SETTING_VERB);
    connection_close(caller);
    script_say("SUCCESS: pid=77\r\n");
    caller_told("success pid=77\nlost\nclosed\nconnecting\n");
    script_connect();
    caller_greet();
}

static void test_reopening_from_a_reply(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask_setting(SETTING_VERB);
    caller_when("success pid=77", reopen_it);
    script_answer("pid\n", "SUCCESS: pid=77\r\n>LOG:1,,a\r\n");
    caller_told("success pid=77\nlost\nclosed\nconnecting\n");
    script_sent("");
    script_connect();
    caller_greet();
}

static void test_freed_with_commands_waiting(void **state)
{
    (void)state;
    caller_greet();
    caller_ask(command_pid);
    caller_ask(command_help);
    connection_free(caller);
    caller = NULL;
    caller_told("lost\nlost\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, caller_set_up, caller_end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_overdue_answer),
        TEST(test_a_late_answer),
        TEST(test_talk_is_no_answer),
        TEST(test_lost_with_commands_waiting),
        TEST(test_cut_in_the_middle_of_a_list),
        TEST(test_asking_when_lost),
        TEST(test_closing_from_a_message),
        TEST(test_closing_from_a_line),
        TEST(test_closing_from_a_reply),
        TEST(test_closing_from_the_greeting),
        TEST(test_closing_when_stale),
        TEST(test_closing_when_no_longer_stale),
        TEST(test_closing_when_lost),
        TEST(test_closing_when_connecting),
        TEST(test_opening_when_closed),
        TEST(test_reopening_from_a_reply),
        TEST(test_freed_with_commands_waiting),
        TEST(test_closing_from_a_line_that_is_too_long),
        TEST(test_closing_from_the_first_bytes),
        TEST(test_nothing_is_told_before_the_next_turn),
        TEST(test_a_closed_connection_is_not_dropped),
        TEST(test_opened_and_closed_in_a_turn),
        TEST(test_withdrawn),
        TEST(test_withdrawn_and_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
