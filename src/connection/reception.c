#include "connection/reception.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/keep.h"
#include "base/log.h"
#include "base/timers.h"
#include "base/unix_socket.h"
#include "config/config.h"
#include "connection/login.h"
#include "connection/transport.h"

/* What words for people begin with when nobody can come. */
#define RECEPTION_CLOSED "cannot listen"

enum { RECEPTION_BACKLOG = 1 }; /* the next daemon; more wait for a place in it */

/* Before another try to let somebody in, in milliseconds, when the system cannot. */
enum { RECEPTION_PAUSE = 1000 };

struct reception {
    const struct instance_config *config;
    const struct reception_handler *handler;
    void *arg;
    int fd;
    bool awaits;  /* somebody may come in; else who comes waits */
    bool crowded; /* that one waits was logged */
    struct keep *keep;
    struct event *readable;
    struct timer pause;
};

/* Anybody who gets at the path can come again and again. */
static struct log_limit strangers = {.level = LOG_LEVEL_WARNING,
                                     .what = "peers that were turned away"};

static bool peer_credentials(int fd, struct ucred *peer)
{
    socklen_t len = sizeof(*peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0;
}

int reception_process(int fd)
{
    struct ucred peer;

    return fd >= 0 && peer_credentials(fd, &peer) ? peer.pid : 0;
}

static void look_at_peer(struct reception *reception, int fd)
{
    struct ucred peer;
    char why[256];

    if (login_peer(reception->config, peer_credentials(fd, &peer) ? peer.uid : -1LL, why,
                   sizeof(why))) {
        reception->awaits = reception->crowded = false;
        event_add(reception->readable, NULL);
        reception->handler->came(reception->arg, fd);
        return;
    }
    close(fd);
    if (log_admits(&strangers))
        log_warning("%s: %s", reception->config->name, why);
    event_add(reception->readable, NULL);
    reception->handler->turned_away(reception->arg, why);
}

static void on_pause_over(void *arg)
{
    const struct reception *reception = arg;

    event_add(reception->readable, NULL);
}

/* The event is for one time: it is added again where somebody may come in, or is not told yet. */
static void on_knock(evutil_socket_t listener, short what, void *arg)
{
    struct reception *reception = arg;
    int fd;

    (void)what;
    if (!reception->awaits) {
        if (!reception->crowded)
            log_notice("%s: another daemon has connected, and waits until the first has gone",
                       reception->config->name);
        reception->crowded = true;
        return;
    }
    fd = transport_has_room() ? accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
    if (fd >= 0)
        look_at_peer(reception, fd);
    else
        timer_start(&reception->pause, RECEPTION_PAUSE);
}

static int listen_there(const char *path)
{
    int fd = unix_socket_make();
    int error;

    if (fd < 0)
        return -1;
    if (unix_socket_bind(fd, path) == 0) {
        if (chmod(path, 0660) == 0 && listen(fd, RECEPTION_BACKLOG) == 0)
            return fd;
        error = errno;
        unix_socket_leave(fd, path);
        errno = error;
        return -1;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A name that no instance has: theirs are without control characters. */
static struct keep *keep_listener(const struct instance_config *config, int fd)
{
    char name[CONFIG_NAME_MAX + 16];

    snprintf(name, sizeof(name), "%s\nlistener", config->name);
    return keep_put(name, fd);
}

/* One that was kept has lost its path when its folder was removed and made again meanwhile. */
static bool take_listener(struct reception *reception)
{
    const char *path = reception->config->management.path;
    struct stat status;

    reception->keep = keep_take_listener(path, &reception->fd);
    if (reception->keep && (stat(path, &status) != 0 || unix_socket_is_deserted(path))) {
        keep_drop(reception->keep);
        close(reception->fd);
        reception->keep = NULL;
    }
    if (reception->keep)
        return true;
    reception->fd = listen_there(path);
    if (reception->fd < 0)
        return false;
    reception->keep = keep_listener(reception->config, reception->fd);
    return true;
}

static void say_fault(int fault, const char *path, char *error, size_t error_size)
{
    if (fault == EADDRINUSE)
        snprintf(error, error_size,
                 RECEPTION_CLOSED ": another process listens at %s, or it is no socket", path);
    else
        snprintf(error, error_size, RECEPTION_CLOSED " at %s: %s%s", path, strerror(fault),
                 fault == EACCES   ? "; the agent's user may not write its folder"
                 : fault == ENOENT ? "; its folder is not there"
                                   : "");
}

struct reception *reception_open(const struct instance_config *config,
                                 const struct reception_handler *handler, void *arg,
                                 struct event_base *loop, char *error, size_t error_size)
{
    struct reception *reception = calloc(1, sizeof(*reception));

    if (!reception) {
        snprintf(error, error_size, RECEPTION_CLOSED ": out of memory");
        return NULL;
    }
    reception->config = config;
    reception->handler = handler;
    reception->arg = arg;
    timer_init(&reception->pause, on_pause_over, reception);
    if (!take_listener(reception)) {
        say_fault(errno, config->management.path, error, error_size);
        free(reception);
        return NULL;
    }
    reception->readable = event_new(loop, reception->fd, EV_READ, on_knock, reception);
    if (reception->readable && event_add(reception->readable, NULL) == 0)
        return reception;
    snprintf(error, error_size, RECEPTION_CLOSED ": out of memory");
    reception_close(reception);
    return NULL;
}

void reception_configure(struct reception *reception, const struct instance_config *config)
{
    reception->config = config;
}

void reception_await(struct reception *reception)
{
    reception->awaits = true;
    event_add(reception->readable, NULL);
}

static void free_reception(struct reception *reception)
{
    timer_stop(&reception->pause);
    free(reception);
}

void reception_close(struct reception *reception)
{
    if (!reception)
        return;
    if (reception->readable)
        event_free(reception->readable);
    keep_drop(reception->keep);
    unix_socket_leave(reception->fd, reception->config->management.path);
    free_reception(reception);
}

void reception_leave(struct reception *reception)
{
    if (!reception || !reception->keep) {
        reception_close(reception);
        return;
    }
    event_free(reception->readable);
    close(reception->fd);
    keep_leave(reception->keep);
    free_reception(reception);
}
