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
    struct control *control = control_of(step);

    step->begun = clock_mono();
    if (!control)
        return false;
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

/* Sends a command that is shown among those of the daemon. */
static void ask_shown(struct step *step, const struct command *command, bool (*check)(void *arg))
{
    struct control *control = control_of(step);
    char text[COMMAND_SHOWN_MAX];

    if (!control) {
        end(step, STEP_FAILED);
        return;
    }
    command_show(command, text);
    step->sequence = commands_begin(control_instance(control), text);
    if (ask(step, command, check))
        return;
    commands_end(control_instance(control), step->sequence, RESULT_REJECTED, slice_of(lost), 0);
    end(step, step->restoring ? STEP_UNKNOWN : STEP_FAILED);
}

void step_set(struct step *step)
{
    struct command command;

    step->state = STEP_RUNNING;
    step->reading = true;
    change_query(step->change.kind, &command);
    if (!ask(step, &command, NULL))
        end(step, STEP_FAILED);
}

static void write_setting(struct step *step)
{
    struct command command;

    step->reading = false;
    change_command(&step->change, control_instance(control_of(step)), &command);
    ask_shown(step, &command, NULL);
}

void step_act(struct step *step, const struct command *command, bool username)
{
    step->state = STEP_RUNNING;
    step->username = username;
    ask_shown(step, command, still_right);
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
    const struct control *control = control_of(step);
    struct command command;

    step->restoring = true;
    if (!control) {
        end(step, STEP_UNKNOWN);
        return;
    }
    change_command(&back, control_instance(control), &command);
    ask_shown(step, &command, NULL);
}

static void show_end(struct step *step, const struct reply *reply)
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
    commands_end(control_instance(control_of(step)), step->sequence, results[reply->outcome], text,
                 clock_mono() - step->begun);
}

/* What the setting was: without that it could not be put back, so it is not changed. */
static void setting_read(struct step *step, const struct reply *reply)
{
    bool known = reply->outcome == OUTCOME_SUCCESS &&
                 change_read_answer(step->change.kind, reply->text, &step->before);

    if (step->state != STEP_RUNNING)
        return; /* the deadline was earlier */
    if (known && !step->plan->failed)
        write_setting(step);
    else
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

static void accepted(const struct step *step, struct instance *instance)
{
    if (step->username)
        requests_accepted(instance, step->change.row, true);
    else
        change_accepted(&step->change, instance);
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
        change_accepted(&back, control_instance(control_of(step)));
    end(step, reply->outcome == OUTCOME_SUCCESS ? STEP_UNDONE : STEP_UNKNOWN);
}

static void on_done(void *arg, const struct reply *reply)
{
    struct step *step = arg;
    struct plan *plan = step->plan;

    if (step->reading) {
        setting_read(step, reply);
    } else {
        show_end(step, reply);
        if (step->restoring)
            restored(step, reply);
        else
            written(step, reply);
    }
    plan_answered(plan);
}

void step_expire(struct step *step)
{
    struct control *control = control_of(step);
    bool withdrawn = false;

    if (step->restoring) {
        end(step, STEP_UNKNOWN);
        return;
    }
    if (control && !step->reading)
        withdrawn = session_withdraw(control_session(control), step);
    if (step->state != STEP_RUNNING)
        return; /* that has told its end */
    if (step->reading || withdrawn) {
        end(step, STEP_FAILED);
        return;
    }
    if (control)
        commands_end(control_instance(control), step->sequence, RESULT_TIMED_OUT, slice_of(silent),
                     clock_mono() - step->begun);
    end(step, STEP_UNKNOWN);
}
