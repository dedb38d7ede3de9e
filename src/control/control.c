#include "control/control.h"

#include <assert.h>
#include <stdlib.h>

#include "control/control_private.h"
#include "session/answers.h"

static struct control *controls;
static uint64_t last_id;
static bool secrets_forbidden;

struct control *control_new(struct instance *instance, struct session *session,
                            const struct instance_config *config)
{
    struct control *control = calloc(1, sizeof(*control));

    assert(instance && session && config);
    if (!control)
        return NULL;
    control->instance = instance;
    control->session = session;
    control->config = config;
    control->read_pkcs11.told = -1;
    control->id = ++last_id;
    control->next = controls;
    controls = control;
    return control;
}

void control_configure(struct control *control, const struct instance_config *config)
{
    control->config = config;
}

void control_free(struct control *control)
{
    struct control **at = &controls;

    if (!control)
        return;
    while (*at != control)
        at = &(*at)->next;
    *at = control->next;
    net_lines_fini(&control->read_net);
    pkcs11_list_fini(&control->read_pkcs11);
    free(control);
}

struct control *control_find(uint32_t index)
{
    struct control *control = controls;

    while (control && control->instance->index != index)
        control = control->next;
    return control;
}

uint64_t control_id(const struct control *control)
{
    return control->id;
}

struct control *control_with_id(uint64_t id)
{
    struct control *control = controls;

    while (control && control->id != id)
        control = control->next;
    return control;
}

void control_unattended_begin(struct control *control)
{
    control->unattended++;
}

void control_unattended_end(struct control *control)
{
    if (control->unattended > 0)
        control->unattended--;
}

void control_forbid_secrets(bool forbidden)
{
    secrets_forbidden = forbidden;
}

struct instance *control_instance(const struct control *control)
{
    return control->instance;
}

struct session *control_session(const struct control *control)
{
    return control->session;
}

unsigned control_timeout(const struct control *control)
{
    return control->config->command_timeout;
}

static enum control_verdict check_permission(const struct control *control,
                                             const struct change *change, const char **why)
{
    if ((secrets_forbidden && change_is_secret(change->kind)) ||
        !(control->config->allow & change_allow(change->kind))) {
        *why = "the configuration does not allow it";
        return CONTROL_NOT_ALLOWED;
    }
    if (!change->idle && !(control->config->allow & change_allow_value(change))) {
        *why = "the configuration does not allow this signal";
        return CONTROL_INCONSISTENT;
    }
    return CONTROL_OK;
}

/* The name of the question that a change answers; empty when it answers none. */
static struct slice question_of(const struct control *control, const struct change *change)
{
    const struct request *request =
        change_answers(change->kind) ? history_at(&control->instance->requests, change->row) : NULL;

    return slice_of(request ? request->name : NULL);
}

bool control_claim(struct control *control, const struct change *change)
{
    struct slice question = question_of(control, change);

    return question.len == 0 || answers_claim(session_answers(control->session), question, control);
}

void control_unclaim(struct control *control)
{
    answers_leave(session_answers(control->session), control);
}

enum control_verdict control_recheck(const struct control *control, const struct change *change,
                                     const char **why)
{
    const struct instance *instance = control->instance;
    enum control_verdict verdict = check_permission(control, change, why);

    if (verdict != CONTROL_OK || change->idle)
        return verdict;
    if (change_needs_daemon(change->kind) && !instance_in_contact(instance)) {
        *why = "there is no contact with the daemon";
        return CONTROL_INCONSISTENT;
    }
    verdict = change_check(change, instance, why);
    if (verdict != CONTROL_OK ||
        answers_may(session_answers(control->session), question_of(control, change), control))
        return verdict;
    *why = "a guest of a share answers this question";
    return CONTROL_INCONSISTENT;
}

enum control_verdict control_check(const struct control *control, const struct change *change,
                                   const char **why)
{
    enum control_verdict verdict;

    *why = "";
    verdict = control_recheck(control, change, why);
    if (verdict != CONTROL_OK || change->idle || !change_needs_daemon(change->kind))
        return verdict;
    if (control->unattended == 0 && !session_is_busy(control->session))
        return CONTROL_OK;
    *why = "the daemon has not answered an earlier command yet";
    return CONTROL_BUSY;
}
