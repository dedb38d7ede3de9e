#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* Who is the same client in two statuses, who is new, who has gone. */

#define CLIENT      DAEMON_CLIENT
#define UNDEF(real) "CLIENT_LIST\tUNDEF\t" real "\t\t\t1\t1\tx\t1795453900\tUNDEF\t7\t-1\t\r\n"
#define NAMED(name) CLIENT(name, "192.0.2.7:4000", "10.9.0.7", "1795453900", "7")

/* Up, with alice and bob. */
static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    peer_told(-1);
    assert_int_equal(daemon_client(0)->base.index, 1);
    assert_int_equal(daemon_client(1)->base.index, 2);
    return 0;
}

/* The index of the only client of that name, 0 when there is none. */
static uint32_t index_of(const char *name)
{
    uint32_t found = 0;

    for (size_t i = 0; i < daemon_instance->clients.count; i++)
        if (strcmp(text_or_empty(daemon_client(i)->who.common_name), name) == 0) {
            assert_int_equal(found, 0);
            found = daemon_client(i)->base.index;
        }
    return found;
}

static const struct departure_record *last_session(void)
{
    const struct departure_record *session =
        history_at(&daemon_instance->departures, daemon_instance->departures.last);

    assert_non_null(session);
    return session;
}

static void test_coming_and_going(void **state)
{
    (void)state;
    daemon_poll(DAEMON_CAROL DAEMON_BOB);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("bob"), 2);
    assert_int_equal(index_of("carol"), 3);
    assert_int_equal(last_session()->client_index, 1);
    assert_string_equal(last_session()->who.common_name, "alice");
    assert_string_equal(last_session()->who.real_text, "192.0.2.1:4000");
    assert_int_equal(last_session()->connected, 1795453800);
    assert_int_equal(last_session()->bytes_in, 5);
    /* Who returns is another session. */
    daemon_poll(
        DAEMON_BOB DAEMON_CAROL CLIENT("alice", "192.0.2.1:4001", "10.9.0.2", "1795454000", "3"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("alice"), 4);
}

static void test_order_says_nothing(void **state)
{
    (void)state;
    daemon_poll(DAEMON_BOB DAEMON_ALICE);
    daemon_poll(DAEMON_CAROL DAEMON_BOB DAEMON_ALICE);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(daemon_client(i)->base.index, i + 1);
}

static void test_one_name_twice(void **state)
{
    (void)state;
    daemon_poll(
        DAEMON_ALICE DAEMON_BOB CLIENT("alice", "192.0.2.9:1", "10.9.0.9", "1795453800", "2"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(daemon_instance->clients.count, 3);
    /* The first leaves, the second stays who it is. */
    daemon_poll(DAEMON_BOB CLIENT("alice", "192.0.2.9:1", "10.9.0.9", "1795453800", "2"));
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_int_equal(index_of("alice"), 3);
}

static void test_floating_address(void **state)
{
    (void)state;
    daemon_poll(CLIENT("alice", "198.51.100.1:9", "10.9.0.2", "1795453800", "0") DAEMON_BOB);
    peer_told(-1);
    assert_int_equal(index_of("alice"), 1);
    assert_string_equal(daemon_client(0)->who.real_text, "198.51.100.1:9");
    assert_int_equal(daemon_client(0)->who.real.port, 9);
}

/* The ids count from 0 again after a restart of the daemon. */
static void test_ids_start_again(void **state)
{
    (void)state;
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n");
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED,
              -1);
    assert_int_equal(instance_client_count(daemon_instance), 0);
    daemon_poll(CLIENT("alice", "192.0.2.1:4000", "10.9.0.2", "1795454100", "0"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("alice"), 3);
}

/* The same, but nobody told us of the restart. */
static void test_ids_start_again_unseen(void **state)
{
    (void)state;
    daemon_poll(CLIENT("alice", "192.0.2.1:4000", "10.9.0.2", "1795454100", "0"));
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("alice"), 3);
}

static void test_before_authentication(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB UNDEF("192.0.2.7:4000"));
    peer_told(-1);
    assert_int_equal(instance_client_count(daemon_instance), 2);
    assert_int_equal(instance_pending_count(daemon_instance), 1);
    assert_true(daemon_client(2)->pending);
    daemon_poll(DAEMON_ALICE DAEMON_BOB NAMED("dora"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(instance_client_count(daemon_instance), 3);
    assert_int_equal(daemon_instance->clients_peak, 3);
    assert_int_equal(index_of("dora"), 3);
    assert_int_equal(daemon_client(2)->peer_id, 0);
}

/* A handshake that fails was no session. */
static void test_never_authenticated(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB UNDEF("192.0.2.7:4000"));
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    peer_told(EVENT_CLIENT_REJECTED, -1);
    assert_int_equal(daemon_instance->departures.count, 0);
    assert_int_equal(instance_pending_count(daemon_instance), 0);
}

/* The word is a name like any other once the client has an address in the tunnel. */
static void test_a_client_called_undef(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB UNDEF("192.0.2.7:4000"));
    daemon_poll(DAEMON_ALICE DAEMON_BOB NAMED("UNDEF"));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_string_equal(last_session()->who.common_name, "UNDEF");
}

/* A poll of an idle server is skipped, but not while somebody is logging in. */
static void test_pending_clients_are_watched(void **state)
{
    static const char stats[] = "SUCCESS: nclients=0,bytesin=100,bytesout=200\r\n";

    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB UNDEF("192.0.2.7:4000"));
    for (int i = 0; i < 3; i++) {
        peer_pass(10000);
        peer_answer("load-stats\n", stats);
        peer_answer("status 3\nload-stats\n",
                    STATUS_TITLE STATUS_HEADERS UNDEF("192.0.2.7:4000") "END\r\n");
        peer_say(stats);
    }
}

/* IPv6 before 2.7 has no port: only the id tells these apart. */
static void test_real_ipv6_without_port(void **state)
{
    const char *status = peer_capture("20-tap-ipv6", "status 3");

    (void)state;
    daemon_poll_reply(status);
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_int_equal(index_of("client3"), 4);
    assert_int_equal(index_of("client1"), 5);
    assert_int_equal(daemon_client(1)->who.real.family, ADDRESS_IPV6);
    assert_int_equal(daemon_client(1)->who.real.port, 0);
    assert_true(daemon_client(1)->who.tunnel.has_ipv6);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED,
              EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
    daemon_poll_reply(status);
    peer_told(-1);
}

static void test_real_addresses_of_2_7(void **state)
{
    static const struct {
        enum address_proto proto;
        enum address_family family;
        uint16_t port;
    } wanted[] = {{PROTO_TCP, ADDRESS_IPV4, 58186},
                  {PROTO_UDP, ADDRESS_IPV6, 40588},
                  {PROTO_TCP, ADDRESS_IPV6, 39728},
                  {PROTO_TCP, ADDRESS_IPV4, 60820},
                  {PROTO_UDP, ADDRESS_IPV4, 42342}};
    const char *status = peer_capture("compat/2.7.6-multisocket", "status 3");

    (void)state;
    daemon_poll_reply(status);
    assert_int_equal(daemon_instance->clients.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(daemon_client(i)->who.real.proto, wanted[i].proto);
        assert_int_equal(daemon_client(i)->who.real.family, wanted[i].family);
        assert_int_equal(daemon_client(i)->who.real.port, wanted[i].port);
    }
    assert_string_equal(daemon_client(1)->who.real_text, "udp6:[::1]:40588");
}

/* 2.1 to 2.3 have no client ids: address and time are the client. */
static void test_real_old_servers(void **state)
{
    const char *captures[] = {"compat/2.1.4-server", "compat/2.3.18-server"};

    for (int i = 0; i < 2; i++) {
        const char *status = peer_capture(captures[i], "status 3");

        daemon_end(state);
        daemon_set_up(state);
        daemon_bring_up();
        peer_answer("load-stats\n", DAEMON_STATS);
        peer_answer("status 3\nload-stats\n", status);
        peer_say(DAEMON_STATS);
        assert_int_equal(daemon_instance->clients.count, 3);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(daemon_client(j)->cid, -1);
            assert_int_equal(daemon_client(j)->base.index, j + 1);
            assert_false(daemon_client(j)->pending);
        }
        daemon_poll_reply(status);
        peer_told(-1);
        assert_int_equal(daemon_instance->clients.count, 3);
        assert_int_equal(daemon_instance->clients.last_index, 3);
    }
}

#define OLD(row)                                                                                   \
    "TITLE\tOpenVPN 2.3.18\r\nHEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\t"   \
    "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\r\n" row      \
    "END\r\n"
#define OLD_ROW(name, real, ipv4)                                                                  \
    "CLIENT_LIST\t" name "\t" real "\t" ipv4 "\t1\t2\tx\t1795453900\tUNDEF\r\n"

static void test_authentication_without_ids(void **state)
{
    (void)state;
    daemon_poll_reply(OLD(""));
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
    daemon_poll_reply(OLD(OLD_ROW("UNDEF", "192.0.2.7:1", "")));
    peer_told(-1);
    daemon_poll_reply(OLD(OLD_ROW("erik", "192.0.2.7:1", "10.9.0.7")));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(daemon_instance->departures.count, 2);
    daemon_poll_reply(OLD(OLD_ROW("erik", "192.0.2.8:1", "10.9.0.7")));
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, -1);
}

/* 2.1 and 2.2 call every IPv6 client IPV6; no more than sixteen of them are told apart. */
static void test_clients_that_are_all_alike(void **state)
{
    char rows[8192] = "";

    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(rows, OLD_ROW("x", "IPV6", "10.9.0.7"));
    for (int i = 0; i < 2; i++) {
        char reply[16384];

        snprintf(reply, sizeof(reply), OLD("%s"), rows);
        daemon_poll_reply(reply);
        assert_int_equal(daemon_instance->clients.count, 16);
        assert_int_equal(daemon_instance->clients.last_index, 2 + 16);
        assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
        assert_int_equal(daemon_instance->rows_dropped, 24 * (i + 1));
    }
}

/* Numbers that no daemon has: what is measured with them stays in its range. */
static void test_odd_numbers(void **state)
{
    (void)state;
    daemon_poll("CLIENT_LIST\tx\ty\t10.9.0.9\t\t1\t1\t\t-9223372036854775807\tu\t-7\t-9\t\r\n"
                "CLIENT_LIST\tz\ty\t10.9.0.8\t\t1\t1\t\t9223372036854775807\tu"
                "\t9223372036854775807\t9223372036854775807\t\r\n");
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_client(0)->since, 0);
    assert_int_equal(daemon_client(0)->cid, -1);
    assert_int_equal(daemon_client(0)->peer_id, -1);
    assert_true(daemon_client(1)->since == INT64_MAX);
    daemon_poll("");
    assert_true(last_session()->ended - last_session()->connected < 0);
    assert_int_equal(daemon_instance->clients.count, 0);
    peer_say(">CLIENT:ESTABLISHED,1\r\n>CLIENT:ENV,time_unix=-9223372036854775807\r\n"
             ">CLIENT:ENV,END\r\n");
    assert_int_equal(daemon_instance->clients.count, 0);
}

/* Decision 5 of the design: contact lost is no mass logout. */
static void test_same_daemon_again(void **state)
{
    (void)state;
    daemon_lose();
    assert_null(clients_after(daemon_instance, 0));
    assert_int_equal(instance_client_count(daemon_instance), 0);
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
    daemon_status(DAEMON_BOB DAEMON_CAROL);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("bob"), 2);
    assert_int_equal(index_of("carol"), 3);
    assert_int_equal(daemon_instance->departures.count, 1);
}

static void test_other_daemon(void **state)
{
    (void)state;
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "78", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_LOST, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED,
              EVENT_CONTACT_RESTORED, EVENT_STATE, EVENT_TUNNEL_UP, -1);
    /* Who has come since is news, and nobody has the index of before. */
    daemon_status(DAEMON_ALICE);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(index_of("alice"), 3);
}

/* Who was there at the first status is no news, whatever came before it. */
static void test_first_status_of_a_second_session(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    daemon_bring_up();
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    peer_told(EVENT_CONTACT_LOST, EVENT_CONTACT_RESTORED, -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_coming_and_going),
        TEST(test_order_says_nothing),
        TEST(test_one_name_twice),
        TEST(test_floating_address),
        TEST(test_ids_start_again),
        TEST(test_ids_start_again_unseen),
        TEST(test_before_authentication),
        TEST(test_never_authenticated),
        TEST(test_a_client_called_undef),
        TEST(test_pending_clients_are_watched),
        TEST(test_real_ipv6_without_port),
        TEST(test_real_addresses_of_2_7),
        TEST(test_real_old_servers),
        TEST(test_authentication_without_ids),
        TEST(test_clients_that_are_all_alike),
        TEST(test_odd_numbers),
        TEST(test_same_daemon_again),
        TEST(test_other_daemon),
        TEST(test_first_status_of_a_second_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
