#include "connection/dialog.h"

#include <stdio.h>

#include "base/clock.h"
#include "config/config.h"
#include "connection/exchange.h"
#include "connection/login.h"

/* Before another try where there was no memory, in milliseconds. */
enum { GO_ON_PAUSE = 1000 };

void dialog_phase(struct connection *connection, enum connection_phase phase, const char *error)
{
    connection->phase = phase;
    connection->handler->phase(connection->arg, phase, error);
}

bool dialog_is_greeted(const struct connection *connection)
{
    return connection->phase == PHASE_OPEN || connection->phase == PHASE_STALE;
}

bool dialog_is_reverse(const struct connection *connection)
{
    return connection->config->management.listen;
}

void dialog_leave(struct connection *connection, enum connection_phase phase, const char *error)
{
    if (!connection->ending || phase == PHASE_CLOSED) {
        connection->ending = true;
        connection->end_phase = phase;
        snprintf(connection->end_why, sizeof(connection->end_why), "%s", error ? error : "");
    }
    connection->draining = false;
    timer_start(&connection->turn, 0);
}

void dialog_send(struct connection *connection)
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
    bool was_stale = connection->phase == PHASE_STALE;

    timer_stop(&connection->timer);
    connection->phase = PHASE_OPEN;
    if (!connection->good_since)
        connection->good_since = clock_mono();
    queue_finish_first(&connection->queue, reply);
    if (connection->draining)
        dialog_leave(connection, PHASE_CLOSED, NULL);
    if (was_stale)
        dialog_phase(connection, PHASE_OPEN, NULL);
    dialog_send(connection);
}

/* All that the daemon said before is known now. */
static void pass_fence(struct connection *connection, struct exchange *exchange)
{
    static const struct reply unsent = {.outcome = OUTCOME_UNSENT};

    if (connection->draining)
        dialog_leave(connection, PHASE_CLOSED, NULL);
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

/*
 * Whether an answer without end is heard on, by nobody: a daemon that has connected would end with
 * the session.
 */
static bool hear_on(struct connection *connection)
{
    static const struct reply cut = {.outcome = OUTCOME_CUT};
    struct exchange *exchange = connection->queue.first;

    if (dialog_is_reverse(connection) && !exchange->told) {
        exchange->told = true;
        exchange->listener.done(exchange->listener.arg, &cut);
    }
    return dialog_is_reverse(connection);
}

static void open_line(struct connection *connection, struct slice line,
                      const struct message *message)
{
    if (!connection->queue.first || !exchange_wants(connection->queue.first, message)) {
        connection->spins += message_is_spin(message);
        tell_message(connection, line, message);
    } else if (exchange_is_endless(connection->queue.first, &connection->config->limits) &&
               !hear_on(connection)) {
        dialog_leave(connection, PHASE_DISCONNECTED, "the answer to a command has no end");
    } else {
        reply_line(connection, line, message);
    }
}

/*
 * A daemon that has connected would end with the session: it may wait, where the file of the
 * password can be mended.
 */
static void refuse_login(struct connection *connection, const char *error)
{
    if (!dialog_is_reverse(connection)) {
        dialog_leave(connection, PHASE_REFUSED, error);
        return;
    }
    connection->prompted = true;
    timer_start(&connection->timer, BACKOFF_LOOK_EVERY);
    dialog_phase(connection, PHASE_REFUSED, error);
}

static void log_in(struct connection *connection)
{
    struct command command;
    char error[256];

    if (!connection->tried)
        backoff_login(&connection->backoff, connection->config);
    if (connection->tried) {
        refuse_login(connection, LOGIN_WRONG_PASSWORD);
    } else if (!login_command(connection->config, &command, error, sizeof(error))) {
        refuse_login(connection, error);
    } else {
        connection->tried = true;
        outlet_line(&connection->out, &command);
        timer_start(&connection->timer, GREETING_WAIT);
        dialog_phase(connection, PHASE_AUTHENTICATING, NULL);
    }
}

void dialog_log_in_again(struct connection *connection)
{
    if (!backoff_password_is_new(&connection->backoff, connection->config)) {
        timer_start(&connection->timer, BACKOFF_LOOK_EVERY);
        return;
    }
    connection->prompted = connection->tried = false;
    log_in(connection);
}

static void early_line(struct connection *connection, struct slice line,
                       const struct message *message)
{
    if (message->kind == MESSAGE_PROMPT) {
        log_in(connection);
    } else if (message->kind == MESSAGE_INFO && message->info.version > 0) {
        connection->lines.prompt = false;
        timer_stop(&connection->timer);
        resume_put(&connection->resume, connection->config,
                   connection->out.kind->descriptor(connection->out.transport));
        dialog_phase(connection, PHASE_OPEN, NULL);
        tell_message(connection, line, message);
    } else if (!connection->tried) {
        dialog_leave(connection, PHASE_REFUSED, LOGIN_STRANGER);
    }
}

static void tell_again(struct connection *connection, struct slice line)
{
    struct message message;

    message_parse(line, &message);
    tell_message(connection, line, &message);
}

void dialog_go_on(struct connection *connection)
{
    connection->lines.prompt = false;
    connection->torn = connection->resume.torn;
    if (!resume_ask(&connection->queue)) {
        timer_start(&connection->timer, GO_ON_PAUSE);
        return;
    }
    timer_stop(&connection->timer);
    connection->phase = PHASE_OPEN;
    dialog_send(connection);
    dialog_phase(connection, PHASE_OPEN, NULL);
    tell_again(connection, connection->resume.greeting);
    if (connection->resume.question.len > 0)
        tell_again(connection, connection->resume.question);
    resume_done(&connection->resume);
}

static void take_line(struct connection *connection, struct slice line)
{
    struct message message;

    if (connection->torn) {
        connection->torn = false;
        return;
    }
    message_parse(line, &message);
    if (connection->lines.cut)
        connection->handler->cut(connection->arg);
    if (dialog_is_greeted(connection))
        open_line(connection, line, &message);
    else
        early_line(connection, line, &message);
}

void dialog_take(struct connection *connection, struct slice bytes)
{
    struct slice line;

    connection->heard = true;
    connection->handler->heard(connection->arg);
    while ((!connection->ending || connection->draining) &&
           lines_next(&connection->lines, &bytes, &line))
        take_line(connection, line);
    if (!dialog_is_greeted(connection) && connection->lines.overflow)
        dialog_leave(connection, PHASE_REFUSED, LOGIN_STRANGER);
}
