#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/owner.h"

/* What a command is answered, and how that is told. */

#define STATS "nclients=1,bytesin=2,bytesout=3"
#define HOLD  ">HOLD:Waiting for hold release:0\r\n"

static void ask_status(void)
{
    struct command command;

    command_status(&command, 3);
    owner_ask_command(&command);
}

static void ask_status_1(void)
{
    struct command command;

    command_status(&command, 1);
    owner_ask_command(&command);
}

static void ask_signal(void)
{
    struct command command;

    command_signal(&command, DAEMON_SIGUSR1);
    owner_ask_command(&command);
}

static void ask_auth_retry(void)
{
    struct command command;

    assert_int_equal(settings_write(SETTING_AUTH_RETRY, AUTH_RETRY_INTERACT, &command), COMMAND_OK);
    owner_ask_command(&command);
}

static void test_single_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_told("success pid=77\n");
    owner_ask(command_pid);
    peer_answer("pid\n", "ERROR: unknown command [pid], enter 'help' for more options\r\n");
    owner_told("error unknown command [pid], enter 'help' for more options\n");
}

/* Only the next command goes out when the one before is answered. */
static void test_one_command_at_a_time(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    ask_status();
    owner_ask_setting(SETTING_VERB);
    peer_answer("pid\n", ">LOG:1,D,MANAGEMENT: CMD 'pid'\r\nSUCCESS: pid=77\r\n");
    peer_answer("status 3\nload-stats\n", "END\r\n");
    peer_sent("");
    peer_say("SUCCESS: " STATS "\r\n");
    peer_sent("verb\n");
    owner_told(">LOG 1,D,MANAGEMENT: CMD 'pid'\nsuccess pid=77\nsuccess + " STATS "\n");
}

static void test_list_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_help);
    peer_answer("help\n", "Commands:\r\n>LOG:1,,between\r\nSUCCESS: no verdict\r\nEND\r\n");
    owner_told("| Commands:\n>LOG 1,,between\n| SUCCESS: no verdict\nsuccess\n");
    owner_ask(command_help);
    peer_answer("help\n", "ERROR: unknown command\r\n");
    owner_told("error unknown command\n");
}

static void test_combo_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_state_on_all);
    peer_answer("state on all\n", "SUCCESS: real-time state notification set to ON\r\n"
                                  "1,CONNECTED,SUCCESS,,\r\n\r\n2,EXITING,SIGTERM,,\r\nEND\r\n");
    owner_told("| 1,CONNECTED,SUCCESS,,\n| \n| 2,EXITING,SIGTERM,,\nsuccess\n");
    owner_ask(command_log_on_all);
    peer_answer("log on all\n", "SUCCESS: ON\r\nERROR: log parameter must be 'all'\r\n");
    owner_told("error log parameter must be 'all'\n");
}

static void test_marked_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_net);
    peer_answer("net\nload-stats\n", "ERROR: The 'net' command is not supported\r\n");
    owner_told("");
    peer_say("SUCCESS: " STATS "\r\n");
    owner_told("error The 'net' command is not supported + " STATS "\n");
}

/* An over-long row cuts a status, END included; with DCO errors it is empty. */
static void test_cut_reply(void **state)
{
    (void)state;
    owner_greet();
    ask_status();
    peer_answer("status 3\nload-stats\n", "TITLE\tOpenVPN\r\nSUCCESS: " STATS "\r\n");
    owner_told("| TITLE\tOpenVPN\ncut + " STATS "\n");
    ask_status();
    peer_answer("status 3\nload-stats\n", "SUCCESS: " STATS "\r\n");
    owner_told("cut + " STATS "\n");
}

static void test_real_cut_reply(void **state)
{
    (void)state;
    owner_greet();
    ask_status();
    peer_answer("status 3\nload-stats\n",
                peer_capture("11c-status-truncated-by-long-username", "status 3"));
    peer_say("SUCCESS: " STATS "\r\n");
    owner_ends("\ncut + " STATS "\n");
}

static void test_replies_that_look_like_messages(void **state)
{
    struct command command;

    (void)state;
    owner_greet();
    owner_ask(command_pkcs11_count);
    peer_answer("pkcs11-id-count\nload-stats\n",
                ">PKCS11ID-COUNT:1\r\n>STATE:1,CONNECTED,,,\r\nSUCCESS: " STATS "\r\n");
    owner_told("| >PKCS11ID-COUNT:1\n>STATE 1,CONNECTED,,,\ncut + " STATS "\n");
    command_pkcs11_get(&command, 0);
    owner_ask_command(&command);
    peer_answer("pkcs11-id-get 0\nload-stats\n",
                ">PKCS11ID-ENTRY:'0', ID:'x', BLOB:'eA=='\r\nSUCCESS: " STATS "\r\n");
    owner_told("| >PKCS11ID-ENTRY:'0', ID:'x', BLOB:'eA=='\ncut + " STATS "\n");
    /* Unasked they are messages like any other. */
    peer_say(">PKCS11ID-COUNT:2\r\n");
    owner_told(">PKCS11ID-COUNT 2\n");
}

static void test_two_line_error(void **state)
{
    (void)state;
    owner_greet();
    ask_auth_retry();
    peer_answer("auth-retry interact\n",
                "--auth-retry method must be 'interact', 'nointeract', or 'none'\r\n"
                "ERROR: bad auth-retry parameter\r\n");
    owner_told("| --auth-retry method must be 'interact', 'nointeract', or 'none'\n"
               "error bad auth-retry parameter\n");
}

static void test_real_two_line_error(void **state)
{
    (void)state;
    owner_greet();
    ask_auth_retry();
    peer_answer("auth-retry interact\n", peer_capture("02-server-errors", "auth-retry bogus"));
    owner_told("| --auth-retry method must be 'interact', 'nointeract', or 'none'\n"
               "error bad auth-retry parameter\n");
}

/* 2.1 to 2.5.7: the hold is told again, and nothing else. */
static void test_a_refused_signal_of_old(void **state)
{
    (void)state;
    owner_greet();
    ask_signal();
    peer_answer("signal SIGUSR1\nload-stats\n",
                peer_capture("compat/2.4.12-client", "signal SIGUSR1"));
    peer_say("SUCCESS: " STATS "\r\n");
    owner_told(">LOG 1795456296,D,MANAGEMENT: CMD 'signal SIGUSR1'\n"
               ">HOLD Waiting for hold release:0\ncut + " STATS "\n");
}

static void test_a_refused_signal(void **state)
{
    (void)state;
    owner_greet();
    ask_signal();
    peer_answer("signal SIGUSR1\nload-stats\n",
                "ERROR: signal 'SIGUSR1' is currently ignored\r\n" HOLD "SUCCESS: " STATS "\r\n");
    owner_told("error signal 'SIGUSR1' is currently ignored\n"
               ">HOLD Waiting for hold release:0\n");
}

/* In format 1 a row begins with the name of the client, whatever that is. */
static void test_names_in_format_1(void **state)
{
    (void)state;
    owner_greet();
    ask_status_1();
    peer_answer("status 1\nload-stats\n", ">LOG:1,D,MANAGEMENT: CMD 'status 1'\r\n"
                                          "OpenVPN CLIENT LIST\r\n"
                                          ">STATE:1,EXITING,forged,192.0.2.1:1,5,6,x\r\n"
                                          "SUCCESS: " STATS ",192.0.2.1:1,5,6,x\r\n"
                                          "ERROR: x,192.0.2.1:1,5,6,x\r\n"
                                          "END\r\n>STATE:1,CONNECTED,,,\r\nSUCCESS: " STATS "\r\n");
    owner_told(">LOG 1,D,MANAGEMENT: CMD 'status 1'\n| OpenVPN CLIENT LIST\n"
               "| >STATE:1,EXITING,forged,192.0.2.1:1,5,6,x\n"
               "| SUCCESS: " STATS ",192.0.2.1:1,5,6,x\n"
               "| ERROR: x,192.0.2.1:1,5,6,x\n>STATE 1,CONNECTED,,,\n"
               "success + " STATS "\n");
}

static void test_answers_to_nothing(void **state)
{
    (void)state;
    owner_greet();
    peer_say("SUCCESS: pid=1\r\nEND\r\n\r\nwhatever\r\n");
    owner_told("- pid=1\n- END\n- \n- whatever\n");
}

static void test_queue_bound(void **state)
{
    const struct listener nobody = {.arg = NULL};
    struct command command;

    (void)state;
    owner_greet();
    for (int i = 0; i < CONNECTION_QUEUE_MAX; i++)
        owner_ask(command_pid);
    command_pid(&command);
    assert_false(connection_ask(owned, &command, &nobody));
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_ask_setting(SETTING_VERB);
    assert_false(connection_ask(owned, &command, &nobody));
    for (int i = 1; i < CONNECTION_QUEUE_MAX; i++)
        peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_sent("");
}

static void ask_verb(void)
{
    owner_ask_setting(SETTING_VERB);
}

/* Who gets a reply may ask the next thing; those that waited come first. */
static void test_asking_from_a_reply(void **state)
{
    (void)state;
    owner_greet();
    owner_ask(command_pid);
    owner_ask_setting(SETTING_MUTE);
    owner_when("success pid=77", ask_verb);
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("mute\n", "SUCCESS: mute=0\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    owner_told("success pid=77\nsuccess mute=0\nsuccess verb=3\n");
    peer_sent("");
}

static void test_a_secret_is_wiped_when_sent(void **state)
{
    const struct command_dialect dialect = {true, true, true};
    struct command command;

    (void)state;
    owner_greet();
    assert_int_equal(command_password(&command, dialect, slice_of("Auth"), slice_of("SECRET")),
                     COMMAND_OK);
    owner_ask_command(&command);
    peer_sent("password \"Auth\" \"SECRET\"\n");
    assert_true(peer_wiped());
    peer_say("SUCCESS: 'Auth' password entered, but not yet verified\r\n");
    owner_ask(command_pid);
    assert_false(peer_wiped());
}

/* All of the above again, however the bytes come. */
static void say_all(void)
{
    owner_greet();
    ask_status();
    owner_ask(command_state_on_all);
    ask_signal();
    peer_answer("status 3\nload-stats\n", peer_capture("28-load-stats-marker", "status 3"));
    peer_answer("state on all\n", "SUCCESS: ON\r\n1,CONNECTED,SUCCESS,,\r\nEND\r\n" HOLD);
    peer_answer("signal SIGUSR1\nload-stats\n", HOLD "SUCCESS: " STATS "\r\n");
}

static void test_any_segments(void **state)
{
    static char whole[65536];

    say_all();
    owner_copy(whole, sizeof(whole));
    for (unsigned turn = 0; turn < 40; turn++) {
        owner_end(state);
        owner_set_up(state);
        if (turn < 8)
            peer_segments(turn + 1);
        else
            peer_random_segments(turn);
        say_all();
        owner_told(whole);
    }
}

/* A line that has no end is neither kept whole nor taken for two. */
static void test_endless_line(void **state)
{
    static char line[16001];

    (void)state;
    owner_greet();
    memset(line, 'x', sizeof(line) - 1);
    owner_ask(command_pid);
    for (int i = 0; i < 1000; i++)
        peer_say(line);
    peer_answer("pid\n", "SUCCESS: pid=1\r\n");
    peer_say("SUCCESS: pid=77\r\n");
    owner_ends("success pid=77\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, owner_set_up, owner_end)
    const struct CMUnitTest tests[] = {
        TEST(test_single_reply),
        TEST(test_one_command_at_a_time),
        TEST(test_list_reply),
        TEST(test_combo_reply),
        TEST(test_marked_reply),
        TEST(test_cut_reply),
        TEST(test_real_cut_reply),
        TEST(test_replies_that_look_like_messages),
        TEST(test_two_line_error),
        TEST(test_real_two_line_error),
        TEST(test_a_refused_signal_of_old),
        TEST(test_a_refused_signal),
        TEST(test_names_in_format_1),
        TEST(test_answers_to_nothing),
        TEST(test_queue_bound),
        TEST(test_asking_from_a_reply),
        TEST(test_a_secret_is_wiped_when_sent),
        TEST(test_any_segments),
        TEST(test_endless_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
