#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "protocol/reply.h"
#include "protocol/settings.h"
#include "session/session_private.h"

/* More lines of `help` than any version has. */
enum { CAPABILITIES_MAX = 200 };

/* Before a command is asked again for which there was no memory, in milliseconds. */
enum { RETRY_PAUSE = 1000 };

struct step {
    bool (*prepare)(struct session *session, struct command *command); /* false: left out */
    void (*line)(struct session *session, struct slice line);
    void (*done)(void *arg, const struct reply *reply);
    bool again; /* until it is left out */
};

static void next_step(struct session *session);

static void version_line(struct session *session, struct slice line)
{
    int number;

    if (slice_take_prefix(&line, "OpenVPN Version: "))
        instance_set_version(session->instance, line);
    else if (slice_take_prefix(&line, "Management Version: ") &&
             slice_to_int(line, 1, INT32_MAX, &number))
        session->instance->management_version = number;
}

static void version_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    (void)reply;
    session->startup_version(session);
}

static void pid_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;
    int64_t pid;

    if (!reply_number(reply->text, "pid", &pid) || pid <= 0)
        return;
    instance_set_pid(session->instance, pid);
    waiting_peer(session, pid);
}

/* The answer says which setting it is. */
static void setting_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;
    int *values = session->instance->settings;

    for (enum setting setting = 0; setting < SETTINGS; setting++)
        if (reply->outcome == OUTCOME_SUCCESS &&
            settings_read(setting, reply->text, &values[setting]) && setting == SETTING_VERB)
            streams_follow(session);
}

static void replayed_line(struct session *session, struct slice line)
{
    replay_line(&session->replay, line);
}

static void replay_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    if (reply->outcome == OUTCOME_SUCCESS)
        replay_commit(&session->replay);
    else
        replay_abort(&session->replay);
}

static void log_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    replay_done(session, reply);
    tunnel_log_replayed(session);
}

static void state_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    replay_done(session, reply);
    session->state_known = true;
}

/* Splits "command args  : summary"; the arguments may hold colons, as in "kill IP:port". */
static struct slice cut_command(struct slice *rest)
{
    struct slice line = *rest;
    size_t at = 0;

    while (at + 1 < line.len && (line.at[at] != ':' || line.at[at + 1] != ' '))
        at++;
    *rest = slice_skip(line, at + 1);
    return (struct slice){line.at, at};
}

/* A line that begins with a blank continues the one before. */
static void help_line(struct session *session, struct slice line)
{
    struct slice rest = line;
    struct slice command = cut_command(&rest);
    struct capability *list;

    if (slice_starts(line, " ") || session->capability_count >= CAPABILITIES_MAX)
        return;
    while (command.len > 0 && command.at[command.len - 1] == ' ')
        command.len--;
    while (slice_take_prefix(&rest, " "))
        ;
    if (rest.len == 0) /* "Commands:" */
        return;
    list = realloc(session->capabilities, (session->capability_count + 1) * sizeof(*list));
    if (!list)
        return;
    session->capabilities = list;
    list[session->capability_count++] =
        (struct capability){text_new(ADMIN_MAX, command), text_new(ADMIN_MAX, rest)};
}

static void help_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;
    if (reply->outcome != OUTCOME_SUCCESS)
        return;
    instance_set_capabilities(session->instance, session->capabilities, session->capability_count);
    session->capabilities = NULL;
    session->capability_count = 0;
}

#define ASK(name)                                                                                  \
    static bool ask_##name(struct session *session, struct command *command)                       \
    {                                                                                              \
        (void)session;                                                                             \
        command_##name(command);                                                                   \
        return true;                                                                               \
    }

ASK(version)
ASK(pid)
ASK(help)

/* A replay that there is no memory for is ignored, but its stream is wanted. */
static bool ask_state(struct session *session, struct command *command)
{
    replay_begin(&session->replay, REPLAY_STATE, session->instance);
    command_state_on_all(command);
    return true;
}

/* A stream whose lines are not kept stays off. */
static bool ask_echo(struct session *session, struct command *command)
{
    session->echo_on = streams_allow_echo(session);
    if (session->echo_on)
        replay_begin(&session->replay, REPLAY_ECHO, session->instance);
    command_echo_on_all(command);
    return session->echo_on;
}

static bool ask_log(struct session *session, struct command *command)
{
    session->log_on = streams_allow_log(session);
    if (session->log_on)
        replay_begin(&session->replay, REPLAY_LOG, session->instance);
    command_log_on_all(command);
    return session->log_on;
}

static bool ask_verb(struct session *session, struct command *command)
{
    session->settings_asked = 0;
    settings_query(SETTING_VERB, command);
    return true;
}

static bool ask_next_setting(struct session *session, struct command *command)
{
    if (session->settings_asked == SETTING_VERB)
        session->settings_asked++;
    if (session->settings_asked >= SETTINGS)
        return false;
    settings_query(session->settings_asked, command);
    return true;
}

static void next_setting_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    setting_done(session, reply);
    session->settings_asked++;
}

/*
 * Who it is comes first, so that the replays know whether it is the daemon of before; then the
 * streams, each with its history in one go, so that no event is lost or told twice.  Whether the
 * log may be one of them depends on verb.
 */
static const struct step steps[] = {
    {ask_version, version_line, version_done, false},
    {ask_pid, NULL, pid_done, false},
    {ask_state, replayed_line, state_done, false},
    {ask_echo, replayed_line, replay_done, false},
    {ask_verb, NULL, setting_done, false},
    {ask_log, replayed_line, log_done, false},
    {ask_next_setting, NULL, next_setting_done, true},
    {ask_help, help_line, help_done, false},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static void on_line(void *arg, struct slice line, const struct message *message)
{
    struct session *session = arg;

    (void)message;
    if (steps[session->step].line)
        steps[session->step].line(session, line);
}

static void on_query_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    if (reply->outcome == OUTCOME_LOST)
        return;
    if (steps[session->step].done)
        steps[session->step].done(session, reply);
    session->step += !steps[session->step].again;
    next_step(session);
}

static void next_step(struct session *session)
{
    const struct listener listener = {.line = on_line, .done = on_query_done, .arg = session};
    struct command command;

    while (session->step < STEPS && !steps[session->step].prepare(session, &command))
        session->step++;
    if (session->step == STEPS) {
        session->startup_done(session);
        return;
    }
    if (!connection_ask(session->connection, &command, &listener))
        timer_start(&session->retry, RETRY_PAUSE);
}

static void on_retry(void *arg)
{
    struct session *session = arg;

    replay_abort(&session->replay);
    next_step(session);
}

void startup_begin(struct session *session, void (*version)(struct session *session),
                   void (*done)(struct session *session))
{
    startup_abort(session);
    wants_begin(session);
    session->startup_version = version;
    session->startup_done = done;
    session->started = true;
    instance_begin_session(session->instance);
    session->client_auth_seen = session->status_seen = session->filter_reset = false;
    session->login_waits = session->logins_work = false;
    session->device[0] = '\0';
    if (!session->instance->loss_told)
        instance_set_contact(session->instance, CONTACT_SYNCHRONIZING, NULL);
    /* The daemon repeats an open request and a hold behind the greeting. */
    session->hold_unconfirmed = session->instance->hold_waiting;
    next_step(session);
}

/*
 * SIGHUP puts verb and mute back to the daemon's configuration, and a server may push others to its
 * clients.
 */
void startup_refresh(struct session *session)
{
    const struct listener listener = {.done = setting_done, .arg = session};
    struct command command;

    session->refresh_due = false;
    for (enum setting setting = 0; setting < SETTINGS; setting++) {
        settings_query(setting, &command);
        if (!connection_ask(session->connection, &command, &listener))
            session->refresh_due = true;
    }
}

void startup_abort(struct session *session)
{
    timer_stop(&session->retry);
    timer_init(&session->retry, on_retry, session);
    replay_abort(&session->replay);
    for (size_t i = 0; i < session->capability_count; i++) {
        free(session->capabilities[i].command);
        free(session->capabilities[i].summary);
    }
    free(session->capabilities);
    session->capabilities = NULL;
    session->capability_count = 0;
    session->started = session->synchronized = session->state_known = false;
    session->version_told = false;
    session->log_on = session->echo_on = session->turning_on = false;
    session->refresh_due = session->hold_doubted = false;
    session->verbs_awaited = 0;
    session->step = 0;
}
