#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/control.h"
#include "control/credentials.h"
#include "control/plan_private.h"

static void on_step(void *arg, struct step *step);
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
    return !go_on(plan);
}

bool plan_run(struct plan *plan, void (*done)(void *arg), void *arg)
{
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
