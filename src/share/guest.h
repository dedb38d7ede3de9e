#ifndef SHARE_GUEST_H
#define SHARE_GUEST_H

#include <stdbool.h>

#include "protocol/message.h"
#include "session/session.h"
#include "share/desk.h"

struct event_base;

/*
 * One guest of a share: logs in where that is asked for, says lines, hears answers and what the
 * daemon says.  One that does not read is not waited for.
 */
struct guest;

struct guest_host {
    /* What guests want to hear is another than before. */
    void (*changed)(void *arg);

    /* It has gone: guest_free() is due.  Told from the event loop, as the last thing of a turn. */
    void (*left)(void *arg, struct guest *guest);
};

/*
 * A guest at that socket, which it takes even if memory is out (NULL).  peer says who it is.  site,
 * host, arg and loop must outlive it.
 */
struct guest *guest_new(struct site *site, int fd, const char *peer, const struct guest_host *host,
                        void *arg, struct event_base *loop);

/* Closes its socket and frees it, whatever is under way. */
void guest_free(struct guest *guest);

/* Tells it that the session is lost, and lets it go. */
void guest_lose(struct guest *guest);

/* The daemon has said something by itself. */
void guest_hear(struct guest *guest, struct slice line, const struct message *message);

/* Another configuration of its share holds. */
void guest_follow(struct guest *guest);

/* Adds what it wants to hear. */
void guest_add_wants(const struct guest *guest, struct session_wants *wants);

#endif
