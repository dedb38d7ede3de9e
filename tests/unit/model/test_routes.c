#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* The daemon's routing table: kinds, owners, identity. */

#define ROUTE(address)                DAEMON_ROUTE(address, "alice", "192.0.2.1:4000", "1795453850")
#define ROUTE_OF(address, name, real) DAEMON_ROUTE(address, name, real, "1795453860")

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    daemon_status(DAEMON_ALICE DAEMON_BOB);
    return 0;
}

/* The route with that address; fails when there is none, or more than one. */
static const struct route *route_to(const char *address)
{
    const struct route *found = NULL;

    for (size_t i = 0; i < daemon_instance->routes.count; i++)
        if (strcmp(daemon_route(i)->address, address) == 0) {
            assert_null(found);
            found = daemon_route(i);
        }
    assert_non_null(found);
    return found;
}

static void test_kinds(void **state)
{
    static const struct {
        const char *address;
        enum route_kind kind;
    } routes[] = {
        {"10.9.0.2", ROUTE_IPV4},
        {"10.1.0.0/16", ROUTE_IPV4},
        {"fd00::2", ROUTE_IPV6},
        {"fd00:77::/64", ROUTE_IPV6},
        {"::", ROUTE_IPV6},
        {"2a:12:ac:53:bf:54", ROUTE_MAC},
        {"2a:12:ac:53:bf:54@7", ROUTE_MAC},
        {"ARP/10.9.0.2", ROUTE_UNKNOWN},
        {"x", ROUTE_UNKNOWN},
    };

    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("10.9.0.2") ROUTE("10.1.0.0/16") ROUTE("fd00::2")
                    ROUTE("fd00:77::/64") ROUTE("::") ROUTE("2a:12:ac:53:bf:54")
                        ROUTE("2a:12:ac:53:bf:54@7") ROUTE("ARP/10.9.0.2") ROUTE("x"));
    assert_int_equal(daemon_instance->routes.count, 9);
    for (size_t i = 0; i < 9; i++) {
        const struct route *route = route_to(routes[i].address);

        assert_int_equal(route->kind, routes[i].kind);
        assert_int_equal(route->client_index, 1);
        assert_int_equal(route->base.index, i + 1);
        assert_false(route->cached);
        assert_int_equal(route->last_ref, 1795453850);
    }
    assert_int_equal(daemon_client(0)->last_ref, 1795453850);
    assert_int_equal(daemon_client(1)->last_ref, 0);
}

/* The mark is no part of the address: a route is the same one whether it is cached or not. */
static void test_cached(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("10.77.5.5C") ROUTE("fd00:77::10C"));
    assert_true(route_to("10.77.5.5")->cached);
    assert_int_equal(route_to("fd00:77::10")->kind, ROUTE_IPV6);
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("fd00:77::10") ROUTE("10.77.5.5"));
    assert_false(route_to("10.77.5.5")->cached);
    assert_int_equal(route_to("10.77.5.5")->base.index, 1);
    assert_int_equal(route_to("fd00:77::10")->base.index, 2);
}

static void test_moves_to_another_client(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("2a:12:ac:53:bf:54@0"));
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE_OF("2a:12:ac:53:bf:54@0", "bob", "192.0.2.2:4000"));
    assert_int_equal(daemon_instance->routes.count, 1);
    assert_int_equal(daemon_route(0)->base.index, 1);
    assert_int_equal(daemon_route(0)->client_index, 2);
    assert_string_equal(daemon_route(0)->common_name, "bob");
}

/* A route that goes and comes again is another row. */
static void test_goes_and_comes(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("10.9.0.2"));
    daemon_poll(DAEMON_ALICE DAEMON_BOB);
    assert_int_equal(daemon_instance->routes.count, 0);
    assert_null(routes_after(daemon_instance, 0));
    daemon_poll(DAEMON_ALICE DAEMON_BOB ROUTE("10.9.0.2"));
    assert_int_equal(daemon_route(0)->base.index, 2);
    assert_ptr_equal(routes_at(daemon_instance, 2), daemon_route(0));
    assert_null(routes_at(daemon_instance, 1));
    peer_told(-1);
}

/* Of two clients that cannot be told apart neither is named; nor is one that is not there. */
static void test_owner_not_known(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_CLIENT("twin", "::1", "10.9.0.5", "1795453800", "5")
                    DAEMON_CLIENT("twin", "::1", "10.9.0.6", "1795453800", "6")
                        ROUTE_OF("10.9.0.5", "twin", "::1") ROUTE_OF("10.9.0.9", "gone", "::1"));
    assert_int_equal(route_to("10.9.0.5")->client_index, 0);
    assert_int_equal(route_to("10.9.0.9")->client_index, 0);
    assert_string_equal(route_to("10.9.0.9")->common_name, "gone");
}

static void test_real_nets_and_cached(void **state)
{
    (void)state;
    daemon_poll_reply(peer_capture("21-tcp-server-tun-iroute-cached", "status 3"));
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->routes.count, 8);
    assert_true(route_to("10.77.5.5")->cached);
    assert_true(route_to("fd00:77::10")->cached);
    assert_int_equal(route_to("10.77.0.0/16")->kind, ROUTE_IPV4);
    assert_int_equal(route_to("fd00:77::/64")->client_index, 4);
    assert_int_equal(daemon_client(1)->last_ref, 1795455168);
    assert_int_equal(daemon_instance->bcast_queue_max, 2);
    assert_int_equal(daemon_instance->dco, TRUTH_FALSE);
}

static void test_real_tap(void **state)
{
    (void)state;
    daemon_poll_reply(peer_capture("20-tap-ipv6", "status 3"));
    assert_int_equal(daemon_instance->routes.count, 1);
    assert_int_equal(daemon_route(0)->kind, ROUTE_MAC);
    assert_string_equal(daemon_route(0)->address, "2a:12:ac:53:bf:54@0");
    assert_int_equal(daemon_route(0)->client_index, 4);
}

static void test_real_2_7(void **state)
{
    (void)state;
    daemon_poll_reply(peer_capture("compat/2.7.6-multisocket", "status 3"));
    assert_int_equal(daemon_instance->routes.count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_not_equal(daemon_route(i)->client_index, 0);
    assert_int_equal(route_to("fd00:189::1004")->client_index,
                     route_to("10.189.0.6")->client_index);
}

static void set_route_max(uint32_t bound)
{
    static struct instance_config config;

    config = daemon_config;
    config.limits.route_max = bound;
    session_configure(daemon_session, &config);
}

static void test_bound(void **state)
{
    (void)state;
    set_route_max(2);
    daemon_poll(DAEMON_ALICE ROUTE("10.9.0.2") ROUTE("10.9.0.3") ROUTE("10.9.0.4"));
    assert_int_equal(daemon_instance->routes.count, 2);
    assert_int_equal(daemon_instance->rows_dropped, 1);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    daemon_poll(DAEMON_ALICE ROUTE("10.9.0.4") ROUTE("10.9.0.3") ROUTE("10.9.0.2"));
    assert_int_equal(route_to("10.9.0.2")->base.index, 1);
    assert_int_equal(route_to("10.9.0.3")->base.index, 2);
    /* No routes wanted: nothing is missing. */
    set_route_max(0);
    daemon_poll(DAEMON_ALICE ROUTE("10.9.0.2"));
    assert_int_equal(daemon_instance->routes.count, 0);
    assert_int_equal(daemon_instance->status_complete, TRUTH_TRUE);
    assert_int_equal(daemon_instance->rows_dropped, 2);
}

/* A newcomer does not push out who is there. */
static void test_client_bound(void **state)
{
    struct instance_config config = daemon_config;

    (void)state;
    config.limits.client_max = 2;
    session_configure(daemon_session, &config);
    daemon_poll(DAEMON_CAROL DAEMON_ALICE DAEMON_BOB);
    peer_told(-1);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->rows_dropped, 1);
    session_configure(daemon_session, &daemon_config);
}

static void test_gone_with_the_clients(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE ROUTE("10.9.0.2"));
    daemon_lose();
    assert_null(routes_after(daemon_instance, 0));
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    assert_non_null(routes_after(daemon_instance, 0));
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n");
    assert_null(routes_after(daemon_instance, 0));
}

/* What does not fit is as much as there can be, not little. */
static void test_a_queue_of_no_end(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE "GLOBAL_STATS\tMax bcast/mcast queue length\t4294967295\r\n");
    assert_int_equal(daemon_instance->bcast_queue_max, UINT32_MAX);
    daemon_poll(DAEMON_ALICE "GLOBAL_STATS\tMax bcast/mcast queue length\t4294967298\r\n");
    assert_int_equal(daemon_instance->bcast_queue_max, UINT32_MAX);
}

/* Rows that have the wrong number of fields, or numbers that are none. */
static void test_rows_that_cannot_be_read(void **state)
{
    (void)state;
    daemon_poll(DAEMON_ALICE DAEMON_BOB
                "ROUTING_TABLE\t10.9.0.2\talice\r\n"
                "ROUTING_TABLE\t\talice\t192.0.2.1:4000\tx\t1\r\n"
                "ROUTING_TABLE\tC\talice\t192.0.2.1:4000\tx\t1\r\n"
                "ROUTING_TABLE\t10.9.0.2\talice\t192.0.2.1:4000\tx\tyesterday\r\n"
                "CLIENT_LIST\r\nCLIENT_LIST\tx\t\t\t\t-1\t1\tx\t1\tu\t1\t1\t\r\n"
                "CLIENT_LIST\tx\t\t\t\t99999999999999999999\t1\tx\t1\tu\t1\t1\t\r\n"
                "GLOBAL_STATS\tMax bcast/mcast queue length\tmany\r\nUNKNOWN\trow\r\n\r\n");
    assert_int_equal(daemon_instance->routes.count, 0);
    assert_int_equal(daemon_instance->clients.count, 2);
    assert_int_equal(daemon_instance->rows_dropped, 8);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_told(-1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_kinds),
        TEST(test_cached),
        TEST(test_moves_to_another_client),
        TEST(test_goes_and_comes),
        TEST(test_owner_not_known),
        TEST(test_real_nets_and_cached),
        TEST(test_real_tap),
        TEST(test_real_2_7),
        TEST(test_bound),
        TEST(test_client_bound),
        TEST(test_gone_with_the_clients),
        TEST(test_a_queue_of_no_end),
        TEST(test_rows_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
