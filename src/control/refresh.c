#include <assert.h>

#include "base/clock.h"
#include "control/control_private.h"
#include "model/asked.h"

static void begin_reading(struct control *control, struct reading *reading, const char *source,
                          const char *text)
{
    reading->active = true;
    reading->begun = clock_mono();
    reading->ticket = asked_begin(control->instance, source, text);
}

/* Why what was to be read is not: what was read before stays then. */
static struct slice fault(const struct reply *reply)
{
    switch (reply->outcome) {
    case OUTCOME_ERROR:
        return reply->text;
    case OUTCOME_LOST:
        return slice_of(reply->sent ? "the session ended before the answer" : "not sent");
    case OUTCOME_UNSENT:
        return slice_of("not sent: it makes no sense any more");
    case OUTCOME_CUT:
        return slice_of("the answer has no end");
    case OUTCOME_SUCCESS:
        break;
    }
    return slice_of("the agent is out of memory");
}

static void end_reading(struct control *control, struct reading *reading, const struct reply *reply,
                        bool read)
{
    bool unsent =
        reply->outcome == OUTCOME_UNSENT || (reply->outcome == OUTCOME_LOST && !reply->sent);

    reading->active = false;
    asked_end(control->instance, reading->ticket,
              read     ? RESULT_SUCCESS
              : unsent ? RESULT_REJECTED
                       : RESULT_ERROR,
              read ? reply->text : fault(reply), clock_mono() - reading->begun);
}

static void net_line(void *arg, struct slice line, const struct message *message)
{
    struct control *control = arg;

    (void)message;
    net_lines_add(&control->read_net, line);
}

static void net_done(void *arg, const struct reply *reply)
{
    struct control *control = arg;
    bool read = reply->outcome == OUTCOME_SUCCESS && !control->read_net.failed;

    if (read)
        net_lines_replace(&control->instance->net, &control->read_net);
    else
        net_lines_fini(&control->read_net);
    end_reading(control, &control->net, reply, read);
}

static void read_net(struct control *control, const char *source)
{
    const struct listener listener = {.line = net_line, .done = net_done, .arg = control};
    const struct reply lost = {.outcome = OUTCOME_LOST};
    struct command command;

    if (control->net.active)
        return;
    begin_reading(control, &control->net, source, "net");
    command_net(&command);
    if (!session_ask(control->session, &command, &listener))
        end_reading(control, &control->net, &lost, false);
}

static void end_pkcs11(struct control *control, const struct reply *reply)
{
    bool answered = reply->outcome == OUTCOME_SUCCESS || reply->outcome == OUTCOME_CUT;
    bool read = answered && !control->read_pkcs11.failed;
    const struct reply none = {.outcome = OUTCOME_SUCCESS};

    if (read)
        pkcs11_list_replace(&control->instance->pkcs11, &control->read_pkcs11);
    else
        pkcs11_list_fini(&control->read_pkcs11);
    end_reading(control, &control->pkcs11, answered ? &none : reply, read);
}

/* The daemon may have been restarted since it was last asked, and be in its first phase again. */
static bool pkcs11_check(void *arg)
{
    const struct control *control = arg;
    const struct change change = {.kind = CHANGE_PKCS11_REFRESH};
    const char *why;

    return control_recheck(control, &change, &why) == CONTROL_OK;
}

static void pkcs11_line(void *arg, struct slice line, const struct message *message)
{
    struct control *control = arg;

    (void)line;
    if (message->kind == MESSAGE_PKCS11_COUNT)
        control->read_pkcs11.told =
            message->pkcs11.index < PKCS11_MAX ? (int)message->pkcs11.index : PKCS11_MAX;
    else if (message->kind == MESSAGE_PKCS11_ENTRY && message->pkcs11.id.len > 0)
        pkcs11_list_add(&control->read_pkcs11, message->pkcs11.id, message->pkcs11.blob,
                        message->text.len == 0 || message->text.at[message->text.len - 1] != '\'');
}

static void ask_pkcs11(struct control *control, const struct command *command);

/* One at a time.  An index without a certificate, taken out meanwhile perhaps, ends the list. */
static void pkcs11_done(void *arg, const struct reply *reply)
{
    struct control *control = arg;
    struct command command;
    unsigned read = (unsigned)control->read_pkcs11.count;

    if (reply->outcome == OUTCOME_CUT && control->next_certificate == read &&
        (int)read < control->read_pkcs11.told) {
        control->next_certificate++;
        command_pkcs11_get(&command, read);
        ask_pkcs11(control, &command);
    } else {
        end_pkcs11(control, reply);
    }
}

static void ask_pkcs11(struct control *control, const struct command *command)
{
    const struct listener listener = {
        .line = pkcs11_line, .done = pkcs11_done, .check = pkcs11_check, .arg = control};
    const struct reply lost = {.outcome = OUTCOME_LOST};

    if (!session_ask(control->session, command, &listener))
        end_pkcs11(control, &lost);
}

static void read_pkcs11(struct control *control, const char *source)
{
    struct command command;

    if (control->pkcs11.active)
        return;
    begin_reading(control, &control->pkcs11, source, "pkcs11-id-count");
    control->next_certificate = 0;
    command_pkcs11_count(&command);
    ask_pkcs11(control, &command);
}

static void read_status(struct control *control, const char *source)
{
    uint64_t ticket = asked_begin(control->instance, source, "status");

    asked_end(control->instance, ticket, RESULT_SUCCESS, slice_of("under way"), 0);
    session_refresh(control->session);
}

void control_refresh(struct control *control, const struct change *change)
{
    static void (*const readers[CHANGE_KINDS])(struct control * control, const char *source) = {
        [CHANGE_REFRESH] = read_status,
        [CHANGE_NET_REFRESH] = read_net,
        [CHANGE_PKCS11_REFRESH] = read_pkcs11,
    };

    assert(readers[change->kind]);
    readers[change->kind](control, change->source);
}
