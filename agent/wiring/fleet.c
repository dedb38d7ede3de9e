#include "agent/wiring/fleet.h"

#include <search.h>
#include <stdlib.h>

#include "agent/notify/triggers.h"
#include "agent/wiring/numbers.h"
#include "base/clock.h"
#include "base/interface.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "control/control.h"
#include "session/session.h"
#include "setup/follower.h"
#include "share/multiplexer.h"
#include "store/handover.h"

struct member {
    uint32_t index;
    const struct instance_config *config;
    struct instance *instance;
    struct session *session;
    struct control *control;
    struct multiplexer *multiplexer;
    struct follower *follower;
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

/*
 * Whether the session of the old configuration serves the new one too.  Where the daemon has
 * connected it would end with its session: a password or user that is another counts for the next.
 */
static bool same_session(const struct instance_config *a, const struct instance_config *b)
{
    return text_equal(a->name, b->name) && text_equal(a->management.text, b->management.text) &&
           (a->management.listen ||
            (text_equal(a->password_file, b->password_file) && a->peer_checked == b->peer_checked &&
             a->peer_user == b->peer_user));
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

/* A session that is left may go on with the process behind this one; else the daemon sees its end.
 */
static void remove_member(struct member **at, void (*end)(struct session *session))
{
    struct member *member = *at;

    *at = member->next;
    tdelete(member, &by_index, compare_members);
    multiplexer_stop(member->multiplexer);
    end(member->session); /* before those whose commands end with it */
    multiplexer_free(member->multiplexer);
    control_free(member->control);
    follower_free(member->follower);
    triggers_forget(member->index);
    model_remove(model, member->instance);
    free(member);
}

static bool fill_member(struct member *member, struct handover *past)
{
    member->instance = instance_new(member->index, member->config);
    if (member->instance) /* an agent before this one gave others, whatever is remembered of it */
        instance_number_behind(member->instance, random_int31());
    handover_give(past, member->instance);
    if (!member->instance)
        return false;
    member->session = session_new(member->instance, member->config, &socket_transport, base);
    if (member->session)
        member->control = control_new(member->instance, member->session, member->config);
    if (member->control)
        member->multiplexer = multiplexer_new(member->instance, member->session, base);
    if (member->multiplexer && triggers_configure(member->index, member->config)) {
        member->follower = follower_new(member->instance, member->config, base);
        if (member->follower && model_add(model, member->instance))
            return true;
        triggers_forget(member->index);
    }
    multiplexer_stop(member->multiplexer);
    session_free(member->session);
    multiplexer_free(member->multiplexer);
    control_free(member->control);
    follower_free(member->follower);
    instance_free(member->instance);
    return false;
}

static bool add_member(uint32_t index, const struct instance_config *config, struct handover *past)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member) {
        member->index = index;
        member->config = config;
        member->stays = true;
    }
    if (!member || index == 0 || !tsearch(member, &by_index, compare_members)) {
        log_error("%s: out of memory", config->name);
        handover_give(past, NULL);
        free(member);
        return false;
    }
    if (!fill_member(member, past)) {
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
        if ((*at)->stays) {
            at = &(*at)->next;
        } else {
            if ((*at)->config->management.listen && session_is_connected((*at)->session))
                log_warning(
                    "%s: its daemon ends now: the new configuration has no instance of that "
                    "name, index and management",
                    (*at)->config->name);
            remove_member(at, session_free);
        }
    }
}

/* What the member that goes and has the name knows, for that which takes its place. */
static struct handover *take_past(const char *name)
{
    struct handover *past;

    for (const struct member *member = members; member; member = member->next) {
        if (member->stays || !text_equal(member->config->name, name))
            continue;
        past = handover_take(member->instance);
        if (!past)
            log_error("%s: out of memory: what is known of it is lost", name);
        return past;
    }
    return NULL;
}

static void take_pasts(const struct config *config, const uint32_t *indexes,
                       struct handover **pasts)
{
    for (size_t i = 0; i < config->count; i++)
        if (!find_same(indexes[i], &config->instances[i]))
            pasts[i] = take_past(config->instances[i].name);
}

bool fleet_configure(struct config *config)
{
    uint32_t *indexes = calloc(config->count + 1, sizeof(*indexes));
    struct handover **pasts = calloc(config->count + 1, sizeof(struct handover *));
    bool whole = true;

    if (!indexes || !pasts || !numbers_give(config, indexes)) {
        log_error("out of memory: the configuration is not taken");
        free(indexes);
        free(pasts);
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
        multiplexer_drop(member->multiplexer, wanted);
        control_configure(member->control, wanted);
        triggers_configure(member->index, wanted);
        follower_configure(member->follower, wanted);
    }
    take_pasts(config, indexes, pasts);
    sweep();
    for (size_t i = 0; i < config->count; i++)
        if (!find_same(indexes[i], &config->instances[i]))
            whole &= add_member(indexes[i], &config->instances[i], pasts[i]);
    for (const struct member *member = members; member; member = member->next)
        multiplexer_configure(member->multiplexer, member->config);
    free(indexes);
    free(pasts);
    config_free(current);
    current = config;
    model->config_mono = clock_mono();
    return whole;
}

void fleet_stop(void)
{
    while (members)
        remove_member(&members, session_leave);
    followers_stop();
    interfaces_forget();
    numbers_forget();
    model_fini(model);
    config_free(current);
    current = NULL;
}
