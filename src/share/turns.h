#ifndef SHARE_TURNS_H
#define SHARE_TURNS_H

#include "base/timers.h"
#include "share/errand.h"

/*
 * Whose command comes next: all guests of a daemon together have one at a time among those of the
 * agent, so that a SET or a poll waits for one answer of theirs at most.  A guest has one errand at
 * a time, so first come, first served is a round.  Errands of a share whose bucket is empty let
 * others pass; reads that are the same and wait together become one.
 */
struct turns {
    struct session *session;
    struct instance *instance;
    struct errand *waiting;
    struct errand *current; /* what is under way, and behind it those that have its answer too */
    struct timer next;
};

/* Both must outlive the turns. */
void turns_init(struct turns *turns, struct instance *instance, struct session *session);

/* Nothing waits any more: all guests have gone, and the session, too, or its answer has come. */
void turns_fini(struct turns *turns);

/* Takes an errand (errand_new()) with all filled in.  Its listener is called from the loop alone.
 */
void turns_add(struct turns *turns, struct errand *errand);

/* Its guest has gone: the listener is not called any more.  Not sent, it is never sent. */
void turns_forget(struct turns *turns, struct errand *errand);

#endif
