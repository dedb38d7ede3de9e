#include "agent/master/incoming.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/express.h"
#include "agent/master/gate.h"
#include "agent/master/registration.h"
#include "agent/master/wire.h"
#include "base/log.h"

/* Who gets a PDU. */
enum receiver { NOBODY, LIBRARY, EXPRESS };

static struct {
    netsnmp_transport *transport; /* NULL while there is no session */
    int (*send)(netsnmp_transport *transport, const void *data, int size, void **opaque,
                int *opaque_len);
    unsigned char head[WIRE_RESPONSE_SIZE];
    size_t head_len;        /* octets of a head_size() that has not come whole */
    uint64_t left;          /* octets of the PDU under way that are still to come */
    enum receiver receiver; /* of that one */
    size_t gathered_len;    /* octets of it in gathered, when it is for express.h */
    bool ended;
} self;

static unsigned char gathered[GATE_PDU_MAX]; /* what there is of it */

/* Ends the stream for the library; why goes to the log, unless it is NULL. */
static void end_stream(const char *why)
{
    if (why)
        log_warning("%s; the session is given up", why);
    self.ended = true;
}

static void refuse_request(const struct wire_header *request, enum wire_error error)
{
    unsigned char bytes[WIRE_RESPONSE_SIZE];

    wire_write_refusal(bytes, request, error);
    if (self.send(self.transport, bytes, sizeof(bytes), NULL, NULL) < 0)
        end_stream(NULL);
}

static bool has_error(const struct wire_header *header)
{
    return header->type == WIRE_RESPONSE && header->size >= WIRE_RESPONSE_SIZE - WIRE_HEADER_SIZE;
}

/* What must be there to judge the PDU that begins with these octets. */
static size_t head_size(const unsigned char *bytes, size_t len)
{
    struct wire_header header;

    if (len < WIRE_HEADER_SIZE || !wire_read_header(bytes, &header) || !has_error(&header))
        return WIRE_HEADER_SIZE;
    return WIRE_RESPONSE_SIZE;
}

static void begin_pdu(const unsigned char *bytes)
{
    struct wire_header header;
    enum wire_error error;

    if (!wire_read_header(bytes, &header)) {
        end_stream("the master agent sends what is not AgentX");
        return;
    }
    if (has_error(&header))
        registration_answered(header.packet, wire_read_error(bytes));
    self.left = (uint64_t)WIRE_HEADER_SIZE + header.size;
    self.receiver = NOBODY;
    switch (gate_judge(&header, &error)) {
    case GATE_TAKE:
        self.receiver = express_takes(header.type) ? EXPRESS : LIBRARY;
        self.gathered_len = 0;
        break;
    case GATE_DROP:
        break;
    case GATE_REFUSE:
        refuse_request(&header, error);
        break;
    case GATE_END:
        end_stream("the master agent closes the session");
        break;
    }
}

/* A part of a request; with its last one it is answered. */
static void gather_request(const unsigned char *bytes, size_t len)
{
    const unsigned char *answer;
    size_t size;

    memcpy(gathered + self.gathered_len, bytes, len);
    self.gathered_len += len;
    if (len < self.left)
        return;
    answer = express_answer(gathered, self.gathered_len, &size);
    if (self.send(self.transport, answer, (int)size, NULL, NULL) < 0)
        end_stream(NULL);
}

/* Moves what the library gets to the front and returns how much that is. */
static size_t sift(unsigned char *bytes, size_t len)
{
    size_t kept = 0;
    size_t at = 0;

    while (at < len && !self.ended) {
        size_t part = len - at;

        if (self.left == 0 && part < head_size(bytes + at, part)) {
            memcpy(self.head, bytes + at, part);
            self.head_len = part;
            break;
        }
        if (self.left == 0)
            begin_pdu(bytes + at);
        if (part > self.left)
            part = (size_t)self.left;
        if (self.receiver == LIBRARY) {
            memmove(bytes + kept, bytes + at, part);
            kept += part;
        } else if (self.receiver == EXPRESS) {
            gather_request(bytes + at, part);
        }
        self.left -= part;
        at += part;
    }
    return kept;
}

/* Whether the library is not in the middle of a PDU. */
static bool is_between(void)
{
    return self.left == 0 || self.receiver != LIBRARY;
}

static size_t release(unsigned char *bytes, size_t size)
{
    struct wire_header header;
    size_t len = 0;

    while (size - len >= WIRE_HEADER_SIZE && is_between() && gate_release(&header)) {
        wire_write_header(bytes + len, &header);
        len += WIRE_HEADER_SIZE;
    }
    return len;
}

/* Returns what recv(2) does, as if nothing had come when it was interrupted. */
static ssize_t receive(unsigned char *bytes, size_t size)
{
    size_t before = self.head_len;
    ssize_t len;

    memcpy(bytes, self.head, before);
    len = recv(self.transport->sock, bytes + before, size - before, MSG_DONTWAIT);
    if (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        return -1;
    if (len == 0)
        return -1;
    if (len < 0)
        return 0;
    self.head_len = 0;
    return (ssize_t)sift(bytes, before + (size_t)len);
}

/*
 * In the place of the transport's own function, whose results it has.  The library wants no address
 * of a stream's peer, and loses the memory of one when the session ends.
 */
static int receive_taken(netsnmp_transport *transport, void *data, int size, void **opaque,
                         int *opaque_len)
{
    ssize_t len;

    *opaque = NULL;
    *opaque_len = 0;
    if (transport != self.transport || self.ended || size < 2 * WIRE_HEADER_SIZE)
        return -1;
    len = (ssize_t)release(data, (size_t)size);
    if (len == 0)
        len = receive(data, (size_t)size);
    if (len < 0 || (len == 0 && self.ended))
        return -1;
    if (len == 0)
        transport->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
    return (int)len;
}

/* The library sends one PDU at a time. */
static int send_noted(netsnmp_transport *transport, const void *data, int size, void **opaque,
                      int *opaque_len)
{
    unsigned char bare[WIRE_RESPONSE_SIZE];
    struct wire_header header;

    if (transport != self.transport)
        return -1;
    if (size >= WIRE_RESPONSE_SIZE && wire_read_header(data, &header) &&
        header.type == WIRE_RESPONSE) {
        gate_answered(header.packet);
        if (wire_write_bare(bare, data, (size_t)size))
            return self.send(transport, bare, sizeof(bare), opaque, opaque_len) < 0 ? -1 : size;
    }
    if (size >= WIRE_HEADER_SIZE && wire_read_header(data, &header) && header.type == WIRE_REGISTER)
        registration_asked(header.packet);
    return self.send(transport, data, size, opaque, opaque_len);
}

void incoming_take(netsnmp_transport *transport, uint32_t session,
                   void (*cut)(uint32_t transaction))
{
    incoming_forget();
    gate_open(session, cut);
    registration_begin();
    self.transport = transport;
    self.send = transport->f_send;
    transport->f_send = send_noted;
    transport->f_recv = receive_taken;
}

void incoming_end(void)
{
    self.ended = true;
}

void incoming_forget(void)
{
    memset(&self, 0, sizeof(self));
}

int incoming_waits(void)
{
    return self.transport && (self.ended || (is_between() && gate_waits())) ? self.transport->sock
                                                                            : -1;
}
