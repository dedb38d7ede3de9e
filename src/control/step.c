#include "control/step.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/control.h"
#include "model/asked.h"

/* Why a command has no answer. */
static const char too_late[] = "not sent: it came too late";
static const char senseless[] = "not sent: it makes no sense any more";
static const char left_alone[] = "not sent: something else that was asked for with it has failed";
static const char unreadable[] = "not sent: the value that it has now could not be read";
static const char session_ended[] = "not sent: the session has ended";
static const char no_room[] = "not sent: too many commands wait, or the agent is out of memory";
static const char log_stays_on[] = "not sent: the stream of the log cannot be turned off before";
static const char lost[] = "the session ended before the answer";
static const char silent[] = "the daemon did not answer";

struct step *step_new(const struct change *change, void (*told)(void *arg, struct step *step),
                      void *arg)
{
    struct step *step = calloc(1, sizeof(*step));

    assert(told);
    if (!step)
        return NULL;
    step->change = *change;
    step->told = told;
    step->arg = arg;
    return step;
}

static void destroy_step(struct step *step)
{
    change_wipe(&step->change);
    free(step->shown);
    free(step);
}

struct control *step_control(const struct step *step)
{
    return control_with_id(step->control);
}

/* Nobody waits for the command that is out, and until its end nothing else may be asked. */
static void owe(struct step *step)
{
    struct control *control = step_control(step);

    if (!step->unattended && control)
        control_unattended_begin(control);
    step->unattended = true;
}

static void pay(struct step *step)
{
    struct control *control = step_control(step);

    if (step->unattended && control)
        control_unattended_end(control);
    step->unattended = false;
}

/* What is asked of the daemon is shown among its commands, though it may not come to sending it. */
static void show_begin(struct step *step, const struct command *command)
{
    char text[COMMAND_SHOWN_MAX];

    command_show(command, text);
    free(step->shown);
    step->shown = text_copy(text);
    step->ticket = asked_begin(control_instance(step_control(step)), step->change.source, text);
    step->begun = clock_mono();
}

static void show_end(const struct step *step, enum command_result result, struct slice text)
{
    const struct control *control = step_control(step);
    const char *word = result == RESULT_SUCCESS     ? "done"
                       : result == RESULT_TIMED_OUT ? "no answer"
                                                    : "not done";

    if (!control)
        return;
    log_notice("%s: asked for \"%s\": %s", control_instance(control)->name,
               text_or_empty(step->shown), word);
    asked_end(control_instance(control), step->ticket, result, text, clock_mono() - step->begun);
}

static void reject(const struct step *step, const char *why)
{
    show_end(step, RESULT_REJECTED, slice_of(why));
}

/* A verb that the session was told of has come to its end. */
static void settle_verb(struct step *step)
{
    const struct control *control = step_control(step);

    if (step->verb && control)
        session_verb_settled(control_session(control));
    step->verb = false;
}

/* In the moment before an action is sent. */
static bool still_right(void *arg)
{
    const struct step *step = arg;
    const struct control *control = step_control(step);
    const char *why;

    return control && control_recheck(control, &step->change, &why) == CONTROL_OK;
}

static void on_command_done(void *arg, const struct reply *reply);

static bool ask(struct step *step, const struct command *command, enum step_command what)
{
    const struct listener listener = {
        .done = on_command_done,
        .check = change_class(step->change.kind) == CLASS_ACTION ? still_right : NULL,
        .arg = step};
    struct session *session = control_session(step_control(step));

    if (!session_ask(session, command, &listener)) {
        reject(step, session_is_ready(session) ? no_room : session_ended);
        return false;
    }
    step->out = what;
    return true;
}

/* Tells the session of a verb before the command for it is asked. */
static bool send_setting(struct step *step, const struct change *change, enum step_command what)
{
    const struct control *control = step_control(step);
    struct command command;

    if (!control)
        return false;
    if (change_command(change, control_instance(control), &command) != COMMAND_OK) {
        reject(step, senseless);
        return false;
    }
    if (change->kind == CHANGE_VERB) {
        step->verb = session_expect_verb(control_session(control), change->number);
        if (!step->verb) {
            reject(step, log_stays_on);
            return false;
        }
    }
    if (ask(step, &command, what))
        return true;
    settle_verb(step);
    return false;
}

void step_read(struct step *step)
{
    const struct control *control = step_control(step);
    struct command command;

    step->state = STEP_FAILED;
    if (!control || change_command(&step->change, control_instance(control), &command))
        return;
    show_begin(step, &command);
    change_query(step->change.kind, &command);
    if (ask(step, &command, STEP_QUERY))
        step->state = STEP_RUNNING;
}

void step_write(struct step *step)
{
    bool sent = send_setting(step, &step->change, STEP_CHANGE);

    step->state = sent ? STEP_RUNNING : STEP_FAILED;
}

void step_leave(struct step *step)
{
    reject(step, left_alone);
    step->state = STEP_NEW;
}

void step_act(struct step *step, const struct command *command, bool username)
{
    step->state = STEP_FAILED;
    step->username = username;
    if (!step_control(step))
        return;
    show_begin(step, command);
    if (!control_claim(step_control(step), &step->change))
        reject(step, senseless);
    else if (ask(step, command, STEP_CHANGE))
        step->state = STEP_RUNNING;
}

static struct change change_back(const struct step *step)
{
    struct change back = step->change;

    back.number = step->before;
    return back;
}

void step_restore(struct step *step, bool unattended)
{
    const struct change back = change_back(step);
    const struct control *control = step_control(step);
    struct command command;

    step->state = STEP_UNKNOWN;
    if (!control || change_command(&back, control_instance(control), &command) != COMMAND_OK)
        return;
    show_begin(step, &command);
    if (!send_setting(step, &back, STEP_RESTORE))
        return;
    if (unattended)
        owe(step);
    else
        step->state = STEP_RUNNING;
}

static void show_reply(const struct step *step, const struct reply *reply)
{
    switch (reply->outcome) {
    case OUTCOME_SUCCESS:
        show_end(step, RESULT_SUCCESS, reply->text);
        break;
    case OUTCOME_ERROR:
        show_end(step, RESULT_ERROR, reply->text);
        break;
    case OUTCOME_CUT:
        show_end(step, RESULT_ERROR, slice_of(silent));
        break;
    case OUTCOME_UNSENT:
        reject(step, senseless);
        break;
    case OUTCOME_LOST:
        if (reply->sent)
            show_end(step, RESULT_TIMED_OUT, slice_of(lost));
        else
            reject(step, session_ended);
        break;
    }
}

/* What the setting was: without that it could not be put back, so it is not changed. */
static void was_read(struct step *step, const struct reply *reply)
{
    step->state = STEP_FAILED;
    if (reply->outcome == OUTCOME_ERROR)
        show_end(step, RESULT_ERROR, reply->text);
    else if (reply->outcome == OUTCOME_LOST)
        reject(step, session_ended);
    else if (reply->outcome == OUTCOME_SUCCESS &&
             change_read_answer(step->change.kind, reply->text, &step->before))
        step->state = STEP_READ;
    else
        reject(step, unreadable);
}

static void take_effect(const struct step *step, const struct change *change)
{
    const struct control *control = step_control(step);

    if (control && step->username)
        requests_accepted(control_instance(control), change->row, true);
    else if (control)
        change_accepted(change, control_instance(control));
}

static enum step_state state_of(const struct reply *reply)
{
    if (reply->outcome == OUTCOME_SUCCESS)
        return STEP_DONE;
    return reply->outcome == OUTCOME_LOST && reply->sent ? STEP_UNKNOWN : STEP_FAILED;
}

/*
 * When nobody waits for it any more, a setting that took effect all the same is put back; an action
 * that did is told by the daemon's own words.
 */
static void was_written(struct step *step, const struct reply *reply, bool awaited)
{
    bool done = reply->outcome == OUTCOME_SUCCESS;

    show_reply(step, reply);
    if (done)
        take_effect(step, &step->change);
    settle_verb(step);
    if (awaited)
        step->state = state_of(reply);
    else if (done && change_class(step->change.kind) == CLASS_SETTING)
        step_restore(step, true);
}

static void was_restored(struct step *step, const struct reply *reply)
{
    const struct change back = change_back(step);
    bool done = reply->outcome == OUTCOME_SUCCESS;

    show_reply(step, reply);
    if (done)
        take_effect(step, &back);
    settle_verb(step);
    step->state = done ? STEP_UNDONE : STEP_UNKNOWN;
}

static void on_command_done(void *arg, const struct reply *reply)
{
    struct step *step = arg;
    bool awaited = step->state == STEP_RUNNING;
    enum step_command what = step->out;

    step->out = STEP_NOTHING;
    pay(step);
    if (what == STEP_RESTORE)
        was_restored(step, reply);
    else if (what == STEP_CHANGE)
        was_written(step, reply, awaited);
    else if (awaited)
        was_read(step, reply);
    if (!step->told && step->out == STEP_NOTHING)
        destroy_step(step);
    else if (step->told && awaited)
        step->told(step->arg, step); /* who may free it */
}

/* False when the daemon has the command, or may have it; what puts back is sent in any case. */
static bool take_back(struct step *step)
{
    const struct control *control = step_control(step);

    if (step->out == STEP_RESTORE || !control || !session_withdraw(control_session(control), step))
        return false;
    step->out = STEP_NOTHING;
    settle_verb(step);
    reject(step, too_late);
    return true;
}

void step_expire(struct step *step)
{
    step->state = STEP_FAILED;
    if (take_back(step))
        return;
    if (step->out != STEP_RESTORE)
        show_end(step, RESULT_TIMED_OUT, slice_of(silent));
    if (step->out == STEP_QUERY)
        return;
    owe(step);
    step->state = STEP_UNKNOWN;
}

void step_free(struct step *step)
{
    if (!step)
        return;
    step->told = NULL;
    if (change_answers(step->change.kind) && step_control(step))
        control_unclaim(step_control(step));
    if (step->state == STEP_RUNNING && !take_back(step) && step->out == STEP_QUERY) {
        step->state = STEP_FAILED;
        reject(step, too_late);
    }
    change_wipe(&step->change);
    if (step->out == STEP_NOTHING)
        destroy_step(step);
}
