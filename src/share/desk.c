#include "share/desk.h"

#include <stdlib.h>
#include <string.h>

#include "model/instance.h"

void desk_init(struct desk *desk, struct instance *instance, struct session *session)
{
    *desk = (struct desk){.instance = instance, .session = session};
    turns_init(&desk->turns, instance, session);
}

void desk_forget(struct desk *desk)
{
    free(desk->greeting);
    free(desk->question);
    desk->greeting = desk->question = NULL;
}

void desk_fini(struct desk *desk)
{
    turns_fini(&desk->turns);
    desk_forget(desk);
}

/* Without memory the old line goes too: it is no longer true. */
static void keep_line(char **where, struct slice line)
{
    free(*where);
    *where = line.at ? strndup(line.at, line.len) : NULL;
}

void desk_heard(struct desk *desk, struct slice line, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_INFO:
        if (message->info.version > 0)
            keep_line(&desk->greeting, line);
        break;
    case MESSAGE_HOLD:
    case MESSAGE_REQUEST:
    case MESSAGE_REQUEST_OTHER:
        keep_line(&desk->question, line);
        desk->hold = message->kind == MESSAGE_HOLD;
        break;
    case MESSAGE_STATE:
        keep_line(&desk->question, (struct slice){NULL, 0});
        break;
    default:
        break;
    }
}

static bool waits_for_answer(const struct instance *instance)
{
    const struct request *request;
    uint32_t row = 0;

    while ((request = requests_open_after(instance, row, &row)))
        if (request->blocks)
            return true;
    return false;
}

const char *desk_question(const struct desk *desk)
{
    bool open = desk->hold ? desk->instance->hold_waiting : waits_for_answer(desk->instance);

    return open ? desk->question : NULL;
}
