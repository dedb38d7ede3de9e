#include <stdio.h>

#include "session/session_private.h"

/*
 * What those who listen in want of the daemon beside what the agent wants itself.  The streams of
 * the log and of echo are in session/streams.c.
 */

void session_set_tap(struct session *session, const struct session_tap *tap, void *arg)
{
    session->tap = tap;
    session->tap_arg = arg;
}

void tap_up(const struct session *session, bool up)
{
    if (session->tap)
        session->tap->up(session->tap_arg, up);
}

void tap_line(const struct session *session, struct slice line, const struct message *message)
{
    if (session->tap)
        session->tap->line(session->tap_arg, line, message);
}

static bool tell_number(struct session *session, const char *name, enum reply_form form, int number)
{
    const struct listener listener = {.done = listener_ignore, .arg = session};
    struct command command;
    char text[16];

    snprintf(text, sizeof(text), "%d", number);
    command_assign(&command, name, text);
    command.form = form;
    return connection_ask(session->connection, &command, &listener);
}

/* A new session begins with no interval; the client version outlives it in the daemon. */
void wants_begin(struct session *session)
{
    session->bytecount = 0;
}

void wants_follow(struct session *session)
{
    const struct session_wants *wants = &session->wants;
    int version = wants->client_version > 1 ? wants->client_version : 1;

    if (session->bytecount != wants->bytecount &&
        tell_number(session, "bytecount", REPLY_SINGLE, wants->bytecount))
        session->bytecount = wants->bytecount;
    if ((session->client_version ? session->client_version : 1) != version &&
        tell_number(session, "version", REPLY_MARKED, version))
        session->client_version = version;
}

int session_bytecount(const struct session *session)
{
    return session->bytecount;
}

int session_client_version(const struct session *session)
{
    return session->client_version;
}

struct answers *session_answers(struct session *session)
{
    return &session->answers;
}
