#include "session/answers.h"

#include <stdlib.h>
#include <string.h>

void answers_clear(struct answers *answers)
{
    free(answers->logins);
    *answers = (struct answers){0};
}

/* The place of the login, or where it would stand. */
static size_t login_place(const struct answers *answers, int64_t cid, int64_t kid)
{
    size_t low = 0;
    size_t high = answers->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct waiting_login *login = &answers->logins[middle];

        if (login->cid < cid || (login->cid == cid && login->kid < kid))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct waiting_login *login_at(const struct answers *answers, int64_t cid, int64_t kid)
{
    size_t place = login_place(answers, cid, kid);
    struct waiting_login *login = place < answers->count ? &answers->logins[place] : NULL;

    return login && login->cid == cid && login->kid == kid ? login : NULL;
}

static void remove_logins(struct answers *answers, size_t place, size_t count)
{
    memmove(&answers->logins[place], &answers->logins[place + count],
            (answers->count - place - count) * sizeof(*answers->logins));
    answers->count -= count;
}

static bool make_login_room(struct answers *answers)
{
    size_t room = answers->room ? 2 * answers->room : 16;
    struct waiting_login *logins;

    if (answers->count < answers->room)
        return true;
    logins = realloc(answers->logins, room * sizeof(*logins));
    if (!logins)
        return false;
    answers->logins = logins;
    answers->room = room;
    return true;
}

/* Client ids grow, so the first is the oldest. */
void answers_login(struct answers *answers, int64_t cid, int64_t kid)
{
    size_t place;

    if (login_at(answers, cid, kid))
        return;
    if (answers->count == ANSWERS_LOGINS_MAX)
        remove_logins(answers, 0, 1);
    if (!make_login_room(answers))
        return;
    place = login_place(answers, cid, kid);
    memmove(&answers->logins[place + 1], &answers->logins[place],
            (answers->count - place) * sizeof(*answers->logins));
    answers->logins[place] = (struct waiting_login){.cid = cid, .kid = kid};
    answers->count++;
}

void answers_client_gone(struct answers *answers, int64_t cid)
{
    size_t first = login_place(answers, cid, INT64_MIN);
    size_t count = 0;

    while (first + count < answers->count && answers->logins[first + count].cid == cid)
        count++;
    if (count > 0)
        remove_logins(answers, first, count);
}

static bool is_free_for(const void *owned, const void *owner)
{
    return !owned || owned == owner;
}

bool answers_judge(struct answers *answers, int64_t cid, int64_t kid, const void *owner)
{
    struct waiting_login *login = login_at(answers, cid, kid);

    if (!login || !is_free_for(login->owner, owner))
        return false;
    remove_logins(answers, (size_t)(login - answers->logins), 1);
    return true;
}

bool answers_claim_login(struct answers *answers, int64_t cid, int64_t kid, const void *owner)
{
    size_t first = login_place(answers, cid, kid < 0 ? INT64_MIN : kid);
    size_t end = first;

    while (end < answers->count && answers->logins[end].cid == cid &&
           (kid < 0 || answers->logins[end].kid == kid)) {
        if (!is_free_for(answers->logins[end].owner, owner))
            return false;
        end++;
    }
    for (size_t i = first; i < end; i++)
        answers->logins[i].owner = owner;
    return end > first;
}

size_t answers_waiting(const struct answers *answers)
{
    return answers->count;
}

/* The place of the question, or question_count. */
static size_t question_place(const struct answers *answers, struct slice name)
{
    size_t place = 0;

    if (name.len > ANSWERS_NAME_MAX)
        name.len = ANSWERS_NAME_MAX;
    while (place < answers->question_count && !slice_is(name, answers->questions[place].name))
        place++;
    return place;
}

static void remove_question(struct answers *answers, size_t place)
{
    memmove(&answers->questions[place], &answers->questions[place + 1],
            (answers->question_count - place - 1) * sizeof(answers->questions[0]));
    answers->question_count--;
}

bool answers_may(const struct answers *answers, struct slice question, const void *owner)
{
    size_t place = question_place(answers, question);

    return place == answers->question_count || is_free_for(answers->questions[place].owner, owner);
}

bool answers_claim(struct answers *answers, struct slice question, const void *owner)
{
    size_t len = question.len < ANSWERS_NAME_MAX ? question.len : ANSWERS_NAME_MAX;
    struct owned_question *own;

    if (!answers_may(answers, question, owner))
        return false;
    if (question_place(answers, question) < answers->question_count)
        return true;
    if (answers->question_count == ANSWERS_QUESTIONS_MAX)
        remove_question(answers, 0);
    own = &answers->questions[answers->question_count++];
    own->owner = owner;
    memcpy(own->name, question.at, len);
    own->name[len] = '\0';
    return true;
}

void answers_question_over(struct answers *answers, struct slice question)
{
    size_t place = question_place(answers, question);

    if (place < answers->question_count)
        remove_question(answers, place);
}

void answers_questions_over(struct answers *answers)
{
    answers->question_count = 0;
}

void answers_leave(struct answers *answers, const void *owner)
{
    for (size_t i = 0; i < answers->count; i++)
        if (answers->logins[i].owner == owner)
            answers->logins[i].owner = NULL;
    for (size_t i = answers->question_count; i > 0; i--)
        if (answers->questions[i - 1].owner == owner)
            remove_question(answers, i - 1);
}
