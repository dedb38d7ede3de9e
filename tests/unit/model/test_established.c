#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* >CLIENT:ESTABLISHED: the row is there at once, the next status completes it. */

#define BLOCK(cid, lines) ">CLIENT:ESTABLISHED," cid "\r\n" lines ">CLIENT:ENV,END\r\n"
#define ENV(text)         ">CLIENT:ENV," text "\r\n"
#define CAROL_ENV                                                                                  \
    ENV("time_unix=1795453802")                                                                    \
    ENV("common_name=carol")                                                                       \
    ENV("trusted_ip=192.0.2.3") ENV("trusted_port=4000") ENV("ifconfig_pool_remote_ip=10.9.0.4")

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    return 0;
}

static void test_row_at_once(void **state)
{
    const struct client *carol;

    (void)state;
    peer_say(BLOCK("2", CAROL_ENV ENV("username=car") ENV("IV_VER=2.6.14") ENV("IV_PLAT=linux")
                            ENV("IV_GUI_VER=gui 1") ENV("IV_SSO=webauth")));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    carol = daemon_client(2);
    assert_int_equal(carol->base.index, 3);
    assert_string_equal(carol->who.common_name, "carol");
    assert_string_equal(carol->who.username, "car");
    assert_string_equal(carol->who.real_text, "192.0.2.3:4000");
    assert_int_equal(carol->who.real.port, 4000);
    assert_int_equal(carol->who.tunnel.ipv4[3], 4);
    assert_int_equal(carol->since, 1795453802);
    assert_int_equal(carol->peer_id, -1);
    assert_string_equal(carol->peer->version, "2.6.14");
    assert_string_equal(carol->peer->platform, "linux");
    assert_string_equal(carol->peer->gui, "gui 1");
    assert_string_equal(carol->peer->sso, "webauth");
    assert_int_equal(instance_client_count(daemon_instance), 3);
    assert_int_equal(instance_pending_count(daemon_instance), 0);
    assert_int_equal(daemon_instance->clients_peak, 3);
    /* The status has the rest, and no second event. */
    daemon_poll(DAEMON_CAROL DAEMON_ALICE DAEMON_BOB);
    peer_told(-1);
    carol = daemon_client(2);
    assert_int_equal(carol->base.index, 3);
    assert_int_equal(carol->peer_id, 0);
    assert_string_equal(carol->cipher, "AES-256-GCM");
    assert_string_equal(carol->peer->version, "2.6.14");
    daemon_poll(DAEMON_CAROL);
    assert_string_equal(daemon_client(0)->peer->version, "2.6.14");
}

/* Those with a block, in the order of their indexes, through statuses and the end of all. */
static void test_peers(void **state)
{
    (void)state;
    assert_null(peers_after(daemon_instance, 0));
    peer_say(BLOCK("2", CAROL_ENV));
    peer_say(BLOCK("0", ENV("time_unix=1795453800") ENV("common_name=alice")));
    peer_say(BLOCK("0", ENV("time_unix=1795453800") ENV("common_name=alice")));
    assert_ptr_equal(peers_after(daemon_instance, 0), daemon_client(0));
    assert_ptr_equal(peers_after(daemon_instance, 1), daemon_client(2));
    assert_null(peers_after(daemon_instance, 3));
    daemon_poll(DAEMON_CAROL DAEMON_ALICE DAEMON_BOB);
    assert_ptr_equal(peers_after(daemon_instance, 0), daemon_client(0));
    assert_ptr_equal(peers_after(daemon_instance, 1), daemon_client(2));
    daemon_poll(DAEMON_CAROL DAEMON_BOB);
    assert_ptr_equal(peers_after(daemon_instance, 0), daemon_client(1));
    assert_int_equal(daemon_instance->peers.count, 1);
    clients_end_all(daemon_instance);
    assert_null(peers_after(daemon_instance, 0));
}

/* The status came first: the block has the news of the peer, and who was pending is there. */
static void test_block_behind_the_status(void **state)
{
    (void)state;
    peer_say(BLOCK("1", ENV("time_unix=1795453801") ENV("common_name=bob") ENV("IV_VER=3")));
    peer_told(-1);
    assert_string_equal(daemon_client(1)->peer->version, "3");
    assert_string_equal(daemon_client(1)->who.real_text, "192.0.2.2:4000");
    daemon_poll(DAEMON_ALICE DAEMON_BOB
                "CLIENT_LIST\tUNDEF\t192.0.2.3:4000\t\t\t1\t1\tx\t1795453802\tUNDEF\t2\t-1\t\r\n");
    assert_int_equal(instance_pending_count(daemon_instance), 1);
    peer_say(BLOCK("2", CAROL_ENV));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(instance_pending_count(daemon_instance), 0);
    assert_int_equal(instance_client_count(daemon_instance), 3);
    assert_string_equal(daemon_client(2)->who.common_name, "carol");
    daemon_poll(DAEMON_ALICE DAEMON_BOB DAEMON_CAROL);
    peer_told(-1);
    /* Established again, after a renegotiation that changed the peer. */
    peer_say(BLOCK("2", CAROL_ENV ENV("IV_VER=4")));
    peer_told(-1);
    assert_string_equal(daemon_client(2)->peer->version, "4");
}

static void test_ipv6(void **state)
{
    const struct client *client;

    (void)state;
    peer_say(BLOCK("2",
                   ENV("time_unix=1795453802") ENV("common_name=v6") ENV("trusted_ip6=2001:db8::1")
                       ENV("trusted_port=4000") ENV("ifconfig_pool_remote_ip6=fd00::4")));
    client = daemon_client(2);
    assert_string_equal(client->who.real_text, "[2001:db8::1]:4000");
    assert_int_equal(client->who.real.family, ADDRESS_IPV6);
    assert_true(client->who.tunnel.has_ipv6);
    assert_false(client->who.tunnel.has_ipv4);
}

static void test_real_blocks(void **state)
{
    (void)state;
    peer_say(peer_capture("05-server-signals", "hold release"));
    assert_int_equal(daemon_instance->clients.count, 2 + 3);
    assert_string_equal(daemon_client(2)->who.common_name, "client1");
    assert_string_equal(daemon_client(2)->who.real_text, "127.0.0.1:50565");
    assert_string_equal(daemon_client(3)->peer->version, "2.6.14");
    assert_string_equal(daemon_client(3)->peer->platform, "linux");
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.7.6 x\r\nEND\r\n");
    peer_say(peer_capture("compat/2.7.6-server", NULL));
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_string_equal(daemon_client(0)->peer->version, "2.7.6");
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
}

/* 2.1 to 2.3 have no ids in the status: the row could not be found again. */
static void test_no_ids_no_row(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.3.18 x", "77", DAEMON_CONNECTED);
    daemon_status("");
    peer_say(BLOCK("2", CAROL_ENV));
    assert_int_equal(daemon_instance->clients.count, 0);
    peer_told(-1);
}

/* What the first of them means is known when the daemon has told its version. */
static void test_before_the_version(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING BLOCK("2", CAROL_ENV ENV("IV_VER=2.6.14")));
    peer_say(">CLIENT:ESTABLISHED,3\r\n" ENV("time_unix=1795453803"));
    assert_int_equal(daemon_instance->clients.count, 0);
    peer_sent("version\n");
    peer_say("OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    assert_int_equal(daemon_instance->clients.count, 1);
    assert_string_equal(daemon_client(0)->peer->version, "2.6.14");
    peer_say(ENV("common_name=dave") ">CLIENT:ENV,END\r\n");
    assert_string_equal(daemon_client(1)->who.common_name, "dave");
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(daemon_instance->logins_accepted, 2);
}

/* They are bounded, and end with their session. */
static void test_many_before_the_version(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    for (int session = 0; session < 2; session++) {
        peer_say(PEER_GREETING);
        for (int i = 0; i < 20; i++) {
            char text[512];

            snprintf(text, sizeof(text),
                     ">CLIENT:ESTABLISHED,%d\r\n" CAROL_ENV ">CLIENT:ENV,END\r\n", i);
            peer_say(text);
        }
        assert_int_equal(daemon_instance->rows_dropped, 4 * (session + 1));
        daemon_lose();
        daemon_reconnect();
    }
    peer_say(PEER_GREETING);
    peer_answer("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nEND\r\n");
    assert_int_equal(daemon_instance->clients.count, 0);
    peer_told(EVENT_CONTACT_LOST, -1);
}

static void test_odd_blocks(void **state)
{
    (void)state;
    /* No time, no end, no start, another block in between, a name without a value. */
    peer_say(BLOCK("2", ENV("common_name=x")));
    peer_say(">CLIENT:ESTABLISHED,2\r\n" CAROL_ENV);
    peer_say(">CLIENT:ESTABLISHED,3\r\n>CLIENT:ENV,END\r\n");
    peer_say(CAROL_ENV ">CLIENT:ENV,END\r\n>CLIENT:ENV,END\r\n");
    peer_say(">CLIENT:ESTABLISHED,2\r\n" CAROL_ENV ">CLIENT:DISCONNECT,2\r\n>CLIENT:ENV,END\r\n");
    peer_say(BLOCK("2", ENV("time_unix=") ENV("time_unix") ENV("=") ENV("")));
    peer_say(">CLIENT:ESTABLISHED,-1\r\n" CAROL_ENV ">CLIENT:ENV,END\r\n");
    peer_say(">CLIENT:ESTABLISHED,99999999999999999999\r\n" CAROL_ENV ">CLIENT:ENV,END\r\n");
    peer_say(">CLIENT:ESTABLISHED\r\n" CAROL_ENV ">CLIENT:ENV,END\r\n");
    peer_told(-1);
    assert_int_equal(daemon_instance->clients.count, 2);
    /* A block that the end of the session cut is not continued in the next. */
    peer_say(">CLIENT:ESTABLISHED,2\r\n" CAROL_ENV);
    daemon_lose();
    daemon_return();
    peer_say(">CLIENT:ENV,END\r\n");
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_int_equal(daemon_instance->clients.count, 2);
}

static void test_lines_of_the_log_between(void **state)
{
    (void)state;
    peer_say(">CLIENT:ESTABLISHED,2\r\n" CAROL_ENV
             ">LOG:1795453802,,validation failed on peer_info line\r\n" ENV(
                 "IV_VER=5") ">CLIENT:ENV,END\r\n");
    assert_string_equal(daemon_client(2)->peer->version, "5");
}

static void test_bound(void **state)
{
    struct instance_config config = daemon_config;

    (void)state;
    config.limits.client_max = 2;
    session_configure(daemon_session, &config);
    peer_say(BLOCK("2", CAROL_ENV));
    peer_told(-1);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->rows_dropped, 1);
    session_configure(daemon_session, &daemon_config);
}

/* Ends come from statuses only: a client may come and go between two. */
static void test_gone_before_the_status(void **state)
{
    const struct departure_record *session;

    (void)state;
    peer_say(BLOCK("2", CAROL_ENV));
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
    session = history_at(&daemon_instance->departures, 1);
    assert_string_equal(session->who.common_name, "carol");
    assert_int_equal(session->client_index, 3);
}

/* Whatever comes within a status: its rows are not mixed with those of the time before. */
static void test_within_a_status(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=3,bytesin=101,bytesout=201\r\n");
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS DAEMON_ALICE);
    peer_say(BLOCK("2", CAROL_ENV));
    peer_say(DAEMON_CAROL "END\r\n" DAEMON_STATS);
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    peer_pass(10000);
    peer_answer("load-stats\n", "SUCCESS: nclients=3,bytesin=102,bytesout=201\r\n");
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS DAEMON_ALICE);
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n");
    peer_say(DAEMON_CAROL "END\r\n" DAEMON_STATS);
    assert_int_equal(daemon_instance->clients.count, 0);
    assert_int_equal(daemon_instance->departures.count, 3);
}

static const char three[] = "SUCCESS: nclients=3,bytesin=101,bytesout=200\r\n";

/* What the block has not is not long in coming, and one status is enough for all that come. */
static void test_status_soon(void **state)
{
    (void)state;
    peer_say(BLOCK("2", CAROL_ENV));
    assert_int_equal(daemon_client(2)->bytes_in, 0);
    peer_pass(500);
    peer_say(BLOCK("3", ENV("time_unix=1795453803") ENV("common_name=dora")));
    peer_pass(499);
    peer_sent("");
    peer_pass(1);
    peer_answer("load-stats\n", three);
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS DAEMON_ALICE DAEMON_BOB DAEMON_CAROL "END\r\n");
    peer_say(three);
    assert_int_equal(daemon_client(2)->bytes_in, 5);
    peer_pass(9000);
    peer_sent("");
}

/* The name comes again: its former session is there no more. */
static void test_reconnect(void **state)
{
    (void)state;
    peer_pass(5000);
    peer_say(BLOCK("2", ENV("time_unix=1795453900") ENV("common_name=bob")));
    peer_pass(0);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS DAEMON_ALICE DAEMON_CLIENT(
                    "bob", "192.0.2.2:4001", "10.9.0.3", "1795453900", "2") "END\r\n");
    peer_say(DAEMON_STATS);
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
}

/* A server whose statuses take two seconds gives one in forty, whoever comes. */
static void test_not_so_soon_where_it_takes_long(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_answer("load-stats\n", three);
    peer_pass(2000);
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS DAEMON_ALICE DAEMON_BOB "END\r\n");
    peer_say(three);
    peer_say(BLOCK("2", CAROL_ENV));
    peer_pass(37999);
    peer_sent("");
    peer_pass(1);
    peer_sent("load-stats\n");
}

/* It comes while a status is on its way: that one has it. */
static void test_status_on_its_way(void **state)
{
    (void)state;
    peer_pass(10000);
    peer_answer("load-stats\n", three);
    peer_sent("status 3\nload-stats\n");
    peer_say(BLOCK("2", CAROL_ENV) STATUS_TITLE STATUS_HEADERS DAEMON_ALICE DAEMON_BOB DAEMON_CAROL
             "END\r\n");
    peer_say(three);
    assert_int_equal(daemon_client(2)->bytes_in, 5);
    peer_pass(9000);
    peer_sent("");
}

/* A thousand at once take no more time each than one. */
static void test_many(void **state)
{
    char text[512];

    (void)state;
    daemon_config.limits.client_max = 100000;
    session_configure(daemon_session, &daemon_config);
    for (int cid = 2; cid < 20000; cid++) {
        snprintf(text, sizeof(text),
                 ">CLIENT:ESTABLISHED,%d\r\n>CLIENT:ENV,time_unix=1795453802\r\n"
                 ">CLIENT:ENV,common_name=c\r\n>CLIENT:ENV,END\r\n",
                 cid);
        peer_say(text);
        if (cid % 100 == 0)
            peer_forget();
    }
    peer_forget();
    assert_int_equal(instance_client_count(daemon_instance), 20000);
    assert_int_equal(daemon_instance->clients_peak, 20000);
}

static void test_what_the_user_has_set(void **state)
{
    char block[2048] = "";
    const struct peer *peer;

    (void)state;
    for (int i = 0; i < 40; i++)
        snprintf(block + strlen(block), sizeof(block) - strlen(block),
                 ">CLIENT:ENV,UV_%d=x\x01y\r\n", i);
    peer_say(">CLIENT:ESTABLISHED,2\r\n" CAROL_ENV ENV("IV_PLAT_VER=12.1")
                 ENV("IV_HWADDR=00:00:5e:00:53:01") ENV("IV_SSL=OpenSSL 3.0.17"));
    peer_say(block);
    peer_say(">CLIENT:ENV,END\r\n");
    peer = daemon_client(2)->peer;
    assert_string_equal(peer->platform_version, "12.1");
    assert_string_equal(peer->hardware, "00:00:5e:00:53:01");
    assert_string_equal(peer->ssl, "OpenSSL 3.0.17");
    assert_memory_equal(peer->variables, "UV_0=x", 6);
    assert_non_null(strstr(peer->variables, "y, UV_1=x"));
    assert_null(strchr(peer->variables, '\x01'));
    assert_true(strlen(peer->variables) <= ADMIN_MAX);
}

/* Before 2.7 only the block has the protocol, and the port of an IPv6 client. */
static void test_port_and_protocol(void **state)
{
    (void)state;
    peer_say(BLOCK("2", ENV("time_unix=1795453802") ENV("common_name=carol")
                            ENV("trusted_ip6=2001:db8::3") ENV("trusted_port=4000")
                                ENV("proto_1=udp6")));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(daemon_client(2)->who.real.port, 4000);
        assert_int_equal(daemon_client(2)->who.real.proto, PROTO_UDP);
        daemon_poll(DAEMON_ALICE DAEMON_BOB DAEMON_CLIENT("carol", "2001:db8::3", "10.9.0.4",
                                                          "1795453802", "2"));
    }
    assert_string_equal(daemon_client(2)->who.real_text, "2001:db8::3");
    /* It has moved. */
    daemon_poll(DAEMON_ALICE DAEMON_BOB DAEMON_CLIENT("carol", "2001:db8::4", "10.9.0.4",
                                                      "1795453802", "2"));
    assert_int_equal(daemon_client(2)->who.real.port, 0);
}

/* A former manager's env-filter of 3 leaves nothing of a block. */
static void test_filtered(void **state)
{
    (void)state;
    peer_sent("");
    peer_say(BLOCK("2", ""));
    peer_answer("env-filter 0\n", "SUCCESS: env_filter_level=0\r\n");
    peer_say(BLOCK("3", ""));
    peer_sent("");
    /* Who it is comes with a status, which is asked for soon. */
    peer_pass(1000);
    daemon_status(DAEMON_ALICE DAEMON_BOB DAEMON_CAROL);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_row_at_once),
        TEST(test_peers),
        TEST(test_block_behind_the_status),
        TEST(test_ipv6),
        TEST(test_real_blocks),
        TEST(test_no_ids_no_row),
        TEST(test_before_the_version),
        TEST(test_many_before_the_version),
        TEST(test_odd_blocks),
        TEST(test_lines_of_the_log_between),
        TEST(test_bound),
        TEST(test_gone_before_the_status),
        TEST(test_within_a_status),
        TEST(test_status_soon),
        TEST(test_reconnect),
        TEST(test_not_so_soon_where_it_takes_long),
        TEST(test_status_on_its_way),
        TEST(test_many),
        TEST(test_what_the_user_has_set),
        TEST(test_port_and_protocol),
        TEST(test_filtered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
