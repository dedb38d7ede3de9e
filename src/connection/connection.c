#include "connection/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "connection/dialog.h"
#include "connection/exchange.h"
#include "connection/login.h"

/* Milliseconds that closing on demand waits for an answer on its way. */
enum { CLOSE_WAIT = 1000 };

bool connection_is_stale(const struct connection *connection)
{
    return connection->phase == PHASE_STALE;
}

bool connection_is_open(const struct connection *connection)
{
    return dialog_is_greeted(connection) && !connection->ending;
}

static void drop_transport(struct connection *connection)
{
    timer_stop(&connection->timer);
    resume_drop(&connection->resume);
    connection->out.kind->close(connection->out.transport);
    connection->out.transport = NULL;
    connection->good_since = 0;
    queue_lose(&connection->queue);
}

bool connection_is_reverse(const struct connection *connection)
{
    return dialog_is_reverse(connection);
}

static void end_session(struct connection *connection)
{
    bool refused = connection->end_phase == PHASE_REFUSED && !connection->reception;
    enum connection_phase phase = connection->end_phase;
    char why[sizeof(connection->end_why)];

    backoff_session_ended(&connection->backoff, connection->good_since);
    /* Who is told may want another end already. */
    memcpy(why, connection->end_why, sizeof(why));
    connection->ending = connection->draining = false;
    /* Where we listen it is we who turn somebody away. */
    if (phase == PHASE_REFUSED && !refused)
        phase = PHASE_DISCONNECTED;
    connection->phase = phase;
    drop_transport(connection);
    if (phase != PHASE_CLOSED)
        timer_start(&connection->timer, backoff_take(&connection->backoff, refused));
    else if (connection->wanted)
        timer_start(&connection->turn, 0);
    dialog_phase(connection, phase, why[0] ? why : NULL);
}

static void on_connected(void *arg, int64_t peer)
{
    struct connection *connection = arg;
    char error[256];

    connection->connected = true;
    timer_start(&connection->timer, GREETING_WAIT);
    if (!login_peer(connection->config, peer, error, sizeof(error)))
        dialog_leave(connection, PHASE_REFUSED, error);
    else if (connection->resume.words)
        dialog_go_on(connection);
}

static void on_received(void *arg, struct slice bytes)
{
    dialog_take(arg, bytes);
}

static void connect_failed(struct connection *connection, int error)
{
    char text[256];
    bool refused = error == EACCES || error == EPERM || error == EAGAIN;

    dialog_leave(connection, refused ? PHASE_REFUSED : PHASE_DISCONNECTED,
                 transport_why(error, text, sizeof(text)));
}

static void on_closed(void *arg, int error)
{
    struct connection *connection = arg;
    char text[256];

    if (dialog_is_greeted(connection)) {
        snprintf(text, sizeof(text), "the daemon closed the session%s%s", error ? ": " : "",
                 error ? strerror(error) : "");
        dialog_leave(connection, PHASE_DISCONNECTED, text);
    } else if (!connection->connected) {
        connect_failed(connection, error);
    } else if (connection->phase == PHASE_REFUSED) {
        dialog_leave(connection, PHASE_DISCONNECTED,
                     "the daemon ended while the agent waited for it");
    } else {
        dialog_leave(connection, PHASE_REFUSED,
                     connection->tried   ? LOGIN_WRONG_PASSWORD
                     : connection->heard ? LOGIN_STRANGER
                                         : LOGIN_CLOSED);
    }
}

static const struct transport_handler transport_handler = {on_connected, on_received, on_closed};

static void on_came(void *arg, int fd);
static void on_turned_away(void *arg, const char *why);
static const struct reception_handler reception_handler = {on_came, on_turned_away};

/* Listens, unless it does so. */
static bool open_reception(struct connection *connection, char *error, size_t error_size)
{
    if (!connection->reception)
        connection->reception = reception_open(connection->config, &reception_handler, connection,
                                               connection->loop, error, error_size);
    return connection->reception != NULL;
}

/* The daemon comes when it likes: nothing is tried, and no time passes. */
static void await_daemon(struct connection *connection)
{
    char error[256];

    if (!open_reception(connection, error, sizeof(error))) {
        backoff_try(&connection->backoff, connection->config);
        dialog_leave(connection, PHASE_REFUSED, error);
        return;
    }
    reception_await(connection->reception);
    dialog_phase(connection, PHASE_AWAITED, CONNECTION_AWAITS);
}

/* Whoever is there goes on; the path is tried again when the session has ended. */
static void listen_for_next(struct connection *connection)
{
    char error[256];

    if (dialog_is_reverse(connection) && !open_reception(connection, error, sizeof(error)))
        log_warning("%s: no other daemon can connect: %s", connection->config->name, error);
}

/* The phase is told a turn before the socket is opened: its owner may still close it. */
static void begin_connecting(struct connection *connection)
{
    lines_init(&connection->lines);
    connection->lines.prompt = true;
    connection->connected = connection->heard = connection->tried = connection->torn = false;
    connection->prompted = false;
    timer_start(&connection->turn, 0);
    dialog_phase(connection, PHASE_CONNECTING, NULL);
}

/* What a process before has left is to be had now alone; whatever else is wrong is told later. */
static void find_reception(struct connection *connection)
{
    char error[256];

    if (dialog_is_reverse(connection))
        open_reception(connection, error, sizeof(error));
}

static void begin_try(struct connection *connection)
{
    if (dialog_is_reverse(connection) && !resume_waits(&connection->resume))
        await_daemon(connection);
    else
        begin_connecting(connection);
}

static void on_came(void *arg, int fd)
{
    struct connection *connection = arg;

    resume_give(&connection->resume, fd);
    begin_connecting(connection);
}

static void on_turned_away(void *arg, const char *why)
{
    struct connection *connection = arg;

    if (connection->phase == PHASE_AWAITED)
        dialog_phase(connection, PHASE_AWAITED, why);
}

static void open_transport(struct connection *connection)
{
    int error = 0;

    listen_for_next(connection);
    backoff_try(&connection->backoff, connection->config);
    if (resume_waits(&connection->resume))
        connection->out.transport =
            connection->out.kind->adopt(connection->loop, resume_take(&connection->resume),
                                        &transport_handler, connection, &error);
    else
        connection->out.transport =
            connection->out.kind->open(connection->loop, &connection->config->management,
                                       &transport_handler, connection, &error);
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
        begin_try(connection);
}

/*
 * Connected and silent: the daemon has another management client, or is busy.  The place in its
 * queue is kept, because a session that is given up is still opened and closed by the daemon later,
 * which may restart it (management-signal).
 */
static void greeting_overdue(struct connection *connection)
{
    dialog_phase(connection, PHASE_REFUSED,
                 dialog_is_reverse(connection) ? LOGIN_MUTE : LOGIN_SILENT);
}

static void answer_overdue(struct connection *connection)
{
    int64_t left = (int64_t)connection->config->reply_timeout * 1000 - CONNECTION_STALE_AFTER;
    char text[128];

    if (connection->phase == PHASE_OPEN) {
        timer_start(&connection->timer, left);
        dialog_phase(connection, PHASE_STALE, "the answer to a command is overdue");
        return;
    }
    snprintf(text, sizeof(text), "no %s within %u seconds",
             connection->queue.first->bytes > 0 ? "end of an answer" : "answer",
             connection->config->reply_timeout);
    if (dialog_is_reverse(connection)) /* its daemon would end */
        dialog_phase(connection, PHASE_STALE, text);
    else
        dialog_leave(connection, PHASE_DISCONNECTED, text);
}

static void login_overdue(struct connection *connection)
{
    if (dialog_is_reverse(connection))
        dialog_phase(connection, PHASE_REFUSED, LOGIN_NO_REPLY);
    else
        dialog_leave(connection, PHASE_DISCONNECTED, LOGIN_NO_REPLY);
}

static void on_timer(void *arg)
{
    struct connection *connection = arg;
    const struct instance_config *config = connection->config;
    int64_t left = connection->out.transport ? 0 : backoff_left(&connection->backoff, config);

    if (left > 0)
        timer_start(&connection->timer, left);
    else if (!connection->out.transport)
        begin_try(connection);
    else if (dialog_is_greeted(connection))
        answer_overdue(connection);
    else if (!connection->connected)
        connect_failed(connection, ETIMEDOUT);
    else if (connection->resume.words)
        dialog_go_on(connection);
    else if (connection->prompted)
        dialog_log_in_again(connection);
    else if (connection->tried)
        login_overdue(connection);
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
    resume_init(&connection->resume);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    connection->phase = PHASE_CLOSED;
    drop_transport(connection);
    timer_stop(&connection->turn);
    reception_close(connection->reception);
    free(connection);
}

void connection_keep(struct connection *connection, const char *greeting, const char *question)
{
    resume_note(&connection->resume, connection->config, greeting, question, true);
}

void connection_leave(struct connection *connection, const char *greeting, const char *question)
{
    if (connection_is_open(connection))
        resume_note(&connection->resume, connection->config, greeting, question,
                    connection->torn || connection->lines.len > 0 || connection->lines.overflow);
    /* One that was not gone on with yet is as the process before has left it. */
    if (!connection->ending)
        resume_leave(&connection->resume);
    reception_leave(connection->reception);
    connection->reception = NULL;
    connection_free(connection);
}

void connection_configure(struct connection *connection, const struct instance_config *config)
{
    connection->config = config;
    if (connection->reception)
        reception_configure(connection->reception, config);
}

void connection_open(struct connection *connection)
{
    if (connection->wanted)
        return;
    connection->wanted = true;
    resume_find(&connection->resume, connection->config);
    find_reception(connection);
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
    dialog_leave(connection, PHASE_CLOSED, NULL);
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
    if (connection->wanted && !dialog_is_reverse(connection))
        dialog_leave(connection, PHASE_DISCONNECTED, error);
}

bool connection_is_connected(const struct connection *connection)
{
    return connection->out.transport && connection->connected;
}

int connection_process(const struct connection *connection)
{
    if (!dialog_is_reverse(connection) || !connection->out.transport)
        return 0;
    return reception_process(connection->out.kind->descriptor(connection->out.transport));
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
    dialog_send(connection);
    return true;
}

bool connection_withdraw(struct connection *connection, const void *arg)
{
    return queue_withdraw(&connection->queue, arg);
}
