#include "agent/outgoing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "base/log.h"

static struct {
    struct event_base *base;
    struct event *writable; /* NULL while nothing waits */
    int fd;
    unsigned char *bytes; /* what waits is from begin to end */
    size_t begin;
    size_t end;
    size_t room;
} self = {.fd = -1};

void outgoing_init(struct event_base *base)
{
    self.base = base;
}

static void drop_bytes(void)
{
    if (self.writable)
        event_free(self.writable);
    self.writable = NULL;
    free(self.bytes);
    self.bytes = NULL;
    self.begin = self.end = self.room = 0;
}

void outgoing_forget(void)
{
    drop_bytes();
    self.fd = -1;
}

void outgoing_fini(void)
{
    outgoing_forget();
    self.base = NULL;
}

bool outgoing_waits(void)
{
    return self.writable != NULL;
}

/* Returns the octets that the socket took, 0 when it is full, -1 when it is broken. */
static ssize_t send_now(int fd, const unsigned char *bytes, size_t size)
{
    ssize_t len;

    do
        len = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (len < 0 && errno == EINTR);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    return len;
}

/* Half a PDU cannot be taken back: the stream ends.  The library finds that and does the rest. */
static int give_up(void)
{
    shutdown(self.fd, SHUT_RDWR);
    outgoing_forget();
    return -1;
}

static void flush(evutil_socket_t fd, short what, void *arg)
{
    ssize_t len = send_now(fd, self.bytes + self.begin, self.end - self.begin);

    (void)what;
    (void)arg;
    if (len < 0) {
        give_up();
        return;
    }
    self.begin += (size_t)len;
    if (self.begin == self.end)
        drop_bytes();
}

static bool make_room(size_t size)
{
    size_t waiting = self.end - self.begin;
    size_t room = self.room ? self.room : 4096;
    unsigned char *bytes;

    if (size > OUTGOING_MAX - waiting)
        return false;
    if (self.begin > 0)
        memmove(self.bytes, self.bytes + self.begin, waiting);
    self.begin = 0;
    self.end = waiting;
    while (room < waiting + size)
        room *= 2;
    if (room == self.room)
        return true;
    bytes = realloc(self.bytes, room);
    if (!bytes)
        return false;
    self.bytes = bytes;
    self.room = room;
    return true;
}

static bool wait_for_room(void)
{
    if (self.writable)
        return true;
    self.writable = event_new(self.base, self.fd, EV_WRITE | EV_PERSIST, flush, NULL);
    return self.writable && event_add(self.writable, NULL) == 0;
}

static bool keep(const unsigned char *bytes, size_t size)
{
    if (size > self.room - self.end && !make_room(size))
        return false;
    memcpy(self.bytes + self.end, bytes, size);
    self.end += size;
    return wait_for_room();
}

/* In the place of the transport's own function, whose results it has. */
static int send_or_keep(netsnmp_transport *transport, const void *data, int size, void **opaque,
                        int *opaque_len)
{
    const unsigned char *bytes = data;
    ssize_t len = 0;

    (void)opaque;
    (void)opaque_len;
    if (transport->sock != self.fd || self.fd < 0)
        return -1;
    if (!outgoing_waits())
        len = send_now(self.fd, bytes, (size_t)size);
    if (len < 0)
        return give_up();
    if (len < size && !keep(bytes + len, (size_t)(size - len))) {
        log_warning("no room for what the master agent does not read; the session is given up");
        return give_up();
    }
    return size;
}

void outgoing_take(netsnmp_transport *transport)
{
    outgoing_forget();
    self.fd = transport->sock;
    transport->f_send = send_or_keep;
}
