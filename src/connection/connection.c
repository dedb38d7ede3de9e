#include "connection/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timers.h"
#include "config/config.h"
#include "protocol/lines.h"
#include "protocol/reply.h"

/* Pauses before another try, in milliseconds. */
enum { PAUSE_FIRST = 1000, PAUSE_MAX = 15000, PAUSE_REFUSED = 30000 };

/* The greeting comes at once when the daemon listens to us. */
enum { GREETING_WAIT = 10000 };

struct exchange {
    struct command command; /* wiped when it was sent, if it is secret */
    enum reply_form form;
    bool raw; /* lines of the reply may begin with '>' */
    struct listener listener;
    bool sent;
    bool body;   /* the list has begun */
    bool ended;  /* a MARKED one has had its END, SUCCESS or ERROR */
    bool failed; /* that was an ERROR */
    char text[512];
    struct exchange *next;
};

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
    bool heard; /* a byte has come since the connect */
    bool tried; /* the password was sent */
    int pause;  /* before the next try, in milliseconds */
    struct timer timer;
    struct exchange *first; /* in flight when sent */
    struct exchange *last;
    unsigned queued;
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
    exchange->listener.done(exchange->listener.arg, reply);
    free(exchange);
}

static void drop_transport(struct connection *connection)
{
    const struct reply lost = {.outcome = OUTCOME_LOST};

    timer_stop(&connection->timer);
    connection->kind->close(connection->transport);
    connection->transport = NULL;
    connection->generation++;
    while (connection->first) {
        command_wipe(&connection->first->command);
        finish_first(connection, &lost);
    }
}

/* Ends this try and begins the next after a pause. */
static void give_up(struct connection *connection, enum connection_phase phase, const char *error)
{
    int pause = phase == PHASE_REFUSED ? PAUSE_REFUSED : connection->pause;

    connection->pause = connection->pause * 2 < PAUSE_MAX ? connection->pause * 2 : PAUSE_MAX;
    connection->phase = phase;
    drop_transport(connection);
    timer_start(&connection->timer, pause);
    change_phase(connection, phase, error);
}

static void send_line(struct connection *connection, struct command *command)
{
    connection->kind->send(connection->transport, command->line, command->len);
    if (command->secret)
        command_wipe(command);
}

static void send_next(struct connection *connection)
{
    struct exchange *exchange = connection->first;
    struct command marker;

    if (!exchange || exchange->sent)
        return;
    exchange->sent = true;
    send_line(connection, &exchange->command);
    if (exchange->form == REPLY_MARKED) {
        command_load_stats(&marker);
        send_line(connection, &marker);
    }
    timer_start(&connection->timer, CONNECTION_STALE_AFTER);
}

/* The reply is whole; its listener may do anything, closing the connection included. */
static void complete(struct connection *connection, enum outcome outcome, struct slice text,
                     struct slice marker)
{
    const struct reply reply = {outcome, text, marker};
    bool was_stale = connection_is_stale(connection);

    timer_stop(&connection->timer);
    connection->phase = PHASE_OPEN;
    finish_first(connection, &reply);
    if (connection->phase != PHASE_OPEN)
        return;
    if (was_stale)
        change_phase(connection, PHASE_OPEN, NULL);
    if (connection->phase == PHASE_OPEN)
        send_next(connection);
}

static void give_line(struct exchange *exchange, struct slice line, const struct message *message)
{
    exchange->body = true;
    if (exchange->listener.line)
        exchange->listener.line(exchange->listener.arg, line, message);
}

/* Keeps the first SUCCESS or ERROR of a marked reply until the marker comes. */
static void keep_verdict(struct exchange *exchange, const struct message *message)
{
    size_t len = message->text.len;

    if (exchange->ended)
        return;
    exchange->ended = true;
    exchange->failed = message->kind == MESSAGE_ERROR;
    if (message->kind == MESSAGE_END)
        return;
    if (len >= sizeof(exchange->text))
        len = sizeof(exchange->text) - 1;
    memcpy(exchange->text, message->text.at, len);
}

static void marked_line(struct connection *connection, struct slice line,
                        const struct message *message)
{
    struct exchange *exchange = connection->first;
    struct load_stats stats;
    char text[sizeof(exchange->text)];
    bool verdict = message->kind == MESSAGE_SUCCESS || message->kind == MESSAGE_ERROR;

    if (message->kind == MESSAGE_SUCCESS && reply_load_stats(message->text, &stats)) {
        memcpy(text, exchange->text, sizeof(text));
        complete(connection,
                 !exchange->ended   ? OUTCOME_CUT
                 : exchange->failed ? OUTCOME_ERROR
                                    : OUTCOME_SUCCESS,
                 slice_of(text), message->text);
    } else if (message->kind == MESSAGE_END || (verdict && !(exchange->raw && exchange->body))) {
        keep_verdict(exchange, message);
    } else {
        give_line(exchange, line, message);
    }
}

static void reply_line(struct connection *connection, struct slice line,
                       const struct message *message)
{
    struct exchange *exchange = connection->first;
    const struct slice none = {NULL, 0};
    bool list = exchange->form == REPLY_LIST || (exchange->form == REPLY_COMBO && exchange->body);

    if (exchange->form == REPLY_MARKED)
        marked_line(connection, line, message);
    else if (message->kind == MESSAGE_ERROR)
        complete(connection, OUTCOME_ERROR, message->text, none);
    else if (list && message->kind == MESSAGE_END)
        complete(connection, OUTCOME_SUCCESS, none, none);
    else if (exchange->form == REPLY_COMBO && !list && message->kind == MESSAGE_SUCCESS)
        exchange->body = true;
    else if (!list && message->kind == MESSAGE_SUCCESS)
        complete(connection, OUTCOME_SUCCESS, message->text, none);
    else
        give_line(exchange, line, message);
}

/* The answers of pkcs11-id-* only look like real-time messages. */
static bool is_realtime(const struct message *message)
{
    return message->type.len > 0 && message->kind != MESSAGE_PKCS11_COUNT &&
           message->kind != MESSAGE_PKCS11_ENTRY;
}

static void open_line(struct connection *connection, struct slice line,
                      const struct message *message)
{
    struct exchange *exchange = connection->first;
    bool waiting = exchange && exchange->sent;
    bool raw = waiting && exchange->raw && exchange->body && !exchange->ended;

    if (waiting && (raw || !is_realtime(message)))
        reply_line(connection, line, message);
    else
        connection->handler->message(connection->arg, message);
}

static void log_in(struct connection *connection)
{
    char password[COMMAND_MAX + 1];
    char error[256];
    struct command command;
    int len;

    if (connection->tried) {
        give_up(connection, PHASE_REFUSED, "the daemon does not take the management password");
        return;
    }
    if (!connection->config->password_file) {
        give_up(connection, PHASE_REFUSED,
                "the daemon asks for a management password, but password_file is not set");
        return;
    }
    len = config_read_password(connection->config->password_file, password, sizeof(password), error,
                               sizeof(error));
    if (len < 0) {
        give_up(connection, PHASE_REFUSED, error);
        return;
    }
    if (command_login(&command, (struct slice){password, (size_t)len}) == COMMAND_OK) {
        connection->tried = true;
        send_line(connection, &command);
        change_phase(connection, PHASE_AUTHENTICATING, NULL);
    } else {
        give_up(connection, PHASE_REFUSED,
                "the management password has characters that OpenVPN cannot take");
    }
    explicit_bzero(password, sizeof(password));
}

static void early_line(struct connection *connection, const struct message *message)
{
    if (message->kind == MESSAGE_PROMPT) {
        log_in(connection);
    } else if (message->kind == MESSAGE_INFO && message->info.version > 0) {
        connection->pause = PAUSE_FIRST;
        connection->lines.prompt = false;
        timer_stop(&connection->timer);
        change_phase(connection, PHASE_OPEN, NULL);
        if (connection_is_open(connection))
            connection->handler->message(connection->arg, message);
    } else if (!connection->tried) {
        give_up(connection, PHASE_REFUSED, "the peer does not speak OpenVPN's management protocol");
    }
}

static void on_connected(void *arg)
{
    struct connection *connection = arg;

    connection->connected = true;
    timer_start(&connection->timer, GREETING_WAIT);
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
        if (connection_is_open(connection))
            open_line(connection, line, &message);
        else
            early_line(connection, &message);
    }
}

static const char *connect_error(int error, char *text, size_t size)
{
    const char *hint = "";

    if (error == EACCES || error == EPERM)
        hint = "; the agent's user may not use the socket";
    else if (error == ENOENT || error == ECONNREFUSED)
        hint = "; the daemon does not run, or listens elsewhere";
    else if (error == EAGAIN)
        hint = "; other management clients are waiting for the daemon's only session";
    snprintf(text, size, "cannot connect: %s%s", strerror(error), hint);
    return text;
}

static void connect_failed(struct connection *connection, int error)
{
    char text[256];
    bool refused = error == EACCES || error == EPERM || error == EAGAIN;

    give_up(connection, refused ? PHASE_REFUSED : PHASE_DISCONNECTED,
            connect_error(error, text, sizeof(text)));
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
        give_up(connection, PHASE_REFUSED, "the daemon does not take the management password");
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
    snprintf(text, sizeof(text), "no answer for %u seconds", connection->config->reply_timeout);
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
    change_phase(connection, PHASE_CLOSED, NULL);
}

bool connection_ask(struct connection *connection, const struct command *command,
                    const struct listener *listener)
{
    struct exchange *exchange;

    if (!connection_is_open(connection) || connection->queued >= CONNECTION_QUEUE_MAX)
        return false;
    exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return false;
    exchange->command = *command;
    exchange->form = command->form;
    exchange->raw = command->raw_reply;
    exchange->listener = *listener;
    if (connection->last)
        connection->last->next = exchange;
    else
        connection->first = exchange;
    connection->last = exchange;
    connection->queued++;
    send_next(connection);
    return true;
}
