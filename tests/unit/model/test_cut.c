#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* A row of more than 511 bytes cuts the status: who stands behind it is not out of sight. */

#define PLAIN(rows, routes)                                                                        \
    "OpenVPN CLIENT LIST\r\nUpdated,2026-11-23 17:31:43\r\n"                                       \
    "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since\r\n" rows                  \
    "ROUTING TABLE\r\nVirtual Address,Common Name,Real Address,Last Ref\r\n" routes                \
    "GLOBAL STATS\r\nMax bcast/mcast queue length,0\r\nEND\r\n"
#define PLAIN_ROW(name, real) name "," real ",50,60,2026-11-23 17:10:00\r\n"
#define PLAIN_ALICE           PLAIN_ROW("alice", "192.0.2.1:4000")
#define PLAIN_BOB             PLAIN_ROW("bob", "192.0.2.2:4000")
#define PLAIN_CAROL           PLAIN_ROW("carol", "192.0.2.3:4000")
#define REFUSED               "ERROR: bad status format version number\r\n"

#define ESTABLISHED(cid, name, ip, port)                                                           \
    ">CLIENT:ESTABLISHED," cid "\r\n>CLIENT:ENV,time_unix=1795453999\r\n"                          \
    ">CLIENT:ENV,common_name=" name "\r\n>CLIENT:ENV," ip "\r\n>CLIENT:ENV,trusted_port=" port     \
    "\r\n>CLIENT:ENV,END\r\n"

static char stats[128];

static void say_stats(unsigned clients)
{
    static unsigned bytes = 1000;

    snprintf(stats, sizeof(stats), "SUCCESS: nclients=%u,bytesin=%u,bytesout=200\r\n", clients,
             bytes++);
}

/* The status ends behind the rows, the plain list is this. */
static void cut(unsigned clients, const char *rows, const char *plain)
{
    char reply[8192];

    say_stats(clients);
    snprintf(reply, sizeof(reply), "%s%s%s", STATUS_TITLE STATUS_HEADERS, rows, stats);
    peer_answer("load-stats\n", stats);
    peer_answer("status 3\nload-stats\n", reply);
    peer_answer("status 1\nload-stats\n", plain);
    peer_say(stats);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    assert_int_equal(instance_client_count(daemon_instance), clients);
}

static void poll_cut(unsigned clients, const char *rows, const char *plain)
{
    peer_pass(10000);
    cut(clients, rows, plain);
}

static const struct client *named(const char *name)
{
    const struct client *found = NULL;

    for (size_t i = 0; i < daemon_instance->clients.count; i++)
        if (strcmp(daemon_client(i)->who.common_name, name) == 0) {
            assert_null(found);
            found = daemon_client(i);
        }
    return found;
}

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    return 0;
}

static int set_up_three(void **state)
{
    set_up(state);
    daemon_status(DAEMON_ALICE DAEMON_BOB DAEMON_CAROL);
    return 0;
}

/* The user with that name, and no other, has so many sessions. */
static void assert_user(const char *name, uint32_t sessions, uint32_t connects)
{
    const struct user *user = users_after(&daemon_instance->users, 0);

    assert_non_null(user);
    assert_string_equal(user->name, name);
    assert_int_equal(user->sessions, sessions);
    assert_int_equal(user->connects, connects);
    assert_null(users_after(&daemon_instance->users, user->index));
}

/* What 2.6.14 said. */
static void test_real_first_contact(void **state)
{
    static const char capture[] = "11c-status-truncated-by-long-username";
    static const char whole[] =
        DAEMON_CLIENT("plain", "127.0.0.1:48251", "10.189.0.2", "1795454795", "0")
            DAEMON_CLIENT("plain", "127.0.0.1:55883", "10.189.0.3", "1795454796", "1")
                DAEMON_CLIENT("plain", "127.0.0.1:34583", "10.189.0.4", "1795454796", "2");

    (void)state;
    say_stats(3);
    peer_answer("load-stats\n", stats);
    peer_answer("status 3\nload-stats\n", peer_capture(capture, "status 3"));
    peer_say(stats);
    assert_int_equal(daemon_instance->clients.count, 1);
    peer_answer("status 1\nload-stats\n", peer_capture(capture, "status 1"));
    peer_say(stats);
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_int_equal(daemon_instance->pending_clients, 0);
    assert_int_equal(daemon_instance->routes.count, 3);
    assert_int_equal(daemon_client(0)->cid, 0);
    assert_string_equal(daemon_client(0)->who.username, "first");
    assert_string_equal(daemon_client(1)->who.real_text, "127.0.0.1:55883");
    assert_memory_equal(daemon_client(1)->who.tunnel.ipv4, "\x0a\xbd\x00\x03", 4);
    assert_int_equal(daemon_client(1)->bytes_in, 3469);
    assert_int_equal(daemon_client(1)->cid, -1);
    assert_user("plain", 3, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_false(daemon_client(i)->unconfirmed);
    /* The long name has gone: the rows are those of before, with their ids. */
    daemon_poll(whole);
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_int_equal(daemon_instance->clients.last_index, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(daemon_client(i)->cid, i);
    assert_int_equal(daemon_instance->anonymous, 0);
    assert_user("plain", 3, 3);
    assert_int_equal(daemon_instance->status_complete, TRUTH_TRUE);
    peer_told(-1);
}

static void test_rows_in_front_are_taken(void **state)
{
    (void)state;
    poll_cut(3,
             "CLIENT_LIST\talice\t192.0.2.1:4000\t10.9.0.2\t\t77\t88\tx\t1795453800\tUNDEF\t0"
             "\t0\tAES-256-GCM\r\n",
             REFUSED);
    assert_int_equal(named("alice")->bytes_in, 77);
    assert_false(named("alice")->unconfirmed);
    assert_true(named("bob")->unconfirmed);
    assert_true(named("carol")->unconfirmed);
    assert_int_equal(named("bob")->bytes_in, 5);
    peer_told(-1);
    /* A whole one shows who has gone behind the cut. */
    daemon_poll(DAEMON_ALICE DAEMON_CAROL);
    assert_null(named("bob"));
    assert_false(named("carol")->unconfirmed);
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
}

static void test_the_plain_list_shows_the_rest(void **state)
{
    const struct client *bob;

    (void)state;
    poll_cut(2, "", PLAIN(PLAIN_ALICE PLAIN_BOB, ""));
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_null(named("carol"));
    bob = named("bob");
    assert_false(bob->unconfirmed);
    assert_int_equal(bob->bytes_in, 50);
    assert_int_equal(bob->cid, 1);
    assert_int_equal(bob->since, 1795453801);
    assert_memory_equal(bob->who.tunnel.ipv4, "\x0a\x09\x00\x03", 4);
    assert_int_equal(daemon_instance->clients.last_index, 3);
    assert_true(clients_confirmed(daemon_instance, bob));
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    peer_told(-1);
}

static void test_a_disconnect_is_told(void **state)
{
    (void)state;
    poll_cut(3, DAEMON_ALICE, REFUSED);
    peer_say(">CLIENT:DISCONNECT,1\r\n>CLIENT:ENV,common_name=bob\r\n>CLIENT:ENV,END\r\n");
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_null(named("bob"));
    assert_true(rows_has(&daemon_instance->clients, daemon_client(1)));
    assert_ptr_equal(clients_with_cid(daemon_instance, 2), named("carol"));
    assert_int_equal(instance_client_count(daemon_instance), 2);
    peer_say(">CLIENT:DISCONNECT,1\r\n>CLIENT:ENV,END\r\n>CLIENT:DISCONNECT,x\r\n");
    assert_int_equal(daemon_instance->clients.count, 2);
    peer_told(-1);
}

/* Somebody logs in behind the cut. */
static void test_a_login_behind_the_cut(void **state)
{
    (void)state;
    poll_cut(3, DAEMON_ALICE,
             PLAIN(PLAIN_ALICE PLAIN_BOB PLAIN_CAROL PLAIN_ROW("dave", "192.0.2.4:4000"), ""));
    assert_true(named("dave")->pending);
    peer_say(">CLIENT:ESTABLISHED,9\r\n>CLIENT:ENV,time_unix=1795453999\r\n"
             ">CLIENT:ENV,common_name=dave\r\n>CLIENT:ENV,trusted_ip=192.0.2.4\r\n"
             ">CLIENT:ENV,trusted_port=4000\r\n>CLIENT:ENV,END\r\n");
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    assert_int_equal(named("dave")->cid, 9);
    assert_int_equal(named("dave")->since, 1795453999);
    assert_false(named("dave")->pending);
    peer_pass(1000);
    cut(4, DAEMON_ALICE,
        PLAIN(PLAIN_ALICE PLAIN_BOB PLAIN_CAROL PLAIN_ROW("dave", "192.0.2.4:4000"), ""));
    assert_int_equal(daemon_instance->clients.count, 4);
    assert_int_equal(named("dave")->cid, 9);
    poll_cut(3, "", PLAIN(PLAIN_BOB PLAIN_CAROL PLAIN_ALICE, ""));
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
    assert_int_equal(daemon_instance->logins_rejected, 0);
}

/* Of who is in the plain list alone the user name is not known yet. */
static void test_a_user_behind_the_cut(void **state)
{
    (void)state;
    daemon_config.by_username = true;
    instance_configure(daemon_instance, &daemon_config);
    cut(1, "",
        PLAIN(PLAIN_ROW("laptop", "192.0.2.4:40"),
              "10.9.0.8,laptop,192.0.2.4:40,2026-11-23 17:26:36\r\n"));
    assert_false(daemon_client(0)->pending);
    assert_null(users_after(&daemon_instance->users, 0));
    daemon_poll("CLIENT_LIST\tlaptop\t192.0.2.4:40\t10.9.0.8\t\t77\t88\tx\t1795453800\tdave\t5"
                "\t0\tAES-256-GCM\r\n");
    peer_told(-1);
    assert_user("dave", 1, 1);
    assert_int_equal(daemon_client(0)->user->bytes_in, 77);
    poll_cut(0, "", PLAIN("", ""));
    assert_user("dave", 0, 1);
}

/* IPv6 clients before 2.7 have no port: those of one name are alike. */
static void test_clients_alike(void **state)
{
    (void)state;
    daemon_poll(DAEMON_CLIENT("x", "2001:db8::1", "10.9.0.5", "1795453803", "3")
                    DAEMON_CLIENT("x", "2001:db8::1", "10.9.0.6", "1795453804", "4"));
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED,
              EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
    for (int i = 0; i < 2; i++)
        poll_cut(2, "", PLAIN(PLAIN_ROW("x", "2001:db8::1") PLAIN_ROW("x", "2001:db8::1"), ""));
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_client(0)->cid, 3);
    assert_int_equal(daemon_client(1)->cid, 4);
    peer_told(-1);
}

/* In the plain list a row begins with the name, which the client has chosen. */
static void test_names_that_look_like_messages(void **state)
{
    (void)state;
    poll_cut(3, DAEMON_ALICE,
             PLAIN(PLAIN_ALICE PLAIN_BOB PLAIN_CAROL PLAIN_ROW(">FATAL:x", "192.0.2.6:1")
                       PLAIN_ROW("END", "192.0.2.6:2") PLAIN_ROW("ERROR: x", "192.0.2.6:3")
                           PLAIN_ROW(">HOLD:y", "192.0.2.6:4"),
                   ""));
    assert_int_equal(daemon_instance->clients.count, 7);
    assert_int_equal(daemon_instance->fatal_unix, 0);
    assert_false(daemon_instance->hold_waiting);
    peer_told(-1);
}

/* The block has no protocol, the list of 2.7 one; the list before 2.7 has no port of IPv6. */
static void test_other_forms_of_an_address(void **state)
{
    static const char rows[] =
        PLAIN(PLAIN_ROW("dave", "udp4:192.0.2.4:4000") PLAIN_ROW("eve", "2001:db8::5")
                  PLAIN_ROW("frank", "tcp6-server:[2001:db8::6]:5"),
              "");

    (void)state;
    daemon_poll("");
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, -1);
    peer_say(ESTABLISHED("8", "dave", "trusted_ip=192.0.2.4", "4000")
                 ESTABLISHED("9", "eve", "trusted_ip6=2001:db8::5", "4001"));
    peer_told(EVENT_CLIENT_CONNECTED, EVENT_CLIENT_CONNECTED, -1);
    peer_pass(1000); /* who has come is asked for soon */
    cut(3, "", rows);
    assert_int_equal(daemon_instance->clients.count, 3);
    assert_int_equal(named("dave")->cid, 8);
    assert_int_equal(named("dave")->bytes_in, 50);
    assert_int_equal(named("eve")->cid, 9);
    assert_int_equal(named("eve")->who.real.port, 4001);
    assert_int_equal(named("frank")->cid, -1);
    peer_say(ESTABLISHED("10", "frank", "trusted_ip6=2001:db8::6", "5"));
    assert_int_equal(named("frank")->cid, 10);
    poll_cut(3, "", rows);
    assert_int_equal(daemon_instance->clients.last_index, 6);
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    /* Another port is another client. */
    poll_cut(1, "", PLAIN(PLAIN_ROW("dave", "udp4:192.0.2.4:4001"), ""));
    assert_int_equal(daemon_instance->clients.last_index, 7);
    peer_told(EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_DISCONNECTED,
              EVENT_CLIENT_CONNECTED, -1);
}

/* Contact comes while the cut is there, and it stays: who comes is told, who goes too. */
static void test_for_good(void **state)
{
    (void)state;
    cut(1, "", PLAIN(PLAIN_ALICE, "10.9.0.2,alice,192.0.2.1:4000,2026-11-23 17:26:36\r\n"));
    assert_memory_equal(named("alice")->who.tunnel.ipv4, "\x0a\x09\x00\x02", 4);
    poll_cut(2, "", PLAIN(PLAIN_ALICE PLAIN_BOB, ""));
    peer_told(EVENT_CLIENT_CONNECTED, -1);
    poll_cut(1, "", PLAIN(PLAIN_BOB, ""));
    peer_told(EVENT_CLIENT_DISCONNECTED, -1);
}

int main(void)
{
#define TEST(function, begin) cmocka_unit_test_setup_teardown(function, begin, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_real_first_contact, set_up),
        TEST(test_rows_in_front_are_taken, set_up_three),
        TEST(test_the_plain_list_shows_the_rest, set_up_three),
        TEST(test_a_disconnect_is_told, set_up_three),
        TEST(test_a_login_behind_the_cut, set_up_three),
        TEST(test_a_user_behind_the_cut, set_up),
        TEST(test_clients_alike, set_up_three),
        TEST(test_names_that_look_like_messages, set_up_three),
        TEST(test_other_forms_of_an_address, set_up_three),
        TEST(test_for_good, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
