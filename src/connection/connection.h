#ifndef CONNECTION_CONNECTION_H
#define CONNECTION_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "connection/listener.h"
#include "connection/transport.h"
#include "protocol/command.h"
#include "protocol/message.h"

struct instance_config;

/*
 * One management session, kept up: connects, logs in, tells replies from real-time messages, sends
 * one command at a time, reconnects with a growing pause.
 *
 * Callbacks come from the event loop alone: when bytes have come, or from timers_run().  No
 * function here calls back, connection_free() aside.  So a callback may call all of them but that
 * one: they take note, and what they cause is told from the next turn of the loop.
 */
struct connection;

enum connection_phase {
    PHASE_DISCONNECTED, /* not connected; tries again after a pause */
    PHASE_CONNECTING,
    PHASE_AUTHENTICATING, /* the management password was sent */
    PHASE_OPEN,           /* the greeting was seen: commands can be asked */
    PHASE_STALE,          /* open, but the answer to a command is overdue */
    PHASE_REFUSED,        /* the daemon or the system turns us away; the error says why */
    PHASE_CLOSED,         /* closed on demand, stays so */
    PHASE_AWAITED         /* listens: the daemon connects by itself, and has not come */
};

/* The longest that a command may wait for its answer before the session counts as stale, in ms. */
#define CONNECTION_STALE_AFTER 5000

/* The error of PHASE_AWAITED, unless somebody was turned away. */
#define CONNECTION_AWAITS "waits for the daemon to connect"

/* An answer that takes longer makes the connection busy, in ms. */
#define CONNECTION_BUSY_AFTER 200

/* Bytes of the lines that belong to one command. */
#define CONNECTION_BLOCK_MAX 65536

/* Commands that may wait. */
#define CONNECTION_QUEUE_MAX 32

struct connection_handler {
    /* The phase has changed; error is for people, NULL when nothing is wrong. */
    void (*phase)(void *arg, enum connection_phase phase, const char *error);

    /* A real-time message while the session is open; the greeting comes first. */
    void (*message)(void *arg, const struct message *message);

    /* Bytes have come: the daemon is alive. */
    void (*heard)(void *arg);

    /* A line was too long: what it had beyond LINES_MAX bytes is lost. */
    void (*cut)(void *arg);

    /*
     * The line of that message as the daemon wrote it, behind message(); valid during the call.
     * May be NULL.
     */
    void (*line)(void *arg, struct slice line, const struct message *message);
};

/*
 * A new connection, closed.  config, handler, arg, kind and loop must outlive it.  NULL when memory
 * is out.
 */
struct connection *connection_new(const struct instance_config *config,
                                  const struct connection_handler *handler, void *arg,
                                  const struct transport_kind *kind, struct event_base *loop);

/* Closes and frees it; listeners are told OUTCOME_LOST before this returns, the handler nothing. */
void connection_free(struct connection *connection);

/*
 * The lines that the daemon does not say again, for a process that goes on with the session
 * (base/keep.h): the greeting, and an open hold or question or NULL.  Copied.
 */
void connection_keep(struct connection *connection, const char *greeting, const char *question);

/*
 * As connection_free() at the end of the process: a service manager may keep an open session for
 * the next one, and then the daemon sees nothing of it.
 */
void connection_leave(struct connection *connection, const char *greeting, const char *question);

/* From now on another configuration of the same endpoint holds; the old one may be freed. */
void connection_configure(struct connection *connection, const struct instance_config *config);

/* Connects from the next turn on, and again whenever it is needed. */
void connection_open(struct connection *connection);

/*
 * Closes the socket (never by `exit`) in the next turn, or when the answer that is on its way has
 * come, which is waited for a second, and stays closed.  Until then nothing is sent any more, and
 * nothing behind that answer is read; a line that is just being told is told to its end.
 */
void connection_close(struct connection *connection);

/* Whether it was closed on demand, or never opened; at once, whatever the phase still is. */
bool connection_is_closed(const struct connection *connection);

/* Whether the session is open (or stale), and stays so for this turn: commands are taken. */
bool connection_is_open(const struct connection *connection);

/* Whether the answer to a command is overdue. */
bool connection_is_stale(const struct connection *connection);

/* Whether another command would have to wait: an answer has been on its way for some time. */
bool connection_is_busy(const struct connection *connection);

/* Log lines of the daemon's own event loop that have come since the last command was sent. */
uint64_t connection_spins(const struct connection *connection);

/*
 * Whether the daemon connects to us (listen:unix:).  It ends with its session, so none is closed
 * here but on demand: what would be dropped is kept, and the error says so.
 */
bool connection_is_reverse(const struct connection *connection);

/* Whether there is somebody at the other end, who may not be greeted yet. */
bool connection_is_connected(const struct connection *connection);

/* The process that has connected, 0 when that is not known, or we connect. */
int connection_process(const struct connection *connection);

/*
 * Ends this session in the next turn, for a reason that is for people (copied), and begins another
 * after a pause; harmless when it is closed.  Not for a daemon that connects to us.
 */
void connection_drop(struct connection *connection, const char *error);

/*
 * Queues a command; it is copied, and wiped when it has been sent if it is secret.  Returns false
 * when the session is not open or the queue is full.  The reply has to be whole within
 * reply_timeout of the sending, however many of its lines come, and within reply_max(): else the
 * session is dropped.
 */
bool connection_ask(struct connection *connection, const struct command *command,
                    const struct listener *listener);

/*
 * The same of a REPLY_BLOCK: with the lines that belong to the command, END and line ends included,
 * CONNECTION_BLOCK_MAX bytes at most.  They are copied, go out with the command, and are wiped.
 */
bool connection_ask_block(struct connection *connection, const struct command *command,
                          struct slice block, const struct listener *listener);

/*
 * Takes back the command whose listener has that arg: it is never sent, and its listener never
 * called again.  Returns false when it was sent already, or is not known.
 */
bool connection_withdraw(struct connection *connection, const void *arg);

#endif
