#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/outgoing.h"
#include "base/log.h"

/* What the library sends when it answers. */
enum { PDU_SIZE = 60000 };

static struct event_base *base;
static netsnmp_transport transport;
static int peer;
static uint64_t sent; /* octets of a stream in which each says its position */
static uint64_t seen;

static unsigned char octet_at(uint64_t position)
{
    return (unsigned char)(position * 2654435761u >> 13);
}

static int set_up(void **state)
{
    int ends[2];

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    base = event_base_new();
    peer = ends[1];
    transport = (netsnmp_transport){.sock = ends[0]};
    sent = seen = 0;
    outgoing_init(base);
    outgoing_take(&transport);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outgoing_fini();
    event_base_free(base);
    close(transport.sock);
    close(peer);
    return 0;
}

/* Returns what the library is told. */
static int send_pdu(int size)
{
    static unsigned char bytes[PDU_SIZE];

    for (int i = 0; i < size; i++)
        bytes[i] = octet_at(sent + (uint64_t)i);
    sent += (uint64_t)size;
    return transport.f_send(&transport, bytes, size, NULL, NULL);
}

static void see(size_t most)
{
    static unsigned char bytes[PDU_SIZE];
    ssize_t len = recv(peer, bytes, most < PDU_SIZE ? most : PDU_SIZE, MSG_DONTWAIT);

    for (ssize_t i = 0; i < len; i++)
        assert_int_equal(bytes[i], octet_at(seen++));
}

static void test_what_fits_goes_at_once(void **state)
{
    (void)state;
    assert_int_equal(send_pdu(1000), 1000);
    assert_false(outgoing_waits());
    see(PDU_SIZE);
    assert_int_equal(seen, 1000);
}

/* Read slowly and in odd pieces, while more is sent. */
static void test_the_rest_follows_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(send_pdu(PDU_SIZE - i), PDU_SIZE - i);
    assert_true(outgoing_waits());
    for (int i = 0; seen < sent; i++) {
        see(1 + (size_t)i * 7919 % PDU_SIZE);
        event_base_loop(base, EVLOOP_NONBLOCK);
        if (i < 50)
            assert_int_equal(send_pdu(1 + i), 1 + i);
    }
    assert_false(outgoing_waits());
    assert_int_equal(send_pdu(10), 10);
    see(10);
    assert_int_equal(seen, sent);
}

static void test_too_much_ends_the_session(void **state)
{
    char octet;
    int count = 0;

    (void)state;
    while (send_pdu(PDU_SIZE) == PDU_SIZE)
        count++;
    assert_in_range(count, OUTGOING_MAX / PDU_SIZE, OUTGOING_MAX / PDU_SIZE + 20);
    assert_false(outgoing_waits());
    assert_int_equal(send_pdu(10), -1);
    while (recv(peer, &octet, 1, MSG_PEEK) > 0)
        see(PDU_SIZE);
    assert_int_equal(recv(peer, &octet, 1, MSG_DONTWAIT), 0);
}

static void test_the_peer_goes_away(void **state)
{
    char octet;

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_pdu(PDU_SIZE), PDU_SIZE);
    shutdown(peer, SHUT_RDWR);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_false(outgoing_waits());
    assert_int_equal(send_pdu(10), -1);
    assert_int_equal(recv(transport.sock, &octet, 1, MSG_DONTWAIT), 0);
}

/* Another session begins: nothing of the old one may come into it. */
static void test_another_session(void **state)
{
    netsnmp_transport old = transport;
    int ends[2];

    (void)state;
    while (!outgoing_waits())
        assert_int_equal(send_pdu(PDU_SIZE), PDU_SIZE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    outgoing_forget();
    assert_false(outgoing_waits());
    assert_int_equal(old.f_send(&old, "late", 4, NULL, NULL), -1);
    close(transport.sock);
    close(peer);
    transport.sock = ends[0];
    peer = ends[1];
    outgoing_take(&transport);
    assert_int_equal(old.f_send(&old, "late", 4, NULL, NULL), -1);
    sent = seen = 0;
    assert_int_equal(send_pdu(10), 10);
    see(10);
    assert_int_equal(seen, 10);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_what_fits_goes_at_once),    TEST(test_the_rest_follows_in_order),
        TEST(test_too_much_ends_the_session), TEST(test_the_peer_goes_away),
        TEST(test_another_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
