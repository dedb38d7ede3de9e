#include <stdio.h>

#include "base/text.h"
#include "model/mask.h"
#include "session/session_private.h"

void ending_told(struct session *session, const char *what, struct slice text)
{
    char reason[TEXT_MAX + 1];
    int len = snprintf(reason, sizeof(reason), "%s%.*s", what,
                       (int)(text.len < TEXT_MAX ? text.len : TEXT_MAX), text.at ? text.at : "");

    if (len >= (int)sizeof(reason))
        len = sizeof(reason) - 1;
    mask_set(&session->end_reason, TEXT_MAX, (struct slice){reason, (size_t)len});
    session->end_guessed = false;
}

void ending_guessed(struct session *session, struct slice text)
{
    ending_told(session, "the daemon has ended: ", text);
    session->end_guessed = true;
}

void ending_forget(struct session *session)
{
    text_set(&session->end_reason, TEXT_MAX, slice_of(NULL));
    session->end_guessed = false;
}

void ending_doubt(struct session *session)
{
    if (session->end_guessed)
        ending_forget(session);
}
