#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/fixtures/owner.h"

/* How a session begins, ends, and begins again. */

#define PROMPT  "ENTER PASSWORD:"
#define CORRECT "SUCCESS: password is correct\r\n"
#define OPEN    "open\n>INFO OpenVPN Management Interface Version 5 -- type 'help' for more info\n"
#define SILENT                                                                                     \
    "refused: connected, but the daemon is silent; another management client may have its only "   \
    "session\n"
#define WITHOUT_A_WORD                                                                             \
    "refused: the daemon closed the session without a word; management-client-user or -group "     \
    "may not allow the agent's user\n"
#define NOT_TAKEN "refused: the daemon does not take the management password in password_file\n"

static char file[] = "/tmp/openvpn-agentx-test-XXXXXX";

static void write_password(const char *text, mode_t mode)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file, mode), 0);
    owner_config.password_file = file;
}

static int make_file(void **state)
{
    int fd = mkstemp(file);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

static void test_no_password_is_needed(void **state)
{
    (void)state;
    peer_say(PEER_GREETING);
    owner_told(OPEN);
    assert_true(connection_is_open(owned));
    /* Behind the greeting the prompt is a text like any other. */
    peer_say(PROMPT "\r\n");
    owner_told("- " PROMPT "\n");
    peer_sent("");
}

static void test_right_password(void **state)
{
    (void)state;
    write_password("s3cret pw\n", 0600);
    peer_answer("", PROMPT);
    owner_told("authenticating\n");
    peer_answer("s3cret pw\n", CORRECT PEER_GREETING);
    owner_told(OPEN);
}

/* The prompt has no line end, so anything may be glued to it. */
static void test_password_split_at_every_byte(void **state)
{
    static const char all[] = PROMPT CORRECT PEER_GREETING ">HOLD:Waiting\r\n";

    for (size_t at = 1; at < sizeof(all) - 1; at++) {
        char head[sizeof(all)];

        write_password("pw", 0600);
        snprintf(head, sizeof(head), "%.*s", (int)at, all);
        peer_say(head);
        peer_say(all + at);
        peer_sent("pw\n");
        owner_told("authenticating\n" OPEN ">HOLD Waiting\n");
        owner_end(state);
        owner_set_up(state);
    }
    for (size_t size = 1; size < 20; size++) {
        write_password("pw", 0600);
        peer_segments(size);
        peer_say(all);
        peer_sent("pw\n");
        owner_told("authenticating\n" OPEN ">HOLD Waiting\n");
        owner_end(state);
        owner_set_up(state);
    }
}

/* Nothing is read and nothing sent: whoever listens may ask for the password. */
static void assert_stranger(int64_t peer, const char *told)
{
    peer_close(0);
    owner_told(WITHOUT_A_WORD);
    peer_pass(30000);
    peer_peer = peer;
    peer_connect();
    owner_told(told);
    peer_sent("");
    assert_false(peer_is_open());
}

static void test_another_user_listens(void **state)
{
    (void)state;
    owner_config.peer_checked = true;
    owner_config.peer_user = 4294967294;
    assert_stranger(1000, "connecting\nrefused: user 1000 listens on the socket, not user "
                          "4294967294 as peer_user says; nothing was sent\n");
    peer_pass(29999);
    assert_int_equal(peer_opened(), 2);
    peer_pass(1);
    assert_int_equal(peer_opened(), 3);
    write_password("s3cret pw\n", 0600);
    peer_peer = 4294967294;
    peer_connect();
    peer_answer("", PROMPT);
    peer_answer("s3cret pw\n", CORRECT PEER_GREETING);
    owner_told("connecting\nauthenticating\n" OPEN);
}

static void test_it_is_not_known_who_listens(void **state)
{
    (void)state;
    owner_config.peer_checked = true;
    assert_stranger(TRANSPORT_PEER_UNKNOWN,
                    "connecting\nrefused: it is not known which user listens on the socket, and "
                    "peer_user says user 0; nothing was sent\n");
}

/* A third wrong password would be logged as an attack; one is enough to know. */
static void test_wrong_password(void **state)
{
    (void)state;
    write_password("wrong\n", 0600);
    peer_say(PROMPT);
    peer_answer("wrong\n", PROMPT);
    owner_told("authenticating\n" NOT_TAKEN);
    assert_false(peer_is_open());
    peer_pass(29999);
    assert_int_equal(peer_opened(), 1);
    peer_pass(1);
    assert_int_equal(peer_opened(), 2);
    owner_told("connecting\n");
}

static void test_daemon_closes_on_wrong_password(void **state)
{
    (void)state;
    write_password("wrong\n", 0600);
    peer_say(PROMPT);
    peer_close(0);
    owner_told("authenticating\n" NOT_TAKEN);
}

static void test_missing_password(void **state)
{
    (void)state;
    peer_say(PROMPT);
    owner_told("refused: the daemon asks for a management password, but password_file is not "
               "set\n");
    peer_sent("");
}

static void test_unusable_password(void **state)
{
    (void)state;
    write_password("open to all\n", 0644);
    peer_say(PROMPT);
    peer_sent("");
    assert_false(peer_is_open());
    owner_end(state);
    owner_set_up(state);
    write_password("a\tb\n", 0600);
    peer_say(PROMPT);
    peer_sent("");
    assert_false(peer_is_open());
    owner_ends(": a password cannot hold control characters\n");
}

/* The file may be mended while the agent runs, which is noticed within a second. */
static void test_password_is_read_at_each_login(void **state)
{
    (void)state;
    write_password("wrong\n", 0600);
    peer_say(PROMPT);
    peer_answer("wrong\n", PROMPT);
    peer_pass(5000);
    assert_false(peer_is_open());
    write_password("right\n", 0600);
    peer_pass(1000);
    peer_connect();
    peer_say(PROMPT);
    peer_answer("right\n", CORRECT PEER_GREETING);
    owner_told("authenticating\n" NOT_TAKEN "connecting\nauthenticating\n" OPEN);
}

static void test_no_answer_to_the_password(void **state)
{
    (void)state;
    write_password("pw\n", 0600);
    peer_pass(9000);
    peer_say(PROMPT);
    peer_pass(9999);
    owner_told("authenticating\n");
    peer_pass(1);
    owner_told("disconnected: no answer to the management password\n");
}

/* Another client has the daemon's only session; it may leave at any time, and we are next. */
static void test_slot_taken(void **state)
{
    (void)state;
    write_password("pw\n", 0600);
    peer_pass(9999);
    owner_told("");
    peer_pass(1);
    owner_told(SILENT);
    peer_pass(3600000);
    assert_int_equal(peer_opened(), 1);
    peer_say(PROMPT);
    owner_told("authenticating\n");
    peer_pass(10000);
    owner_told("disconnected: no answer to the management password\n");
    peer_pass(1000);
    peer_connect();
    peer_pass(10000);
    peer_say(PEER_GREETING);
    owner_told("connecting\n" SILENT OPEN);
}

static void test_daemon_ends_while_we_wait(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_close(0);
    owner_told(SILENT "disconnected: the daemon ended while the agent waited for it\n");
}

static void test_closed_without_a_byte(void **state)
{
    (void)state;
    peer_close(0);
    owner_told(WITHOUT_A_WORD);
    peer_pass(29999);
    owner_told("");
    peer_pass(1);
    owner_told("connecting\n");
}

static void test_not_openvpn(void **state)
{
    (void)state;
    peer_say("220 mail.example ESMTP\r\n");
    owner_told("refused: the peer does not speak OpenVPN's management protocol\n");
    peer_pass(30000);
    peer_connect();
    peer_say("no line end");
    peer_close(0);
    owner_told("connecting\nrefused: the peer does not speak OpenVPN's management protocol\n");
}

static void assert_refusal(int error, const char *told, int pause)
{
    connection_close(owned);
    peer_refuse(error);
    peer_turn();
    owner_told("closed\n");
    connection_open(owned);
    peer_turn();
    owner_told(told);
    peer_pass(pause - 1);
    owner_told("");
    peer_refuse(0);
    peer_pass(1);
    owner_told("connecting\n");
}

static void test_connect_fails(void **state)
{
    (void)state;
    assert_refusal(ENOENT,
                   "connecting\ndisconnected: cannot connect: No such file or directory; the "
                   "daemon does not run, or listens elsewhere\n",
                   1000);
    assert_refusal(EACCES,
                   "connecting\nrefused: cannot connect: Permission denied; the agent's user may "
                   "not use the socket or its folder\n",
                   30000);
    assert_refusal(EAGAIN,
                   "connecting\nrefused: cannot connect: Resource temporarily unavailable; other "
                   "management clients are waiting for the daemon's only session\n",
                   30000);
    peer_close(ECONNREFUSED);
    owner_told("disconnected: cannot connect: Connection refused; the daemon does not run, or "
               "listens elsewhere\n");
}

static void test_connect_hangs(void **state)
{
    (void)state;
    connection_close(owned);
    connection_open(owned);
    peer_pass(10000);
    owner_told("closed\nconnecting\ndisconnected: cannot connect: Connection timed out\n");
}

static void assert_opens_after(int pause)
{
    peer_pass(pause - 1);
    assert_false(peer_is_open());
    peer_pass(1);
    assert_true(peer_is_open());
}

/* A session of so many milliseconds, in which a command was answered or not. */
static void live(int64_t milliseconds, bool answered)
{
    peer_connect();
    peer_say(PEER_GREETING);
    owner_ask(command_load_stats);
    if (answered)
        peer_say("SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n");
    peer_pass(milliseconds);
    peer_close(0);
}

static void test_pauses_grow(void **state)
{
    static const int pauses[] = {1000, 2000, 4000, 8000, 15000, 15000};

    (void)state;
    owner_greet();
    peer_refuse(ENOENT);
    peer_close(0);
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        peer_pass(pauses[i] - 1);
        assert_int_equal(peer_opened(), 1 + (int)i);
        peer_pass(1);
        assert_int_equal(peer_opened(), 2 + (int)i);
    }
    peer_refuse(0);
    assert_opens_after(15000);
    live(0, true);
    assert_opens_after(15000);
    live(59999, true);
    assert_opens_after(15000);
    live(60000, false);
    assert_opens_after(15000);
}

/* A good session ends the growth, however long ago its last command was. */
static void test_pauses_begin_anew(void **state)
{
    (void)state;
    live(0, true);
    assert_opens_after(1000);
    live(60000, true);
    assert_opens_after(1000);
    live(60000, true);
    assert_opens_after(1000);
    live(0, true);
    assert_opens_after(2000);
    live(0, true);
    assert_opens_after(4000);
    live(60000, true);
    assert_opens_after(1000);
    /* What fails behind it is not the good one's merit. */
    peer_close(ECONNREFUSED);
    assert_opens_after(2000);
    peer_close(ECONNREFUSED);
    assert_opens_after(4000);
    /* Nor is one that was closed on demand the merit of the next. */
    peer_connect();
    peer_say(PEER_GREETING);
    owner_ask(command_load_stats);
    peer_say("SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n");
    peer_pass(60000);
    connection_close(owned);
    connection_open(owned);
    peer_turn();
    live(0, true);
    assert_opens_after(1000);
    live(0, true);
    assert_opens_after(2000);
}

/* Who was turned away tries again when the reason may have gone: no 30 seconds later. */
static void test_what_refused_us_changes(void **state)
{
    char *path = owner_config.management.path;

    (void)state;
    unlink(file);
    owner_config.management.path = file;
    assert_refusal(EACCES,
                   "connecting\nrefused: cannot connect: Permission denied; the agent's user may "
                   "not use the socket or its folder\n",
                   30000);
    peer_close(EACCES);
    owner_told("refused: cannot connect: Permission denied; the agent's user may not use the "
               "socket or its folder\n");
    peer_pass(1000);
    owner_told("");
    write_password("x", 0600);
    owner_config.password_file = NULL;
    peer_pass(1000);
    owner_told("connecting\n");
    peer_close(EACCES);
    owner_told("refused: cannot connect: Permission denied; the agent's user may not use the "
               "socket or its folder\n");
    peer_pass(1000);
    owner_told("");
    assert_int_equal(chmod(file, 0640), 0);
    peer_pass(1000);
    owner_told("connecting\n");
    owner_config.management.path = path;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, owner_set_up, owner_end)
    const struct CMUnitTest tests[] = {
        TEST(test_no_password_is_needed),
        TEST(test_right_password),
        TEST(test_password_split_at_every_byte),
        TEST(test_another_user_listens),
        TEST(test_it_is_not_known_who_listens),
        TEST(test_wrong_password),
        TEST(test_daemon_closes_on_wrong_password),
        TEST(test_missing_password),
        TEST(test_unusable_password),
        TEST(test_password_is_read_at_each_login),
        TEST(test_no_answer_to_the_password),
        TEST(test_slot_taken),
        TEST(test_daemon_ends_while_we_wait),
        TEST(test_closed_without_a_byte),
        TEST(test_not_openvpn),
        TEST(test_connect_fails),
        TEST(test_what_refused_us_changes),
        TEST(test_connect_hangs),
        TEST(test_pauses_grow),
        TEST(test_pauses_begin_anew),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
