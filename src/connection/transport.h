#ifndef CONNECTION_TRANSPORT_H
#define CONNECTION_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct endpoint;
struct event_base;
struct transport;

/*
 * A stream socket to a management interface.  The functions come as a table, so that a test can
 * put something scripted in the place of the sockets.
 *
 * A turn of the loop reads from a few of them and then comes to its end by event_base_loopbreak():
 * whoever runs it calls event_base_loop() again, and finds the others still waiting, in order.
 */

/*
 * What a transport tells.  All are called from the event loop, never from within the functions
 * below; they may send and close.  After closed() the transport is of no more use and must be
 * closed by its owner.
 */
struct transport_handler {
    /* peer is the user id of who listens (unix(7), SO_PEERCRED), TRANSPORT_PEER_UNKNOWN with TCP.
     */
    void (*connected)(void *arg, int64_t peer);
    void (*received)(void *arg, struct slice bytes); /* 16 KiB at most; valid during the call */

    /* errno, 0 when the peer closed; a negative one is of getaddrinfo(3). */
    void (*closed)(void *arg, int error);
};

#define TRANSPORT_PEER_UNKNOWN (-1)

struct transport_kind {
    /*
     * Begins to connect, without waiting; a host name is looked up anew each time, and all of its
     * addresses are tried, in the order that the system gives.  Returns NULL with *error set to an
     * errno when that cannot even be begun.  handler, arg and loop must outlive the transport.
     */
    struct transport *(*open)(struct event_base *loop, const struct endpoint *endpoint,
                              const struct transport_handler *handler, void *arg, int *error);

    /*
     * Sends bytes, which are copied as far as the socket does not take them at once; the copy is
     * wiped when it is sent.  A send that fails, or has more than the transport can hold (ENOBUFS),
     * is the last one: nothing goes out any more, what waited is dropped, and closed() tells the
     * error when the peer's last word has been read and it has closed.  A peer that does neither is
     * for the owner's own time limits.
     */
    void (*send)(struct transport *transport, const char *bytes, size_t len);

    /* Closes and frees; NULL is harmless. */
    void (*close)(struct transport *transport);

    /*
     * As open, of a socket that is connected: fd is the transport's from now on, and is closed when
     * this fails.
     */
    struct transport *(*adopt)(struct event_base *loop, int fd,
                               const struct transport_handler *handler, void *arg, int *error);

    /* Its descriptor, -1 when there is none. */
    int (*descriptor)(const struct transport *transport);
};

/* So many of the real ones may be open; more are answered with EMFILE.  No limit at first. */
void transport_limit(size_t most);

/* Whether another one may be open. */
bool transport_has_room(void);

/* Writes for people why a connect failed, and what to look at; returns text. */
const char *transport_why(int error, char *text, size_t size);

/* The real one; its loop is a struct event_base. */
extern const struct transport_kind socket_transport;

#endif
