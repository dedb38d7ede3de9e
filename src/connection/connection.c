#include "connection/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timers.h"
#include "config/config.h"
#include "connection/backoff.h"
#include "connection/exchange.h"
#include "connection/login.h"
#include "connection/outlet.h"
#include "connection/queue.h"
#include "protocol/lines.h"

/* Milliseconds that closing on demand waits for an answer on its way, and that a greeting takes. */
enum { CLOSE_WAIT = 1000, GREETING_WAIT = 10000 };

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
    int64_t asked;  /* clock_mono() when the last command was sent */
    uint64_t spins; /* lines of message_is_spin() since then */
    struct lines lines;
};

static void change_phase(struct connection *connection, enum connection_phase phase,
                         const char *error)
{
    connection->phase = phase;
    connection->handler->phase(connection->arg, phase, error);
}

bool connection_is_stale(const struct connection *connection)
{
    return connection->phase == PHASE_STALE;
}

/* The greeting was seen. */
static bool is_greeted(const struct connection *connection)
{
    return connection->phase == PHASE_OPEN || connection_is_stale(connection);
}

bool connection_is_open(const struct connection *connection)
{
    return is_greeted(connection) && !connection->ending;
}

static void drop_transport(struct connection *connection)
{
    timer_stop(&connection->timer);
    connection->out.kind->close(connection->out.transport);
    connection->out.transport = NULL;
    connection->good_since = 0;
    queue_lose(&connection->queue);
}

/* Notes that it ends; the first reason is the best, but closing on demand is final. */
static void leave(struct connection *connection, enum connection_phase phase, const char *error)
{
    if (!connection->ending || phase == PHASE_CLOSED) {
        connection->ending = true;
        connection->end_phase = phase;
        snprintf(connection->end_why, sizeof(connection->end_why), "%s", error ? error : "");
    }
    connection->draining = false;
    timer_start(&connection->turn, 0);
}

static void end_session(struct connection *connection)
{
    enum connection_phase phase = connection->end_phase;
    char why[sizeof(connection->end_why)];

    backoff_session_ended(&connection->backoff, connection->good_since);
    /* Who is told may want another end already. */
    memcpy(why, connection->end_why, sizeof(why));
    connection->ending = connection->draining = false;
    connection->phase = phase;
    drop_transport(connection);
    if (phase != PHASE_CLOSED)
        timer_start(&connection->timer, backoff_take(&connection->backoff, phase == PHASE_REFUSED));
    else if (connection->wanted)
        timer_start(&connection->turn, 0);
    change_phase(connection, phase, why[0] ? why : NULL);
}

static void send_next(struct connection *connection)
{
    struct exchange *exchange = connection->queue.first;

    if (!exchange || exchange->stage != EXCHANGE_WAITING || connection->ending)
        return;
    connection->asked = clock_mono();
    connection->spins = 0;
    timer_start(&connection->timer, CONNECTION_STALE_AFTER);
    outlet_begin(&connection->out, exchange);
}

/* The reply is whole. */
static void complete(struct connection *connection, const struct reply *reply)
{
    bool was_stale = connection_is_stale(connection);

    timer_stop(&connection->timer);
    connection->phase = PHASE_OPEN;
    if (!connection->good_since)
        connection->good_since = clock_mono();
    queue_finish_first(&connection->queue, reply);
    if (connection->draining)
        leave(connection, PHASE_CLOSED, NULL);
    if (was_stale)
        change_phase(connection, PHASE_OPEN, NULL);
    send_next(connection);
}

/* All that the daemon said before is known now. */
static void pass_fence(struct connection *connection, struct exchange *exchange)
{
    static const struct reply unsent = {.outcome = OUTCOME_UNSENT};

    if (connection->draining)
        leave(connection, PHASE_CLOSED, NULL);
    else if (exchange->told || !exchange->listener.check(exchange->listener.arg))
        complete(connection, &unsent);
    else
        outlet_command(&connection->out, exchange);
}

static void reply_line(struct connection *connection, struct slice line,
                       const struct message *message)
{
    struct exchange *exchange = connection->queue.first;
    struct reply reply;

    switch (exchange_take(exchange, line, message, &reply)) {
    case EXCHANGE_GOES_ON:
        break;
    case EXCHANGE_VERDICT:
        exchange->told = true;
        exchange->listener.done(exchange->listener.arg, &reply);
        break;
    case EXCHANGE_MARK:
        outlet_load_stats(&connection->out);
        break;
    case EXCHANGE_WHOLE:
        if (exchange->stage == EXCHANGE_FENCED)
            pass_fence(connection, exchange);
        else
            complete(connection, &reply);
        break;
    }
}

static void tell_message(struct connection *connection, struct slice line,
                         const struct message *message)
{
    connection->handler->message(connection->arg, message);
    if (connection->handler->line)
        connection->handler->line(connection->arg, line, message);
}

static void open_line(struct connection *connection, struct slice line,
                      const struct message *message)
{
    if (!connection->queue.first || !exchange_wants(connection->queue.first, message)) {
        connection->spins += message_is_spin(message);
        tell_message(connection, line, message);
    } else if (exchange_is_endless(connection->queue.first, &connection->config->limits)) {
        leave(connection, PHASE_DISCONNECTED, "the answer to a command has no end");
    } else {
        reply_line(connection, line, message);
    }
}

static void log_in(struct connection *connection)
{
    struct command command;
    char error[256];

    if (!connection->tried)
        backoff_login(&connection->backoff, connection->config);
    if (connection->tried) {
        leave(connection, PHASE_REFUSED, LOGIN_WRONG_PASSWORD);
    } else if (!login_command(connection->config, &command, error, sizeof(error))) {
        leave(connection, PHASE_REFUSED, error);
    } else {
        connection->tried = true;
        outlet_line(&connection->out, &command);
        timer_start(&connection->timer, GREETING_WAIT);
        change_phase(connection, PHASE_AUTHENTICATING, NULL);
    }
}

static void early_line(struct connection *connection, struct slice line,
                       const struct message *message)
{
    if (message->kind == MESSAGE_PROMPT) {
        log_in(connection);
    } else if (message->kind == MESSAGE_INFO && message->info.version > 0) {
        connection->lines.prompt = false;
        timer_stop(&connection->timer);
        change_phase(connection, PHASE_OPEN, NULL);
        tell_message(connection, line, message);
    } else if (!connection->tried) {
        leave(connection, PHASE_REFUSED, LOGIN_STRANGER);
    }
}

static void on_connected(void *arg, int64_t peer)
{
    struct connection *connection = arg;
    char error[256];

    connection->connected = true;
    timer_start(&connection->timer, GREETING_WAIT);
    if (!login_peer(connection->config, peer, error, sizeof(error)))
        leave(connection, PHASE_REFUSED, error);
}

static void take_line(struct connection *connection, struct slice line)
{
    struct message message;

    message_parse(line, &message);
    if (connection->lines.cut)
        connection->handler->cut(connection->arg);
    if (is_greeted(connection))
        open_line(connection, line, &message);
    else
        early_line(connection, line, &message);
}

static void on_received(void *arg, struct slice bytes)
{
    struct connection *connection = arg;
    struct slice line;

    connection->heard = true;
    connection->handler->heard(connection->arg);
    while ((!connection->ending || connection->draining) &&
           lines_next(&connection->lines, &bytes, &line))
        take_line(connection, line);
    if (!is_greeted(connection) && connection->lines.overflow)
        leave(connection, PHASE_REFUSED, LOGIN_STRANGER);
}

static void connect_failed(struct connection *connection, int error)
{
    char text[256];
    bool refused = error == EACCES || error == EPERM || error == EAGAIN;

    leave(connection, refused ? PHASE_REFUSED : PHASE_DISCONNECTED,
          transport_why(error, text, sizeof(text)));
}

static void on_closed(void *arg, int error)
{
    struct connection *connection = arg;
    char text[256];

    if (is_greeted(connection)) {
        snprintf(text, sizeof(text), "the daemon closed the session%s%s", error ? ": " : "",
                 error ? strerror(error) : "");
        leave(connection, PHASE_DISCONNECTED, text);
    } else if (!connection->connected) {
        connect_failed(connection, error);
    } else if (connection->phase == PHASE_REFUSED) {
        leave(connection, PHASE_DISCONNECTED, "the daemon ended while the agent waited for it");
    } else {
        leave(connection, PHASE_REFUSED,
              connection->tried   ? LOGIN_WRONG_PASSWORD
              : connection->heard ? LOGIN_STRANGER
                                  : LOGIN_CLOSED);
    }
}

static const struct transport_handler transport_handler = {on_connected, on_received, on_closed};

/* The phase is told a turn before the socket is opened: its owner may still close it. */
static void begin_connecting(struct connection *connection)
{
    lines_init(&connection->lines);
    connection->lines.prompt = true;
    connection->connected = connection->heard = connection->tried = false;
    timer_start(&connection->turn, 0);
    change_phase(connection, PHASE_CONNECTING, NULL);
}

static void open_transport(struct connection *connection)
{
    int error = 0;

    backoff_try(&connection->backoff, connection->config);
    connection->out.transport = connection->out.kind->open(
        connection->loop, &connection->config->management, &transport_handler, connection, &error);
    if (!connection->out.transport)
        connect_failed(connection, error);
    else
        timer_start(&connection->timer, GREETING_WAIT);
}

/* Takes the one step that is due; what follows it takes the next turn. */
static void on_turn(void *arg)
{
    struct connection *connection = arg;

    if (connection->ending)
        end_session(connection);
    else if (connection->phase == PHASE_CONNECTING && !connection->out.transport)
        open_transport(connection);
    else if (connection->phase == PHASE_CLOSED && connection->wanted)
        begin_connecting(connection);
}

/*
 * Connected and silent: the daemon has another management client, or is busy.  The place in its
 * queue is kept, because a session that is given up is still opened and closed by the daemon later,
 * which may restart it (management-signal).
 */
static void greeting_overdue(struct connection *connection)
{
    change_phase(connection, PHASE_REFUSED, LOGIN_SILENT);
}

static void answer_overdue(struct connection *connection)
{
    int64_t left = (int64_t)connection->config->reply_timeout * 1000 - CONNECTION_STALE_AFTER;
    char text[128];

    if (connection->phase == PHASE_OPEN) {
        timer_start(&connection->timer, left);
        change_phase(connection, PHASE_STALE, "the answer to a command is overdue");
        return;
    }
    snprintf(text, sizeof(text), "no %s within %u seconds",
             connection->queue.first->bytes > 0 ? "end of an answer" : "answer",
             connection->config->reply_timeout);
    leave(connection, PHASE_DISCONNECTED, text);
}

static void on_timer(void *arg)
{
    struct connection *connection = arg;
    const struct instance_config *config = connection->config;
    int64_t left = connection->out.transport ? 0 : backoff_left(&connection->backoff, config);

    if (left > 0)
        timer_start(&connection->timer, left);
    else if (!connection->out.transport)
        begin_connecting(connection);
    else if (is_greeted(connection))
        answer_overdue(connection);
    else if (!connection->connected)
        connect_failed(connection, ETIMEDOUT);
    else if (connection->tried)
        leave(connection, PHASE_DISCONNECTED, "no answer to the management password");
    else
        greeting_overdue(connection);
}

struct connection *connection_new(const struct instance_config *config,
                                  const struct connection_handler *handler, void *arg,
                                  const struct transport_kind *kind, struct event_base *loop)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    assert(config && handler && kind);
    if (!connection)
        return NULL;
    connection->config = config;
    connection->handler = handler;
    connection->arg = arg;
    connection->out.kind = kind;
    connection->loop = loop;
    connection->phase = PHASE_CLOSED;
    timer_init(&connection->timer, on_timer, connection);
    timer_init(&connection->turn, on_turn, connection);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection->phase = PHASE_CLOSED;
    drop_transport(connection);
    timer_stop(&connection->turn);
    free(connection);
}

void connection_configure(struct connection *connection, const struct instance_config *config)
{
    connection->config = config;
}

void connection_open(struct connection *connection)
{
    if (connection->wanted)
        return;
    connection->wanted = true;
    backoff_reset(&connection->backoff);
    if (!connection->draining)
        timer_start(&connection->turn, 0);
}

/* A daemon that finds nobody there any more for its answer logs an error. */
void connection_close(struct connection *connection)
{
    const struct exchange *first = connection->queue.first;
    bool awaited = connection_is_open(connection) && first && first->stage != EXCHANGE_WAITING;

    connection->wanted = false;
    if (connection->draining)
        return;
    leave(connection, PHASE_CLOSED, NULL);
    connection->draining = awaited;
    if (awaited)
        timer_start(&connection->turn, CLOSE_WAIT);
}

uint64_t connection_spins(const struct connection *connection)
{
    return connection->spins;
}

void connection_drop(struct connection *connection, const char *error)
{
    if (connection->wanted)
        leave(connection, PHASE_DISCONNECTED, error);
}

bool connection_is_closed(const struct connection *connection)
{
    return !connection->wanted;
}

bool connection_is_busy(const struct connection *connection)
{
    return connection->queue.count >= CONNECTION_QUEUE_MAX ||
           (connection->queue.first && clock_mono() - connection->asked > CONNECTION_BUSY_AFTER);
}

bool connection_ask(struct connection *connection, const struct command *command,
                    const struct listener *listener)
{
    return connection_ask_block(connection, command, (struct slice){NULL, 0}, listener);
}

bool connection_ask_block(struct connection *connection, const struct command *command,
                          struct slice block, const struct listener *listener)
{
    if (!connection_is_open(connection) || connection->queue.count >= CONNECTION_QUEUE_MAX ||
        !queue_add(&connection->queue, command, block, listener))
        return false;
    send_next(connection);
    return true;
}

bool connection_withdraw(struct connection *connection, const void *arg)
{
    return queue_withdraw(&connection->queue, arg);
}
