#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/owner.h"
#include "tests/unit/fixtures/transcript.h"

/* Commands with lines of their own, and whoever wants to see lines as the daemon wrote them. */

#define STATS "SUCCESS: nclients=1,bytesin=2,bytesout=3\r\n"

static struct transcript record;

static void on_raw(void *arg, struct slice line)
{
    assert_ptr_equal(arg, &record);
    transcript_add(&record, "%.*s\n", (int)line.len, line.len ? line.at : "");
}

static void on_done(void *arg, const struct reply *reply)
{
    assert_ptr_equal(arg, &record);
    transcript_add(&record, "= %d %.*s\n", (int)reply->outcome, (int)reply->text.len,
                   reply->text.len ? reply->text.at : "");
}

static const struct listener listener = {.raw = on_raw, .done = on_done, .arg = &record};

static void ask(enum reply_form form, const char *line, const char *block)
{
    struct command command = {.form = form, .len = strlen(line)};

    strcpy(command.line, line);
    assert_true(connection_ask_block(owned, &command, slice_of(block), &listener));
}

static int set_up(void **state)
{
    transcript_clear(&record);
    owner_set_up(state);
    owner_greet();
    return 0;
}

static void test_a_block_goes_out_whole(void **state)
{
    (void)state;
    ask(REPLY_BLOCK, "client-auth 0 1\n", "push \"x\"\nEND\n");
    peer_sent("client-auth 0 1\npush \"x\"\nEND\n");
    peer_say(">STATE:1,CONNECTED,,,\r\nSUCCESS: client-auth command succeeded\r\n");
    peer_sent("load-stats\n");
    transcript_check(&record, "SUCCESS: client-auth command succeeded\n");
    peer_say(STATS);
    transcript_check(&record, "= 0 client-auth command succeeded\n");
    owner_told(">STATE 1,CONNECTED,,,\n");
}

/* Where the daemon does not wait for a block its lines run as commands. */
static void test_the_answers_of_its_lines_are_nobodys(void **state)
{
    (void)state;
    ask(REPLY_BLOCK, "pk-sig\n", "AAAA\nEND\n");
    owner_ask(command_pid);
    peer_answer("pk-sig\nAAAA\nEND\n", "ERROR: The pk-sig command is not currently available\r\n"
                                       "ERROR: unknown command, enter 'help' for more options\r\n");
    peer_answer("load-stats\n", "ERROR: unknown command, enter 'help' for more options\r\n");
    peer_sent("");
    peer_answer("", STATS);
    transcript_check(&record, "ERROR: The pk-sig command is not currently available\n"
                              "= 1 The pk-sig command is not currently available\n");
    peer_answer("pid\n", "SUCCESS: pid=7\r\n");
    owner_told("success pid=7\n");
}

static void test_a_block_is_lost_with_the_session(void **state)
{
    (void)state;
    ask(REPLY_BLOCK, "certificate\n", "x\nEND\n");
    ask(REPLY_BLOCK, "certificate\n", "y\nEND\n");
    peer_sent("certificate\nx\nEND\n");
    peer_say("SUCCESS: certificate command succeeded\r\n");
    peer_close(0);
    transcript_check(&record, "SUCCESS: certificate command succeeded\n= 3 \n= 3 \n");
}

static void test_every_line_of_a_reply(void **state)
{
    (void)state;
    ask(REPLY_LIST, "help\n", NULL);
    peer_answer("help\n", "Commands:\r\n>LOG:1,,x\r\nEND\r\n");
    transcript_check(&record, "Commands:\nEND\n= 0 \n");
    ask(REPLY_MARKED, "test 2\n", NULL);
    peer_answer("test 2\nload-stats\n", "[0]\r\n[1]\r\n" STATS);
    transcript_check(&record, "[0]\n[1]\n= 2 \n");
    ask(REPLY_SINGLE, "load-stats\n", NULL);
    peer_answer("load-stats\n", STATS);
    transcript_check(&record, "SUCCESS: nclients=1,bytesin=2,bytesout=3\n"
                              "= 0 nclients=1,bytesin=2,bytesout=3\n");
    ask(REPLY_COMBO, "state on all\n", NULL);
    peer_answer("state on all\n", "SUCCESS: ON\r\n1,CONNECTED,,,\r\nEND\r\n");
    transcript_check(&record, "SUCCESS: ON\n1,CONNECTED,,,\nEND\n= 0 \n");
}

/* Who is told the verdict early hears no more of it. */
static void test_no_line_behind_the_end(void **state)
{
    (void)state;
    ask(REPLY_MAYBE, "signal SIGUSR2\n", NULL);
    peer_answer("signal SIGUSR2\nload-stats\n", "ERROR: no\r\nERROR: more\r\n" STATS);
    transcript_check(&record, "ERROR: no\n= 1 no\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_block_goes_out_whole, set_up, owner_end),
        cmocka_unit_test_setup_teardown(test_the_answers_of_its_lines_are_nobodys, set_up,
                                        owner_end),
        cmocka_unit_test_setup_teardown(test_a_block_is_lost_with_the_session, set_up, owner_end),
        cmocka_unit_test_setup_teardown(test_every_line_of_a_reply, set_up, owner_end),
        cmocka_unit_test_setup_teardown(test_no_line_behind_the_end, set_up, owner_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
