#include "share/errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/asked.h"
#include "session/answers.h"
#include "session/session.h"

struct errand *errand_new(const struct ask *ask, struct slice block)
{
    struct errand *errand = calloc(1, sizeof(*errand));

    if (errand && block.len > 0) {
        errand->block = malloc(block.len);
        if (!errand->block) {
            free(errand);
            return NULL;
        }
        memcpy(errand->block, block.at, block.len);
        errand->block_len = block.len;
    }
    if (errand)
        errand->ask = *ask;
    return errand;
}

void errand_free(struct errand *errand)
{
    if (errand->block)
        explicit_bzero(errand->block, errand->block_len);
    free(errand->block);
    ask_wipe(&errand->ask);
    free(errand);
}

static bool judges(const struct ask *ask)
{
    return ask->cid >= 0 && ask->verb->kind != VERB_CLIENT_PENDING;
}

/* The first who answers is the only one: the daemon would take the second too. */
static bool claim(const struct errand *errand, struct answers *answers, char answer[VERB_TEXT_MAX])
{
    const struct ask *ask = &errand->ask;
    enum verb_kind kind = ask->verb->kind;
    bool free_login = true;

    if (judges(ask))
        free_login = answers_judge(answers, ask->cid, ask->kid, errand->owner);
    else if (ask->cid >= 0 && kind == VERB_CLIENT_PENDING)
        free_login = answers_claim_login(answers, ask->cid, ask->kid, errand->owner);
    if (!free_login)
        snprintf(answer, VERB_TEXT_MAX, "ERROR: %s command failed",
                 kind == VERB_CLIENT_AUTH_NT ? "client-auth" : ask->verb->name);
    if (!free_login || !ask->question[0])
        return free_login;
    if (answers_claim(answers, slice_of(ask->question), errand->owner))
        return true;
    snprintf(answer, VERB_TEXT_MAX, "ERROR: this question is being answered by somebody else");
    return false;
}

/* The stream of the log goes off before verb is too high for it. */
static bool expect_verb(struct errand *errand, struct session *session, char answer[VERB_TEXT_MAX])
{
    const struct ask *ask = &errand->ask;

    if (!ask->has_change || ask->change.kind != CHANGE_VERB)
        return true;
    errand->verb = session_expect_verb(session, ask->change.number);
    if (!errand->verb)
        snprintf(answer, VERB_TEXT_MAX, "ERROR: the stream of the log cannot be turned off before");
    return errand->verb;
}

bool errand_begin(struct errand *errand, struct session *session, struct instance *instance,
                  char answer[VERB_TEXT_MAX])
{
    if (!ask_fits(&errand->ask, instance, answer) ||
        !claim(errand, session_answers(session), answer) || !expect_verb(errand, session, answer))
        return false;
    errand->begun = clock_mono();
    if (errand->ask.judgement.verdict == LINE_WRITES) {
        char shown[ASK_SHOWN_MAX];

        ask_show(&errand->ask, shown);
        errand->ticket = asked_begin(instance, errand->source, shown);
    }
    return true;
}

static enum command_result result_of(const struct reply *reply)
{
    if (reply->outcome == OUTCOME_SUCCESS)
        return RESULT_SUCCESS;
    if (reply->outcome == OUTCOME_UNSENT || (reply->outcome == OUTCOME_LOST && !reply->sent))
        return RESULT_REJECTED;
    return reply->outcome == OUTCOME_LOST ? RESULT_TIMED_OUT : RESULT_ERROR;
}

static void show_outcome(const struct errand *errand, struct instance *instance,
                         const struct reply *reply)
{
    static const struct slice none = {NULL, 0};
    enum command_result result = result_of(reply);
    char shown[ASK_SHOWN_MAX];

    ask_show(&errand->ask, shown);
    log_notice("%s: %s asked for \"%s\": %s", instance->name, errand->source, shown,
               result == RESULT_SUCCESS     ? "done"
               : result == RESULT_TIMED_OUT ? "no answer"
                                            : "not done");
    asked_end(instance, errand->ticket, result,
              reply->outcome == OUTCOME_SUCCESS || reply->outcome == OUTCOME_ERROR ? reply->text
              : result == RESULT_REJECTED ? slice_of("not sent: the session has ended, or too many "
                                                     "commands wait")
              : result == RESULT_TIMED_OUT ? slice_of("the session ended before the answer")
                                           : none,
              clock_mono() - errand->begun);
}

void errand_end(struct errand *errand, struct session *session, struct instance *instance,
                const struct reply *reply)
{
    const struct ask *ask = &errand->ask;
    struct answers *answers = session_answers(session);

    if (errand->ticket > 0)
        show_outcome(errand, instance, reply);
    if (reply->outcome == OUTCOME_SUCCESS)
        ask_accepted(ask, instance);
    else if (judges(ask) && result_of(reply) == RESULT_REJECTED)
        answers_login(answers, ask->cid, ask->kid);
    else if (ask->question[0])
        answers_question_over(answers, slice_of(ask->question));
    if (errand->verb)
        session_verb_settled(session);
    errand->verb = false;
}
