#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/*
 * What must never be done to a daemon, because it kills, freezes or disturbs it.  A test for each
 * rule, named after it.
 */

/* All that the agent sends on its own account, in any phase. */
static const char *const harmless[] = {
    "version", "pid",  "state on all", "echo on all", "log on all", "echo off", "log off",  "hold",
    "verb",    "mute", "auth-retry",   "help",        "load-stats", "status 3", "status 1",
};

static void assert_harmless(const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        bool known = false;

        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
            known |= strlen(harmless[i]) == len && memcmp(lines, harmless[i], len) == 0;
        if (!known)
            fail_msg("sent: %.*s", (int)len, lines);
        lines += len + 1;
    }
}

/* Answers whatever is asked for a while, as a daemon in that phase would. */
static void play(const char *status, int seconds)
{
    for (int turn = 0; turn < 100 + seconds; turn++) {
        char sent[256];
        char answer[300];

        peer_take(sent, sizeof(sent));
        assert_harmless(sent);
        if (strncmp(sent, "status", 6) == 0) {
            peer_say(status);
            peer_say(DAEMON_STATS);
        } else if (strcmp(sent, "load-stats\n") == 0) {
            peer_say(DAEMON_STATS);
        } else if (strstr(sent, " on all")) {
            peer_say("SUCCESS: ON\r\nEND\r\n");
        } else if (strcmp(sent, "version\n") == 0 || strcmp(sent, "help\n") == 0) {
            peer_say("OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
        } else if (sent[0]) {
            snprintf(answer, sizeof(answer), "SUCCESS: %.*s=1\r\n", (int)strcspn(sent, "\n"), sent);
            peer_say(answer);
        } else {
            peer_pass(1000);
        }
    }
}

static void assert_short(enum command_error error, const struct command *command)
{
    if (error != COMMAND_OK)
        return;
    assert_true(command->len <= 1000 + 1);
    assert_ptr_equal(memchr(command->line, '\n', command->len), command->line + command->len - 1);
}

/* A command line is never over 1000 bytes: the daemon runs what is behind 1023 as a command. */
static void test_no_line_over_1000_bytes(void **state)
{
    static const char fill[] = "x\"\\ \n";
    const struct command_dialect dialect = {true, true, true};
    struct command command;
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(fill) - 1; i++)
        for (size_t len = 0; len < sizeof(text); len++) {
            struct slice slice = {text, len};

            assert_short(command_username(&command, dialect, slice, slice), &command);
            assert_short(command_password(&command, dialect, slice, slice), &command);
            assert_short(command_needstr(&command, dialect, slice, slice), &command);
            assert_short(command_needok(&command, dialect, slice, true), &command);
            assert_short(command_kill_name(&command, dialect, slice), &command);
            assert_short(command_kill_address(&command, dialect, slice), &command);
            assert_short(command_login(&command, slice), &command);
            text[len] = fill[i];
        }
}

static void flood(void)
{
    for (int i = 0; i < 1000; i++)
        peer_say(">LOG:1795453999,N,a line that nobody waits for\r\n"
                 ">ECHO:1795453999,x\r\n>UNHEARD-OF:x\r\nno message\r\n");
}

/*
 * The socket is always drained: a daemon that waits writes until it is read.  Nothing that arrives
 * makes the agent wait, in no phase, and nothing is kept over the bounds.
 */
static void test_socket_always_drained(void **state)
{
    (void)state;
    peer_say(PEER_GREETING ">HOLD:Waiting for hold release:0\r\n");
    flood();
    peer_sent("version\n");
    peer_pass(60000); /* stale: no answer */
    flood();
    peer_answer("", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    flood();
    peer_sent("pid\n");
    assert_int_equal(daemon_instance->log.count, 10);
    assert_int_equal(daemon_instance->echo.count, 0);
    assert_int_equal(daemon_instance->errors, 3000);
    assert_int_equal(daemon_instance->unknown_messages, 3000);
    peer_say(">PASSWORD:Need 'Private Key' password\r\n");
    flood();
    assert_int_equal(daemon_instance->log.count, 10);
    assert_true(peer_is_open());
}

/* In a hold or question pkcs11-* abort the daemon: they are no part of start-up or polling. */
static void test_no_pkcs11_in_start_or_polling(void **state)
{
    (void)state;
    peer_say(PEER_GREETING ">HOLD:Waiting for hold release:0\r\n"
                           ">PASSWORD:Need 'Auth' username/password\r\n");
    play(DAEMON_NO_STATUS, 600);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
    peer_say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    play(STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n", 600);
    peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n"
             ">HOLD:Waiting for hold release:5\r\n");
    play(DAEMON_NO_STATUS, 600);
}

/* load-stats is not logged by the daemon, so it comes first; status follows only on news. */
static void test_load_stats_before_status(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_pass(10000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("");
}

static void test_no_status_within_the_interval(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_pass(9999);
    peer_sent("");
    peer_pass(1);
    peer_sent("load-stats\n");
}

/* A daemon that goes through its states is not asked in each of them. */
static void test_no_status_for_each_state(void **state)
{
    static const char *const states[] = {"RECONNECTING", "CONNECTING", "WAIT",       "AUTH",
                                         "GET_CONFIG",   "ASSIGN_IP",  "ADD_ROUTES", "CONNECTED"};
    char line[64];

    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        snprintf(line, sizeof(line), ">STATE:1795453999,%s,,,,,,\r\n", states[i]);
        peer_say(line);
        peer_pass(500);
        if (i == 1) { /* the settings, which a restart may have changed */
            peer_answer("hold\n", "SUCCESS: hold=0\r\n");
            peer_answer("verb\n", "SUCCESS: verb=3\r\n");
            peer_answer("mute\n", "SUCCESS: mute=0\r\n");
            peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
        }
        peer_sent("");
    }
    peer_pass(6000);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("status 3\nload-stats\n");
}

/* A status that takes 2 s, large or slow. */
static void slow_status(void)
{
    daemon_bring_up();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS);
    peer_pass(1000);
    peer_say(DAEMON_ALICE);
    peer_pass(1000);
    peer_say("END\r\n" DAEMON_STATS);
    assert_int_equal(daemon_instance->clients.count, 1);
}

/* It comes every 40 s. */
static void test_status_stretched_when_slow(void **state)
{
    (void)state;
    slow_status();
    peer_pass(39999);
    peer_sent("");
    peer_pass(1);
    peer_sent("load-stats\n");
}

/* A state hastens it, but not to less than 40 s behind the question of before. */
static void test_slow_status_behind_a_state(void **state)
{
    (void)state;
    slow_status();
    peer_pass(37999);
    peer_sent("");
    peer_say(">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    peer_sent("");
    peer_pass(1);
    peer_sent("load-stats\n");
}

/* A daemon that was deaf for long, once, is asked again within five minutes. */
static void test_status_not_stretched_for_ever(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_pass(100000);
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS "END\r\n" DAEMON_STATS);
    peer_pass(299999);
    peer_sent("");
    peer_pass(1);
    peer_sent("load-stats\n");
}

/* Whatever happens to a status, nothing worse than another format is asked for. */
static void test_odd_statuses(void **state)
{
    (void)state;
    daemon_bring_up();
    play("", 100);
    play(STATUS_TITLE STATUS_HEADERS, 100);
    play("ERROR: bad status format version number\r\n", 100);
    play(DAEMON_NO_STATUS, 100);
}

static void test_cut_status_keeps_the_rows(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    daemon_poll_reply(STATUS_TITLE STATUS_HEADERS DAEMON_ALICE);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_answer("status 1\nload-stats\n", DAEMON_NO_STATUS DAEMON_STATS);
    assert_int_equal(daemon_instance->clients.count, 2);
    /* Nothing at all is a cut one too: kernel counters that cannot be read (2.7). */
    daemon_poll_reply("\r\n");
    assert_int_equal(daemon_instance->clients.count, 2);
    peer_told(-1);
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    assert_int_equal(daemon_instance->status_complete, TRUTH_TRUE);
    peer_told(-1);
}

/* An END alone is no status. */
static void test_empty_status_keeps_the_rows(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    daemon_poll_reply("END\r\n");
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_told(-1);
}

/* One command is in flight beside its marker, however much there is to ask. */
static void test_one_command_in_flight(void **state)
{
    char sent[256];

    (void)state;
    peer_say(PEER_GREETING);
    for (int i = 0; i < 3; i++)
        peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n"
                 ">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    peer_sent("version\n");
    peer_pass(60000);
    peer_sent("");
    peer_say("OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    play(DAEMON_NO_STATUS, 0);
    for (int i = 0; i < 3; i++)
        peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n"
                 ">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    peer_take(sent, sizeof(sent));
    assert_string_equal(sent, "hold\n");
    peer_pass(60000);
    peer_sent("");
}

/* A reply that does not come drops the connection: it is never guessed. */
static void test_missing_reply_drops_the_connection(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_pass(119999);
    assert_true(peer_is_open());
    peer_pass(1);
    assert_false(peer_is_open());
}

/* The session is closed by closing the socket: `exit` or `quit` are never sent. */
static void test_closed_by_close(void **state)
{
    daemon_bring_up();
    daemon_status("");
    daemon_end(state);
    assert_false(peer_is_open());
    peer_sent("");
    daemon_set_up(state);
}

/* management-client-auth is shown, said and never answered. */
static void test_client_auth_is_never_answered(void **state)
{
    const struct request *request;

    (void)state;
    daemon_bring_up();
    peer_sent("load-stats\n");
    peer_say(">CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,common_name=alice\r\n"
             ">CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n"
             ">CLIENT:REAUTH,0,2\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n"
             ">CLIENT:CR_RESPONSE,0,2,U0VDUkVU\r\n>CLIENT:ENV,END\r\n");
    peer_pass(4000);
    peer_sent("");
    peer_told(EVENT_INPUT_NEEDED, -1);
    request = history_at(&daemon_instance->requests, daemon_instance->requests.last);
    assert_int_equal(request->kind, REQUEST_OTHER);
    assert_null(strstr(request->prompt, "SECRET"));
    assert_non_null(strstr(daemon_instance->contact_error, "management-client-auth"));
    assert_int_equal(daemon_instance->clients.count, 0);
}

static void test_real_client_auth(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_sent("load-stats\n");
    peer_say(peer_capture("12a-management-client-auth-server", NULL));
    peer_sent("");
}

/* No secret that the daemon tells is in a table, event or log. */
static const char *found;

static void look(const char *text)
{
    if (strstr(text_or_empty(text), "SECRET"))
        found = text;
}

static void look_at(void *arg, const struct event *event)
{
    (void)arg;
    if (event->kind == EVENT_LOG || event->kind == EVENT_ECHO)
        look(event->log->message);
    if (event->kind == EVENT_INPUT_NEEDED || event->kind == EVENT_AUTH_FAILED) {
        look(event->request->prompt);
        look(event->request->reason);
    }
}

static void look_at_tables(void)
{
    const struct log_record *log;
    const struct request *request;
    uint32_t row = 0;

    while ((log = history_after(&daemon_instance->log, row, &row)))
        look(log->message);
    row = 0;
    while ((request = history_after(&daemon_instance->requests, row, &row))) {
        look(request->prompt);
        look(request->reason);
    }
    for (size_t i = 0; i < daemon_instance->clients.count; i++) {
        look(daemon_client(i)->who.username);
        look(daemon_client(i)->who.common_name);
        if (daemon_client(i)->peer)
            look(daemon_client(i)->peer->sso);
    }
    look(daemon_instance->info);
    look(daemon_instance->fatal_message);
    look(daemon_instance->contact_error);
}

static void test_secrets_of_the_daemon_are_kept_nowhere(void **state)
{
    static const char told[] =
        ">PASSWORD:Auth-Token:SECRET\r\n"
        ">PASSWORD:Auth-TokenSECRET\r\n"
        ">LOG:1,D,MANAGEMENT: CMD 'username \"Auth\" \"SECRET\"'\r\n"
        ">LOG:1,D,MANAGEMENT: CMD 'needstr \"pin\" \"SECRET\"'\r\n"
        ">LOG:1,D,MANAGEMENT: CMD 'cr-response SECRET'\r\n"
        ">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,time_unix=1795453999\r\n"
        ">CLIENT:ENV,common_name=eve\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n"
        ">CLIENT:DISCONNECT,6\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n"
        ">UPDOWN:UP\r\n>UPDOWN:ENV,password=SECRET\r\n>UPDOWN:ENV,END\r\n"
        ">INFOMSG:WEB_AUTH::https://login.example/x?token=SECRET\r\n"
        ">LOG:1,,Info command was pushed by server ('OPEN_URL:https://x.example/?a=SECRET')\r\n"
        ">LOG:1,,AUTH: Received control message: AUTH_FAILED,CRV1:R,E:SECRET:dXNlcg==:PIN?\r\n"
        ">PASSWORD:Need 'Auth' username/password\r\n"
        ">PASSWORD:Verification Failed: 'Auth' ['CRV1:R,E:SECRET:dXNlcg==:PIN?']\r\n"
        ">PASSWORD:Need 'Auth' username/password\r\n"
        ">FATAL:cannot reach https://user:SECRET@proxy.example/\r\n";
    struct observer observer = {.told = look_at};

    (void)state;
    found = NULL;
    peer_watch_lines(true);
    observer_add(&observer);
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    peer_answer("state on all\n", "SUCCESS: ON\r\n" DAEMON_CONNECTED "END\r\n");
    peer_answer("verb\n", "SUCCESS: verb=3\r\n");
    peer_answer("log on all\n",
                "SUCCESS: ON\r\n1795453000,D,MANAGEMENT: CMD 'username \"Auth\" \"SECRET\"'\r\n"
                "1795453000,,Info command was pushed by server ('OPEN_URL:https://x/SECRET')\r\n"
                "END\r\n");
    play(STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n", 10);
    peer_say(told);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->log.count, 3);
    assert_int_equal(daemon_instance->requests.count, 3);
    look_at_tables();
    daemon_lose();
    look_at_tables();
    observer_remove(&observer);
    if (found)
        fail_msg("%s", found);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_no_line_over_1000_bytes),
        TEST(test_socket_always_drained),
        TEST(test_no_pkcs11_in_start_or_polling),
        TEST(test_load_stats_before_status),
        TEST(test_no_status_within_the_interval),
        TEST(test_no_status_for_each_state),
        TEST(test_status_stretched_when_slow),
        TEST(test_slow_status_behind_a_state),
        TEST(test_status_not_stretched_for_ever),
        TEST(test_odd_statuses),
        TEST(test_cut_status_keeps_the_rows),
        TEST(test_empty_status_keeps_the_rows),
        TEST(test_one_command_in_flight),
        TEST(test_missing_reply_drops_the_connection),
        TEST(test_closed_by_close),
        TEST(test_client_auth_is_never_answered),
        TEST(test_real_client_auth),
        TEST(test_secrets_of_the_daemon_are_kept_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
