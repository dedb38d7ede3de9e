#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/express.h"
#include "agent/master/gate.h"
#include "agent/master/incoming.h"
#include "base/log.h"
#include "fuzz.h"

/*
 * What a master agent sends: the library sees whole PDUs that are for it, the same however the
 * stream comes in pieces, and what it must not see is answered or dropped.  The same holds when
 * what is read is answered by express.h.
 */

enum { SESSION = 7, INPUT_MAX = 8192, ROOM = 4 * INPUT_MAX, BUFFER = 65536 };

/* What the library has read, and what was sent in its place. */
struct view {
    unsigned char seen[ROOM];
    size_t seen_len;
    size_t judged; /* octets of seen that check_seen() has gone through */
    unsigned char sent[ROOM];
    size_t sent_len;
    bool ended;
};

static struct view *view;
static netsnmp_transport transport;
static bool expresses; /* the library sees no Get, GetNext and GetBulk */

static int take_sent(netsnmp_transport *by, const void *data, int size, void **opaque,
                     int *opaque_len)
{
    (void)opaque;
    (void)opaque_len;
    REQUIRE(by == &transport && (size == WIRE_RESPONSE_SIZE || expresses));
    REQUIRE(view->sent_len + (size_t)size <= ROOM);
    memcpy(view->sent + view->sent_len, data, (size_t)size);
    view->sent_len += (size_t)size;
    return size;
}

static void ignore_cut(uint32_t transaction)
{
    (void)transaction;
}

/* As the library reads; false when nothing has come. */
static bool receive(void)
{
    static unsigned char part[BUFFER];
    void *opaque = NULL;
    int opaque_len = 0;
    int got = transport.f_recv(&transport, part, BUFFER, &opaque, &opaque_len);

    transport.flags = 0;
    view->ended = got < 0;
    if (got <= 0)
        return false;
    REQUIRE(view->seen_len + (size_t)got <= ROOM);
    memcpy(view->seen + view->seen_len, part, (size_t)got);
    view->seen_len += (size_t)got;
    return true;
}

static void answer(const struct wire_header *request)
{
    unsigned char bytes[WIRE_RESPONSE_SIZE];
    size_t before = view->sent_len;

    wire_write_refusal(bytes, request, WIRE_PROCESSING_ERROR);
    REQUIRE(transport.f_send(&transport, bytes, sizeof(bytes), NULL, NULL) == sizeof(bytes));
    view->sent_len = before;
}

/* The PDUs that have come whole since the last call; answers some of them where there is a seed. */
static void check_seen(uint64_t *seed)
{
    struct wire_header header;

    while (view->judged < view->seen_len) {
        size_t left = view->seen_len - view->judged;

        REQUIRE(left >= WIRE_HEADER_SIZE);
        REQUIRE(wire_read_header(view->seen + view->judged, &header));
        REQUIRE(header.size <= GATE_PDU_MAX - WIRE_HEADER_SIZE);
        REQUIRE(!expresses || header.type < WIRE_GET || header.type > WIRE_GET_BULK);
        REQUIRE(header.type == WIRE_RESPONSE ||
                (header.session == SESSION && header.type >= WIRE_GET &&
                 header.type <= WIRE_CLEANUP_SET && !wire_has_context(&header)));
        if (left < WIRE_HEADER_SIZE + header.size)
            return;
        view->judged += WIRE_HEADER_SIZE + header.size;
        if (seed && header.type != WIRE_RESPONSE && fuzz_random(seed, 2))
            answer(&header);
    }
}

static void check_sent(void)
{
    struct wire_header header;

    for (size_t at = 0; at < view->sent_len; at += WIRE_HEADER_SIZE + header.size) {
        REQUIRE(view->sent_len - at >= WIRE_RESPONSE_SIZE);
        REQUIRE(wire_read_header(view->sent + at, &header));
        REQUIRE(header.type == WIRE_RESPONSE && header.size >= 8);
        REQUIRE(header.size == 8 || expresses);
        REQUIRE(wire_read_error(view->sent + at) != 0 || expresses);
    }
}

/* In pieces of at most that size, and with answers where there is a seed for them. */
static void play(struct view *as, const uint8_t *data, size_t size, size_t piece, uint64_t *seed)
{
    int ends[2];

    view = as;
    memset(view, 0, sizeof(*view));
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    transport = (netsnmp_transport){.sock = ends[0], .f_send = take_sent};
    incoming_take(&transport, SESSION, ignore_cut);
    for (size_t at = 0, part; at < size && !view->ended; at += part) {
        part = size - at < piece ? size - at : piece;
        REQUIRE(send(ends[1], data + at, part, MSG_DONTWAIT) == (ssize_t)part);
        do {
            receive();
            check_seen(seed);
        } while (!view->ended && incoming_waits() == ends[0]);
    }
    check_sent();
    incoming_forget();
    close(ends[0]);
    close(ends[1]);
}

/* The same whole and in pieces, and harmless when what the library sees is answered. */
static void play_all(const uint8_t *data, size_t size)
{
    static struct view whole;
    static struct view pieces;
    uint64_t seed = fuzz_seed(data, size);

    play(&whole, data, size, INPUT_MAX, NULL);
    play(&pieces, data, size, 1 + fuzz_random(&seed, 50), NULL);
    REQUIRE(whole.seen_len == pieces.seen_len && whole.sent_len == pieces.sent_len);
    REQUIRE(memcmp(whole.seen, pieces.seen, whole.seen_len) == 0);
    REQUIRE(memcmp(whole.sent, pieces.sent, whole.sent_len) == 0);
    REQUIRE(whole.ended == pieces.ended);
    play(&pieces, data, size, 1 + fuzz_random(&seed, 50), &seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned long root[] = {1, 3, 6, 1};
    static const struct walker walker = {.root = root, .root_len = 4};

    log_set_level(LOG_LEVEL_ERROR);
    if (size > INPUT_MAX)
        size = INPUT_MAX;
    play_all(data, size);
    expresses = true;
    express_start(&walker);
    play_all(data, size);
    express_stop();
    expresses = false;
    return 0;
}
