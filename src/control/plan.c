#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/control.h"
#include "control/credentials.h"
#include "control/plan_private.h"

static void on_deadline(void *arg);

struct plan *plan_new(void)
{
    struct plan *plan = calloc(1, sizeof(*plan));

    if (!plan)
        return NULL;
    plan->steps = calloc(PLAN_MAX, sizeof(*plan->steps));
    if (!plan->steps) {
        free(plan);
        return NULL;
    }
    timer_init(&plan->timer, on_deadline, plan);
    return plan;
}

static void wipe(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        change_wipe(&plan->steps[i].change);
    explicit_bzero(plan->commands, sizeof(plan->commands));
}

static void destroy(struct plan *plan)
{
    wipe(plan);
    timer_stop(&plan->timer);
    for (size_t i = 0; i < plan->count; i++)
        free(plan->steps[i].shown);
    free(plan->steps);
    free(plan);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    plan->done = NULL;
    plan->freed = true;
    if (plan->waiting == 0)
        destroy(plan);
}

void plan_answered(struct plan *plan)
{
    plan->waiting--;
    if (plan->freed && plan->waiting == 0)
        destroy(plan);
}

bool plan_add(struct plan *plan, const struct change *change)
{
    struct step *step = &plan->steps[plan->count];

    if (plan->count == PLAN_MAX)
        return false;
    *step = (struct step){.plan = plan, .change = *change};
    plan->count++;
    return true;
}

size_t plan_count(const struct plan *plan)
{
    return plan->count;
}

enum plan_error plan_error_of(const struct plan *plan, size_t which)
{
    return plan->steps[which].error;
}

static void finish(struct plan *plan, enum plan_stage stage)
{
    void (*done)(void *arg) = plan->done;

    plan->stage = stage;
    plan->done = NULL;
    timer_stop(&plan->timer);
    wipe(plan);
    if (done && !plan->inside)
        done(plan->arg);
}

static bool is_setting(const struct step *step)
{
    return change_class(step->change.kind) == CLASS_SETTING && !step->change.idle;
}

/* Whether a setting of that daemon is on its way. */
static bool is_working(const struct plan *plan, uint32_t instance)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].state == STEP_RUNNING && plan->steps[i].change.instance == instance)
            return true;
    return false;
}

/* Begins the next setting of each daemon that has none on its way; false when none is left. */
static bool begin_settings(struct plan *plan)
{
    bool working = false;

    for (size_t i = 0; i < plan->count; i++) {
        struct step *step = &plan->steps[i];

        if (is_setting(step) && step->state == STEP_NEW && !plan->failed &&
            !is_working(plan, step->change.instance))
            step_set(step);
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
        const struct change *change = &plan->steps[i].change;

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
        if (&plan->steps[i].change == change)
            return &plan->steps[i];
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
        if (change_class(plan->steps[i].change.kind) == CLASS_ACTION && !plan->steps[i].change.idle)
            return &plan->steps[i];
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
        plan_step_ended(plan, step);
    }
}

/* Sends the next command of the action; true when that has failed at once. */
static bool act(struct plan *plan)
{
    size_t next = plan->action_next++;
    struct step *actor = plan->actors[next];
    bool username = change_is_credential(actor->change.kind) &&
                    (next + 1 < plan->action_count || actor->change.kind == CHANGE_USERNAME);

    step_act(actor, &plan->commands[next], username);
    command_wipe(&plan->commands[next]);
    return actor->state != STEP_RUNNING;
}

static bool is_restoring(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].restoring)
            return true;
    return false;
}

/* The last setting that was made and is not put back yet. */
static struct step *next_to_restore(const struct plan *plan)
{
    for (size_t i = plan->count; i-- > 0;)
        if (is_setting(&plan->steps[i]) && plan->steps[i].state == STEP_DONE)
            return &plan->steps[i];
    return NULL;
}

/* The value of the lock goes on, also when the daemon may have done what was asked. */
static void turn_lock(struct plan *plan)
{
    bool turn = !plan->failed;

    for (size_t i = 0; i < plan->count; i++)
        turn |= plan->steps[i].state == STEP_UNKNOWN;
    for (size_t i = 0; i < plan->count && turn; i++) {
        const struct control *control = step_control(&plan->steps[i]);
        struct instance *instance = control ? control_instance(control) : NULL;

        if (plan->steps[i].change.kind == CHANGE_SERIAL && instance)
            instance->serial = instance->serial == INT32_MAX ? 0 : instance->serial + 1;
    }
}

static void end_run(struct plan *plan)
{
    turn_lock(plan);
    finish(plan, PLAN_RAN);
}

/* Takes one more step; false when there is something to wait for, or an end. */
static bool advance(struct plan *plan)
{
    struct step *step;

    switch (plan->stage) {
    case PLAN_SETTING:
        if (begin_settings(plan))
            return false;
        begin_action(plan);
        return true;
    case PLAN_ACTING:
        if (!plan->failed && plan->action_next < plan->action_count)
            return act(plan);
        end_run(plan);
        return true; /* who was told may have begun to undo it */
    case PLAN_UNDOING:
        step = is_restoring(plan) ? NULL : next_to_restore(plan);
        if (step) {
            step_restore(step, false);
            return !step->restoring;
        }
        if (!is_restoring(plan))
            finish(plan, PLAN_OVER);
        return false;
    default:
        return false;
    }
}

/* A step that ends while this runs is seen by it. */
static void go_on(struct plan *plan)
{
    if (plan->going)
        return;
    plan->going = true;
    while (advance(plan))
        ;
    plan->going = false;
}

void plan_step_ended(struct plan *plan, struct step *step)
{
    if (plan->stage == PLAN_SETTING || plan->stage == PLAN_ACTING) {
        if (step->state == STEP_FAILED || step->state == STEP_UNKNOWN) {
            step->error = PLAN_FAILED;
            plan->failed = true;
        }
    } else if (plan->stage == PLAN_UNDOING && step->state != STEP_UNDONE) {
        step->error = PLAN_UNDO_FAILED;
    }
    if (!plan->expiring)
        go_on(plan);
}

/* There is no time to wait for the answers. */
static void restore_unattended(struct plan *plan)
{
    plan->stage = PLAN_OVER;
    for (size_t i = plan->count; i-- > 0;) {
        struct step *step = &plan->steps[i];

        if (!is_setting(step) || step->state != STEP_DONE)
            continue;
        step->error = PLAN_UNDO_FAILED;
        step_restore(step, true);
    }
}

static void on_deadline(void *arg)
{
    struct plan *plan = arg;

    plan->waiting++; /* stays until this function is through */
    plan->expiring = true;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].state == STEP_RUNNING || plan->steps[i].restoring)
            step_expire(&plan->steps[i]);
    plan->expiring = false;
    plan->failed = true;
    if (plan->stage == PLAN_UNDOING) {
        restore_unattended(plan);
        finish(plan, PLAN_OVER);
    } else {
        end_run(plan);
    }
    plan_answered(plan);
}

void plan_end(struct plan *plan)
{
    if (plan->done)
        on_deadline(plan);
}

/* What was right a moment ago may not be any more. */
static bool recheck(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct step *step = &plan->steps[i];
        const struct control *control = step_control(step);
        const char *why;

        if (step->change.idle)
            continue;
        if (!control || control_recheck(control, &step->change, &why) != CONTROL_OK) {
            step->state = STEP_FAILED;
            step->error = PLAN_FAILED;
            return false;
        }
    }
    return true;
}

static int64_t shortest_timeout(const struct plan *plan)
{
    int64_t shortest = INT32_MAX;

    for (size_t i = 0; i < plan->count; i++) {
        const struct control *control = step_control(&plan->steps[i]);

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
    plan->inside = true;
    go_on(plan);
    plan->inside = false;
    return plan->stage == stage || plan->stage == PLAN_ACTING;
}

bool plan_run(struct plan *plan, void (*done)(void *arg), void *arg)
{
    if (plan->stage != PLAN_NEW)
        return false;
    if (!recheck(plan)) {
        plan->failed = true;
        finish(plan, PLAN_RAN);
        return false;
    }
    plan->deadline = clock_mono() + shortest_timeout(plan);
    timer_start(&plan->timer, plan->deadline - clock_mono());
    return start(plan, PLAN_SETTING, done, arg);
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

bool plan_undo(struct plan *plan, void (*done)(void *arg), void *arg)
{
    int64_t left = plan->deadline - clock_mono();

    if (plan->stage != PLAN_RAN)
        return false;
    for (size_t i = 0; i < plan->count; i++)
        plan->steps[i].error = is_done_for_good(plan, &plan->steps[i]) ? PLAN_UNDO_FAILED : PLAN_OK;
    if (left <= 0) {
        restore_unattended(plan);
        return false;
    }
    timer_start(&plan->timer, left);
    return start(plan, PLAN_UNDOING, done, arg);
}

void plan_commit(struct plan *plan)
{
    if (plan->stage != PLAN_RAN || plan->failed)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->steps[i].change;
        struct control *control = step_control(&plan->steps[i]);

        if (control && !change->idle && change_class(change->kind) == CLASS_REFRESH)
            control_refresh(control, change);
    }
    plan->stage = PLAN_OVER;
}
