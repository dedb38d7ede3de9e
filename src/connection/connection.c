#include "connection/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timers.h"
#include "config/config.h"
#include "connection/exchange.h"
#include "connection/login.h"
#include "protocol/lines.h"
#include "protocol/reply.h"

/* Pauses before another try, in milliseconds; they begin anew behind a session of that length. */
enum { PAUSE_FIRST = 1000, PAUSE_MAX = 15000, PAUSE_REFUSED = 30000, STEADY_AFTER = 60000 };

/* The greeting comes at once when the daemon listens to us. */
enum { GREETING_WAIT = 10000 };

struct connection {
    const struct instance_config *config;
    const struct connection_handler *handler;
    void *arg;
    const struct transport_kind *kind;
    void *loop;
    struct transport *transport;
    enum connection_phase phase;
    uint64_t generation; /* of the transport */
    bool connected;
    bool heard;         /* a byte has come since the connect */
    bool tried;         /* the password was sent */
    int64_t good_since; /* clock_mono() when a command was answered first, 0 before */
    int pause;          /* before the next try, in milliseconds */
    struct timer timer;
    struct exchange *first; /* the one in flight */
    struct exchange *last;
    unsigned queued;
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

bool connection_is_open(const struct connection *connection)
{
    return connection->phase == PHASE_OPEN || connection_is_stale(connection);
}

/* Takes the first exchange out and tells its listener. */
static void finish_first(struct connection *connection, const struct reply *reply)
{
    struct exchange *exchange = connection->first;

    connection->first = exchange->next;
    if (!connection->first)
        connection->last = NULL;
    connection->queued--;
    if (!exchange->told)
        exchange->listener.done(exchange->listener.arg, reply);
    exchange_free(exchange);
}

static void drop_transport(struct connection *connection)
{
    struct reply lost = {.outcome = OUTCOME_LOST};

    timer_stop(&connection->timer);
    connection->kind->close(connection->transport);
    connection->transport = NULL;
    connection->good_since = 0;
    connection->generation++;
    while (connection->first) {
        lost.sent = connection->first->stage == EXCHANGE_SENT;
        finish_first(connection, &lost);
    }
}

/*
 * Ends this try and begins the next after a pause, unless a listener closes it for good.  A daemon
 * that answers and ends, again and again, must not flood whoever is told of its losses.
 */
static void give_up(struct connection *connection, enum connection_phase phase, const char *error)
{
    int pause;

    if (connection->good_since && clock_mono() - connection->good_since >= STEADY_AFTER)
        connection->pause = PAUSE_FIRST;
    pause = phase == PHASE_REFUSED ? PAUSE_REFUSED : connection->pause;
    connection->pause = connection->pause * 2 < PAUSE_MAX ? connection->pause * 2 : PAUSE_MAX;
    connection->phase = phase;
    drop_transport(connection);
    if (connection->phase != phase)
        return;
    timer_start(&connection->timer, pause);
    change_phase(connection, phase, error);
}

static void send_line(struct connection *connection, struct command *command)
{
    connection->kind->send(connection->transport, command->line, command->len);
    if (command->secret)
        command_wipe(command);
}

static void send_load_stats(struct connection *connection)
{
    struct command command;

    command_load_stats(&command);
    send_line(connection, &command);
}

static void send_command(struct connection *connection, struct exchange *exchange)
{
    exchange->stage = EXCHANGE_SENT;
    send_line(connection, &exchange->command);
    if (exchange_is_marked(exchange))
        send_load_stats(connection);
}

static void send_next(struct connection *connection)
{
    struct exchange *exchange = connection->first;

    if (!exchange || exchange->stage != EXCHANGE_WAITING)
        return;
    connection->asked = clock_mono();
    connection->spins = 0;
    timer_start(&connection->timer, CONNECTION_STALE_AFTER);
    if (exchange->listener.check) {
        exchange->stage = EXCHANGE_FENCED;
        send_load_stats(connection);
    } else {
        send_command(connection, exchange);
    }
}

/* The reply is whole; its listener may do anything, closing the connection included. */
static void complete(struct connection *connection, const struct reply *reply)
{
    bool was_stale = connection_is_stale(connection);

    timer_stop(&connection->timer);
    connection->phase = PHASE_OPEN;
    if (!connection->good_since)
        connection->good_since = clock_mono();
    finish_first(connection, reply);
    if (connection->phase != PHASE_OPEN)
        return;
    if (was_stale)
        change_phase(connection, PHASE_OPEN, NULL);
    if (connection->phase == PHASE_OPEN)
        send_next(connection);
}

/* All that the daemon said before is known now. */
static void pass_fence(struct connection *connection, struct exchange *exchange)
{
    static const struct reply unsent = {.outcome = OUTCOME_UNSENT};

    if (exchange->withdrawn || !exchange->listener.check(exchange->listener.arg))
        complete(connection, &unsent);
    else
        send_command(connection, exchange);
}

static void reply_line(struct connection *connection, struct slice line,
                       const struct message *message)
{
    struct exchange *exchange = connection->first;
    struct reply reply;

    switch (exchange_take(exchange, line, message, &reply)) {
    case EXCHANGE_GOES_ON:
        break;
    case EXCHANGE_VERDICT:
        exchange->told = true;
        exchange->listener.done(exchange->listener.arg, &reply);
        break;
    case EXCHANGE_WHOLE:
        if (exchange->stage == EXCHANGE_FENCED)
            pass_fence(connection, exchange);
        else
            complete(connection, &reply);
        break;
    }
}

static bool is_endless(const struct connection *connection)
{
    const struct limits *limits = &connection->config->limits;

    return connection->first->bytes > reply_max((uint64_t)limits->client_max + limits->route_max);
}

static void open_line(struct connection *connection, struct slice line,
                      const struct message *message)
{
    if (!connection->first || !exchange_wants(connection->first, message)) {
        connection->spins += message_is_spin(message);
        connection->handler->message(connection->arg, message);
    } else if (is_endless(connection)) {
        give_up(connection, PHASE_DISCONNECTED, "the answer to a command has no end");
    } else {
        reply_line(connection, line, message);
    }
}

static void log_in(struct connection *connection)
{
    struct command command;
    char error[256];

    if (connection->tried) {
        give_up(connection, PHASE_REFUSED, LOGIN_WRONG_PASSWORD);
    } else if (!login_command(connection->config, &command, error, sizeof(error))) {
        give_up(connection, PHASE_REFUSED, error);
    } else {
        connection->tried = true;
        send_line(connection, &command);
        timer_start(&connection->timer, GREETING_WAIT);
        change_phase(connection, PHASE_AUTHENTICATING, NULL);
    }
}

static void early_line(struct connection *connection, const struct message *message)
{
    if (message->kind == MESSAGE_PROMPT) {
        log_in(connection);
    } else if (message->kind == MESSAGE_INFO && message->info.version > 0) {
        connection->lines.prompt = false;
        timer_stop(&connection->timer);
        change_phase(connection, PHASE_OPEN, NULL);
        if (connection_is_open(connection))
            connection->handler->message(connection->arg, message);
    } else if (!connection->tried) {
        give_up(connection, PHASE_REFUSED, LOGIN_STRANGER);
    }
}

static void on_connected(void *arg, int64_t peer)
{
    struct connection *connection = arg;
    char error[256];

    connection->connected = true;
    timer_start(&connection->timer, GREETING_WAIT);
    if (!login_peer(connection->config, peer, error, sizeof(error)))
        give_up(connection, PHASE_REFUSED, error);
}

static void on_received(void *arg, struct slice bytes)
{
    struct connection *connection = arg;
    uint64_t generation = connection->generation;
    struct message message;
    struct slice line;

    connection->heard = true;
    connection->handler->heard(connection->arg);
    /* A callback may close the connection. */
    while (connection->generation == generation && lines_next(&connection->lines, &bytes, &line)) {
        message_parse(line, &message);
        if (connection->lines.cut)
            connection->handler->cut(connection->arg);
        if (connection_is_open(connection))
            open_line(connection, line, &message);
        else
            early_line(connection, &message);
    }
    if (connection->generation == generation && !connection_is_open(connection) &&
        connection->lines.overflow)
        give_up(connection, PHASE_REFUSED, LOGIN_STRANGER);
}

static void connect_failed(struct connection *connection, int error)
{
    char text[256];
    bool refused = error == EACCES || error == EPERM || error == EAGAIN;

    give_up(connection, refused ? PHASE_REFUSED : PHASE_DISCONNECTED,
            transport_why(error, text, sizeof(text)));
}

static void on_closed(void *arg, int error)
{
    struct connection *connection = arg;
    char text[256];

    if (connection_is_open(connection)) {
        snprintf(text, sizeof(text), "the daemon closed the session%s%s", error ? ": " : "",
                 error ? strerror(error) : "");
        give_up(connection, PHASE_DISCONNECTED, text);
    } else if (!connection->connected) {
        connect_failed(connection, error);
    } else if (connection->phase == PHASE_REFUSED) {
        give_up(connection, PHASE_DISCONNECTED, "the daemon ended while the agent waited for it");
    } else if (connection->tried) {
        give_up(connection, PHASE_REFUSED, LOGIN_WRONG_PASSWORD);
    } else if (connection->heard) {
        give_up(connection, PHASE_REFUSED, LOGIN_STRANGER);
    } else {
        give_up(connection, PHASE_REFUSED,
                "the daemon closed the session without a word; "
                "management-client-user or -group may not allow the agent's user");
    }
}

static const struct transport_handler transport_handler = {on_connected, on_received, on_closed};

static void start_connecting(struct connection *connection)
{
    int error = 0;

    lines_init(&connection->lines);
    connection->lines.prompt = true;
    connection->connected = connection->heard = connection->tried = false;
    change_phase(connection, PHASE_CONNECTING, NULL);
    if (connection->phase != PHASE_CONNECTING)
        return;
    connection->transport = connection->kind->open(
        connection->loop, &connection->config->management, &transport_handler, connection, &error);
    if (!connection->transport)
        connect_failed(connection, error);
    else
        timer_start(&connection->timer, GREETING_WAIT);
}

/*
 * Connected and silent: the daemon has another management client, or is busy.  The place in its
 * queue is kept, because a session that is given up is still opened and closed by the daemon later,
 * which may restart it (management-signal).
 */
static void greeting_overdue(struct connection *connection)
{
    change_phase(connection, PHASE_REFUSED,
                 "connected, but the daemon is silent; another management client may have its "
                 "only session");
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
             connection->first->bytes > 0 ? "end of an answer" : "answer",
             connection->config->reply_timeout);
    give_up(connection, PHASE_DISCONNECTED, text);
}

static void on_timer(void *arg)
{
    struct connection *connection = arg;

    if (!connection->transport)
        start_connecting(connection);
    else if (connection_is_open(connection))
        answer_overdue(connection);
    else if (!connection->connected)
        connect_failed(connection, ETIMEDOUT);
    else if (connection->tried)
        give_up(connection, PHASE_DISCONNECTED, "no answer to the management password");
    else
        greeting_overdue(connection);
}

struct connection *connection_new(const struct instance_config *config,
                                  const struct connection_handler *handler, void *arg,
                                  const struct transport_kind *kind, void *loop)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (!connection)
        return NULL;
    connection->config = config;
    connection->handler = handler;
    connection->arg = arg;
    connection->kind = kind;
    connection->loop = loop;
    connection->phase = PHASE_CLOSED;
    connection->pause = PAUSE_FIRST;
    timer_init(&connection->timer, on_timer, connection);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection->phase = PHASE_CLOSED;
    drop_transport(connection);
    free(connection);
}

void connection_configure(struct connection *connection, const struct instance_config *config)
{
    connection->config = config;
}

void connection_open(struct connection *connection)
{
    if (connection->phase != PHASE_CLOSED)
        return;
    connection->pause = PAUSE_FIRST;
    start_connecting(connection);
}

void connection_close(struct connection *connection)
{
    connection->phase = PHASE_CLOSED;
    drop_transport(connection);
    if (connection->phase == PHASE_CLOSED) /* a listener may have opened it again */
        change_phase(connection, PHASE_CLOSED, NULL);
}

uint64_t connection_spins(const struct connection *connection)
{
    return connection->spins;
}

void connection_drop(struct connection *connection, const char *error)
{
    give_up(connection, PHASE_DISCONNECTED, error);
}

bool connection_is_closed(const struct connection *connection)
{
    return connection->phase == PHASE_CLOSED;
}

bool connection_is_busy(const struct connection *connection)
{
    return connection->queued >= CONNECTION_QUEUE_MAX ||
           (connection->first && clock_mono() - connection->asked > CONNECTION_BUSY_AFTER);
}

bool connection_ask(struct connection *connection, const struct command *command,
                    const struct listener *listener)
{
    struct exchange *exchange;

    if (!connection_is_open(connection) || connection->queued >= CONNECTION_QUEUE_MAX)
        return false;
    exchange = exchange_new(command, listener);
    if (!exchange)
        return false;
    if (connection->last)
        connection->last->next = exchange;
    else
        connection->first = exchange;
    connection->last = exchange;
    connection->queued++;
    send_next(connection);
    return true;
}

bool connection_withdraw(struct connection *connection, const void *arg)
{
    static const struct reply unsent = {.outcome = OUTCOME_UNSENT};
    struct exchange **at = &connection->first;
    struct exchange *before = NULL;
    struct exchange *exchange;

    while (*at && ((*at)->listener.arg != arg || (*at)->told)) {
        before = *at;
        at = &before->next;
    }
    exchange = *at;
    if (!exchange || exchange->stage == EXCHANGE_SENT)
        return false;
    exchange->withdrawn = true;
    if (exchange->stage == EXCHANGE_FENCED)
        return true;
    *at = exchange->next;
    if (!*at)
        connection->last = before;
    connection->queued--;
    exchange->listener.done(exchange->listener.arg, &unsent);
    exchange_free(exchange);
    return true;
}
