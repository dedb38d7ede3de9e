#include <stddef.h>

#include "base/log.h"
#include "session/session_private.h"

/*
 * Above COMMAND_VERB_LOG_MAX the daemon logs each of its writes to us, and with `log on` it writes
 * that to us too, and so on without end: it spins, its memory grows, and no command is read any
 * more.  So the stream of the log is on only below that.  A new session starts with it off.
 */

/*
 * So many turns of the daemon's event loop, told to us instead of an answer, are that loop.  A
 * lower verb never tells them, however much it floods.
 */
enum { SPINS = 1000 };

static void stream_line(void *arg, struct slice line, const struct message *message)
{
    struct session *session = arg;

    (void)message;
    replay_line(&session->replay, line);
}

static void stream_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    if (reply->outcome == OUTCOME_SUCCESS)
        replay_commit(&session->replay);
    else
        replay_abort(&session->replay);
}

static void ignore_reply(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

bool verbosity_allows_log(const struct session *session)
{
    return session->instance->log.bound > 0 && session->instance->verb <= COMMAND_VERB_LOG_MAX;
}

static void log_off(struct session *session)
{
    const struct listener listener = {.done = ignore_reply, .arg = session};
    struct command command;

    command_log_off(&command);
    if (!connection_ask(session->connection, &command, &listener))
        return;
    session->log_on = false;
    log_notice("%s: the log stream is off while verb is above %d", session->config->name,
               COMMAND_VERB_LOG_MAX);
}

static void log_on(struct session *session)
{
    const struct listener listener = {.line = stream_line, .done = stream_done, .arg = session};
    struct command command;

    command_log_on_all(&command);
    replay_begin(&session->replay, REPLAY_LOG, session->instance);
    session->log_on = connection_ask(session->connection, &command, &listener);
    if (!session->log_on)
        replay_abort(&session->replay);
}

void verbosity_follow(struct session *session)
{
    bool allowed = verbosity_allows_log(session);

    if (!session->synchronized || session->log_on == allowed)
        return;
    if (allowed)
        log_on(session);
    else
        log_off(session);
}

void session_expect_verb(struct session *session, int verb)
{
    if (session->log_on && verb > COMMAND_VERB_LOG_MAX)
        log_off(session);
}

void session_verb_changed(struct session *session)
{
    verbosity_follow(session);
}

bool verbosity_is_endless(const struct session *session)
{
    return connection_spins(session->connection) > SPINS;
}
