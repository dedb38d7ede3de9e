#ifndef CONTROL_PLAN_PRIVATE_H
#define CONTROL_PLAN_PRIVATE_H

#include "base/timers.h"
#include "control/credentials.h"
#include "control/plan.h"
#include "control/step.h"

/* Shared by control/plan.c and control/plan_check.c only. */

enum plan_stage { PLAN_NEW, PLAN_SETTING, PLAN_ACTING, PLAN_RAN, PLAN_UNDOING, PLAN_OVER };

struct plan {
    struct step *steps[PLAN_MAX];
    enum plan_error errors[PLAN_MAX]; /* of each step: of the check, of the run, of the undo */
    size_t count;
    enum plan_stage stage;
    bool failed;      /* a step has failed: no other is begun */
    int64_t deadline; /* clock_mono() */
    struct timer timer;
    void (*done)(void *arg);
    void *arg;

    /* The commands of an action, in their order. */
    struct command commands[CREDENTIALS_COMMANDS_MAX];
    struct step *actors[CREDENTIALS_COMMANDS_MAX];
    size_t action_count;
    size_t action_next;
};

/* Those changes of a plan that answer the same request as one of them. */
void plan_gather_credentials(const struct plan *plan, const struct change *of,
                             struct credentials *given);

#endif
