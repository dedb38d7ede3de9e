#include "agent/master/probe.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "base/denied.h"
#include "config/config.h"

struct probe {
    struct event_base *base;
    probe_done *done;
    void *arg;
    const struct endpoint *master;
    struct event *event; /* NULL when not under way */
    int fd;
    int error; /* of what probe_start() did */
};

/* Version 1, Ping, network byte order, no session, packet 1, no payload. */
static const unsigned char ping[20] = {1, 13, 0x10, [15] = 1};

struct probe *probe_new(struct event_base *base, const struct endpoint *master, probe_done *done,
                        void *arg)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    assert(base && done);
    assert(master->address_len > 0);
    if (!probe)
        return NULL;
    probe->base = base;
    probe->master = master;
    probe->done = done;
    probe->arg = arg;
    return probe;
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    probe_stop(probe);
    free(probe);
}

void probe_stop(struct probe *probe)
{
    if (!probe->event)
        return;
    event_free(probe->event);
    probe->event = NULL;
    if (probe->fd >= 0)
        close(probe->fd);
}

static void end_probe(struct probe *probe, const char *why)
{
    probe_stop(probe);
    probe->done(probe->arg, why);
}

static void end_probe_with(struct probe *probe, int error)
{
    const char *hint = "";
    char text[512];
    char why[256];

    if (error == EACCES && probe->master->path)
        hint = denied_why(probe->master->path, why, sizeof(why));
    else if (error == ENOENT || error == ECONNREFUSED)
        hint = "snmpd does not run, has no line \"master agentx\", or another agentXSocket";
    snprintf(text, sizeof(text), "%s%s%s", strerror(error), *hint != '\0' ? "; " : "", hint);
    end_probe(probe, text);
}

static void wait_for(struct probe *probe, short what, event_callback_fn then)
{
    event_assign(probe->event, probe->base, probe->fd, what, then, probe);
    event_add(probe->event, NULL);
}

static void on_probe_answer(evutil_socket_t fd, short what, void *arg)
{
    struct probe *probe = arg;
    char bytes[64];
    ssize_t len = recv(fd, bytes, sizeof(bytes), 0);

    (void)what;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < 0)
        end_probe_with(probe, errno);
    else
        end_probe(probe, len == 0 ? "it closed the connection" : NULL);
}

static void on_probe_connected(evutil_socket_t fd, short what, void *arg)
{
    struct probe *probe = arg;
    socklen_t len = sizeof(int);
    int error = 0;

    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    /* An empty socket takes 20 bytes at once. */
    if (error == 0 && send(fd, ping, sizeof(ping), MSG_NOSIGNAL) != (ssize_t)sizeof(ping))
        error = errno;
    if (error != 0) {
        end_probe_with(probe, error);
        return;
    }
    wait_for(probe, EV_READ | EV_PERSIST, on_probe_answer);
}

static void on_probe_failed(evutil_socket_t fd, short what, void *arg)
{
    struct probe *probe = arg;

    (void)fd;
    (void)what;
    end_probe_with(probe, probe->error);
}

/* Returns 0 or the error. */
static int begin_connect(struct probe *probe)
{
    const struct sockaddr *target = (const struct sockaddr *)&probe->master->address;

    probe->fd = socket(target->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe->fd < 0)
        return errno;
    /* A unix socket whose queue is full answers EAGAIN, and is not worth waiting for. */
    if (connect(probe->fd, target, probe->master->address_len) != 0 && errno != EINPROGRESS)
        return errno;
    return 0;
}

bool probe_start(struct probe *probe)
{
    probe_stop(probe);
    probe->event = event_new(probe->base, -1, 0, on_probe_failed, probe);
    if (!probe->event)
        return false;
    probe->error = begin_connect(probe);
    if (probe->error == 0)
        wait_for(probe, EV_WRITE, on_probe_connected);
    else
        event_active(probe->event, EV_TIMEOUT, 0);
    return true;
}
