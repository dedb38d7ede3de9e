#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "connection/reception.h"
#include "tests/unit/fixtures/failing_memory.h"
#include "tests/unit/fixtures/owner.h"

/* The daemon connects to us, and ends with its session: what else drops one must not. */

#define AWAITED "awaited: waits for the daemon to connect\n"

/* Not libevent's own memory: a call that makes it allocate counts as one. */
struct event *__real_event_new(struct event_base *base, evutil_socket_t fd, short what,
                               event_callback_fn call, void *arg);
struct event *__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
                               event_callback_fn call, void *arg);
struct event *__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
                               event_callback_fn call, void *arg)
{
    return memory_fails() ? NULL : __real_event_new(base, fd, what, call, arg);
}

static struct event_base *loop;
static char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
static int visitors[8];
static size_t visitor_count;

static void turn(void)
{
    event_base_loop(loop, EVLOOP_NONBLOCK);
    peer_turn();
}

/* Somebody connects; false when nobody listens. */
static bool knock(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool there;

    assert_true(fd >= 0 && visitor_count < sizeof(visitors) / sizeof(visitors[0]));
    memcpy(address.sun_path, path, strlen(path) + 1);
    there = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    visitors[visitor_count++] = fd;
    turn();
    return there;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/test_connection_reverse.%d", (int)getpid());
    loop = event_base_new();
    assert_non_null(loop);
    visitor_count = 0;
    owner_await(path, loop);
    owner_told(AWAITED);
    return 0;
}

static int tear_down(void **state)
{
    owner_end(state);
    assert_int_equal(access(path, F_OK), -1);
    event_base_free(loop);
    while (visitor_count > 0)
        close(visitors[--visitor_count]);
    return 0;
}

static void begin_session(void)
{
    assert_true(knock());
    owner_told("connecting\n");
    peer_connect();
    owner_greet();
}

static void test_it_listens_for_as_long_as_it_takes(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
    peer_pass(3600000);
    owner_told("");
    assert_int_equal(peer_opened(), 0);
    begin_session();
}

static void test_the_next_one_waits(void **state)
{
    (void)state;
    begin_session();
    assert_true(knock());
    owner_told("");
    peer_close(0);
    owner_told("disconnected: the daemon closed the session\n");
    peer_pass(1000);
    owner_told(AWAITED);
    turn();
    owner_told("connecting\n");
    peer_connect();
    owner_greet();
    assert_int_equal(peer_opened(), 2);
}

static void test_an_overdue_answer_ends_nothing(void **state)
{
    (void)state;
    begin_session();
    owner_ask(command_pid);
    peer_pass(3600000);
    owner_told("stale: the answer to a command is overdue\nstale: no answer within 120 seconds\n");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_told("success pid=77\nopen\n");
    connection_drop(owned, "a reason");
    peer_turn();
    owner_told("");
    assert_true(peer_is_open());
}

static void test_a_password_is_waited_for(void **state)
{
    static char file[] = "/nonexistent";

    (void)state;
    owner_config.password_file = file;
    assert_true(knock());
    peer_connect();
    owner_told("connecting\n");
    peer_say("ENTER PASSWORD:");
    owner_ends("/nonexistent: No such file or directory\n");
    peer_pass(3600000);
    owner_told("");
    assert_true(peer_is_open());
    owner_greet();
}

static void test_a_silent_one_is_kept(void **state)
{
    (void)state;
    assert_true(knock());
    peer_connect();
    owner_told("connecting\n");
    peer_pass(3600000);
    owner_told("refused: somebody has connected, but no daemon has been heard\n");
    owner_greet();
}

static void test_a_stranger_is_not(void **state)
{
    (void)state;
    assert_true(knock());
    peer_connect();
    owner_told("connecting\n");
    peer_say("GET / HTTP/1.0\r\n");
    owner_told("disconnected: the peer does not speak OpenVPN's management protocol\n");
    assert_false(peer_is_open());
    peer_pass(1000);
    owner_told(AWAITED);
    begin_session();
}

static void test_another_user_is_turned_away(void **state)
{
    (void)state;
    owner_config.peer_checked = true;
    owner_config.peer_user = 4294967294u;
    assert_true(knock());
    owner_ends("has connected, not user 4294967294 as peer_user says\n");
    assert_int_equal(peer_opened(), 0);
    owner_config.peer_user = getuid();
    begin_session();
}

static void nobody_came(void *arg, int fd)
{
    (void)arg;
    (void)fd;
    fail();
}

static void nobody_was_turned_away(void *arg, const char *why)
{
    (void)arg;
    (void)why;
    fail();
}

/* Each allocation fails once: it says so, leaves nothing behind, and listens at the next try. */
static void test_memory_fails(void **state)
{
    static const struct reception_handler handler = {nobody_came, nobody_was_turned_away};
    struct instance_config config = owner_config;
    char place[sizeof(path) + 2];
    struct reception *reception = NULL;
    long blocks = memory_blocks();
    long number = 0;
    char error[64];

    (void)state;
    snprintf(place, sizeof(place), "%s.2", path);
    config.management.path = place;
    for (;;) {
        memory_fail_at(++number);
        reception = reception_open(&config, &handler, NULL, loop, error, sizeof(error));
        assert_int_equal(memory_has_failed(), reception == NULL);
        if (reception)
            break;
        assert_string_equal(error, "cannot listen: out of memory");
        assert_int_equal(access(place, F_OK), -1);
        assert_int_equal(memory_blocks(), blocks);
    }
    memory_fail_at(0);
    assert_int_equal(number, 3);
    assert_int_equal(access(place, F_OK), 0);
    reception_close(reception);
    assert_int_equal(access(place, F_OK), -1);
    assert_int_equal(memory_blocks(), blocks);
}

static void on_outcome(void *arg, const struct reply *reply)
{
    enum outcome *outcome = arg;

    assert_int_equal(*outcome, OUTCOME_SUCCESS);
    *outcome = reply->outcome;
}

/* Who asked is told, and what still comes of it is nobody's. */
static void test_an_answer_without_end(void **state)
{
    enum outcome outcome = OUTCOME_SUCCESS;
    const struct listener listener = {.done = on_outcome, .arg = &outcome};
    struct command command;
    char line[1002];

    (void)state;
    begin_session();
    command_help(&command);
    assert_true(connection_ask(owned, &command, &listener));
    peer_sent("help\n");
    memset(line, 'x', sizeof(line) - 2);
    memcpy(line + sizeof(line) - 2, "\n", 2);
    owner_config.limits.client_max = owner_config.limits.route_max = 0;
    for (int i = 0; i < 100000 && outcome == OUTCOME_SUCCESS; i++)
        peer_say(line);
    assert_int_equal(outcome, OUTCOME_CUT);
    peer_say(line);
    owner_ask(command_pid);
    peer_answer("", "END\r\n");
    owner_told("");
    peer_answer("pid\n", "SUCCESS: pid=77\r\n");
    owner_told("success pid=77\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(test_it_listens_for_as_long_as_it_takes),
        TEST(test_the_next_one_waits),
        TEST(test_an_overdue_answer_ends_nothing),
        TEST(test_a_password_is_waited_for),
        TEST(test_a_silent_one_is_kept),
        TEST(test_a_stranger_is_not),
        TEST(test_another_user_is_turned_away),
        TEST(test_memory_fails),
        TEST(test_an_answer_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
