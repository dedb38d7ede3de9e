#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "model/mask.h"
#include "protocol/logtext.h"
#include "protocol/reply.h"
#include "session/session_private.h"

/* The daemon has gone on after a restart: by now it has read its configuration again. */
static void came_back(struct session *session)
{
    if (session->restarted && session->synchronized)
        startup_refresh(session);
    session->restarted = false;
}

static void take_state(struct session *session, const struct state_line *state)
{
    /* What was fatal a state ago was not: a server may push an option that is an error here. */
    ending_forget(session);
    answers_questions_over(&session->answers);
    if (state->state != STATE_RECONNECTING)
        came_back(session);
    session->restarted = state->state == STATE_RECONNECTING;
    session->hold_seconds = -1;
    instance_state_told(session->instance, state);
    if (state->state == STATE_EXITING)
        ending_told(session, "the daemon has ended: ", state->detail);
    tunnel_follow(session);
    poll_soon(session);
}

/* A configuration that no longer parses ends the daemon with nothing but a line of the log. */
static void take_log(struct session *session, const struct log_line *log)
{
    if (logtext_is_trace(log))
        return;
    if (logtext_is_last(log))
        ending_guessed(session, log->text);
    tunnel_log_told(session, log->text);
    instance_log_told(session->instance, log);
}

static void take_fatal(struct session *session, struct slice text)
{
    ending_told(session, "the daemon has ended on a fatal error: ", text);
    requests_fatal(session->instance, text);
    instance_fatal_told(session->instance, text);
}

static void take_hold(struct session *session, int seconds)
{
    came_back(session);
    session->hold_unconfirmed = false;
    instance_set_hold(session->instance, true, seconds);
}

static void hold_checked(void *arg, const struct reply *reply)
{
    struct session *session = arg;
    int flag;

    session->hold_doubted = false;
    if (!settings_read(SETTING_HOLD, reply->text, &flag))
        return;
    session->instance->settings[SETTING_HOLD] = flag;
    if (flag && session->hold_seconds >= 0)
        take_hold(session, session->hold_seconds);
}

/*
 * A daemon says RECONNECTING before it waits.  While it is connected the line is not its own, but
 * stood behind a line feed in a text that it logged, unless holds are on.
 */
static void hold_told(struct session *session, int seconds)
{
    const struct listener listener = {.done = hold_checked, .arg = session};
    struct command command;

    if (!session->state_known || session->instance->state.state != STATE_CONNECTED) {
        take_hold(session, seconds);
        return;
    }
    if (session->hold_doubted)
        return;
    session->hold_seconds = seconds;
    settings_query(SETTING_HOLD, &command);
    session->hold_doubted = connection_ask(session->connection, &command, &listener);
}

static void drop_block(struct session *session)
{
    established_fini(&session->block);
    session->in_block = false;
}

static void take_client(struct session *session, const struct message *message)
{
    enum client_event event = message->client.event;

    drop_block(session);
    session->in_block = event == CLIENT_ESTABLISHED;
    session->block.cid = message->client.cid;
    if (event == CLIENT_CONNECT || event == CLIENT_REAUTH)
        answers_login(&session->answers, message->client.cid, message->client.kid);
    if (event == CLIENT_CONNECT || event == CLIENT_REAUTH || event == CLIENT_CR_RESPONSE)
        waiting_told(session);
    if (event != CLIENT_DISCONNECT)
        return;
    answers_client_gone(&session->answers, message->client.cid);
    clients_disconnected(session->instance, session->block.cid);
}

/*
 * A block without its time is one that a former manager's env-filter has thinned out, which
 * outlives its session: each level but 0 takes the time away, as it does what the peer told.
 * Nobody else needs it as it is now: there is one session at a time.
 */
static void reset_filter(struct session *session)
{
    const struct listener listener = {.done = listener_ignore, .arg = session};
    struct command command;

    if (session->filter_reset || session->block.since > 0 || !session->synchronized)
        return;
    command_assign(&command, "env-filter", "0");
    session->filter_reset = connection_ask(session->connection, &command, &listener);
}

/*
 * The status has what the block has not.  A client that has connected anew has its former session
 * there no more: that is told now too, not an interval later.
 */
static void take_established(struct session *session, struct established *block)
{
    if (clients_established(session->instance, block))
        poll_now(session);
}

/* What a block means depends on the version; those that come before it is told are few. */
static void keep_block(struct session *session)
{
    if (session->early_count == EARLY_BLOCKS_MAX) {
        session->instance->rows_dropped++;
        return;
    }
    session->early[session->early_count++] = session->block;
    session->block = (struct established){0};
}

static void drop_early(struct session *session)
{
    while (session->early_count > 0)
        established_fini(&session->early[--session->early_count]);
}

void events_version_told(struct session *session)
{
    session->version_told = true;
    for (size_t i = 0; i < session->early_count; i++)
        take_established(session, &session->early[i]);
    drop_early(session);
}

static void block_end(struct session *session)
{
    session->logins_work |= session->in_block;
    if (session->in_block)
        reset_filter(session);
    if (session->in_block && session->version_told)
        take_established(session, &session->block);
    else if (session->in_block)
        keep_block(session);
    drop_block(session);
}

void events_reset(struct session *session)
{
    answers_clear(&session->answers);
    drop_block(session);
    drop_early(session);
}

/* The blocks of >CLIENT:, line by line. */
static bool take_block(struct session *session, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_CLIENT:
        take_client(session, message);
        return true;
    case MESSAGE_CLIENT_ENV:
        if (session->in_block)
            established_env(&session->block, message->env.name, message->env.value);
        return true;
    case MESSAGE_CLIENT_END:
        block_end(session);
        return true;
    default:
        return false;
    }
}

/* What a person has to answer, or has answered wrongly. */
static bool take_request(struct session *session, const struct message *message)
{
    struct instance *instance = session->instance;

    switch (message->kind) {
    case MESSAGE_HOLD:
        hold_told(session, message->hold.seconds);
        return true;
    case MESSAGE_REQUEST:
        answers_question_over(&session->answers, message->request.type);
        requests_asked(instance, &message->request);
        return true;
    case MESSAGE_REQUEST_OTHER:
        answers_question_over(&session->answers, message->type);
        requests_other(instance, message->type, message->text);
        return true;
    case MESSAGE_FACTOR:
        answers_question_over(&session->answers, message->factor.type);
        requests_factor(instance, &message->factor);
        return true;
    case MESSAGE_AUTH_FAILED:
        answers_question_over(&session->answers, message->failed.type);
        requests_failed(instance, message->failed.type, message->failed.reason);
        return true;
    default:
        return false;
    }
}

/*
 * What is not named here says nothing that the model has a place for: byte counts that another
 * management client asked for, blocks of scripts, and a token that is secret.
 */
void events_take(struct session *session, const struct message *message)
{
    struct instance *instance = session->instance;

    if (take_block(session, message) || take_request(session, message))
        return;
    switch (message->kind) {
    case MESSAGE_STATE:
        take_state(session, &message->state);
        break;
    case MESSAGE_LOG:
        take_log(session, &message->log);
        break;
    case MESSAGE_ECHO:
        instance_echo_told(instance, &message->log);
        break;
    case MESSAGE_FATAL:
        take_fatal(session, message->text);
        break;
    case MESSAGE_INFO:
        if (message->info.version == 0)
            instance_info_told(instance, message->text);
        break;
    case MESSAGE_NOTIFY:
    case MESSAGE_INFOMSG:
        instance_info_told(instance, message->text);
        break;
    case MESSAGE_UNKNOWN:
    case MESSAGE_MALFORMED:
    case MESSAGE_SUCCESS: /* answers to nothing */
    case MESSAGE_ERROR:
    case MESSAGE_END:
    case MESSAGE_PROMPT:
        instance->unknown_messages++;
        break;
    case MESSAGE_TEXT:
        instance->unknown_messages += message->text.len > 0;
        break;
    default:
        break;
    }
}
