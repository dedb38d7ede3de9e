#include "share/turns.h"

#include "session/session.h"

static void begin_next(void *arg);

void turns_init(struct turns *turns, struct instance *instance, struct session *session)
{
    *turns = (struct turns){.instance = instance, .session = session};
    timer_init(&turns->next, begin_next, turns);
}

static void free_list(struct errand **list)
{
    while (*list) {
        struct errand *errand = *list;

        *list = errand->next;
        errand_free(errand);
    }
}

void turns_fini(struct turns *turns)
{
    timer_stop(&turns->next);
    free_list(&turns->waiting);
    free_list(&turns->current);
}

static struct errand **end_of(struct errand **list)
{
    while (*list)
        list = &(*list)->next;
    return list;
}

static struct errand *pull(struct errand **at)
{
    struct errand *errand = *at;

    *at = errand->next;
    errand->next = NULL;
    return errand;
}

/* load-stats leaves no line in the daemon's log. */
static bool is_free(const struct errand *errand)
{
    return errand->ask.verb->kind == VERB_LOAD_STATS;
}

/* The first that may go; else NULL, and the milliseconds until one may in *left, -1 for never. */
static struct errand *choose_errand(struct turns *turns, int64_t *left)
{
    *left = -1;
    for (struct errand **at = &turns->waiting; *at; at = &(*at)->next) {
        int64_t wait = is_free(*at) ? 0 : bucket_wait((*at)->bucket);

        if (wait == 0)
            return pull(at);
        if (*left < 0 || wait < *left)
            *left = wait;
    }
    return NULL;
}

static void join_same(struct turns *turns, struct errand *errand)
{
    struct errand **at = &turns->waiting;

    while (*at) {
        if (ask_equal(&errand->ask, &(*at)->ask))
            *end_of(&errand->next) = pull(at);
        else
            at = &(*at)->next;
    }
}

static void tell_end(struct turns *turns, enum outcome outcome, const char *answer)
{
    for (struct errand *errand = turns->current; errand; errand = errand->next) {
        const struct errand_listener *listener = errand->listener;

        errand->listener = NULL;
        if (listener)
            listener->done(errand->arg, outcome, answer);
    }
    free_list(&turns->current);
    if (turns->waiting)
        timer_start(&turns->next, 0);
}

static void pass_line(void *arg, struct slice line)
{
    struct turns *turns = arg;

    for (struct errand *errand = turns->current; errand; errand = errand->next)
        if (errand->listener)
            errand->listener->raw(errand->arg, line);
}

static void pass_end(void *arg, const struct reply *reply)
{
    struct turns *turns = arg;

    errand_end(turns->current, turns->session, turns->instance, reply);
    tell_end(turns, reply->outcome, NULL);
}

static void send_current(struct turns *turns)
{
    static const struct reply unsent = {.outcome = OUTCOME_UNSENT};
    const struct listener listener = {.raw = pass_line, .done = pass_end, .arg = turns};
    struct errand *errand = turns->current;
    char answer[VERB_TEXT_MAX];

    if (!errand_begin(errand, turns->session, turns->instance, answer)) {
        tell_end(turns, OUTCOME_UNSENT, answer);
    } else if (!session_ask_block(turns->session, &errand->ask.command,
                                  (struct slice){errand->block, errand->block_len}, &listener)) {
        errand_end(errand, turns->session, turns->instance, &unsent);
        tell_end(turns, OUTCOME_UNSENT, "ERROR: the daemon is busy");
    }
}

static void begin_next(void *arg)
{
    struct turns *turns = arg;
    int64_t left;

    if (turns->current)
        return;
    turns->current = choose_errand(turns, &left);
    if (!turns->current) {
        if (left > 0)
            timer_start(&turns->next, left);
        return;
    }
    if (!is_free(turns->current))
        bucket_take(turns->current->bucket);
    join_same(turns, turns->current);
    send_current(turns);
}

void turns_add(struct turns *turns, struct errand *errand)
{
    *end_of(&turns->waiting) = errand;
    timer_start(&turns->next, 0);
}

void turns_forget(struct turns *turns, struct errand *errand)
{
    errand->listener = NULL;
    for (struct errand **at = &turns->waiting; *at; at = &(*at)->next) {
        if (*at != errand)
            continue;
        errand_free(pull(at));
        return;
    }
}
