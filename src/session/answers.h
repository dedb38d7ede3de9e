#ifndef SESSION_ANSWERS_H
#define SESSION_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Who answers what a daemon asks, when several could: the first, and nobody after it.  The daemon
 * does not see to that: it takes an approval of a login that was denied a moment ago, and a user
 * name in the place of another that is half entered.
 *
 * An owner is any address that is not NULL; only its being the same counts.
 */

/* Logins that wait at once; for one more the oldest is given up.  Questions likewise. */
enum { ANSWERS_LOGINS_MAX = 16384, ANSWERS_QUESTIONS_MAX = 16 };

/* The longest name of a question that is told from others. */
enum { ANSWERS_NAME_MAX = 128 };

/* A client's login that management-client-auth has to judge. */
struct waiting_login {
    int64_t cid;
    int64_t kid;
    const void *owner; /* who has said that it will judge it; NULL nobody */
};

/* A question that somebody answers: 'Auth', 'Private Key', ..., or RSA_SIGN and the like. */
struct owned_question {
    char name[ANSWERS_NAME_MAX + 1];
    const void *owner;
};

/* Embedded and zeroed by its owner. */
struct answers {
    struct waiting_login *logins; /* by cid, then kid */
    size_t count;
    size_t room;
    struct owned_question questions[ANSWERS_QUESTIONS_MAX]; /* the oldest first */
    size_t question_count;
};

/* Frees what is in it; then it is as new.  A session has ended: nothing waits any more. */
void answers_clear(struct answers *answers);

/* >CLIENT:CONNECT or REAUTH: it waits for an answer, again if it was answered.  Without memory not.
 */
void answers_login(struct answers *answers, int64_t cid, int64_t kid);

/* >CLIENT:DISCONNECT: none of that client's waits any more. */
void answers_client_gone(struct answers *answers, int64_t cid);

/*
 * Somebody judges that login now (client-auth, -nt or -deny).  True when it may: then it waits no
 * more, and whoever judges it next may not.  What was never sent is put back by answers_login().
 */
bool answers_judge(struct answers *answers, int64_t cid, int64_t kid, const void *owner)
    __attribute__((warn_unused_result));

/*
 * Somebody will judge it later (client-pending-auth), and nobody else until it leaves.  With a kid
 * of -1 all logins of that client are meant.
 */
bool answers_claim_login(struct answers *answers, int64_t cid, int64_t kid, const void *owner)
    __attribute__((warn_unused_result));

/* How many logins wait. */
size_t answers_waiting(const struct answers *answers);

/*
 * Somebody answers a question: true when it is free or the owner's own; then it is the owner's
 * until answers_question_over() or answers_leave().
 */
bool answers_claim(struct answers *answers, struct slice question, const void *owner)
    __attribute__((warn_unused_result));

/* The same without claiming it. */
bool answers_may(const struct answers *answers, struct slice question, const void *owner);

/* The question is asked (again), answered or withdrawn: it is nobody's. */
void answers_question_over(struct answers *answers, struct slice question);

/* All questions are: the daemon has gone on. */
void answers_questions_over(struct answers *answers);

/* That one has gone: what it claimed is free, the logins still wait. */
void answers_leave(struct answers *answers, const void *owner);

#endif
