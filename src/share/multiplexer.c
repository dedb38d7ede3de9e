#include "share/multiplexer.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "model/instance.h"
#include "share/share.h"

struct member {
    struct share *share;
    struct member *next;
};

struct multiplexer {
    struct desk desk;
    struct event_base *loop;
    struct member *members;
};

static void follow_guests(void *arg)
{
    struct multiplexer *multiplexer = arg;
    struct session_wants wants = {.log = false};

    for (struct member *member = multiplexer->members; member; member = member->next)
        share_add_wants(member->share, &wants);
    session_want(multiplexer->desk.session, &wants);
}

static void on_contact(void *arg, bool up)
{
    struct multiplexer *multiplexer = arg;

    if (up)
        return;
    for (struct member *member = multiplexer->members; member; member = member->next)
        share_lose(member->share);
    follow_guests(multiplexer);
}

static void on_told(void *arg, struct slice line, const struct message *message)
{
    struct multiplexer *multiplexer = arg;

    for (struct member *member = multiplexer->members; member; member = member->next)
        share_hear(member->share, line, message);
}

static const struct session_tap tap = {on_contact, on_told};

struct multiplexer *multiplexer_new(struct instance *instance, struct session *session,
                                    struct event_base *loop)
{
    struct multiplexer *multiplexer = calloc(1, sizeof(*multiplexer));

    if (!multiplexer)
        return NULL;
    multiplexer->loop = loop;
    desk_init(&multiplexer->desk, instance, session);
    session_set_tap(session, &tap, multiplexer);
    return multiplexer;
}

static const struct share_config *find_config(const struct instance_config *config,
                                              const char *endpoint)
{
    for (size_t i = 0; i < config->share_count; i++)
        if (text_equal(config->shares[i].listen.text, endpoint))
            return &config->shares[i];
    return NULL;
}

static bool has_share(const struct multiplexer *multiplexer, const char *endpoint)
{
    for (const struct member *member = multiplexer->members; member; member = member->next)
        if (text_equal(share_endpoint(member->share), endpoint))
            return true;
    return false;
}

static void close_first(struct member **at)
{
    struct member *member = *at;

    *at = member->next;
    share_free(member->share);
    free(member);
}

void multiplexer_drop(struct multiplexer *multiplexer, const struct instance_config *config)
{
    struct member **at = &multiplexer->members;

    while (*at) {
        const struct share_config *wanted = find_config(config, share_endpoint((*at)->share));

        if (!wanted) {
            close_first(at);
            continue;
        }
        share_configure((*at)->share, wanted);
        at = &(*at)->next;
    }
    follow_guests(multiplexer);
}

static bool add_share(struct multiplexer *multiplexer, const struct share_config *config)
{
    struct member *member = calloc(1, sizeof(*member));

    if (member)
        member->share =
            share_new(&multiplexer->desk, config, follow_guests, multiplexer, multiplexer->loop);
    if (!member || !member->share) {
        free(member);
        return false;
    }
    member->next = multiplexer->members;
    multiplexer->members = member;
    return true;
}

void multiplexer_configure(struct multiplexer *multiplexer, const struct instance_config *config)
{
    for (size_t i = 0; i < config->share_count; i++)
        if (!has_share(multiplexer, config->shares[i].listen.text) &&
            !add_share(multiplexer, &config->shares[i]))
            log_error("%s: share %s: out of memory", config->name, config->shares[i].listen.text);
}

void multiplexer_stop(struct multiplexer *multiplexer)
{
    if (!multiplexer)
        return;
    while (multiplexer->members)
        close_first(&multiplexer->members);
    session_set_tap(multiplexer->desk.session, NULL, NULL);
}

void multiplexer_free(struct multiplexer *multiplexer)
{
    if (!multiplexer)
        return;
    desk_fini(&multiplexer->desk);
    free(multiplexer);
}
