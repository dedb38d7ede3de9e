#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "config/endpoint.h"
#include "connection/transport.h"
#include "tests/unit/fixtures/folder.h"

/* Real sockets; the other end is the test. */

static struct event_base *loop;
static struct transport *transport;
static int listener = -1;
static int peer = -1;
static bool connected;
static int64_t listening_user;
static int closed; /* errno, -1 while it is open */
static char received[65536];
static size_t received_len;
static size_t longest;
static bool close_at_once;

static void on_connected(void *arg, int64_t user)
{
    assert_ptr_equal(arg, &transport);
    connected = true;
    listening_user = user;
}

static void on_received(void *arg, struct slice bytes)
{
    assert_ptr_equal(arg, &transport);
    if (bytes.len > longest)
        longest = bytes.len;
    if (received_len + bytes.len < sizeof(received))
        memcpy(received + received_len, bytes.at, bytes.len);
    received_len += bytes.len;
    if (close_at_once) {
        socket_transport.close(transport);
        transport = NULL;
    }
}

static void on_closed(void *arg, int error)
{
    assert_ptr_equal(arg, &transport);
    assert_int_equal(closed, -1);
    closed = error;
}

static const struct transport_handler handler = {on_connected, on_received, on_closed};

/* What goes to the test's own listener. */
static struct endpoint listening(void)
{
    struct endpoint endpoint = {0};
    char text[200];
    char why[300];

    snprintf(text, sizeof(text), "unix:%s", main_file);
    assert_true(endpoint_parse(text, &endpoint, why, sizeof(why)));
    return endpoint;
}

/* Returns what open() says of it. */
static int open_text(const char *format, ...)
{
    struct endpoint endpoint = {0};
    char text[200];
    char why[300];
    int error = 0;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(endpoint_parse(text, &endpoint, why, sizeof(why)));
    transport = socket_transport.open(loop, &endpoint, &handler, &transport, &error);
    endpoint_fini(&endpoint);
    assert_true((transport == NULL) == (error != 0));
    return error;
}

static int open_path(const char *path)
{
    return open_text("unix:%s", path);
}

static void listen_there(int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, main_file);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, backlog), 0);
}

/* Runs the loop until it has nothing more to do; the sockets are local, so that is at once. */
static void settle(void)
{
    for (int turn = 0; turn < 100; turn++)
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void begin(void)
{
    listen_there(5);
    assert_int_equal(open_path(main_file), 0);
    settle();
    assert_true(connected);
    assert_int_equal(listening_user, geteuid());
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
}

static int set_up(void **state)
{
    (void)state;
    loop = event_base_new();
    transport = NULL;
    listener = peer = closed = -1;
    connected = close_at_once = false;
    received_len = longest = 0;
    return loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    socket_transport.close(transport);
    if (peer >= 0)
        close(peer);
    if (listener >= 0)
        close(listener);
    unlink(main_file);
    event_base_free(loop);
    return 0;
}

static void test_both_ways(void **state)
{
    char bytes[16];

    (void)state;
    begin();
    socket_transport.send(transport, "pid\n", 4);
    assert_int_equal(recv(peer, bytes, sizeof(bytes), MSG_DONTWAIT), 4);
    assert_memory_equal(bytes, "pid\n", 4);
    assert_int_equal(send(peer, "SUCCESS\n", 8, MSG_NOSIGNAL), 8);
    settle();
    assert_int_equal(received_len, 8);
    assert_memory_equal(received, "SUCCESS\n", 8);
    close(peer);
    peer = -1;
    settle();
    assert_int_equal(closed, 0);
}

/* One turn of the loop takes 16 KiB at most. */
static void test_fair_turns(void **state)
{
    static char bytes[60000];

    (void)state;
    begin();
    assert_int_equal(send(peer, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
    event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_true(received_len <= 16384);
    settle();
    assert_int_equal(received_len, sizeof(bytes));
    assert_true(longest <= 16384);
}

enum { DAEMONS = 10 };

static unsigned heard;

static void count_heard(void *arg, struct slice bytes)
{
    (void)arg;
    (void)bytes;
    heard++;
}

static void hear_closed(void *arg, int error)
{
    (void)arg;
    fail_msg("closed: %d", error);
}

/* Many that speak at once are read by a few, and those that had no turn before the others again. */
static void test_turns_of_many(void **state)
{
    static const struct transport_handler counting = {on_connected, count_heard, hear_closed};
    struct endpoint endpoint = listening();
    struct transport *transports[DAEMONS];
    int peers[DAEMONS];
    int error;

    (void)state;
    listen_there(DAEMONS);
    for (int i = 0; i < DAEMONS; i++) {
        transports[i] = socket_transport.open(loop, &endpoint, &counting, &transport, &error);
        assert_non_null(transports[i]);
    }
    settle();
    for (int i = 0; i < DAEMONS; i++)
        peers[i] = accept(listener, NULL, NULL);
    for (int i = 0; i < DAEMONS; i++)
        assert_int_equal(send(peers[i], "x", 1, MSG_NOSIGNAL), 1);
    heard = 0;
    for (unsigned turn = 1; heard < DAEMONS; turn++) {
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        assert_in_range(heard, turn, 4 * turn);
        send(peers[0], "x", 1, MSG_NOSIGNAL);
    }
    for (int i = 0; i < DAEMONS; i++) {
        socket_transport.close(transports[i]);
        close(peers[i]);
    }
    endpoint_fini(&endpoint);
}

static void test_limit(void **state)
{
    struct endpoint endpoint = listening();
    struct transport *other;
    char text[256];
    int error = 0;

    (void)state;
    transport_limit(1);
    begin();
    assert_null(socket_transport.open(loop, &endpoint, &handler, &other, &error));
    assert_int_equal(error, EMFILE);
    assert_non_null(strstr(transport_why(error, text, sizeof(text)), "LimitNOFILE"));
    socket_transport.close(transport);
    assert_int_equal(open_path(main_file), 0);
    socket_transport.close(transport);
    transport_limit(SIZE_MAX);
    assert_int_equal(open_path(main_file), 0);
    endpoint_fini(&endpoint);
}

/* What the daemon said last is read although it has closed and sending fails. */
static void test_last_words(void **state)
{
    (void)state;
    begin();
    assert_int_equal(send(peer, ">FATAL:x\n", 9, MSG_NOSIGNAL), 9);
    close(peer);
    peer = -1;
    socket_transport.send(transport, "pid\n", 4);
    socket_transport.send(transport, "pid\n", 4);
    assert_int_equal(closed, -1);
    settle();
    assert_int_equal(received_len, 9);
    assert_int_equal(closed, EPIPE);
}

/* A daemon that does not read: as much as fits is kept, then it is enough. */
static void test_peer_that_does_not_read(void **state)
{
    static char bytes[1000];
    size_t got = 0;
    ssize_t len;

    (void)state;
    begin();
    for (int i = 0; i < 1000; i++)
        socket_transport.send(transport, bytes, sizeof(bytes));
    settle();
    assert_int_equal(closed, -1);
    while ((len = recv(peer, received, sizeof(received), MSG_DONTWAIT)) > 0)
        got += (size_t)len;
    assert_true(got > 0 && got < 1000 * sizeof(bytes));
    close(peer);
    peer = -1;
    settle();
    assert_int_equal(closed, ENOBUFS);
}

static void test_what_was_kept_is_sent(void **state)
{
    static char bytes[1000];
    size_t sent = 0;
    size_t got = 0;
    ssize_t len;
    int waiting = 0;

    (void)state;
    begin();
    /* Until the socket is full, and as much more as the longest command has. */
    while ((size_t)waiting == sent) {
        socket_transport.send(transport, bytes, sizeof(bytes));
        sent += sizeof(bytes);
        assert_int_equal(ioctl(peer, FIONREAD, &waiting), 0);
    }
    for (int i = 0; i < 70; i++) {
        socket_transport.send(transport, bytes, sizeof(bytes));
        sent += sizeof(bytes);
    }
    do {
        settle();
        while ((len = recv(peer, received, sizeof(received), MSG_DONTWAIT)) > 0)
            got += (size_t)len;
    } while (got < sent && closed == -1);
    assert_int_equal(got, sent);
    assert_int_equal(closed, -1);
}

static void test_closing_from_within(void **state)
{
    (void)state;
    begin();
    close_at_once = true;
    assert_int_equal(send(peer, "x\ny\n", 4, MSG_NOSIGNAL), 4);
    settle();
    assert_null(transport);
    assert_int_equal(recv(peer, received, sizeof(received), MSG_DONTWAIT), 0);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    assert_int_equal(open_path(main_file), ENOENT);
    listen_there(0);
    close(listener);
    listener = -1;
    assert_int_equal(open_path(main_file), ECONNREFUSED);
}

/* The daemon takes one session; those that wait fill its backlog. */
static void test_backlog_is_full(void **state)
{
    struct transport *waiting;

    (void)state;
    listen_there(0);
    assert_int_equal(open_path(main_file), 0);
    waiting = transport;
    assert_int_equal(open_path(main_file), EAGAIN);
    socket_transport.close(waiting);
}

/* No user is told there, so none is made up. */
static void test_tcp_does_not_tell_the_user(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    listening_user = 0;
    assert_int_equal(open_text("tcp:127.0.0.1:%d", ntohs(address.sin_port)), 0);
    for (int i = 0; i < 1000 && !connected; i++)
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_true(connected);
    assert_int_equal(listening_user, TRANSPORT_PEER_UNKNOWN);
}

static void test_tcp(void **state)
{
    int error = 0;

    (void)state;
    /* Nobody listens on port 1; that is told at once or by the loop. */
    error = open_text("tcp:127.0.0.1:1");
    for (int i = 0; i < 1000 && transport && closed == -1; i++)
        event_base_loop(loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(transport ? closed : error, ECONNREFUSED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_both_ways),
        TEST(test_fair_turns),
        TEST(test_turns_of_many),
        TEST(test_limit),
        TEST(test_last_words),
        TEST(test_peer_that_does_not_read),
        TEST(test_what_was_kept_is_sent),
        TEST(test_closing_from_within),
        TEST(test_nobody_listens),
        TEST(test_backlog_is_full),
        TEST(test_tcp),
        TEST(test_tcp_does_not_tell_the_user),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
