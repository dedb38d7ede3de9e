#include "agent/master/descriptors.h"

#include <poll.h>
#include <stdlib.h>

#include <event2/event.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>

struct watch {
    struct watch *next;
    struct event *event;
    int fd;
};

static struct event_base *event_base;
static struct watch *watches;

void descriptors_init(struct event_base *base)
{
    event_base = base;
}

void descriptors_forget(void)
{
    while (watches) {
        struct watch *watch = watches;

        watches = watch->next;
        event_free(watch->event);
        free(watch);
    }
}

void descriptors_fini(void)
{
    descriptors_forget();
    event_base = NULL;
}

void descriptors_read(int fd)
{
    netsnmp_large_fd_set set;

    netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&set);
    NETSNMP_LARGE_FD_SET(fd, &set);
    snmp_read2(&set);
    netsnmp_large_fd_set_cleanup(&set);
}

/* The loop goes round, and descriptors_drain() reads. */
static void wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/* A request passes an inner session of the library on its way to us, and the answer another. */
enum { DRAIN_ROUNDS = 16 };

enum { POLLED = 16 }; /* by one system call */

/* Puts those that can be read into the set. */
static bool add_readable(const struct pollfd *fds, nfds_t count, netsnmp_large_fd_set *set)
{
    bool some = false;

    for (nfds_t i = 0; i < count; i++) {
        if (!(fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        NETSNMP_LARGE_FD_SET(fds[i].fd, set);
        some = true;
    }
    return some;
}

/* All in one go: what the library reads may end in descriptors_forget(). */
static bool drain_some(void)
{
    const struct watch *watch = watches;
    netsnmp_large_fd_set set;
    bool some = false;

    netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&set);
    while (watch) {
        struct pollfd fds[POLLED];
        nfds_t count = 0;

        for (; watch && count < POLLED; watch = watch->next)
            fds[count++] = (struct pollfd){.fd = watch->fd, .events = POLLIN};
        if (poll(fds, count, 0) > 0)
            some |= add_readable(fds, count, &set);
    }
    if (some)
        snmp_read2(&set);
    netsnmp_large_fd_set_cleanup(&set);
    return some;
}

void descriptors_drain(void)
{
    for (int round = 0; round < DRAIN_ROUNDS && drain_some(); round++)
        ;
}

static void watch_add(int fd)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return; /* the next update tries again */
    watch->fd = fd;
    watch->event = event_new(event_base, fd, EV_READ | EV_PERSIST, wake, NULL);
    if (!watch->event || event_add(watch->event, NULL) != 0) {
        if (watch->event)
            event_free(watch->event);
        free(watch);
        return;
    }
    watch->next = watches;
    watches = watch;
}

/* Leaves in the set what is not watched yet. */
static void keep_wanted(netsnmp_large_fd_set *set, int count)
{
    struct watch **at = &watches;

    while (*at) {
        struct watch *watch = *at;

        if (watch->fd < count && NETSNMP_LARGE_FD_ISSET(watch->fd, set)) {
            NETSNMP_LARGE_FD_CLR(watch->fd, set);
            at = &watch->next;
        } else {
            *at = watch->next;
            event_free(watch->event);
            free(watch);
        }
    }
}

static int64_t milliseconds(const struct timeval *time)
{
    /* Rounded up: a millisecond too early would wake the loop for nothing. */
    return (int64_t)time->tv_sec * 1000 + (time->tv_usec + 999) / 1000;
}

int64_t descriptors_update(bool alarms)
{
    netsnmp_large_fd_set set;
    struct timeval wait = {0};
    int count = 0;
    int block = 1;

    netsnmp_large_fd_set_init(&set, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&set);
    snmp_sess_select_info2_flags(NULL, &count, &set, &wait, &block,
                                 alarms ? NETSNMP_SELECT_NOFLAGS : NETSNMP_SELECT_NOALARMS);
    keep_wanted(&set, count);
    for (int fd = 0; fd < count; fd++) {
        if (NETSNMP_LARGE_FD_ISSET(fd, &set))
            watch_add(fd);
    }
    netsnmp_large_fd_set_cleanup(&set);
    return block ? -1 : milliseconds(&wait);
}
