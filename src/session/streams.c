#include <stddef.h>

#include "base/log.h"
#include "session/session_private.h"

/*
 * Streams whose lines are not kept, and that nobody listens to, are off: they would be work for
 * nothing.
 *
 * From verb 7 on the daemon logs its keys.  From verb 8 on it logs each of its writes to us, and
 * with `log on` it writes that to us too, and so on without end: it spins, its memory grows, and no
 * command is read any more.  So the stream of the log is on up to COMMAND_VERB_LOG_MAX only.  A new
 * session starts with all of them off.
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

    session->turning_on = false;
    if (reply->outcome == OUTCOME_SUCCESS)
        replay_commit(&session->replay);
    else
        replay_abort(&session->replay);
    if (reply->outcome != OUTCOME_LOST)
        streams_follow(session);
}

bool streams_allow_log(const struct session *session)
{
    return (session->instance->log.bound > 0 || session->wants.log) &&
           session->instance->settings[SETTING_VERB] <= COMMAND_VERB_LOG_MAX;
}

bool streams_allow_echo(const struct session *session)
{
    return session->instance->echo.bound > 0 || session->wants.echo;
}

/* False, and all as before, when there is no room for the command. */
static bool turn_off(struct session *session, bool *on, void (*build)(struct command *command))
{
    const struct listener listener = {.done = listener_ignore, .arg = session};
    struct command command;

    build(&command);
    *on = !connection_ask(session->connection, &command, &listener);
    return !*on;
}

/* One after the other: there is one replay. */
static void turn_on(struct session *session, bool *on, void (*build)(struct command *command),
                    enum replay_stream stream)
{
    const struct listener listener = {.line = stream_line, .done = stream_done, .arg = session};
    struct command command;

    if (session->turning_on)
        return;
    build(&command);
    replay_begin(&session->replay, stream, session->instance);
    *on = session->turning_on = connection_ask(session->connection, &command, &listener);
    if (!*on)
        replay_abort(&session->replay);
}

static bool log_off(struct session *session)
{
    if (!turn_off(session, &session->log_on, command_log_off))
        return false;
    if (session->instance->log.bound > 0 || session->wants.log)
        log_notice("%s: the log stream is off while verb is %d or more", session->config->name,
                   COMMAND_VERB_LOG_MAX + 1);
    return true;
}

/* What the verb will be when that is known decides, not what it was. */
static void follow_log(struct session *session)
{
    bool allowed = streams_allow_log(session);

    if (session->verbs_awaited > 0 || session->log_on == allowed)
        return;
    if (allowed)
        turn_on(session, &session->log_on, command_log_on_all, REPLAY_LOG);
    else
        log_off(session);
}

static void follow_echo(struct session *session)
{
    bool allowed = streams_allow_echo(session);

    if (session->echo_on == allowed)
        return;
    if (allowed)
        turn_on(session, &session->echo_on, command_echo_on_all, REPLAY_ECHO);
    else
        turn_off(session, &session->echo_on, command_echo_off);
}

void streams_follow(struct session *session)
{
    if (!session->synchronized)
        return;
    follow_log(session);
    follow_echo(session);
    wants_follow(session);
}

bool session_expect_verb(struct session *session, int verb)
{
    if (session->log_on && verb > COMMAND_VERB_LOG_MAX && !log_off(session))
        return false;
    session->verbs_awaited++;
    return true;
}

void session_verb_settled(struct session *session)
{
    if (session->verbs_awaited > 0)
        session->verbs_awaited--;
    streams_follow(session);
}

bool streams_are_endless(const struct session *session)
{
    return connection_spins(session->connection) > SPINS;
}
