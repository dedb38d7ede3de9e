#include "session/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "session/session_private.h"

static void log_contact(const struct session *session, const char *what, const char *error)
{
    log_warning("%s: %s%s%s", session->config->name, what, error ? ": " : "", text_or_empty(error));
}

/*
 * There is no contact, or no longer: the last words of the daemon explain more than the end of
 * the socket does.  What was never there is not lost, nor lost again when another try fails.
 */
static void lose(struct session *session, enum contact contact, const char *error)
{
    const char *why = session->end_reason ? session->end_reason : error;
    const struct instance *instance = session->instance;
    bool had = session->synchronized;
    bool news = instance->contact != contact ||
                !slice_is(slice_of(why), text_or_empty(instance->contact_error));

    startup_abort(session);
    poll_stop(session);
    events_reset(session);
    said_forget(session);
    requests_withdraw(session->instance);
    if (news)
        log_contact(session, had ? "contact lost" : "no contact", why);
    instance_set_contact(session->instance, contact, why);
    if (had)
        tap_up(session, false);
}

/* Why the last session has ended is still worth knowing, unlike why nobody could come. */
static void await(const struct session *session, const char *error)
{
    struct instance *instance = session->instance;
    const char *before = instance->contact == CONTACT_DISCONNECTED ? instance->contact_error : NULL;
    char text[2 * TEXT_MAX];

    if (instance->contact == CONTACT_AWAITED &&
        slice_is(slice_of(error), text_or_empty(instance->contact_error)))
        return;
    snprintf(text, sizeof(text), "%s%s%s", error, before ? "; " : "", text_or_empty(before));
    if (instance->contact != CONTACT_AWAITED)
        log_notice("%s: %s", session->config->name, CONNECTION_AWAITS);
    instance_set_contact(instance, CONTACT_AWAITED, text);
}

static void on_synchronized(struct session *session)
{
    struct instance *instance = session->instance;

    session->synchronized = true;
    log_notice("%s: contact, %s, pid %lld", session->config->name, text_or_empty(instance->version),
               (long long)instance->pid);
    if (session->hold_unconfirmed)
        instance_set_hold(instance, false, 0);
    tunnel_follow(session);
    instance_set_contact(instance, CONTACT_UP, waiting_fault(session));
    tap_up(session, true);
    poll_start(session);
}

static void begin_startup(struct session *session)
{
    ending_forget(session);
    startup_begin(session, events_version_told, on_synchronized);
}

static void on_phase(void *arg, enum connection_phase phase, const char *error)
{
    struct session *session = arg;
    struct instance *instance = session->instance;
    bool had = session->synchronized;

    switch (phase) {
    case PHASE_DISCONNECTED:
        lose(session, CONTACT_DISCONNECTED, error);
        break;
    case PHASE_REFUSED:
        lose(session, CONTACT_REFUSED, error);
        break;
    case PHASE_AWAITED:
        await(session, error);
        break;
    case PHASE_CONNECTING:
        /* A further try is no news: the contact keeps its error until there is a greeting. */
        if (!instance->loss_told || instance->contact == CONTACT_DETACHED)
            instance_set_contact(instance, CONTACT_CONNECTING, NULL);
        break;
    case PHASE_AUTHENTICATING:
        if (!instance->loss_told)
            instance_set_contact(instance, CONTACT_AUTHENTICATING, NULL);
        break;
    case PHASE_OPEN:
        /* It is told again when an overdue answer has come. */
        if (session->synchronized)
            instance_set_contact(instance, CONTACT_UP, waiting_fault(session));
        else if (!session->started)
            begin_startup(session);
        break;
    case PHASE_STALE:
        if (streams_are_endless(session)) {
            error = "the daemon logs its own logging without end: verb is 8 or more";
            connection_drop(session->connection, error);
            if (!connection_is_reverse(session->connection))
                break;
        }
        log_contact(session, "stale", error);
        if (session->synchronized)
            instance_set_contact(instance, CONTACT_STALE, error);
        break;
    case PHASE_CLOSED:
        startup_abort(session);
        poll_stop(session);
        events_reset(session);
        said_forget(session);
        /* Somebody else may answer them; the daemon repeats what is still open. */
        requests_withdraw(instance);
        requests_forget_challenges(instance);
        instance_set_contact(instance, CONTACT_DETACHED, NULL);
        if (had)
            tap_up(session, false);
        break;
    }
}

static void on_message(void *arg, const struct message *message)
{
    events_take(arg, message);
}

static void on_heard(void *arg)
{
    const struct session *session = arg;

    instance_heard(session->instance);
}

static void on_cut(void *arg)
{
    const struct session *session = arg;

    session->instance->lines_cut++;
}

static void on_raw_line(void *arg, struct slice line, const struct message *message)
{
    said_heard(arg, line, message);
    tap_line(arg, line, message);
}

static const struct connection_handler handler = {.phase = on_phase,
                                                  .message = on_message,
                                                  .heard = on_heard,
                                                  .cut = on_cut,
                                                  .line = on_raw_line};

struct session *session_new(struct instance *instance, const struct instance_config *config,
                            const struct transport_kind *kind, struct event_base *loop)
{
    struct session *session = calloc(1, sizeof(*session));

    assert(instance && config && kind);
    if (!session)
        return NULL;
    session->instance = instance;
    session->config = config;
    session->connection = connection_new(config, &handler, session, kind, loop);
    if (!session->connection) {
        free(session);
        return NULL;
    }
    poll_stop(session);
    return session;
}

/* The connection is gone. */
static void free_session(struct session *session)
{
    startup_abort(session);
    poll_stop(session);
    events_reset(session);
    said_forget(session);
    free(session->end_reason);
    free(session);
}

void session_free(struct session *session)
{
    if (!session)
        return;
    connection_free(session->connection);
    free_session(session);
}

void session_leave(struct session *session)
{
    connection_leave(session->connection, session->greeting, session_question(session));
    free_session(session);
}

void session_start(struct session *session)
{
    connection_open(session->connection);
}

void session_configure(struct session *session, const struct instance_config *config)
{
    session->config = config;
    connection_configure(session->connection, config);
    instance_configure(session->instance, config);
    streams_follow(session);
}

void session_want(struct session *session, const struct session_wants *wants)
{
    session->wants = *wants;
    streams_follow(session);
    waiting_look(session);
}

void session_detach(struct session *session)
{
    if (!connection_is_closed(session->connection))
        connection_close(session->connection);
}

void session_attach(struct session *session)
{
    connection_open(session->connection);
}

bool session_is_connected(const struct session *session)
{
    return connection_is_connected(session->connection);
}

bool session_is_ready(const struct session *session)
{
    return session->synchronized && connection_is_open(session->connection);
}

bool session_is_busy(const struct session *session)
{
    return connection_is_busy(session->connection);
}

bool session_ask(struct session *session, const struct command *command,
                 const struct listener *listener)
{
    return session->synchronized && connection_ask(session->connection, command, listener);
}

bool session_ask_block(struct session *session, const struct command *command, struct slice block,
                       const struct listener *listener)
{
    return session->synchronized &&
           connection_ask_block(session->connection, command, block, listener);
}

bool session_withdraw(struct session *session, const void *arg)
{
    return connection_withdraw(session->connection, arg);
}

void session_refresh(struct session *session)
{
    poll_now(session);
}
