#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "share/guest.h"
#include "tests/unit/fixtures/daemon.h"

/* Guests at real sockets, of a daemon that the test plays. */

#define STATS    "SUCCESS: nclients=1,bytesin=2,bytesout=3\r\n"
#define GREETING ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n"
#define CONNECT  ">CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,password=x\r\n>CLIENT:ENV,END\r\n"

enum { GUESTS = 3 };

static struct event_base *loop;
static struct desk desk;
static struct share_config config;
static struct site site;
static struct guest *guests[GUESTS];
static int sockets[GUESTS];
static char heard[4 << 20];

static void hear_all(void *arg, struct slice line, const struct message *message)
{
    (void)arg;
    for (int i = 0; i < GUESTS; i++)
        if (guests[i])
            guest_hear(guests[i], line, message);
}

static void on_up(void *arg, bool up)
{
    (void)arg;
    for (int i = 0; i < GUESTS && !up; i++)
        if (guests[i])
            guest_lose(guests[i]);
}

static const struct session_tap tap = {on_up, hear_all};

static void follow(void *arg)
{
    struct session_wants wants = {.log = false};

    (void)arg;
    for (int i = 0; i < GUESTS; i++)
        if (guests[i])
            guest_add_wants(guests[i], &wants);
    session_want(daemon_session, &wants);
}

static void on_left(void *arg, struct guest *guest)
{
    (void)arg;
    for (int i = 0; i < GUESTS; i++)
        if (guests[i] == guest)
            guests[i] = NULL;
    guest_free(guest);
    follow(NULL);
}

static const struct guest_host host = {follow, on_left};

static void settle(void)
{
    for (int turn = 0; turn < 50; turn++) {
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        peer_turn();
    }
}

static void enter(int which)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    sockets[which] = ends[0];
    guests[which] = guest_new(&site, ends[1], "uid 1 pid 2", &host, NULL, loop);
    assert_non_null(guests[which]);
    follow(NULL);
    settle();
}

static void say_bytes(int which, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(sockets[which], bytes, len, MSG_NOSIGNAL);

        if (sent < 0) {
            assert_int_equal(errno, EAGAIN);
            sent = 0;
        }
        bytes += sent;
        len -= (size_t)sent;
        settle();
    }
}

static void say(int which, const char *text)
{
    say_bytes(which, text, strlen(text));
}

/* Takes what it was told; returns whether that was all. */
static bool listen_to(int which)
{
    size_t len = 0;
    ssize_t got;

    do {
        settle();
        got = recv(sockets[which], heard + len, sizeof(heard) - 1 - len, MSG_DONTWAIT);
        if (got > 0)
            len += (size_t)got;
    } while (got > 0);
    heard[len] = '\0';
    return got == 0;
}

static void hears(int which, const char *expected)
{
    listen_to(which);
    assert_string_equal(heard, expected);
}

/* The same, and its session is over. */
static void hears_last(int which, const char *expected)
{
    bool end = listen_to(which);

    assert_string_equal(heard, expected);
    assert_true(end);
    assert_null(guests[which]);
}

static void answer(const char *expected, const char *text)
{
    peer_answer(expected, text);
    settle();
}

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    daemon_status("");
    loop = event_base_new();
    desk_init(&desk, daemon_instance, daemon_session);
    session_set_tap(daemon_session, &tap, NULL);
    config = (struct share_config){.allow = ALLOW_VERB | ALLOW_PASSWORDS | ALLOW_CLIENTS |
                                            ALLOW_SIGN | ALLOW_SIGUSR1,
                                   .guests = GUESTS,
                                   .rate = 1000};
    site = (struct site){.desk = &desk, .config = &config};
    site.row = shares_add(daemon_instance, "unix:/run/share.sock");
    bucket_init(&site.bucket, config.rate);
    for (int i = 0; i < GUESTS; i++) {
        sockets[i] = -1;
        guests[i] = NULL;
    }
    return 0;
}

static int end(void **state)
{
    for (int i = 0; i < GUESTS; i++) {
        guest_free(guests[i]);
        if (sockets[i] >= 0)
            close(sockets[i]);
    }
    shares_remove(daemon_instance, site.row);
    session_set_tap(daemon_session, NULL, NULL);
    event_base_free(loop);
    daemon_end(state);
    desk_fini(&desk);
    return 0;
}

static void enter_two(void)
{
    for (int i = 0; i < 2; i++) {
        enter(i);
        hears(i, GREETING);
    }
}

/* Of all guests one command is on its way. */
static void test_one_at_a_time(void **state)
{
    (void)state;
    enter_two();
    say(0, "pid\npid\n");
    say(1, "nclients\r\n");
    answer("pid\n", ">NOTIFY:info,x,y\r\nSUCCESS: pid=7\r\n");
    answer("nclients\n", "SUCCESS: nclients=1\r\n");
    answer("pid\n", "SUCCESS: pid=8\r\n");
    hears(0, ">NOTIFY:info,x,y\r\nSUCCESS: pid=7\r\nSUCCESS: pid=8\r\n");
    hears(1, ">NOTIFY:info,x,y\r\nSUCCESS: nclients=1\r\n");
    assert_int_equal(site.row->commands, 3);
}

static void test_the_same_reads_are_one(void **state)
{
    (void)state;
    enter_two();
    enter(2);
    hears(2, GREETING);
    say(2, "pid\n");
    say(0, "status 3\n");
    say(1, "\"status\" '3'\n");
    answer("pid\n", "SUCCESS: pid=7\r\n");
    /* A row that is too long takes the end away. */
    answer("status 3\nload-stats\n", "TITLE\tx\r\n" STATS);
    peer_sent("");
    hears(0, "TITLE\tx\r\n");
    hears(1, "TITLE\tx\r\n");
}

static void test_a_block_and_what_is_left_of_it(void **state)
{
    (void)state;
    enter_two();
    peer_say(CONNECT);
    hears(0, CONNECT);
    hears(1, CONNECT);
    say(0, "client-auth 0 1\npush \"a\"\n");
    say(1, "client-auth-nt 0 1\n");
    /* The first whose answer is whole. */
    answer("client-auth-nt 0 1\n", "SUCCESS: client-auth command succeeded\r\n");
    say(0, "END\npid\n");
    answer("pid\n", "SUCCESS: pid=7\r\n");
    hears(0, "ERROR: client-auth command failed\r\nSUCCESS: pid=7\r\n");
    hears(1, "SUCCESS: client-auth command succeeded\r\n");
    /* A daemon that was not ready for it runs its lines. */
    peer_say(">CLIENT:REAUTH,0,2\r\n>CLIENT:ENV,END\r\n");
    say(1, "client-auth 0 2\npush \"a\"\nEND\npid\n");
    answer("client-auth 0 2\npush \"a\"\nEND\n",
           "ERROR: no\r\nERROR: unknown command\r\nERROR: unknown command\r\n");
    answer("load-stats\n", STATS);
    answer("pid\n", "SUCCESS: pid=7\r\n");
    hears(1, ">CLIENT:REAUTH,0,2\r\n>CLIENT:ENV,END\r\nERROR: no\r\nSUCCESS: pid=7\r\n");
}

static void test_a_session_that_ends_in_a_block(void **state)
{
    (void)state;
    enter_two();
    peer_say(CONNECT);
    hears(0, CONNECT);
    say(0, "client-auth 0 1\nEND\n");
    peer_sent("client-auth 0 1\nEND\n");
    say(1, "pid\n");
    daemon_lose();
    hears_last(0, ">FATAL:the agent has lost contact with the daemon\r\n");
    hears_last(1, CONNECT ">FATAL:the agent has lost contact with the daemon\r\n");
}

static void test_blocks_have_a_bound(void **state)
{
    (void)state;
    enter(0);
    say(0, "client-auth 0 1\n");
    for (int i = 0; i < 3000; i++)
        say_bytes(0, "push \"route 10.0.0.0 255.0.0.0\"\n", 32);
    say(0, "END\npid\n");
    answer("pid\n", "SUCCESS: pid=7\r\n");
    hears(0, GREETING "ERROR: the lines of this command cannot be sent\r\nSUCCESS: pid=7\r\n");
}

static void test_long_lines(void **state)
{
    char line[200001];

    (void)state;
    enter(0);
    memset(line, 'x', sizeof(line));
    line[COMMAND_MAX + 1] = '\n';
    say_bytes(0, line, COMMAND_MAX + 2);
    line[COMMAND_MAX + 1] = 'x';
    line[sizeof(line) - 1] = '\n';
    say_bytes(0, line, sizeof(line));
    say(0, "pid\n");
    answer("pid\n", "SUCCESS: pid=7\r\n");
    hears(0, GREETING "ERROR: line too long\r\nERROR: line too long\r\nSUCCESS: pid=7\r\n");
}

/* What was said before the end is done, and answered where somebody still hears. */
static void test_the_end_of_input(void **state)
{
    (void)state;
    enter_two();
    say(0, "pid\nverb 4\npart");
    shutdown(sockets[0], SHUT_WR);
    settle();
    answer("pid\n", "SUCCESS: pid=7\r\n");
    answer("verb 4\n", "SUCCESS: verb level changed\r\n");
    hears_last(0, "SUCCESS: pid=7\r\nSUCCESS: verb level changed\r\n");
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 4);
    say(1, "pid\nmute\nverb 5\nquit\n");
    close(sockets[1]);
    sockets[1] = -1;
    settle();
    answer("pid\n", "SUCCESS: pid=7\r\n");
    for (int i = 0; i < 2 && guests[1]; i++) {
        char sent[100];

        peer_take(sent, sizeof(sent));
        if (strcmp(sent, "mute\n") == 0)
            peer_say("SUCCESS: mute=0\r\n");
        else if (sent[0])
            peer_say("SUCCESS: verb level changed\r\n");
        settle();
    }
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 5);
    assert_null(guests[1]);
}

/* Verb goes up: the stream is off before; the guest hears nothing, and then again. */
static void test_verb(void **state)
{
    (void)state;
    enter_two();
    say(1, "log on\n");
    say(0, "verb 9\n");
    answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    answer("verb 9\n", "SUCCESS: verb level changed\r\n");
    peer_sent("");
    say(0, "verb 3\n");
    answer("verb 3\n", "SUCCESS: verb level changed\r\n");
    answer("log on all\n", "SUCCESS: real-time log notification set to ON\r\nEND\r\n");
    peer_say(">LOG:1795453901,I,one\r\n>LOG:1795453901,D,MANAGEMENT: CMD 'username x'\r\n");
    hears(1, "SUCCESS: real-time log notification set to ON\r\n>LOG:1795453901,I,one\r\n");
}

static void test_streams(void **state)
{
    (void)state;
    daemon_config.limits.log_lines = 0;
    session_configure(daemon_session, &daemon_config);
    answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    enter_two();
    /* The wire's stream is on before the list: nothing is lost between. */
    say(0, "log on all\n");
    answer("log on all\n", "SUCCESS: real-time log notification set to ON\r\nEND\r\n");
    peer_say(">LOG:1795453901,I,one\r\n");
    answer("log all\n", "1795453901,I,one\r\nEND\r\n");
    peer_say(">LOG:1795453902,I,two\r\n");
    hears(0, "SUCCESS: real-time log notification set to ON\r\n1795453901,I,one\r\nEND\r\n"
             ">LOG:1795453902,I,two\r\n");
    say(1, "bytecount 5\n");
    answer("bytecount 5\n", "SUCCESS: bytecount interval changed\r\n");
    say(0, "bytecount 2\n");
    answer("bytecount 2\n", "SUCCESS: bytecount interval changed\r\n");
    say(0, "quit\n");
    answer("log off\n", "SUCCESS: real-time log notification set to OFF\r\n");
    answer("bytecount 5\n", "SUCCESS: bytecount interval changed\r\n");
    hears(1, "SUCCESS: bytecount interval changed\r\n");
    hears_last(0, "SUCCESS: bytecount interval changed\r\n");
}

/* The wire has the greatest that somebody who may answer such questions has told. */
static void test_client_version(void **state)
{
    (void)state;
    enter_two();
    say(0, "version 3\n");
    answer("version 3\nload-stats\n", DAEMON_STATS);
    say(1, "version 2\n");
    peer_sent("");
    say(0, "quit\n");
    answer("version 2\nload-stats\n", DAEMON_STATS);
    say(1, "quit\n");
    answer("version 1\nload-stats\n", DAEMON_STATS);
    enter(2);
    config.allow = ALLOW_CLIENTS;
    say(2, "version 3\n");
    peer_sent("");
}

static void test_the_rate(void **state)
{
    (void)state;
    bucket_init(&site.bucket, 1);
    enter(0);
    say(0, "pid\npid\npid\nload-stats\n");
    answer("pid\n", "SUCCESS: pid=1\r\n");
    answer("pid\n", "SUCCESS: pid=2\r\n");
    peer_sent("");
    peer_pass(999);
    settle();
    peer_sent("");
    peer_pass(1);
    settle();
    answer("pid\n", "SUCCESS: pid=3\r\n");
    answer("load-stats\n", STATS);
    hears(0, GREETING "SUCCESS: pid=1\r\nSUCCESS: pid=2\r\nSUCCESS: pid=3\r\n" STATS);
}

static void test_who_does_not_read_is_dropped(void **state)
{
    char line[1100];

    (void)state;
    enter_two();
    say(0, "log on\n");
    say(1, "log on\n");
    hears(1, "SUCCESS: real-time log notification set to ON\r\n");
    memset(line, 'x', sizeof(line));
    memcpy(line, ">LOG:1795453901,I,", 18);
    strcpy(line + 1000, "\r\n");
    for (int i = 0; i < 2000; i++) {
        peer_say(line);
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        if (i % 100 == 0)
            listen_to(1);
    }
    settle();
    assert_null(guests[0]);
    assert_non_null(guests[1]);
    assert_int_equal(site.row->dropped, 1);
}

/* It asks for much and reads nothing: what it asked for is kept, and no more is done for it. */
static void test_unread_answers_hold_it_up(void **state)
{
    (void)state;
    enter(0);
    for (int i = 0; i < 30; i++)
        say(0, "help\n");
    for (int i = 0; i < 30; i++) {
        char sent[100];

        peer_take(sent, sizeof(sent));
        if (!sent[0])
            break;
        for (int row = 0; row < 400; row++)
            peer_say(
                "a line of the answer, which is long enough that few of them are much indeed "
                "when nobody reads what was asked for in such a hurry, and then some more\r\n");
        peer_say("END\r\n");
        settle();
        assert_true(i < 15);
    }
    assert_non_null(guests[0]);
    listen_to(0);
    peer_sent("help\n");
}

static uint32_t chance = 20;

static uint32_t draw(uint32_t limit)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % limit;
}

/* Words that mean something, and bytes that mean nothing. */
static size_t draw_line(char line[400])
{
    static const char *const words[] = {"on",
                                        "all",
                                        "0",
                                        "1",
                                        "END",
                                        "\"x y\"",
                                        "'",
                                        "\\",
                                        "SIGUSR1",
                                        "Auth",
                                        "release",
                                        "load-stats",
                                        ">CLIENT:CONNECT,0,1"};
    const struct verb *verb = verbs_at(draw(48));
    size_t len = 0;

    if (verb && draw(4) > 0)
        len += (size_t)sprintf(line, "%s", verb->name);
    for (uint32_t more = draw(4); more > 0; more--)
        len += (size_t)sprintf(line + len, " %s", words[draw(sizeof(words) / sizeof(words[0]))]);
    for (uint32_t more = draw(8) == 0 ? draw(20) : 0; more > 0; more--)
        line[len++] = (char)draw(256);
    line[len++] = '\n';
    return len;
}

/* Refuses all that was sent: only commands that there are, without anything that is dropped. */
static void refuse_all(void)
{
    char sent[2048];

    for (;;) {
        peer_take(sent, sizeof(sent));
        if (!sent[0])
            return;
        for (char *line = strtok(sent, "\n"); line; line = strtok(NULL, "\n")) {
            struct slice name = {line, strcspn(line, " ")};

            assert_true(verbs_find(name) != NULL || slice_is(slice_of(line), "END"));
            assert_false(slice_has_control(slice_of(line)));
            peer_say(slice_is(name, "load-stats") ? STATS : "ERROR: no\r\n");
        }
        settle();
    }
}

static void test_whatever_it_says(void **state)
{
    char line[400];

    (void)state;
    config.allow = ALLOW_GUESTS_ALL;
    for (int i = 0; i < 4000; i++) {
        if (!guests[0]) {
            if (sockets[0] >= 0)
                close(sockets[0]);
            enter(0);
        }
        say_bytes(0, line, draw_line(line));
        if (i % 16 == 0)
            peer_say(draw(2) ? CONNECT : ">PASSWORD:Need 'Auth' username/password\r\n");
        refuse_all();
        listen_to(0);
    }
    say(0, "\nEND\n");
    refuse_all();
    assert_true(peer_is_open());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, end)
    const struct CMUnitTest tests[] = {
        TEST(test_one_at_a_time),
        TEST(test_the_same_reads_are_one),
        TEST(test_a_block_and_what_is_left_of_it),
        TEST(test_a_session_that_ends_in_a_block),
        TEST(test_blocks_have_a_bound),
        TEST(test_long_lines),
        TEST(test_the_end_of_input),
        TEST(test_verb),
        TEST(test_streams),
        TEST(test_client_version),
        TEST(test_the_rate),
        TEST(test_who_does_not_read_is_dropped),
        TEST(test_unread_answers_hold_it_up),
        TEST(test_whatever_it_says),
    };

    signal(SIGPIPE, SIG_IGN); /* as the agent does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
