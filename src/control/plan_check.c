#include <assert.h>

#include "base/log.h"
#include "control/control.h"
#include "control/credentials.h"
#include "control/plan_private.h"
#include "model/asked.h"

static const char twice[] = "the same thing is asked twice";
static const char too_many[] = "only one thing that cannot be put back may be asked at a time";

static enum plan_error error_of(enum control_verdict verdict)
{
    switch (verdict) {
    case CONTROL_OK:
        return PLAN_OK;
    case CONTROL_NO_ROW:
        return PLAN_NO_ROW;
    case CONTROL_NOT_ALLOWED:
        return PLAN_NOT_ALLOWED;
    case CONTROL_INCONSISTENT:
        return PLAN_INCONSISTENT;
    case CONTROL_BUSY:
        return PLAN_BUSY;
    }
    assert(!"a verdict");
    return PLAN_FAILED;
}

static bool same_object(const struct change *a, const struct change *b)
{
    return a->kind == b->kind && a->instance == b->instance && a->row == b->row;
}

/* Parts of one answer to one request. */
static bool same_action(const struct change *a, const struct change *b)
{
    return change_is_credential(a->kind) && change_is_credential(b->kind) &&
           a->instance == b->instance && a->row == b->row;
}

static bool is_action(const struct change *change)
{
    return change_class(change->kind) == CLASS_ACTION && !change->idle;
}

/* What a change means together with those before it; NULL when nothing is wrong. */
static const char *conflict(const struct plan *plan, size_t which)
{
    const struct change *change = &plan->steps[which]->change;

    for (size_t i = 0; i < which; i++) {
        const struct change *earlier = &plan->steps[i]->change;

        if (same_object(change, earlier))
            return twice;
        if (is_action(change) && is_action(earlier) && !same_action(change, earlier))
            return too_many;
    }
    return NULL;
}

/* The answer to a request, as a whole: judged at its last part. */
static const char *answer_fault(const struct plan *plan, size_t which,
                                const struct instance *instance)
{
    const struct change *change = &plan->steps[which]->change;
    const struct request *request = history_at(&instance->requests, change->row);
    struct command commands[CREDENTIALS_COMMANDS_MAX];
    struct credentials given;
    const char *fault;
    enum command_error error;
    size_t count;

    if (!change_is_credential(change->kind) || !request)
        return NULL;
    for (size_t i = which + 1; i < plan->count; i++)
        if (same_action(change, &plan->steps[i]->change))
            return NULL;
    plan_gather_credentials(plan, change, &given);
    fault = credentials_fault(request, &given);
    if (fault)
        return fault;
    error = credentials_commands(request, instance->dialect, &given, commands, &count);
    for (size_t i = 0; i < count; i++)
        command_wipe(&commands[i]);
    return error == COMMAND_OK ? NULL : command_error_text(error);
}

static enum plan_error check_step(struct plan *plan, size_t which, const char **why)
{
    const struct change *change = &plan->steps[which]->change;
    const struct control *control = control_find(change->instance);
    enum control_verdict verdict;

    plan->steps[which]->control = control ? control_id(control) : 0;

    *why = "there is no such daemon";
    if (!control)
        return PLAN_NO_ROW;
    verdict = control_check(control, change, why);
    if (verdict != CONTROL_OK)
        return error_of(verdict);
    *why = conflict(plan, which);
    if (!*why)
        *why = answer_fault(plan, which, control_instance(control));
    return *why ? PLAN_INCONSISTENT : PLAN_OK;
}

/* A manager may send as many as it likes. */
static struct log_limit refusals = {.level = LOG_LEVEL_NOTICE, .what = "refused SETs"};

/* A lock that another manager was faster with says nothing of a command. */
static void report_refusal(const struct change *change, enum plan_error error, const char *why)
{
    struct control *control = control_find(change->instance);
    char text[CHANGE_SHOWN_MAX];

    if (!control || error == PLAN_NO_ROW)
        return;
    change_show(change, control_instance(control), text);
    if (log_admits(&refusals))
        log_notice("%s: refused \"%s\": %s", control_instance(control)->name, text, why);
    if (error != PLAN_NOT_ALLOWED && change_class(change->kind) != CLASS_LOCK)
        asked_reject(control_instance(control), change->source, text, why);
}

bool plan_check(struct plan *plan)
{
    bool good = true;

    for (size_t i = 0; i < plan->count; i++) {
        const char *why;
        enum plan_error error = check_step(plan, i, &why);

        plan->errors[i] = error;
        if (error == PLAN_OK)
            continue;
        good = false;
        report_refusal(&plan->steps[i]->change, error, why);
    }
    return good;
}
