#include "connection/lookup.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * While its thread runs, host, port, error and found are the thread's, and it writes to signal as
 * the last thing that it does.  All else is the loop's, so nothing needs a lock.
 */
struct lookup {
    void (*done)(void *arg, int error, struct addrinfo *found); /* NULL: forgotten */
    void *arg;
    bool running;
    pthread_t thread;
    int signal; /* an eventfd(2) */
    struct event *event;
    struct lookup *next;
    int error;
    struct addrinfo *found;
    char port[8];
    char host[]; /* behind all others */
};

/* In the order of their starts; those that run may stand between others. */
static struct lookup *lookups;
static unsigned running;

static void *run_lookup(void *arg)
{
    static const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *lookup = arg;

    lookup->error = getaddrinfo(lookup->host, lookup->port, &wanted, &lookup->found);
    eventfd_write(lookup->signal, 1);
    return NULL;
}

static void release_lookup(struct lookup *lookup)
{
    struct lookup **at = &lookups;

    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    if (lookup->event)
        event_free(lookup->event);
    if (lookup->signal >= 0)
        close(lookup->signal);
    free(lookup);
}

static void start_waiting(void);

static void finish(struct lookup *lookup)
{
    void (*done)(void *arg, int error, struct addrinfo *found) = lookup->done;
    void *arg = lookup->arg;
    int error = lookup->error;
    struct addrinfo *found = error == 0 ? lookup->found : NULL;

    release_lookup(lookup);
    start_waiting();
    if (done)
        done(arg, error, found);
    else if (found)
        freeaddrinfo(found);
}

static void on_lookup_done(evutil_socket_t fd, short what, void *arg)
{
    struct lookup *lookup = arg;

    (void)fd;
    (void)what;
    if (lookup->running) {
        pthread_join(lookup->thread, NULL);
        running--;
    }
    finish(lookup);
}

/* The process's signals are for the thread of the loop. */
static bool start_thread(struct lookup *lookup)
{
    sigset_t all;
    sigset_t before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&lookup->thread, NULL, run_lookup, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lookup->running = error == 0;
    running += lookup->running;
    return lookup->running;
}

/* One that cannot begin ends by an event of its own, not within its start. */
static void start_waiting(void)
{
    for (struct lookup *lookup = lookups; lookup && running < LOOKUPS_MAX; lookup = lookup->next) {
        if (lookup->running || lookup->error != 0 || start_thread(lookup))
            continue;
        lookup->error = EAI_AGAIN;
        eventfd_write(lookup->signal, 1);
    }
}

struct lookup *lookup_start(struct event_base *base, const char *host, uint16_t port,
                            void (*done)(void *arg, int error, struct addrinfo *found), void *arg)
{
    size_t size = strlen(host) + 1;
    struct lookup *lookup = calloc(1, sizeof(*lookup) + size);
    struct lookup **last = &lookups;

    if (!lookup)
        return NULL;
    memcpy(lookup->host, host, size);
    snprintf(lookup->port, sizeof(lookup->port), "%u", port);
    lookup->done = done;
    lookup->arg = arg;
    while (*last)
        last = &(*last)->next;
    *last = lookup;
    lookup->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lookup->signal >= 0)
        lookup->event = event_new(base, lookup->signal, EV_READ, on_lookup_done, lookup);
    if (!lookup->event || event_add(lookup->event, NULL) != 0) {
        release_lookup(lookup);
        return NULL;
    }
    start_waiting();
    return lookup;
}

void lookup_cancel(struct lookup *lookup)
{
    if (!lookup)
        return;
    lookup->done = NULL;
    if (!lookup->running)
        release_lookup(lookup);
}
