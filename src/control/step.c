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
static const char lost[] = "the session ended before the answer";
static const char silent[] = "the daemon did not answer";

static struct control *control_of(const struct step *step)
{
    return control_find(step->change.instance);
}

/* In the moment before an action is sent. */
static bool still_right(void *arg)
{
    const struct step *step = arg;
    const char *why;

    return step->state == STEP_RUNNING &&
           control_recheck(control_of(step), &step->change, &why) == CONTROL_OK;
}

static bool ask(struct step *step, const struct command *command, bool (*check)(void *arg))
{
    const struct listener listener = {NULL, on_done, check, step};
    const struct control *control = control_of(step);

    step->plan->waiting++;
    if (session_ask(control_session(control), command, &listener))
        return true;
    step->plan->waiting--;
    return false;
}

static void end(struct step *step, enum step_state state)
{
    step->state = state;
    plan_step_ended(step->plan, step);
}

/* What is asked of the daemon is shown among its commands, though it may not come to sending it. */
static void show_begin(struct step *step, const struct command *command)
{
    char text[COMMAND_SHOWN_MAX];

    command_show(command, text);
    step->sequence = commands_begin(control_instance(control_of(step)), text);
    step->begun = clock_mono();
}

static void show_end(const struct step *step, enum command_result result, struct slice text)
{
    const struct control *control = control_of(step);

    if (control)
        commands_end(control_instance(control), step->sequence, result, text,
                     clock_mono() - step->begun);
}

/* Nothing has changed, so what was to be put back is not. */
static void not_sent(struct step *step)
{
    bool restoring = step->restoring;

    step->restoring = false;
    end(step, restoring ? STEP_UNKNOWN : STEP_FAILED);
}

/* Sends a command that is shown; where that cannot be, the daemon has not changed. */
static void send_shown(struct step *step, const struct command *command, bool (*check)(void *arg))
{
    if (ask(step, command, check))
        return;
    show_end(step, RESULT_REJECTED, slice_of(lost));
    not_sent(step);
}

static void build_setting(const struct step *step, const struct change *change,
                          struct command *command)
{
    const struct control *control = control_of(step);

    change_command(change, control_instance(control), command);
    if (change->kind == CHANGE_VERB && !step->reading)
        session_expect_verb(control_session(control), change->number);
}

void step_set(struct step *step)
{
    struct command command;

    step->state = STEP_RUNNING;
    step->reading = true;
    if (!control_of(step)) {
        not_sent(step);
        return;
    }
    build_setting(step, &step->change, &command);
    show_begin(step, &command);
    change_query(step->change.kind, &command);
    send_shown(step, &command, NULL);
}

static void write_setting(struct step *step)
{
    struct command command;

    step->reading = false;
    build_setting(step, &step->change, &command);
    send_shown(step, &command, NULL);
}

void step_act(struct step *step, const struct command *command, bool username)
{
    step->state = STEP_RUNNING;
    step->username = username;
    if (!control_of(step)) {
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

void step_restore(struct step *step)
{
    const struct change back = change_back(step);
    struct command command;

    step->restoring = true;
    if (!control_of(step)) {
        not_sent(step);
        return;
    }
    build_setting(step, &back, &command);
    show_begin(step, &command);
    send_shown(step, &command, NULL);
}

static void show_reply(const struct step *step, const struct reply *reply)
{
    static const enum command_result results[] = {
        [OUTCOME_SUCCESS] = RESULT_SUCCESS, [OUTCOME_ERROR] = RESULT_ERROR,
        [OUTCOME_CUT] = RESULT_ERROR,       [OUTCOME_LOST] = RESULT_TIMED_OUT,
        [OUTCOME_UNSENT] = RESULT_REJECTED,
    };
    struct slice text = reply->text;
    char shown[CHANGE_SHOWN_MAX];

    if (reply->outcome == OUTCOME_UNSENT)
        text = slice_of(unsent);
    else if (reply->outcome == OUTCOME_LOST)
        text = slice_of(lost);
    else if (reply->outcome == OUTCOME_CUT)
        text = slice_of(silent);
    change_show(&step->change, shown);
    log_notice("%s: asked for \"%s\": %s", control_instance(control_of(step))->name, shown,
               reply->outcome == OUTCOME_SUCCESS ? "done" : "not done");
    show_end(step, results[reply->outcome], text);
}

/* What the setting was: without that it could not be put back, so it is not changed. */
static void setting_read(struct step *step, const struct reply *reply)
{
    bool known = reply->outcome == OUTCOME_SUCCESS &&
                 change_read_answer(step->change.kind, reply->text, &step->before);

    if (step->state != STEP_RUNNING)
        return; /* the deadline was earlier */
    if (known && !step->plan->failed) {
        write_setting(step);
        return;
    }
    show_end(step, known ? RESULT_REJECTED : RESULT_ERROR, known ? slice_of(unsent) : reply->text);
    end(step, STEP_FAILED);
}

/*
 * An answer that nobody waits for any more.  A setting that took effect all the same is put back;
 * an action that did is told by the daemon's own words.
 */
static void answered_late(struct step *step, const struct reply *reply)
{
    if (reply->outcome == OUTCOME_SUCCESS && change_class(step->change.kind) == CLASS_SETTING)
        step_restore(step);
}

static void take_effect(const struct step *step, const struct change *change)
{
    const struct control *control = control_of(step);

    change_accepted(change, control_instance(control));
    if (change->kind == CHANGE_VERB)
        session_verb_changed(control_session(control));
}

static void accepted(const struct step *step, struct instance *instance)
{
    if (step->username)
        requests_accepted(instance, step->change.row, true);
    else
        take_effect(step, &step->change);
}

static void written(struct step *step, const struct reply *reply)
{
    bool late = step->state == STEP_UNKNOWN;
    enum step_state state = STEP_FAILED;

    if (reply->outcome == OUTCOME_SUCCESS) {
        accepted(step, control_instance(control_of(step)));
        state = STEP_DONE;
    } else if (reply->outcome == OUTCOME_LOST) {
        state = STEP_UNKNOWN;
    }
    if (state == STEP_FAILED && step->change.kind == CHANGE_VERB)
        session_verb_changed(control_session(control_of(step)));
    if (late)
        answered_late(step, reply);
    else if (step->state == STEP_RUNNING)
        end(step, state);
}

static void restored(struct step *step, const struct reply *reply)
{
    const struct change back = change_back(step);

    step->restoring = false;
    if (reply->outcome == OUTCOME_SUCCESS)
        take_effect(step, &back);
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
    const struct control *control = control_of(step);
    bool withdrawn = false;

    if (step->restoring) {
        end(step, STEP_UNKNOWN);
        return;
    }
    if (control && !step->reading)
        withdrawn = session_withdraw(control_session(control), step);
    if (step->state != STEP_RUNNING)
        return; /* that has told its end */
    if (!withdrawn)
        show_end(step, RESULT_TIMED_OUT, slice_of(silent));
    end(step, step->reading || withdrawn ? STEP_FAILED : STEP_UNKNOWN);
}
