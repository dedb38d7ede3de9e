#include "agent/wiring/fleet.h"

#include <search.h>
#include <stdlib.h>

#include "agent/notify/triggers.h"
#include "agent/wiring/numbers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/control.h"
#include "session/session.h"

struct member {
    uint32_t index;
    const struct instance_config *config;
    struct instance *instance;
    struct session *session;
    struct control *control;
    bool stays; /* mark and sweep of a reload */
    struct member *next;
};

static struct model *model;
static struct event_base *base;
static struct config *current;
static struct member *members;
static void *by_index; /* tsearch(3) of the members */

void fleet_start(struct model *use_model, struct event_base *use_base)
{
    model = use_model;
    base = use_base;
}

/* Whether the session of the old configuration serves the new one too. */
static bool same_session(const struct instance_config *a, const struct instance_config *b)
{
    return text_equal(a->name, b->name) && text_equal(a->management.text, b->management.text) &&
           text_equal(a->password_file, b->password_file) && a->peer_checked == b->peer_checked &&
           a->peer_user == b->peer_user;
}

static int compare_members(const void *a, const void *b)
{
    const struct member *one = a;
    const struct member *other = b;

    return (one->index > other->index) - (one->index < other->index);
}

static struct member *find_same(uint32_t index, const struct instance_config *config)
{
    const struct member wanted = {.index = index};
    struct member *const *node = tfind(&wanted, &by_index, compare_members);

    return node && same_session((*node)->config, config) ? *node : NULL;
}

static void remove_member(struct member **at)
{
    struct member *member = *at;

    *at = member->next;
    tdelete(member, &by_index, compare_members);
    session_free(member->session); /* first: what it was asked ends with it */
    control_free(member->control);
    triggers_forget(member->index);
    model_remove(model, member->instance);
    free(member);
}

/* No agent before this one, and no reload before, gave it, unless more than one a second. */
static uint32_t first_index(void)
{
    int64_t now = clock_wall();

    return now > 0 && now < UINT32_MAX ? (uint32_t)now : 1;
}

static bool fill_member(struct member *member)
{
    member->instance = instance_new(member->index, member->config);
    if (!member->instance)
        return false;
    instance_number_behind(member->instance, first_index() - 1);
    member->session = session_new(member->instance, member->config, &socket_transport, base);
    if (member->session)
        member->control = control_new(member->instance, member->session, member->config);
    if (member->control && triggers_configure(member->index, member->config)) {
        if (model_add(model, member->instance))
            return true;
        triggers_forget(member->index);
    }
    session_free(member->session);
    control_free(member->control);
    instance_free(member->instance);
    return false;
}

static bool add_member(uint32_t index, const struct instance_config *config)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member) {
        member->index = index;
        member->config = config;
        member->stays = true;
    }
    if (!member || index == 0 || !tsearch(member, &by_index, compare_members)) {
        log_error("%s: out of memory", config->name);
        free(member);
        return false;
    }
    if (!fill_member(member)) {
        log_error("%s: out of memory", config->name);
        tdelete(member, &by_index, compare_members);
        free(member);
        return false;
    }
    member->next = members;
    members = member;
    session_start(member->session);
    return true;
}

static void sweep(void)
{
    struct member **at = &members;

    while (*at) {
        if ((*at)->stays)
            at = &(*at)->next;
        else
            remove_member(at);
    }
}

bool fleet_configure(struct config *config)
{
    uint32_t *indexes = calloc(config->count + 1, sizeof(*indexes));
    bool whole = true;

    if (!indexes || !numbers_give(config, indexes)) {
        log_error("out of memory: the configuration is not taken");
        free(indexes);
        config_free(config);
        return false;
    }
    for (struct member *member = members; member; member = member->next)
        member->stays = false;
    for (size_t i = 0; i < config->count; i++) {
        const struct instance_config *wanted = &config->instances[i];
        struct member *member = find_same(indexes[i], wanted);

        if (!member)
            continue;
        member->stays = true;
        member->config = wanted;
        session_configure(member->session, wanted);
        control_configure(member->control, wanted);
        triggers_configure(member->index, wanted);
    }
    sweep();
    for (size_t i = 0; i < config->count; i++)
        if (!find_same(indexes[i], &config->instances[i]))
            whole &= add_member(indexes[i], &config->instances[i]);
    free(indexes);
    config_free(current);
    current = config;
    model->config_mono = clock_mono();
    return whole;
}

void fleet_stop(void)
{
    while (members)
        remove_member(&members);
    numbers_forget();
    model_fini(model);
    config_free(current);
    current = NULL;
}
