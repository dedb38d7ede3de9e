#include "agent/master/outgoing.h"

#include <errno.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "base/log.h"

static struct {
    struct event_base *base;
    struct event *writable; /* NULL while nothing waits */
    struct evbuffer *waiting;
    int fd;
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
    if (self.waiting)
        evbuffer_free(self.waiting);
    self.waiting = NULL;
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
static ssize_t send_now(int fd, const void *bytes, size_t size)
{
    ssize_t len = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
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

/* evbuffer_write() would wait: the library's socket blocks. */
static void send_waiting(evutil_socket_t fd, short what, void *arg)
{
    struct evbuffer_iovec first;
    ssize_t len;

    (void)what;
    (void)arg;
    evbuffer_peek(self.waiting, -1, NULL, &first, 1);
    len = send_now(fd, first.iov_base, first.iov_len);
    if (len < 0) {
        give_up();
        return;
    }
    evbuffer_drain(self.waiting, (size_t)len);
    if (evbuffer_get_length(self.waiting) == 0)
        drop_bytes();
}

static bool wait_for_room(void)
{
    if (self.writable)
        return true;
    self.writable = event_new(self.base, self.fd, EV_WRITE | EV_PERSIST, send_waiting, NULL);
    return self.writable && event_add(self.writable, NULL) == 0;
}

static bool keep_unsent(const unsigned char *bytes, size_t size)
{
    if (!self.waiting)
        self.waiting = evbuffer_new();
    return self.waiting && size <= OUTGOING_MAX - evbuffer_get_length(self.waiting) &&
           evbuffer_add(self.waiting, bytes, size) == 0 && wait_for_room();
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
    if (len < size && !keep_unsent(bytes + len, (size_t)(size - len))) {
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
