#include "control/control.h"

#include <assert.h>
#include <stdlib.h>

#include "control/control_private.h"
#include "session/answers.h"

static struct hash_table controls_by_index;
static struct hash_table controls_by_id;
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
    control->by_index.hash = hash_number(instance->index);
    control->by_id.hash = hash_number(control->id);
    if (hash_add(&controls_by_index, &control->by_index) &&
        hash_add(&controls_by_id, &control->by_id))
        return control;
    control_free(control);
    return NULL;
}

void control_configure(struct control *control, const struct instance_config *config)
{
    control->config = config;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    hash_remove(&controls_by_index, &control->by_index);
    hash_remove(&controls_by_id, &control->by_id);
    if (controls_by_id.count == 0) {
        hash_clear(&controls_by_index);
        hash_clear(&controls_by_id);
    }
    net_lines_fini(&control->read_net);
    pkcs11_list_fini(&control->read_pkcs11);
    free(control);
}

struct control *control_find(uint32_t index)
{
    for (struct hash_node *node = hash_first(&controls_by_index, hash_number(index)); node;
         node = hash_next(node)) {
        struct control *control = HASH_OWNER(node, struct control, by_index);

        if (control->instance->index == index)
            return control;
    }
    return NULL;
}

uint64_t control_id(const struct control *control)
{
    return control->id;
}

struct control *control_with_id(uint64_t id)
{
    for (struct hash_node *node = hash_first(&controls_by_id, hash_number(id)); node;
         node = hash_next(node)) {
        struct control *control = HASH_OWNER(node, struct control, by_id);

        if (control->id == id)
            return control;
    }
    return NULL;
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
