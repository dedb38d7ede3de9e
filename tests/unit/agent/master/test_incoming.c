#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/express.h"
#include "agent/master/gate.h"
#include "agent/master/incoming.h"
#include "base/log.h"

enum { SESSION = 7, ROOM = 65536 };

static netsnmp_transport transport;
static int peer;
static unsigned char sent[ROOM]; /* by the library's side, to the master agent */
static size_t sent_len;

/* What outgoing.c does. */
static int take_sent(netsnmp_transport *by, const void *data, int size, void **opaque,
                     int *opaque_len)
{
    (void)opaque;
    (void)opaque_len;
    assert_ptr_equal(by, &transport);
    assert_in_range(size, 0, ROOM - (int)sent_len);
    memcpy(sent + sent_len, data, (size_t)size);
    sent_len += (size_t)size;
    return size;
}

static void cut(uint32_t transaction)
{
    (void)transaction;
}

static int set_up(void **state)
{
    int ends[2];

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    peer = ends[1];
    transport = (netsnmp_transport){.sock = ends[0], .f_send = take_sent};
    sent_len = 0;
    incoming_take(&transport, SESSION, cut);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    incoming_forget();
    close(transport.sock);
    if (peer >= 0)
        close(peer);
    return 0;
}

static size_t put(unsigned char *bytes, enum wire_type type, uint32_t transaction, uint32_t packet,
                  size_t size)
{
    struct wire_header header = {.type = (uint8_t)type,
                                 .session = SESSION,
                                 .transaction = transaction,
                                 .packet = packet,
                                 .size = (uint32_t)size};

    wire_write_header(bytes, &header);
    for (size_t i = 0; i < size; i++)
        bytes[WIRE_HEADER_SIZE + i] = (unsigned char)(packet + i);
    return WIRE_HEADER_SIZE + size;
}

/* As the library reads; what comes is put behind what is in bytes. */
static int receive(unsigned char *bytes, size_t *len)
{
    static unsigned char part[ROOM];
    void *opaque = &transport;
    int opaque_len = 1;
    int got = transport.f_recv(&transport, part, ROOM, &opaque, &opaque_len);
    bool empty = transport.flags & NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;

    transport.flags &= ~(unsigned)NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
    assert_null(opaque);
    assert_int_equal(opaque_len, 0);
    assert_int_equal(empty, got == 0);
    if (got > 0) {
        memcpy(bytes + *len, part, (size_t)got);
        *len += (size_t)got;
    }
    return got;
}

static void feed(const unsigned char *bytes, size_t len)
{
    assert_int_equal(send(peer, bytes, len, 0), len);
}

/* However the stream is cut, the library sees the same. */
static void test_every_split(void **state)
{
    unsigned char stream[1000];
    unsigned char wanted[1000];
    unsigned char got[1000];
    size_t len = 0;
    size_t wanted_len = 0;

    (void)state;
    len += put(stream + len, WIRE_GET, 1, 1, 37);
    len += put(stream + len, WIRE_GET, 1, 1, 37); /* again */
    len += put(stream + len, WIRE_TEST_SET, 2, 2, 64);
    len += put(stream + len, 99, 2, 3, 50);
    len += put(stream + len, WIRE_GET_NEXT, 3, 4, 0);
    len += put(stream + len, WIRE_COMMIT_SET, 9, 5, 8); /* refused */
    len += put(stream + len, WIRE_RESPONSE, 3, 4, 8);
    wanted_len += put(wanted + wanted_len, WIRE_GET, 1, 1, 37);
    wanted_len += put(wanted + wanted_len, WIRE_TEST_SET, 2, 2, 64);
    wanted_len += put(wanted + wanted_len, WIRE_GET_NEXT, 3, 4, 0);
    wanted_len += put(wanted + wanted_len, WIRE_RESPONSE, 3, 4, 8);
    for (size_t first = 1; first < len; first++) {
        for (size_t step = 1; step < 40; step += 19) {
            size_t got_len = 0;

            transport.f_send = take_sent;
            incoming_take(&transport, SESSION, cut);
            sent_len = 0;
            for (size_t at = 0, part; at < len; at += part) {
                part = at == 0 ? first : step;
                if (part > len - at)
                    part = len - at;
                feed(stream + at, part);
                assert_true(receive(got, &got_len) >= 0);
            }
            assert_int_equal(got_len, wanted_len);
            assert_memory_equal(got, wanted, wanted_len);
            assert_int_equal(sent_len, WIRE_RESPONSE_SIZE);
        }
    }
}

/* What express.h takes is answered when its last octet has come, and the library sees the rest. */
static void test_express(void **state)
{
    static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 99};
    static const struct walker walker = {.root = root, .root_len = 7};
    const unsigned char range[] = {1, 4, 0, 0, 0, 0, 0, 99, 0, 0, 0, 0};
    unsigned char stream[300];
    unsigned char wanted[300];
    size_t wanted_len = put(wanted, WIRE_TEST_SET, 2, 2, 40);
    size_t len = 0;

    (void)state;
    len += put(stream + len, WIRE_GET_NEXT, 1, 1, sizeof(range));
    memcpy(stream + len - sizeof(range), range, sizeof(range));
    len += put(stream + len, WIRE_TEST_SET, 2, 2, 40);
    len += put(stream + len, WIRE_GET, 3, 3, sizeof(range)); /* which cannot be read */
    memset(stream + len - sizeof(range), 9, sizeof(range));
    express_start(&walker);
    for (size_t step = 1; step <= len; step++) {
        unsigned char got[300];
        size_t got_len = 0;

        transport.f_send = take_sent;
        incoming_take(&transport, SESSION, cut);
        sent_len = 0;
        for (size_t at = 0, part; at < len; at += part) {
            part = step < len - at ? step : len - at;
            feed(stream + at, part);
            assert_true(receive(got, &got_len) >= 0);
            assert_int_equal(sent_len > 0, at + part >= WIRE_HEADER_SIZE + sizeof(range));
        }
        assert_int_equal(got_len, wanted_len);
        assert_memory_equal(got, wanted, wanted_len);
        assert_int_equal(sent_len, WIRE_RESPONSE_SIZE + 12 + WIRE_RESPONSE_SIZE);
        assert_int_equal(sent[WIRE_RESPONSE_SIZE + 1], 130); /* endOfMibView */
        assert_int_equal(wire_read_error(sent + WIRE_RESPONSE_SIZE + 12), WIRE_PARSE_ERROR);
    }
    express_stop();
}

static void check_refusal(uint32_t packet, unsigned error, unsigned index)
{
    struct wire_header header;

    assert_int_equal(sent_len, WIRE_RESPONSE_SIZE);
    assert_true(wire_read_header(sent, &header));
    assert_int_equal(header.type, WIRE_RESPONSE);
    assert_int_equal(header.session, SESSION);
    assert_int_equal(header.packet, packet);
    assert_int_equal(header.size, 8);
    assert_int_equal(sent[24] << 8 | sent[25], error);
    assert_int_equal(sent[26] << 8 | sent[27], index);
    sent_len = 0;
}

/* Longer than the library takes: skipped to its end, and what follows is seen. */
static void test_too_long(void **state)
{
    static unsigned char bytes[3 * ROOM];
    unsigned char got[100];
    size_t got_len = 0;
    size_t len = put(bytes, WIRE_GET, 1, 1, 2 * ROOM);

    (void)state;
    len += put(bytes + len, WIRE_GET, 2, 2, 16);
    for (size_t at = 0, part; at < len; at += part) {
        part = len - at < 50000 ? len - at : 50000;
        feed(bytes + at, part);
        assert_true(receive(got, &got_len) >= 0);
    }
    check_refusal(1, WIRE_TOO_BIG, 1);
    assert_int_equal(got_len, put(bytes, WIRE_GET, 2, 2, 16));
    assert_memory_equal(got, bytes, got_len);
}

static void test_either_byte_order(void **state)
{
    unsigned char little[] = {1, 5, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0};
    unsigned char got[100];
    size_t got_len = 0;

    (void)state;
    feed(little, sizeof(little));
    assert_int_equal(receive(got, &got_len), 0);
    assert_int_equal(got_len, 0);
    assert_int_equal(sent[8] << 24 | sent[9] << 16 | sent[10] << 8 | sent[11], 0x04030201);
    sent[7] = SESSION; /* the refusal has the session that was asked for */
    check_refusal(0x08070605, WIRE_NOT_OPEN, 0);
}

static void test_what_was_kept_back(void **state)
{
    unsigned char bytes[200];
    unsigned char got[400];
    size_t got_len = 0;
    size_t len = put(bytes, WIRE_TEST_SET, 1, 1, 20);

    (void)state;
    len += put(bytes + len, WIRE_UNDO_SET, 1, 2, 0);
    len += put(bytes + len, WIRE_GET, 2, 3, 40);
    feed(bytes, len - 10);
    assert_true(receive(got, &got_len) > 0);
    assert_int_equal(got_len, 40 + 60 - 10);
    put(bytes, WIRE_RESPONSE, 1, 1, 8);
    memset(bytes + 20, 0, 8);
    assert_int_equal(transport.f_send(&transport, bytes, 28, NULL, NULL), 28);
    assert_int_equal(incoming_waits(), -1); /* the library is in the middle of the Get */
    put(bytes, WIRE_GET, 2, 3, 40);
    feed(bytes + 50, 10);
    assert_int_equal(receive(got, &got_len), 10);
    assert_int_equal(incoming_waits(), transport.sock);
    assert_int_equal(receive(got, &got_len), WIRE_HEADER_SIZE);
    put(bytes, WIRE_UNDO_SET, 1, 2, 0);
    assert_memory_equal(got + got_len - WIRE_HEADER_SIZE, bytes, WIRE_HEADER_SIZE);
    assert_int_equal(incoming_waits(), -1);
    assert_int_equal(receive(got, &got_len), 0);
}

/* An error goes without its varbinds, in the byte order that the library has. */
static void test_answers(void **state)
{
    unsigned char answer[100] = {1, WIRE_RESPONSE, 0, 0, SESSION, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
                                 80};

    (void)state;
    assert_int_equal(transport.f_send(&transport, answer, 100, NULL, NULL), 100);
    assert_int_equal(sent_len, 100);
    assert_memory_equal(sent, answer, 100);
    sent_len = 0;
    answer[24] = 1;
    assert_int_equal(transport.f_send(&transport, answer, 100, NULL, NULL), 100);
    assert_int_equal(sent_len, WIRE_RESPONSE_SIZE);
    answer[16] = 8;
    assert_memory_equal(sent, answer, WIRE_RESPONSE_SIZE);
}

static void check_end(void)
{
    unsigned char got[100];
    size_t got_len = 0;

    assert_int_equal(receive(got, &got_len), -1);
    assert_int_equal(got_len, 0);
}

static void test_ends(void **state)
{
    unsigned char bytes[100];
    unsigned char got[100];
    size_t got_len = 0;
    size_t len = put(bytes, WIRE_GET, 1, 1, 0);

    (void)state;
    assert_int_equal(receive(got, &got_len), 0); /* nothing has come */
    put(bytes + len, WIRE_CLOSE, 0, 2, 4);
    feed(bytes, len + WIRE_HEADER_SIZE + 4);
    assert_int_equal(receive(got, &got_len), len);
    assert_int_equal(incoming_waits(), transport.sock);
    check_end();

    transport.f_send = take_sent;
    incoming_take(&transport, SESSION, cut);
    feed((const unsigned char *)"\2 this is not AgentX", 20);
    check_end();

    transport.f_send = take_sent;
    incoming_take(&transport, SESSION, cut);
    incoming_end();
    check_end();

    transport.f_send = take_sent;
    incoming_take(&transport, SESSION, cut);
    close(peer);
    peer = -1;
    check_end();
}

static void test_another_transport(void **state)
{
    netsnmp_transport old = transport;
    void *opaque;
    int opaque_len;
    char room[100];

    (void)state;
    assert_int_equal(old.f_recv(&old, room, sizeof(room), &opaque, &opaque_len), -1);
    assert_int_equal(old.f_send(&old, room, sizeof(room), NULL, NULL), -1);
    incoming_forget();
    assert_int_equal(incoming_waits(), -1);
    check_end();
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_split),        TEST(test_too_long), TEST(test_either_byte_order),
        TEST(test_what_was_kept_back), TEST(test_answers),  TEST(test_ends),
        TEST(test_another_transport),  TEST(test_express),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
