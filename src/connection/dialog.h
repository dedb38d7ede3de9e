#ifndef CONNECTION_DIALOG_H
#define CONNECTION_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timers.h"
#include "connection/backoff.h"
#include "connection/connection.h"
#include "connection/outlet.h"
#include "connection/queue.h"
#include "connection/reception.h"
#include "connection/resume.h"
#include "protocol/lines.h"

/*
 * What is said in a management session: the greeting, the login, commands and their replies, and
 * what the daemon tells by itself.  For connection/connection.c alone, which begins and ends it.
 */

/* Milliseconds that a greeting takes. */
#define GREETING_WAIT 10000

/*
 * Whatever begins or ends a session is only noted where it is found, in the middle of a callback
 * perhaps, and done by the next turn of the loop: on_turn().  So nothing changes under a function
 * that has called its owner.
 */
struct connection {
    const struct instance_config *config;
    const struct connection_handler *handler;
    void *arg;
    struct event_base *loop;
    struct outlet out;
    enum connection_phase phase;
    struct timer turn;               /* the next one, when there is something to do in it */
    bool wanted;                     /* its owner wants it open */
    bool draining;                   /* to be closed, when the answer that is on its way has come */
    bool ending;                     /* the next turn ends the session, or the try */
    enum connection_phase end_phase; /* ... and this is the phase then, and why */
    char end_why[256];               /* empty when that is on demand */
    bool connected;
    bool heard;         /* a byte has come since the connect */
    bool tried;         /* the password was sent */
    int64_t good_since; /* clock_mono() when a command was answered first, 0 before */
    struct backoff backoff;
    struct timer timer;
    struct queue queue;
    struct resume resume;
    struct reception *reception; /* where the daemon connects to us; NULL when we connect */
    bool prompted;               /* that daemon waits for a password that it can take */
    bool torn;                   /* the next line that comes may be the rest of one */
    int64_t asked;               /* clock_mono() when the last command was sent */
    uint64_t spins;              /* lines of message_is_spin() since then */
    struct lines lines;
};

/* Tells it the owner. */
void dialog_phase(struct connection *connection, enum connection_phase phase, const char *error);

/* Whether the greeting was seen. */
bool dialog_is_greeted(const struct connection *connection);

/* Whether the daemon has connected, or will, by itself. */
bool dialog_is_reverse(const struct connection *connection);

/* Notes that it ends; the first reason is the best, but closing on demand is final. */
void dialog_leave(struct connection *connection, enum connection_phase phase, const char *error);

/* Sends the first command of the queue, unless it was sent. */
void dialog_send(struct connection *connection);

/* The session of an agent before this one: the daemon has said long ago what it begins with. */
void dialog_go_on(struct connection *connection);

/* Looks whether the password that the daemon waits for can be given now. */
void dialog_log_in_again(struct connection *connection);

/* Bytes have come. */
void dialog_take(struct connection *connection, struct slice bytes);

#endif
