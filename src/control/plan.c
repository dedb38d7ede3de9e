#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/control.h"
#include "control/credentials.h"
#include "control/plan_private.h"

#include <assert.h>

static void on_step(void *arg, struct step *step);
static void on_deadline(void *arg);

struct plan *plan_new(void)
{
    struct plan *plan = calloc(1, sizeof(*plan));

    if (plan)
        timer_init(&plan->timer, on_deadline, plan);
    return plan;
}

static void wipe(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        change_wipe(&plan->steps[i]->change);
    explicit_bzero(plan->commands, sizeof(plan->commands));
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    timer_stop(&plan->timer);
    wipe(plan);
    for (size_t i = 0; i < plan->count; i++)
        step_free(plan->steps[i]);
    free(plan);
}

bool plan_add(struct plan *plan, const struct change *change)
{
    struct step *step = plan->count < PLAN_MAX ? step_new(change, on_step, plan) : NULL;

    if (!step)
        return false;
    plan->steps[plan->count++] = step;
    return true;
}

size_t plan_count(const struct plan *plan)
{
    return plan->count;
}

enum plan_error plan_error_of(const struct plan *plan, size_t which)
{
    assert(which < plan->count);
    return plan->errors[which];
}

static bool is_setting(const struct step *step)
{
    return change_class(step->change.kind) == CLASS_SETTING && !step->change.idle;
}

/* Whether a setting of that daemon is on its way. */
static bool is_working(const struct plan *plan, uint32_t instance)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->state == STEP_RUNNING && plan->steps[i]->change.instance == instance)
            return true;
    return false;
}

/* What a step has come to decides about those behind it. */
static void note(struct plan *plan, const struct step *step)
{
    plan->failed |= step->state == STEP_FAILED || step->state == STEP_UNKNOWN;
}

/* Begins the next setting of each daemon that has none on its way; false when none is left. */
static bool begin_settings(struct plan *plan)
{
    bool working = false;

    for (size_t i = 0; i < plan->count; i++) {
        struct step *step = plan->steps[i];

        if (is_setting(step) && step->state == STEP_NEW && !plan->failed &&
            !is_working(plan, step->change.instance)) {
            step_read(step);
            note(plan, step);
        }
        working |= step->state == STEP_RUNNING;
    }
    return working;
}

static void wish_session(struct step *step, const struct control *control)
{
    struct session *session = control_session(control);

    step->state = STEP_DONE;
    if (step->change.number == SESSION_DETACHED)
        session_detach(session);
    else
        session_attach(session);
}

void plan_gather_credentials(const struct plan *plan, const struct change *of,
                             struct credentials *given)
{
    *given = (struct credentials){NULL, NULL, NULL};
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->steps[i]->change;

        if (change->instance != of->instance || change->row != of->row)
            continue;
        if (change->kind == CHANGE_USERNAME)
            given->username = change;
        else if (change->kind == CHANGE_PASSWORD)
            given->password = change;
        else if (change->kind == CHANGE_RESPONSE)
            given->response = change;
    }
}

static struct step *step_of(struct plan *plan, const struct change *change)
{
    for (size_t i = 0; i < plan->count; i++)
        if (&plan->steps[i]->change == change)
            return plan->steps[i];
    return NULL;
}

/* Whose command is which: that of a user name is the user name's, the other one the password's. */
static void assign_actors(struct plan *plan, const struct credentials *given)
{
    const struct change *last = given->password ? given->password : given->response;

    for (size_t i = 0; i < plan->action_count; i++) {
        bool first_of_two = i + 1 < plan->action_count;
        const struct change *owner =
            given->username && (first_of_two || !last) ? given->username : last;

        plan->actors[i] = step_of(plan, owner);
    }
}

static enum command_error build_credentials(struct plan *plan, const struct step *step,
                                            const struct instance *instance)
{
    const struct request *request = history_at(&instance->requests, step->change.row);
    struct credentials given;
    enum command_error error;

    plan_gather_credentials(plan, &step->change, &given);
    if (!request || credentials_fault(request, &given)) /* it may ask for something else by now */
        return COMMAND_EMPTY;
    error = credentials_commands(request, instance->dialect, &given, plan->commands,
                                 &plan->action_count);
    if (error == COMMAND_OK)
        assign_actors(plan, &given);
    return error;
}

static enum command_error build_action(struct plan *plan, struct step *step,
                                       const struct instance *instance)
{
    if (change_is_credential(step->change.kind))
        return build_credentials(plan, step, instance);
    plan->actors[0] = step;
    plan->action_count = 1;
    return change_command(&step->change, instance, &plan->commands[0]);
}

/* The step that stands for the action; NULL when there is none. */
static struct step *find_action(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (change_class(plan->steps[i]->change.kind) == CLASS_ACTION &&
            !plan->steps[i]->change.idle)
            return plan->steps[i];
    return NULL;
}

static void begin_action(struct plan *plan)
{
    struct step *step = find_action(plan);
    const struct control *control = step ? step_control(step) : NULL;
    const char *why;
    bool right;

    plan->stage = PLAN_ACTING;
    plan->action_count = plan->action_next = 0;
    if (plan->failed || !step)
        return;
    right = control && control_recheck(control, &step->change, &why) == CONTROL_OK;
    if (right && step->change.kind == CHANGE_SESSION) {
        wish_session(step, control);
    } else if (!right || build_action(plan, step, control_instance(control)) != COMMAND_OK) {
        step->state = STEP_FAILED;
        note(plan, step);
    }
}

/* Sends the next command of the action; false when there is none, or one has failed. */
static bool act(struct plan *plan)
{
    while (!plan->failed && plan->action_next < plan->action_count) {
        size_t next = plan->action_next++;
        struct step *actor = plan->actors[next];
        bool username = change_is_credential(actor->change.kind) &&
                        (next + 1 < plan->action_count || actor->change.kind == CHANGE_USERNAME);

        step_act(actor, &plan->commands[next], username);
        command_wipe(&plan->commands[next]);
        note(plan, actor);
        if (actor->state == STEP_RUNNING)
            return true;
    }
    return false;
}

/* Puts back the last setting that was made and is not put back yet; false when there is none. */
static bool restore(struct plan *plan)
{
    for (size_t i = plan->count; i-- > 0;) {
        struct step *step = plan->steps[i];

        if (is_setting(step) && step->state == STEP_DONE)
            step_restore(step, false);
        if (step->state == STEP_RUNNING)
            return true;
    }
    return false;
}

/* The value of the lock goes on, also when the daemon may have done what was asked. */
static void turn_lock(struct plan *plan)
{
    bool turn = !plan->failed;

    for (size_t i = 0; i < plan->count; i++)
        turn |= plan->steps[i]->state == STEP_UNKNOWN;
    for (size_t i = 0; i < plan->count && turn; i++) {
        const struct control *control = step_control(plan->steps[i]);
        struct instance *instance = control ? control_instance(control) : NULL;

        if (change_class(plan->steps[i]->change.kind) == CLASS_LOCK && instance)
            instance->serial = instance->serial == INT32_MAX ? 0 : instance->serial + 1;
    }
}

static void end_stage(struct plan *plan, enum plan_stage stage)
{
    plan->stage = stage;
    timer_stop(&plan->timer);
    wipe(plan);
}

static void end_run(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        enum step_state state = plan->steps[i]->state;

        plan->errors[i] = state == STEP_FAILED || state == STEP_UNKNOWN ? PLAN_FAILED : PLAN_OK;
    }
    turn_lock(plan);
    end_stage(plan, PLAN_RAN);
}

/*
 * A user name that is followed by no password does nothing, and the next one takes its place.
 */
static bool is_done_for_good(const struct plan *plan, const struct step *step)
{
    if (step->state == STEP_UNKNOWN)
        return true;
    if (change_class(step->change.kind) != CLASS_ACTION || step->state != STEP_DONE)
        return false;
    return step->change.kind != CHANGE_USERNAME || !plan->failed;
}

static void end_undo(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        plan->errors[i] = is_done_for_good(plan, plan->steps[i]) ? PLAN_UNDO_FAILED : PLAN_OK;
    end_stage(plan, PLAN_OVER);
}

/* Goes on until there is an answer to wait for; true when the run, or the undo, is over. */
static bool run_on(struct plan *plan)
{
    if (plan->stage == PLAN_SETTING) {
        if (begin_settings(plan))
            return false;
        begin_action(plan);
    }
    if (plan->stage == PLAN_ACTING) {
        if (act(plan))
            return false;
        end_run(plan);
        return true;
    }
    if (restore(plan))
        return false;
    end_undo(plan);
    return true;
}

/* The last that is done in a turn: who is told may undo the plan, or free it. */
static void tell(struct plan *plan)
{
    plan->done(plan->arg);
}

static void on_step(void *arg, struct step *step)
{
    struct plan *plan = arg;

    if (step->state == STEP_READ && plan->failed)
        step_leave(step);
    else if (step->state == STEP_READ)
        step_write(step);
    if (plan->stage != PLAN_UNDOING)
        note(plan, step);
    if (run_on(plan))
        tell(plan);
}

/* There is no time to wait for the answers. */
static void restore_unattended(struct plan *plan)
{
    for (size_t i = plan->count; i-- > 0;)
        if (is_setting(plan->steps[i]) && plan->steps[i]->state == STEP_DONE)
            step_restore(plan->steps[i], true);
    end_undo(plan);
}

void plan_end(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->state == STEP_RUNNING)
            step_expire(plan->steps[i]);
    if (plan->stage == PLAN_UNDOING) {
        restore_unattended(plan);
    } else {
        plan->failed = true;
        end_run(plan);
    }
}

static void on_deadline(void *arg)
{
    struct plan *plan = arg;

    plan_end(plan);
    tell(plan);
}

/* What was right a moment ago may not be any more. */
static bool recheck(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct step *step = plan->steps[i];
        const struct control *control = step_control(step);
        const char *why;

        if (step->change.idle)
            continue;
        if (!control || control_recheck(control, &step->change, &why) != CONTROL_OK) {
            step->state = STEP_FAILED;
            return false;
        }
    }
    return true;
}

static int64_t shortest_timeout(const struct plan *plan)
{
    int64_t shortest = INT32_MAX;

    for (size_t i = 0; i < plan->count; i++) {
        const struct control *control = step_control(plan->steps[i]);

        if (control && control_timeout(control) < shortest)
            shortest = control_timeout(control);
    }
    return shortest;
}

static bool start(struct plan *plan, enum plan_stage stage, void (*done)(void *arg), void *arg)
{
    plan->stage = stage;
    plan->done = done;
    plan->arg = arg;
    timer_start(&plan->timer, plan->deadline - clock_mono());
    return !run_on(plan);
}

bool plan_run(struct plan *plan, void (*done)(void *arg), void *arg)
{
    assert(done);
    if (plan->stage != PLAN_NEW)
        return false;
    if (!recheck(plan)) {
        plan->failed = true;
        end_run(plan);
        return false;
    }
    plan->deadline = clock_mono() + shortest_timeout(plan);
    return start(plan, PLAN_SETTING, done, arg);
}

bool plan_undo(struct plan *plan, void (*done)(void *arg), void *arg)
{
    assert(done);
    if (plan->stage != PLAN_RAN)
        return false;
    if (plan->deadline <= clock_mono()) {
        restore_unattended(plan);
        return false;
    }
    return start(plan, PLAN_UNDOING, done, arg);
}

void plan_commit(struct plan *plan)
{
    if (plan->stage != PLAN_RAN || plan->failed)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->steps[i]->change;
        struct control *control = step_control(plan->steps[i]);

        if (control && !change->idle && change_class(change->kind) == CLASS_REFRESH)
            control_refresh(control, change);
    }
    plan->stage = PLAN_OVER;
}
