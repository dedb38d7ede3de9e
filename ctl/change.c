#include "ctl/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/refusal.h"

/* What is read of a daemon before and after. */
enum { SERIAL, LAST_COMMAND, LAST_REPLY, READINGS };

struct reading {
    struct cell cells[READINGS];
};

static bool take_reading(struct reading *reading, struct remote *remote, unsigned long daemon,
                         struct fault *fault)
{
    const struct remote_name names[READINGS] = {
        [SERIAL] = {ovpnControlSerial, 1, {daemon}},
        [LAST_COMMAND] = {ovpnControlLastCommand, 1, {daemon}},
        [LAST_REPLY] = {ovpnControlLastReply, 1, {daemon}},
    };

    return remote_get(remote, names, READINGS, reading->cells, fault);
}

static void forget_reading(struct reading *reading)
{
    for (size_t i = 0; i < READINGS; i++)
        free(reading->cells[i].text);
    memset(reading, 0, sizeof(*reading));
}

/*
 * Whether the last reply is that to our command.  Where ovpnCommandTable is kept the command has a
 * number of its own, also one that was refused.
 */
static bool is_our_reply(const struct reading *before, const struct reading *after)
{
    int64_t first = cell_number(&before->cells[LAST_COMMAND], 0);
    int64_t last = cell_number(&after->cells[LAST_COMMAND], 0);

    return last != first ||
           strcmp(cell_text(&before->cells[LAST_REPLY]), cell_text(&after->cells[LAST_REPLY])) != 0;
}

static bool explain(const struct change *change, const struct remote_answer *answer,
                    const char *daemon_name, const struct reading *before,
                    const struct reading *after, struct fault *fault)
{
    const struct refusal_context context = {
        .what = change->what,
        .allow = change->allow,
        .daemon = daemon_name,
        .reply = is_our_reply(before, after) ? cell_text(&after->cells[LAST_REPLY]) : "",
        .raced = cell_number(&before->cells[SERIAL], 0) != cell_number(&after->cells[SERIAL], 0),
    };

    refusal_of_setting(answer->status, &context, fault);
    return false;
}

static bool send_change(const struct change *change, struct remote *remote,
                        const struct reading *before, struct remote_answer *answer,
                        struct fault *fault)
{
    struct remote_change set[CHANGE_MAX + 1] = {
        {.name = {ovpnControlSerial, 1, {change->daemon}},
         .number = (long)cell_number(&before->cells[SERIAL], 0)}};

    if (!before->cells[SERIAL].there) {
        fault_set(fault, OUTCOME_DENIED,
                  "the view of this user does not have ovpnControl, so it may do nothing");
        return false;
    }
    memcpy(set + 1, change->set, change->count * sizeof(*set));
    return remote_set(remote, set, change->count + 1, answer, fault);
}

bool change_do(const struct change *change, struct remote *remote, const char *daemon_name,
               char *reply, size_t size, struct fault *fault)
{
    struct remote_answer answer;
    struct reading before = {0};
    struct reading after = {0};
    struct fault unread;
    bool done;

    reply[0] = '\0';
    done = take_reading(&before, remote, change->daemon, fault) &&
           send_change(change, remote, &before, &answer, fault);
    if (done && !take_reading(&after, remote, change->daemon, &unread))
        memset(&after, 0, sizeof(after)); /* what was answered is known all the same */
    if (done && answer.status != 0)
        done = explain(change, &answer, daemon_name, &before, &after, fault);
    else if (done && is_our_reply(&before, &after))
        snprintf(reply, size, "%s", cell_text(&after.cells[LAST_REPLY]));
    forget_reading(&before);
    forget_reading(&after);
    return done;
}

int change_run(const struct change *change, const struct call *call, const char *daemon_name,
               const char *question)
{
    char reply[1025];
    struct fault fault;
    int status = question ? call_ask(call, question) : OUTCOME_OK;

    if (status != OUTCOME_OK)
        return status;
    if (!change_do(change, call->remote, daemon_name, reply, sizeof(reply), &fault))
        return fault_tell(&fault);
    page_print(&call->page, daemon_name);
    fputs(reply[0] && !change->quiet ? ": " : ": done", call->page.out);
    page_print(&call->page, change->quiet ? "" : reply);
    fputc('\n', call->page.out);
    return OUTCOME_OK;
}
