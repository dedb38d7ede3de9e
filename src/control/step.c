#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/control.h"
#include "control/plan_private.h"
#include "model/commands.h"

static void on_done(void *arg, const struct reply *reply);

/* Why a command that nobody answered has no answer. */
static const char unsent[] = "not sent: it came too late, or makes no sense any more";
static const char not_sent_any_more[] = "not sent: the session has ended";
static const char log_stays_on[] = "not sent: the stream of the log cannot be turned off before";
static const char lost[] = "the session ended before the answer";
static const char silent[] = "the daemon did not answer";

struct control *step_control(const struct step *step)
{
    return control_with_id(step->control);
}

/* In the moment before an action is sent. */
static bool still_right(void *arg)
{
    const struct step *step = arg;
    const struct control *control = step_control(step);
    const char *why;

    return step->state == STEP_RUNNING && control &&
           control_recheck(control, &step->change, &why) == CONTROL_OK;
}

static bool ask(struct step *step, const struct command *command, bool (*check)(void *arg))
{
    const struct listener listener = {NULL, on_done, check, step};

    step->plan->waiting++;
    if (session_ask(control_session(step_control(step)), command, &listener))
        return true;
    step->plan->waiting--;
    return false;
}

static void end(struct step *step, enum step_state state)
{
    step->state = state;
    plan_step_ended(step->plan, step);
}

/* Nobody waits for the command that is out, and until its end nothing else may be asked. */
static void owe(struct step *step)
{
    struct control *control = step_control(step);

    if (!step->owed && control)
        control_owes(control);
    step->owed = true;
}

static void pay(struct step *step)
{
    struct control *control = step_control(step);

    if (step->owed && control)
        control_paid(control);
    step->owed = false;
}

/* What is asked of the daemon is shown among its commands, though it may not come to sending it. */
static void show_begin(struct step *step, const struct command *command)
{
    char text[COMMAND_SHOWN_MAX];

    command_show(command, text);
    free(step->shown);
    step->shown = text_copy(text);
    step->ticket = commands_begin(control_instance(step_control(step)), text);
    step->begun = clock_mono();
}

static void show_end(const struct step *step, enum command_result result, struct slice text)
{
    const struct control *control = step_control(step);

    if (control)
        commands_end(control_instance(control), step->ticket, result, text,
                     clock_mono() - step->begun);
}

/* A verb that the session was told of has come to its end. */
static void settle_verb(struct step *step)
{
    const struct control *control = step_control(step);

    if (step->verb && control)
        session_verb_settled(control_session(control));
    step->verb = false;
}

/* Nothing has changed, so what was to be put back is not. */
static void not_sent(struct step *step)
{
    bool restoring = step->restoring;

    step->restoring = false;
    settle_verb(step);
    pay(step);
    end(step, restoring ? STEP_UNKNOWN : STEP_FAILED);
}

/* Sends a command that is shown; where that cannot be, the daemon has not changed. */
static void send_shown(struct step *step, const struct command *command, bool (*check)(void *arg))
{
    if (ask(step, command, check))
        return;
    show_end(step, RESULT_REJECTED, slice_of(not_sent_any_more));
    not_sent(step);
}

/* Tells the session of a verb before the command for it is asked. */
static void send_setting(struct step *step, const struct change *change)
{
    const struct control *control = step_control(step);
    struct command command;

    if (change_command(change, control_instance(control), &command) != COMMAND_OK) {
        show_end(step, RESULT_REJECTED, slice_of(unsent));
        not_sent(step);
        return;
    }
    if (change->kind == CHANGE_VERB) {
        step->verb = session_expect_verb(control_session(control), change->number);
        if (!step->verb) {
            show_end(step, RESULT_REJECTED, slice_of(log_stays_on));
            not_sent(step);
            return;
        }
    }
    send_shown(step, &command, NULL);
}

void step_set(struct step *step)
{
    const struct control *control = step_control(step);
    struct command command;

    step->state = STEP_RUNNING;
    step->reading = true;
    if (!control || change_command(&step->change, control_instance(control), &command)) {
        not_sent(step);
        return;
    }
    show_begin(step, &command);
    change_query(step->change.kind, &command);
    send_shown(step, &command, NULL);
}

void step_act(struct step *step, const struct command *command, bool username)
{
    step->state = STEP_RUNNING;
    step->username = username;
    if (!step_control(step)) {
        not_sent(step);
        return;
    }
    show_begin(step, command);
    send_shown(step, command, still_right);
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

    step->restoring = true;
    if (!control || change_command(&back, control_instance(control), &command) != COMMAND_OK) {
        not_sent(step);
        return;
    }
    if (unattended)
        owe(step);
    show_begin(step, &command);
    send_setting(step, &back);
}

static void show_reply(const struct step *step, const struct reply *reply)
{
    static const enum command_result results[] = {
        [OUTCOME_SUCCESS] = RESULT_SUCCESS, [OUTCOME_ERROR] = RESULT_ERROR,
        [OUTCOME_CUT] = RESULT_ERROR,       [OUTCOME_LOST] = RESULT_TIMED_OUT,
        [OUTCOME_UNSENT] = RESULT_REJECTED,
    };
    enum command_result result = results[reply->outcome];
    struct slice text = reply->text;

    if (reply->outcome == OUTCOME_UNSENT)
        text = slice_of(unsent);
    else if (reply->outcome == OUTCOME_LOST)
        text = slice_of(reply->sent ? lost : not_sent_any_more);
    else if (reply->outcome == OUTCOME_CUT)
        text = slice_of(silent);
    if (reply->outcome == OUTCOME_LOST && !reply->sent)
        result = RESULT_REJECTED;
    log_notice("%s: asked for \"%s\": %s", control_instance(step_control(step))->name,
               text_or_empty(step->shown), result == RESULT_SUCCESS ? "done" : "not done");
    show_end(step, result, text);
}

/* What the setting was: without that it could not be put back, so it is not changed. */
static void setting_read(struct step *step, const struct reply *reply)
{
    bool known = reply->outcome == OUTCOME_SUCCESS &&
                 change_read_answer(step->change.kind, reply->text, &step->before);

    if (step->state != STEP_RUNNING)
        return; /* the deadline was earlier */
    step->reading = false;
    if (known && !step->plan->failed) {
        send_setting(step, &step->change);
        return;
    }
    if (reply->outcome == OUTCOME_ERROR)
        show_end(step, RESULT_ERROR, reply->text);
    else
        show_end(step, RESULT_REJECTED, slice_of(known ? unsent : not_sent_any_more));
    end(step, known ? STEP_NEW : STEP_FAILED);
}

/*
 * An answer that nobody waits for any more.  A setting that took effect all the same is put back;
 * an action that did is told by the daemon's own words.
 */
static void answered_late(struct step *step, const struct reply *reply)
{
    pay(step);
    if (reply->outcome == OUTCOME_SUCCESS && change_class(step->change.kind) == CLASS_SETTING)
        step_restore(step, true);
}

static void take_effect(const struct step *step, const struct change *change)
{
    const struct control *control = step_control(step);

    if (step->username)
        requests_accepted(control_instance(control), change->row, true);
    else
        change_accepted(change, control_instance(control));
}

static void written(struct step *step, const struct reply *reply)
{
    bool late = step->state == STEP_UNKNOWN;
    enum step_state state = STEP_FAILED;

    if (reply->outcome == OUTCOME_SUCCESS) {
        take_effect(step, &step->change);
        state = STEP_DONE;
    } else if (reply->outcome == OUTCOME_LOST && reply->sent) {
        state = STEP_UNKNOWN;
    }
    settle_verb(step);
    if (late)
        answered_late(step, reply);
    else if (step->state == STEP_RUNNING)
        end(step, state);
}

static void restored(struct step *step, const struct reply *reply)
{
    const struct change back = change_back(step);

    step->restoring = false;
    pay(step);
    if (reply->outcome == OUTCOME_SUCCESS)
        take_effect(step, &back);
    settle_verb(step);
    end(step, reply->outcome == OUTCOME_SUCCESS ? STEP_UNDONE : STEP_UNKNOWN);
}

static void on_done(void *arg, const struct reply *reply)
{
    struct step *step = arg;
    struct plan *plan = step->plan;

    if (step->reading) {
        setting_read(step, reply);
    } else {
        show_reply(step, reply);
        if (step->restoring)
            restored(step, reply);
        else
            written(step, reply);
    }
    plan_answered(plan);
}

void step_expire(struct step *step)
{
    const struct control *control = step_control(step);
    bool reading = step->reading;
    bool withdrawn = false;

    if (step->restoring) {
        owe(step);
        end(step, STEP_UNKNOWN);
        return;
    }
    if (control)
        withdrawn = session_withdraw(control_session(control), step);
    if (step->state != STEP_RUNNING)
        return; /* that has told its end */
    if (withdrawn) {
        end(step, STEP_FAILED);
        return;
    }
    show_end(step, RESULT_TIMED_OUT, slice_of(silent));
    if (!reading)
        owe(step);
    end(step, reading ? STEP_FAILED : STEP_UNKNOWN);
}
