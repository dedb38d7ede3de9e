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
 * A recorded session that ends at each of its bytes, and one that is whole behind it: nothing is
 * lost, nothing is told twice.
 */

#define CAPTURE "compat/2.6.14-server"

struct turn {
    const char *command;
    char answer[8192];
};

/* What the agent asks, in its order, and what the daemon answers. */
static struct turn turns[] = {
    {"", ""},
    {"version\n", ""},
    {"pid\n", ""},
    {"state on all\n", ""},
    {"verb\n", ""},
    {"log on all\n", ""},
    {"hold\n", ""},
    {"mute\n", ""},
    {"auth-retry\n", ""},
    {"help\n", ""},
    {"load-stats\n", ""},
    {"status 3\nload-stats\n", ""},
};
enum { TURNS = sizeof(turns) / sizeof(turns[0]) };

static size_t total; /* bytes of all answers */

static void record(const char *command, const char *answer, const char *more)
{
    size_t turn = 0;

    while (strcmp(turns[turn].command, command) != 0)
        turn++;
    assert_true(strlen(answer) + strlen(more) < sizeof(turns[turn].answer));
    snprintf(turns[turn].answer, sizeof(turns[turn].answer), "%s%s", answer, more);
    total += strlen(turns[turn].answer);
}

static int load(void **state)
{
    static const char *const plain[] = {"pid\n",        "state on all\n", "verb\n",      "mute\n",
                                        "auth-retry\n", "help\n",         "load-stats\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        char command[32];

        snprintf(command, sizeof(command), "%.*s", (int)strcspn(plain[i], "\n"), plain[i]);
        record(plain[i], peer_capture(CAPTURE, command), "");
    }
    /* Rows are numbered as their blocks come, which are read as soon as the version is known. */
    record("", PEER_GREETING, "");
    record("version\n", peer_capture(CAPTURE, "version"),
           strstr(peer_capture(CAPTURE, NULL), ">CLIENT"));
    assert_non_null(strstr(turns[1].answer, ">CLIENT:ESTABLISHED,2"));
    record("hold\n", "SUCCESS: hold=0\r\n", "");
    record("log on all\n", "SUCCESS: real-time log notification set to ON\r\n",
           "1795453000,N,one\r\n1795453001,W,two\r\n1795453001,W,two\r\nEND\r\n");
    record("status 3\nload-stats\n", peer_capture(CAPTURE, "status 3"),
           peer_capture(CAPTURE, "load-stats"));
    return 0;
}

/* The daemon says no more than that many bytes. */
static void play(size_t bytes)
{
    for (size_t i = 0; i < TURNS && bytes > 0; i++) {
        size_t len = strlen(turns[i].answer);
        char part[sizeof(turns[i].answer)];

        snprintf(part, sizeof(part), "%.*s", (int)bytes, turns[i].answer);
        peer_answer(turns[i].command, part);
        bytes -= bytes < len ? bytes : len;
    }
}

/* What must be so at any time. */
static void check(void)
{
    uint32_t pending = 0;

    for (size_t i = 0; i < daemon_instance->clients.count; i++) {
        const struct client *client = daemon_client(i);
        const struct row_key like = {client_rows.hash(client), client_rows.equal, client};

        assert_true(rows_has(&daemon_instance->clients, client));
        assert_true(i == 0 || client->base.index > daemon_client(i - 1)->base.index);
        assert_ptr_equal(rows_find(&daemon_instance->clients, &like), client);
        pending += client->pending;
    }
    assert_int_equal(daemon_instance->pending_clients, pending);
    assert_true(daemon_instance->clients.last_index >= daemon_instance->clients.count);
    assert_true(daemon_instance->states.count <= daemon_instance->states.bound);
    assert_true(daemon_instance->log.count <= daemon_instance->log.bound);
    assert_true(instance_in_contact(daemon_instance) ||
                instance_client_count(daemon_instance) == 0);
}

static void print(char *text, size_t size)
{
    int len = snprintf(text, size, "%s %lld %d %zu %zu %u %u %u %u %u %u %llu\n",
                       daemon_instance->version, (long long)daemon_instance->pid,
                       daemon_instance->settings[SETTING_VERB], daemon_instance->capability_count,
                       daemon_instance->routes.count, daemon_instance->clients.last_index,
                       daemon_instance->states.last, daemon_instance->log.last,
                       daemon_instance->departures.last, daemon_instance->unknown_messages,
                       instance_client_count(daemon_instance),
                       (unsigned long long)daemon_instance->bytes_in);

    for (size_t i = 0; i < daemon_instance->clients.count; i++) {
        const struct client *client = daemon_client(i);

        len += snprintf(text + len, size - (size_t)len, "%u %s %s %s %llu %s\n", client->base.index,
                        client->who.common_name, client->who.real_text,
                        text_or_empty(client->cipher), (unsigned long long)client->bytes_in,
                        client->peer ? text_or_empty(client->peer->version) : "-");
    }
    assert_true((size_t)len < size);
}

static void assert_whole(const char *whole)
{
    char text[4096];

    check();
    print(text, sizeof(text));
    assert_string_equal(text, whole);
}

static void cut(size_t bytes)
{
    play(bytes);
    check();
    /* At once or within the greeting it looks as if it turned the agent away. */
    peer_close(0);
    assert_false(instance_in_contact(daemon_instance));
    check();
    peer_pass(30000);
    daemon_reconnect();
}

static void whole_session(char *text, size_t size)
{
    play(total);
    check();
    assert_int_equal(instance_client_count(daemon_instance), 3);
    assert_int_equal(daemon_instance->log.count, 3);
    print(text, size);
}

/* One daemon all the time: its clients keep their rows, and nobody comes or goes. */
static void test_cut_while_it_goes_on(void **state)
{
    char whole[4096];

    (void)state;
    whole_session(whole, sizeof(whole));
    for (size_t bytes = 0; bytes < total; bytes++) {
        uint32_t contacts = daemon_instance->contacts;

        daemon_lose();
        daemon_reconnect();
        peer_forget();
        cut(bytes);
        if (daemon_instance->contacts == contacts)
            peer_told(-1);
        else
            peer_told(EVENT_CONTACT_RESTORED, EVENT_CONTACT_LOST, -1);
        play(total);
        peer_told(EVENT_CONTACT_RESTORED, -1);
        assert_whole(whole);
    }
}

/* The first contact of all. */
static void test_cut_at_first_contact(void **state)
{
    char whole[4096];

    whole_session(whole, sizeof(whole));
    for (size_t bytes = 0; bytes < total; bytes++) {
        daemon_end(state);
        daemon_set_up(state);
        cut(bytes);
        play(total);
        assert_whole(whole);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_cut_while_it_goes_on),
        TEST(test_cut_at_first_contact),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}
