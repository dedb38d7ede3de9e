#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/event.h"
#include "tests/unit/fixtures/daemon.h"

/*
 * Who is through: a status lists a client under its name as soon as its certificate is good,
 * whatever becomes of its login.
 */

#define WAITING(name, real, since, cid) DAEMON_CLIENT(name, real, "", since, cid)
#define MALLORY                         WAITING("mallory", "192.0.2.9:4000", "1795453900", "7")
#define BRIDGED_DORA                    WAITING("dora", "192.0.2.5:4000", "1795453700", "3")
#define BRIDGED_EMIL                    WAITING("emil", "192.0.2.6:4000", "1795453701", "4")
#define BLOCK(cid, since, name)                                                                    \
    ">CLIENT:ESTABLISHED," cid "\r\n>CLIENT:ENV,time_unix=" since                                  \
    "\r\n>CLIENT:ENV,common_name=" name "\r\n>CLIENT:ENV,END\r\n"

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    return 0;
}

static void assert_counts(uint32_t clients, uint32_t pending)
{
    assert_int_equal(instance_client_count(daemon_instance), clients);
    assert_int_equal(instance_pending_count(daemon_instance), pending);
}

static void assert_logins(uint32_t accepted, uint32_t rejected)
{
    assert_int_equal(daemon_instance->logins_accepted, accepted);
    assert_int_equal(daemon_instance->logins_rejected, rejected);
}

/* A wrong password: no client has come, none has gone. */
static void test_rejected(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE);
    for (uint32_t i = 0; i < 3; i++) {
        daemon_poll(DAEMON_ALICE MALLORY);
        assert_counts(1, 1);
        assert_true(daemon_client(1)->pending);
        assert_string_equal(daemon_client(1)->who.common_name, "mallory");
        daemon_poll(DAEMON_ALICE);
        assert_counts(1, 0);
        assert_logins(0, i + 1);
    }
    peer_told(EVENT_CLIENT_REJECTED, EVENT_CLIENT_REJECTED, EVENT_CLIENT_REJECTED, -1);
    assert_int_equal(daemon_instance->departures.last, 0);
    assert_int_equal(daemon_instance->clients_peak, 1);
}

static char reason[200];

static void take_reason(void *arg, const struct event *event)
{
    (void)arg;
    if (event->kind != EVENT_CLIENT_REJECTED)
        return;
    assert_string_equal(event->client->who.common_name, "mallory");
    assert_string_equal(event->client->who.real_text, "192.0.2.9:4000");
    snprintf(reason, sizeof(reason), "%u %s", event->row, event->reason ? event->reason : "-");
}

/* The reason is in the log, which comes before the status that has the client no more. */
static void test_reason_of_a_rejection(void **state)
{
    struct observer observer = {.told = take_reason};

    (void)state;
    daemon_status(DAEMON_ALICE);
    observer_add(&observer);
    daemon_poll(DAEMON_ALICE MALLORY);
    peer_say(">LOG:1795453899,N,192.0.2.9:4000 TLS Auth Error: of somebody before\r\n");
    daemon_poll(DAEMON_ALICE);
    assert_string_equal(reason, "2 -");
    daemon_poll(DAEMON_ALICE MALLORY);
    peer_say(">LOG:1795453901,N,192.0.2.9:4000 TLS Auth Error: Auth Username/Password "
             "verification failed for peer\r\n");
    daemon_poll(DAEMON_ALICE);
    observer_remove(&observer);
    assert_string_equal(reason, "3 TLS Auth Error: Auth Username/Password verification failed for "
                                "peer");
    peer_told(EVENT_CLIENT_REJECTED, EVENT_CLIENT_REJECTED, -1);
}

/* A second factor takes its time. */
static void test_deferred_and_accepted(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE);
    daemon_poll(DAEMON_ALICE WAITING("bob", "192.0.2.2:4000", "1795453801", "1"));
    daemon_poll(DAEMON_ALICE WAITING("bob", "192.0.2.2:4000", "1795453801", "1"));
    peer_told(-1);
    assert_counts(1, 1);
    peer_say(BLOCK("1", "1795453801", "bob"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_counts(2, 0);
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    assert_counts(2, 0);
    daemon_poll(DAEMON_ALICE);
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_logins(1, 0);
    assert_int_equal(daemon_instance->clients_peak, 2);
}

/* The block was missed: the address says as much. */
static void test_accepted_while_away(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE MALLORY);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_forget();
    daemon_status(
        DAEMON_ALICE DAEMON_CLIENT("mallory", "192.0.2.9:4000", "10.9.0.9", "1795453900", "7"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_counts(2, 0);
    assert_logins(1, 0);
}

/* Whether it had come through before it went nobody knows. */
static void test_gone_while_away(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE MALLORY);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_forget();
    daemon_status(DAEMON_ALICE);
    peer_told(-1);
    assert_counts(1, 0);
    assert_logins(0, 0);
}

/* A bridge whose clients have their addresses from elsewhere: the daemon counts two. */
static void test_bridged_clients_that_were_there(void **state)
{
    (void)state;
    daemon_total = 2;
    daemon_status(BRIDGED_DORA BRIDGED_EMIL);
    peer_told(-1);
    assert_counts(2, 0);
    assert_false(daemon_client(0)->pending || daemon_client(1)->pending);
    daemon_total = 1;
    daemon_poll(BRIDGED_EMIL);
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_counts(1, 0);
    assert_logins(0, 0);
    /* Who comes now is told by a block. */
    daemon_poll(BRIDGED_EMIL MALLORY);
    assert_counts(1, 1);
    assert_false(daemon_client(0)->pending);
    assert_true(daemon_client(1)->pending);
    peer_say(BLOCK("3", "1795453910", "dora"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_counts(2, 1);
    daemon_total = 2;
    daemon_poll(BRIDGED_EMIL WAITING("dora", "192.0.2.5:4000", "1795453910", "3"));
    peer_told(EVENT_CLIENT_REJECTED, -1);
    assert_counts(2, 0);
    assert_logins(1, 1);
}

/* Two of these are through, and nobody knows which, until it is all of them. */
static void test_bridged_clients_beside_a_stranger(void **state)
{
    (void)state;
    daemon_total = 2;
    daemon_status(BRIDGED_DORA MALLORY BRIDGED_EMIL);
    assert_counts(2, 1);
    daemon_poll(BRIDGED_DORA BRIDGED_EMIL);
    peer_told(EVENT_CLIENT_REJECTED, -1);
    assert_counts(2, 0);
    assert_false(daemon_client(0)->pending || daemon_client(1)->pending);
    assert_logins(0, 1);
    daemon_total = 0;
    daemon_poll("");
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
}

/* The rows have a bound, the number of clients has none. */
static void test_more_clients_than_rows(void **state)
{
    (void)state;
    daemon_config.limits.client_max = 2;
    instance_configure(daemon_instance, &daemon_config);
    daemon_total = 1000;
    daemon_status(DAEMON_ALICE MALLORY DAEMON_BOB DAEMON_CAROL);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_counts(1000, 1);
    assert_true(daemon_client(1)->pending);
}

/* A restart cuts a login off: it was not rejected. */
static void test_restart(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE MALLORY);
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n");
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_CLIENT_DISCONNECTED, -1);
    assert_counts(0, 0);
    assert_logins(0, 0);
}

#define WAITS    "management-client-auth: clients wait"
#define STRANGER WAITING("UNDEF", "192.0.2.7:4000", "1795453899", "6")

/* A server with management-client-auth has said >CLIENT:CONNECT before the agent came. */
static void test_waiting_when_contact_came(void **state)
{
    (void)state;
    daemon_status(DAEMON_ALICE MALLORY);
    assert_null(daemon_instance->contact_error);
    daemon_poll(DAEMON_ALICE MALLORY);
    assert_non_null(strstr(daemon_instance->contact_error, WAITS));
    peer_say(">CLIENT:CONNECT,8,1\r\n>CLIENT:ENV,END\r\n");
    daemon_poll(DAEMON_ALICE);
    assert_non_null(strstr(daemon_instance->contact_error, WAITS));
}

static void test_waiting_for_something_else(void **state)
{
    (void)state;
    /* A handshake may stay half done. */
    daemon_status(DAEMON_ALICE STRANGER);
    daemon_poll(DAEMON_ALICE STRANGER);
    assert_null(daemon_instance->contact_error);
    /* A login that comes later says nothing: nobody is asked. */
    daemon_poll(DAEMON_ALICE MALLORY);
    daemon_poll(DAEMON_ALICE MALLORY);
    assert_null(daemon_instance->contact_error);
}

static void test_waiting_for_an_end(void **state)
{
    (void)state;
    daemon_status(MALLORY);
    daemon_poll(MALLORY);
    assert_non_null(strstr(daemon_instance->contact_error, WAITS));
    peer_say(BLOCK("1", "1795453801", "bob"));
    daemon_total = 1;
    daemon_poll(MALLORY DAEMON_BOB);
    assert_null(daemon_instance->contact_error);
    daemon_total = -1;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_rejected),
        TEST(test_reason_of_a_rejection),
        TEST(test_deferred_and_accepted),
        TEST(test_accepted_while_away),
        TEST(test_gone_while_away),
        TEST(test_bridged_clients_that_were_there),
        TEST(test_bridged_clients_beside_a_stranger),
        TEST(test_more_clients_than_rows),
        TEST(test_restart),
        TEST(test_waiting_when_contact_came),
        TEST(test_waiting_for_something_else),
        TEST(test_waiting_for_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
