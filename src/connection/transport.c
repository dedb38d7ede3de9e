#include "connection/transport.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/config.h"
#include "connection/lookup.h"

/* What is read in one turn, so that no daemon keeps the others waiting. */
enum { TURN_BYTES = 16384 };

/* So many are read in one turn of the loop; what else is served by it comes between. */
enum { TURN_READS = 4 };

/* Unsent bytes: a command with the lines that belong to it, and its marker, need less. */
enum { UNSENT_MAX = 73728 };

/* Room for most commands; more is made when it is needed. */
enum { ROOM = 4096 };

/* A peer that is gone without a word is found by the system after about a minute. */
enum { KEEPALIVE_IDLE = 30, KEEPALIVE_INTERVAL = 10, KEEPALIVE_COUNT = 3 };

/*
 * Milliseconds that an address of a host name may take while others are left: all of them fit into
 * the time that a whole try has.
 */
enum { ADDRESS_WAIT = 2000, ADDRESSES_WAIT = 8000 };

struct transport {
    struct event_base *loop;
    struct lookup *lookup;       /* of a host name, while it is under way */
    struct addrinfo *found;      /* what it found */
    const struct addrinfo *next; /* of those, to be tried when this one fails */
    struct timeval wait;         /* for one that has others behind it */
    int fd;
    bool connected;
    struct event *readable;
    struct event *writable;
    const struct transport_handler *handler;
    void *arg;
    int failure; /* errno of a send that failed, told when all input is read */
    size_t unsent;
    size_t room; /* of output, which is NULL while nothing waits */
    char *output;
};

static size_t open_count;
static size_t open_limit = SIZE_MAX;
static unsigned reads;

void transport_limit(size_t most)
{
    open_limit = most;
}

bool transport_has_room(void)
{
    return open_count < open_limit;
}

static void keep_alive(int fd)
{
    const int on = 1, idle = KEEPALIVE_IDLE, interval = KEEPALIVE_INTERVAL, count = KEEPALIVE_COUNT;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

/* What waits may be secret. */
static void drop_output(struct transport *transport)
{
    if (transport->output)
        explicit_bzero(transport->output, transport->room);
    free(transport->output);
    transport->output = NULL;
    transport->room = transport->unsent = 0;
}

/* realloc() would leave a copy behind. */
static bool grow_output(struct transport *transport, size_t wanted)
{
    size_t room = transport->room ? transport->room : ROOM;
    size_t unsent = transport->unsent;
    char *output;

    while (room < wanted)
        room *= 2;
    if (room == transport->room)
        return true;
    output = malloc(room);
    if (!output)
        return false;
    if (unsent > 0)
        memcpy(output, transport->output, unsent);
    drop_output(transport);
    transport->output = output;
    transport->room = room;
    transport->unsent = unsent;
    return true;
}

static void stop_writing(struct transport *transport)
{
    event_del(transport->writable);
    drop_output(transport);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    char bytes[TURN_BYTES];
    ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
    int error = got < 0 ? errno : transport->failure;

    (void)what;
    clock_idle_end();
    if (++reads % TURN_READS == 0)
        event_base_loopbreak(event_get_base(transport->readable));
    if (got > 0) {
        transport->handler->received(transport->arg, (struct slice){bytes, (size_t)got});
        return;
    }
    if (got < 0 && (error == EAGAIN || error == EINTR))
        return;
    event_del(transport->readable);
    stop_writing(transport);
    transport->handler->closed(transport->arg, error);
}

/*
 * A daemon that ends writes why and closes; what it wrote is still to be read when sending fails.
 * The failure is told when the input has ended.
 */
static void send_failed(struct transport *transport, int error)
{
    transport->failure = error;
    stop_writing(transport);
}

static void write_unsent(struct transport *transport)
{
    ssize_t sent = send(transport->fd, transport->output, transport->unsent, MSG_NOSIGNAL);

    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            send_failed(transport, errno);
        else
            event_add(transport->writable, NULL);
        return;
    }
    memmove(transport->output, transport->output + sent, transport->unsent - (size_t)sent);
    transport->unsent -= (size_t)sent;
    explicit_bzero(transport->output + transport->unsent, (size_t)sent);
    if (transport->unsent > 0)
        event_add(transport->writable, NULL);
    else
        drop_output(transport);
}

/* Who it was when it began to listen: what a daemon gives up later does not count. */
static int64_t peer_of(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    int family;
    socklen_t family_len = sizeof(family);

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &family_len) != 0 || family != AF_UNIX ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return TRANSPORT_PEER_UNKNOWN;
    return peer.uid;
}

static void hang_up(struct transport *transport)
{
    if (transport->readable)
        event_free(transport->readable);
    if (transport->writable)
        event_free(transport->writable);
    if (transport->fd >= 0)
        close(transport->fd);
    transport->readable = transport->writable = NULL;
    transport->fd = -1;
}

static void try_next(struct transport *transport, int error);

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    int error = 0;
    socklen_t len = sizeof(error);

    if (transport->connected) {
        write_unsent(transport);
        return;
    }
    if (what & EV_TIMEOUT)
        error = ETIMEDOUT;
    else
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        try_next(transport, error);
        return;
    }
    transport->connected = true;
    event_add(transport->readable, NULL);
    transport->handler->connected(transport->arg, peer_of(fd));
}

static void socket_close(struct transport *transport)
{
    if (!transport)
        return;
    lookup_cancel(transport->lookup);
    if (transport->found)
        freeaddrinfo(transport->found);
    hang_up(transport);
    drop_output(transport);
    free(transport);
    open_count--;
}

/* It is writable when it is connected; what is connected already is so in the next turn. */
static bool await_connection(struct transport *transport)
{
    transport->readable =
        event_new(transport->loop, transport->fd, EV_READ | EV_PERSIST, on_readable, transport);
    transport->writable =
        event_new(transport->loop, transport->fd, EV_WRITE, on_writable, transport);
    errno = ENOMEM;
    return transport->readable && transport->writable &&
           event_add(transport->writable, transport->next ? &transport->wait : NULL) == 0;
}

static bool dial_address(struct transport *transport, const struct sockaddr *address, socklen_t len)
{
    transport->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (transport->fd < 0)
        return false;
    if (address->sa_family != AF_UNIX)
        keep_alive(transport->fd);
    if (connect(transport->fd, address, len) != 0 && errno != EINPROGRESS)
        return false;
    return await_connection(transport);
}

/* Goes on to the next address that can be waited for; tells the error when there is none. */
static void try_next(struct transport *transport, int error)
{
    while (transport->next) {
        const struct addrinfo *address = transport->next;

        transport->next = address->ai_next;
        hang_up(transport);
        if (dial_address(transport, address->ai_addr, address->ai_addrlen))
            return;
        error = errno;
    }
    transport->handler->closed(transport->arg, error);
}

static void on_found(void *arg, int error, struct addrinfo *found)
{
    struct transport *transport = arg;
    int wait = ADDRESS_WAIT;
    int count = 0;

    transport->lookup = NULL;
    transport->next = transport->found = found;
    for (const struct addrinfo *address = found; address; address = address->ai_next)
        count++;
    if (count > ADDRESSES_WAIT / ADDRESS_WAIT)
        wait = ADDRESSES_WAIT / count;
    transport->wait = (struct timeval){wait / 1000, (wait % 1000) * 1000L};
    try_next(transport, error);
}

static bool start_connect(struct transport *transport, const struct endpoint *endpoint)
{
    assert(endpoint->address_len > 0 || endpoint->host);
    if (endpoint->address_len > 0)
        return dial_address(transport, (const struct sockaddr *)&endpoint->address,
                            endpoint->address_len);
    transport->lookup =
        lookup_start(transport->loop, endpoint->host, endpoint->port, on_found, transport);
    errno = ENOMEM;
    return transport->lookup != NULL;
}

/* NULL, and *error set, when memory is out. */
static struct transport *make(struct event_base *loop, const struct transport_handler *handler,
                              void *arg, int *error)
{
    struct transport *transport = calloc(1, sizeof(*transport));

    if (!transport) {
        *error = ENOMEM;
        return NULL;
    }
    transport->loop = loop;
    open_count++;
    transport->fd = -1;
    transport->handler = handler;
    transport->arg = arg;
    return transport;
}

static struct transport *socket_open(struct event_base *loop, const struct endpoint *endpoint,
                                     const struct transport_handler *handler, void *arg, int *error)
{
    struct transport *transport;

    if (!transport_has_room()) {
        *error = EMFILE;
        return NULL;
    }
    transport = make(loop, handler, arg, error);
    if (!transport || start_connect(transport, endpoint))
        return transport;
    *error = errno;
    socket_close(transport);
    return NULL;
}

/* Its descriptor is there: a limit comes too late for it. */
static struct transport *socket_adopt(struct event_base *loop, int fd,
                                      const struct transport_handler *handler, void *arg,
                                      int *error)
{
    struct transport *transport = make(loop, handler, arg, error);

    if (!transport) {
        close(fd);
        return NULL;
    }
    transport->fd = fd;
    if (await_connection(transport))
        return transport;
    *error = errno;
    socket_close(transport);
    return NULL;
}

static int socket_descriptor(const struct transport *transport)
{
    return transport->fd;
}

static void send_later(struct transport *transport, const char *bytes, size_t len)
{
    if (!grow_output(transport, transport->unsent + len)) {
        send_failed(transport, ENOBUFS);
        return;
    }
    memcpy(transport->output + transport->unsent, bytes, len);
    transport->unsent += len;
    event_add(transport->writable, NULL);
}

static void socket_send(struct transport *transport, const char *bytes, size_t len)
{
    ssize_t sent = 0;

    if (transport->failure != 0)
        return;
    if (len > UNSENT_MAX - transport->unsent) {
        send_failed(transport, ENOBUFS);
        return;
    }
    /* Most often all goes out at once, and takes no memory. */
    if (transport->unsent == 0)
        sent = send(transport->fd, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        send_failed(transport, errno);
    else if (sent < (ssize_t)len)
        send_later(transport, bytes + (sent > 0 ? sent : 0), len - (size_t)(sent > 0 ? sent : 0));
}

const char *transport_why(int error, char *text, size_t size)
{
    const char *hint = "";

    if (error == EACCES || error == EPERM)
        hint = "; the agent's user may not use the socket or its folder";
    else if (error == ENOENT || error == ECONNREFUSED)
        hint = "; the daemon does not run, or listens elsewhere";
    else if (error == EMFILE)
        hint = " for another daemon; the agent's limit (LimitNOFILE) is too low";
    else if (error == EAGAIN)
        hint = "; other management clients are waiting for the daemon's only session";
    else if (error == EAI_AGAIN)
        hint = "; no name server answers, or the service's unit does not allow its address";
    snprintf(text, size, "cannot connect: %s%s", error < 0 ? gai_strerror(error) : strerror(error),
             hint);
    return text;
}

const struct transport_kind socket_transport = {.open = socket_open,
                                                .send = socket_send,
                                                .close = socket_close,
                                                .adopt = socket_adopt,
                                                .descriptor = socket_descriptor};
