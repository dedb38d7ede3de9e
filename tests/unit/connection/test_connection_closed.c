#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixtures/owner.h"

/* Closing on demand while the daemon owes an answer. */

static void assert_stays_closed(void)
{
    assert_false(peer_is_open());
    peer_pass(3600000);
    owner_told("");
    assert_int_equal(peer_opened(), 1);
}

/* The daemon that has something to say is not left without a listener, but not for long. */
static void test_an_answer_is_waited_for(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    connection_close(owned);
    connection_close(owned);
    peer_pass(999);
    owner_told("");
    assert_true(peer_is_open());
    peer_pass(1);
    owner_told("lost\nclosed\n");
    assert_stays_closed();
}

/* Whatever else would end it is no reason to come back. */
static void test_an_answer_that_never_comes(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    connection_close(owned);
    peer_close(0);
    owner_told("lost\nclosed\n");
    assert_stays_closed();
}

static int told_lost;

static void lost(void *arg, const struct reply *reply)
{
    (void)arg;
    assert_int_equal(reply->outcome, OUTCOME_LOST);
    assert_false(reply->sent);
    told_lost++;
}

static bool always(void *arg)
{
    (void)arg;
    return true;
}

/* What was asked for and has not been sent is not sent any more. */
static void test_closing_before_the_command_is_sent(void **state)
{
    const struct listener listener = {.done = lost, .check = always};
    struct command command;

    (void)state;
    owner_greet();
    command_pid(&command);
    assert_true(connection_ask(owned, &command, &listener));
    connection_close(owned);
    peer_answer("load-stats\n", "SUCCESS: nclients=1,bytesin=1,bytesout=1\r\n");
    owner_told("closed\n");
    assert_int_equal(told_lost, 1);
    peer_sent("");
}

/* Opened again meanwhile: another session follows it. */
static void test_opened_while_an_answer_is_waited_for(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    connection_close(owned);
    connection_open(owned);
    peer_turn();
    owner_told("");
    peer_say("SUCCESS: pid=77\r\n");
    owner_told("success pid=77\nclosed\nconnecting\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_answer_is_waited_for, owner_set_up, owner_end),
        cmocka_unit_test_setup_teardown(test_an_answer_that_never_comes, owner_set_up, owner_end),
        cmocka_unit_test_setup_teardown(test_closing_before_the_command_is_sent, owner_set_up,
                                        owner_end),
        cmocka_unit_test_setup_teardown(test_opened_while_an_answer_is_waited_for, owner_set_up,
                                        owner_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
