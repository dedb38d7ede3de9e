#include <stdlib.h>
#include <string.h>

#include "session/session_private.h"

/*
 * What the daemon says once in a session, as it wrote it: the greeting, and the hold or question
 * that is open.  For those who come later: guests, and the process behind this one.
 */

/* Without memory the old line goes too: it is no longer true. */
static void keep_line(char **where, struct slice line)
{
    free(*where);
    *where = line.at ? malloc(line.len + 1) : NULL;
    if (!*where)
        return;
    memcpy(*where, line.at, line.len);
    (*where)[line.len] = '\0';
}

void said_forget(struct session *session)
{
    free(session->greeting);
    free(session->question);
    session->greeting = session->question = NULL;
    session->question_kept = false;
}

const char *session_greeting(const struct session *session)
{
    return session->greeting;
}

const char *session_question(const struct session *session)
{
    const struct instance *instance = session->instance;
    bool open = session->question_is_hold ? instance->hold_waiting : requests_block(instance);

    return open ? session->question : NULL;
}

/* The words for the process behind this one are written when they are others, and only then. */
static void keep_words(struct session *session)
{
    const char *question = session_question(session);

    connection_keep(session->connection, session->greeting, question);
    session->question_kept = question != NULL;
}

void said_look(struct session *session)
{
    if (session->question_kept && !session_question(session))
        keep_words(session);
}

void said_heard(struct session *session, struct slice line, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_INFO:
        if (message->info.version > 0) {
            keep_line(&session->greeting, line);
            keep_words(session);
        }
        break;
    case MESSAGE_HOLD:
    case MESSAGE_REQUEST:
    case MESSAGE_REQUEST_OTHER:
        keep_line(&session->question, line);
        session->question_is_hold = message->kind == MESSAGE_HOLD;
        keep_words(session);
        break;
    case MESSAGE_STATE:
        keep_line(&session->question, (struct slice){NULL, 0});
        said_look(session);
        break;
    default:
        said_look(session);
        break;
    }
}
