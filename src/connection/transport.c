#include "connection/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"

/* What is read in one turn, so that no daemon keeps the others waiting. */
enum { TURN_BYTES = 16384 };

/* So many are read in one turn of the loop; what else is served by it comes between. */
enum { TURN_READS = 4 };

/* Unsent bytes: one command and its marker at a time need far less. */
enum { UNSENT_MAX = 4096 };

/* A peer that is gone without a word is found by the system after about a minute. */
enum { KEEPALIVE_IDLE = 30, KEEPALIVE_INTERVAL = 10, KEEPALIVE_COUNT = 3 };

struct transport {
    int fd;
    bool connected;
    struct event *readable;
    struct event *writable;
    const struct transport_handler *handler;
    void *arg;
    int failure; /* errno of a send that failed, told when all input is read */
    size_t unsent;
    char output[UNSENT_MAX];
};

static size_t open_count;
static size_t open_limit = SIZE_MAX;
static unsigned reads;

void transport_limit(size_t most)
{
    open_limit = most;
}

static socklen_t make_address(const struct endpoint *endpoint, struct sockaddr_storage *storage)
{
    struct sockaddr_un *un = (struct sockaddr_un *)storage;
    struct sockaddr_in *in = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;

    memset(storage, 0, sizeof(*storage));
    if (endpoint->path) {
        if (strlen(endpoint->path) >= sizeof(un->sun_path))
            return 0;
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, endpoint->path, strlen(endpoint->path) + 1);
        return sizeof(*un);
    }
    if (inet_pton(AF_INET, endpoint->host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(endpoint->port);
        return sizeof(*in);
    }
    if (inet_pton(AF_INET6, endpoint->host, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(endpoint->port);
        return sizeof(*in6);
    }
    return 0;
}

static void keep_alive(int fd)
{
    const int on = 1, idle = KEEPALIVE_IDLE, interval = KEEPALIVE_INTERVAL, count = KEEPALIVE_COUNT;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void stop_writing(struct transport *transport)
{
    event_del(transport->writable);
    explicit_bzero(transport->output, transport->unsent);
    transport->unsent = 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    char bytes[TURN_BYTES];
    ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
    int error = got < 0 ? errno : transport->failure;

    (void)what;
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

static void flush(struct transport *transport)
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

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct transport *transport = arg;
    int error = 0;
    socklen_t len = sizeof(error);

    (void)what;
    if (transport->connected) {
        flush(transport);
        return;
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        transport->handler->closed(transport->arg, error);
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
    if (transport->readable)
        event_free(transport->readable);
    if (transport->writable)
        event_free(transport->writable);
    if (transport->fd >= 0)
        close(transport->fd);
    explicit_bzero(transport->output, sizeof(transport->output));
    free(transport);
    open_count--;
}

static bool begin(struct transport *transport, void *loop, const struct endpoint *endpoint)
{
    struct sockaddr_storage address;
    socklen_t len = make_address(endpoint, &address);

    if (len == 0) {
        errno = EINVAL;
        return false;
    }
    transport->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (transport->fd < 0)
        return false;
    if (!endpoint->path)
        keep_alive(transport->fd);
    if (connect(transport->fd, (struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS)
        return false;
    transport->readable =
        event_new(loop, transport->fd, EV_READ | EV_PERSIST, on_readable, transport);
    transport->writable = event_new(loop, transport->fd, EV_WRITE, on_writable, transport);
    errno = ENOMEM;
    return transport->readable && transport->writable && event_add(transport->writable, NULL) == 0;
}

static struct transport *socket_open(void *loop, const struct endpoint *endpoint,
                                     const struct transport_handler *handler, void *arg, int *error)
{
    struct transport *transport = open_count < open_limit ? calloc(1, sizeof(*transport)) : NULL;

    if (!transport) {
        *error = open_count < open_limit ? ENOMEM : EMFILE;
        return NULL;
    }
    open_count++;
    transport->fd = -1;
    transport->handler = handler;
    transport->arg = arg;
    if (begin(transport, loop, endpoint))
        return transport;
    *error = errno;
    socket_close(transport);
    return NULL;
}

static void socket_send(struct transport *transport, const char *bytes, size_t len)
{
    if (transport->failure != 0)
        return;
    if (len > sizeof(transport->output) - transport->unsent) {
        send_failed(transport, ENOBUFS);
        return;
    }
    memcpy(transport->output + transport->unsent, bytes, len);
    transport->unsent += len;
    flush(transport);
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
    snprintf(text, size, "cannot connect: %s%s", strerror(error), hint);
    return text;
}

const struct transport_kind socket_transport = {socket_open, socket_send, socket_close};
