#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/owner.h"

/* Overdue answers, lost sessions, and callbacks that close the connection they are called from. */

#define STALE "stale: the answer to a command is overdue\n"

static void close_it(void)
{
    connection_close(owned);
}

static void open_it(void)
{
    connection_open(owned);
}

static void reopen_it(void)
{
    connection_close(owned);
    connection_open(owned);
}

static void test_an_overdue_answer(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    peer_pass(CONNECTION_STALE_AFTER - 1);
    owner_told("");
    peer_pass(1);
    owner_told(STALE);
    assert_true(connection_is_open(owned) && connection_is_stale(owned));
    peer_pass(120000 - CONNECTION_STALE_AFTER - 1);
    owner_told("");
    peer_pass(1);
    owner_told("lost\ndisconnected: no answer within 120 seconds\n");
    assert_false(peer_is_open());
}

static void test_a_late_answer(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    peer_pass(100000);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_told(STALE "success pid=77\nopen\n");
    /* The next has the whole time again. */
    peer_pass(CONNECTION_STALE_AFTER);
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    owner_told(STALE "success verb=3\nopen\n");
    peer_pass(3600000);
    owner_told("");
}

/* Messages alone are no answer. */
static void test_talk_is_no_answer(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    for (int second = 0; second < 119; second++) {
        peer_pass(1000);
        peer_say(">BYTECOUNT:1,2\r\n");
    }
    assert_true(peer_is_open());
    peer_pass(1000);
    owner_ends("lost\ndisconnected: no answer within 120 seconds\n");
}

static void test_lost_with_commands_waiting(void **state)
{
    const struct listener nobody = {.arg = NULL};
    struct command command;

    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    owner_ask(command_help);
    peer_say("SUCCESS: pi");
    peer_close(ECONNRESET);
    owner_told("lost\nlost\nlost\n"
               "disconnected: the daemon closed the session: Connection reset by peer\n");
    command_pid(&command);
    assert_false(connection_ask(owned, &command, &nobody));
    peer_sent("pid\n");
    peer_pass(1000);
    peer_connect();
    owner_told("connecting\n");
    /* Half a line of the old session is not part of the new one. */
    owner_greet();
    peer_sent("");
}

static void test_cut_in_the_middle_of_a_list(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_help);
    peer_say("Commands:\r\nverb : x\r\n");
    peer_close(0);
    owner_told("| Commands:\n| verb : x\nlost\ndisconnected: the daemon closed the session\n");
}

/* Who was told of the loss may not ask again into a connection that is down. */
static void ask_in_vain(void)
{
    const struct listener nobody = {.arg = NULL};
    struct command command;

    command_pid(&command);
    assert_false(connection_ask(owned, &command, &nobody));
}

static void test_asking_when_lost(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_when("lost", ask_in_vain);
    peer_close(0);
    owner_told("lost\ndisconnected: the daemon closed the session\n");
}

/* Closing from a callback ends the segment behind the answer that is on its way. */
static void assert_closes(const char *line, const char *told)
{
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    owner_when(line, close_it);
    peer_answer("pid\n", ">LOG:1,,a\r\nline\r\nSUCCESS: pid=77\r\n>LOG:2,,b\r\n");
    owner_told(told);
    assert_false(peer_is_open());
    peer_pass(3600000);
    owner_told("");
    assert_int_equal(peer_opened(), 1);
    connection_open(owned);
    peer_turn();
    peer_connect();
    owner_told("connecting\n");
    owner_greet();
    peer_sent("");
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
    owner_when("open", close_it);
    peer_say(PEER_GREETING ">LOG:1,,a\r\n");
    /* The line that was being told is told to its end, but no other. */
    owner_told("open\n>INFO OpenVPN Management Interface Version 5 -- type 'help' for more info\n"
               "closed\n");
    assert_false(peer_is_open());
}

static void assert_stays_closed(void)
{
    owner_ends("closed\n");
    assert_false(peer_is_open());
    peer_pass(3600000);
    owner_told("");
    assert_int_equal(peer_opened(), 1);
}

/* What is too long, before and behind the greeting. */
static void say_long_line(void)
{
    static char line[20000];

    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    peer_say(line);
}

static void test_closing_from_a_line_that_is_too_long(void **state)
{
    (void)state;
    owner_greet();
    owner_when("cut", close_it);
    say_long_line();
    assert_stays_closed();
}

static void test_closing_from_the_first_bytes(void **state)
{
    (void)state;
    owner_when("heard", close_it);
    peer_say("220 mail.example ESMTP\r\n");
    assert_stays_closed();
}

/* No function calls back: what it causes is told from the next turn. */
static void test_nothing_is_told_before_the_next_turn(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    connection_close(owned);
    owner_told("");
    assert_true(connection_is_closed(owned));
    assert_false(connection_is_open(owned));
    ask_in_vain();
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_turn();
    owner_told("success pid=77\nlost\nclosed\n");
    connection_open(owned);
    owner_told("");
    peer_turn();
    owner_told("connecting\n");
    peer_connect();
    owner_greet();
    owner_ask(command_pid);
    connection_drop(owned, "no more");
    owner_told("");
    peer_turn();
    owner_told("lost\ndisconnected: no more\n");
}

static void test_a_closed_connection_is_not_dropped(void **state)
{
    (void)state;
    connection_close(owned);
    connection_drop(owned, "no more");
    peer_turn();
    connection_drop(owned, "no more");
    assert_stays_closed();
}

/* The second word counts. */
static void test_opened_and_closed_in_a_turn(void **state)
{
    (void)state;
    connection_close(owned);
    connection_open(owned);
    connection_close(owned);
    peer_turn();
    assert_stays_closed();
    connection_open(owned);
    connection_close(owned);
    peer_turn();
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
    owner_greet();
    command_pid(&command);
    assert_true(connection_ask(owned, &command, &listener));
    listener.arg = &waiting;
    assert_true(connection_ask(owned, &command, &listener));
    owner_ask_setting(SETTING_VERB);
    assert_true(connection_withdraw(owned, &waiting));
    assert_true(connection_withdraw(owned, &fenced));
    assert_false(connection_withdraw(owned, &fenced));
    peer_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n");
    peer_sent("verb\n");
    assert_false(connection_withdraw(owned, &owned)); /* sent already */
    peer_say("SUCCESS: verb=3\r\n");
    owner_told("success verb=3\n");
}

static void test_withdrawn_and_lost(void **state)
{
    int fenced;
    const struct listener listener = {.done = never_told, .check = never, .arg = &fenced};
    struct command command;

    (void)state;
    owner_greet();
    command_pid(&command);
    assert_true(connection_ask(owned, &command, &listener));
    assert_true(connection_withdraw(owned, &fenced));
    peer_close(0);
    owner_told("disconnected: the daemon closed the session\n");
}

static void test_closing_when_stale(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_when("stale: the answer to a command is overdue", close_it);
    peer_pass(3600000);
    owner_told(STALE "lost\nclosed\n");
    assert_int_equal(peer_opened(), 1);
}

static void test_closing_when_no_longer_stale(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    peer_pass(CONNECTION_STALE_AFTER);
    owner_when("open", close_it);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_told(STALE "success pid=77\nopen\nlost\nclosed\n");
    peer_sent("");
}

/* It stays closed although the loss was on its way to be told. */
static void test_closing_when_lost(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_when("lost", close_it);
    peer_close(0);
    owner_told("lost\ndisconnected: the daemon closed the session\nclosed\n");
    peer_pass(3600000);
    assert_int_equal(peer_opened(), 1);
}

static void test_closing_when_connecting(void **state)
{
    (void)state;
    owner_greet();
    peer_close(0);
    owner_when("connecting", close_it);
    peer_pass(3600000);
    owner_told("disconnected: the daemon closed the session\nconnecting\nclosed\n");
    assert_int_equal(peer_opened(), 1);
    assert_false(peer_is_open());
}

static void test_opening_when_closed(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_when("lost", open_it);
    owner_ask_setting(SETTING_VERB);
    connection_close(owned);
    peer_say("SUCCESS: pid=77\r\n");
    owner_told("success pid=77\nlost\nclosed\nconnecting\n");
    peer_connect();
    owner_greet();
}

static void test_reopening_from_a_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_VERB);
    owner_when("success pid=77", reopen_it);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n>LOG:1,,a\r\n");
    owner_told("success pid=77\nlost\nclosed\nconnecting\n");
    peer_sent("");
    peer_connect();
    owner_greet();
}

static void test_freed_with_commands_waiting(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask(command_help);
    connection_free(owned);
    owned = NULL;
    owner_told("lost\nlost\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, owner_set_up, owner_end)
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
