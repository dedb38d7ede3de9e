#ifndef CONTROL_PLAN_H
#define CONTROL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/change.h"

/*
 * Several changes that a manager wants together, of one daemon or of several.  They are checked as
 * a whole, then made in this order: settings, in the order they were added, one at a time for each
 * daemon; when all of them have succeeded the one irreversible action; and when that has succeeded
 * what only reads again.  What was set is put back when something fails.
 *
 * All of it has one deadline, the shortest command_timeout of the daemons.  A command that was not
 * sent by then is never sent.  An answer that comes later is shown among the commands, and a
 * setting that succeeds late is put back.
 */
struct plan;

/* What becomes of one change. */
enum plan_error {
    PLAN_OK,
    PLAN_NO_ROW,
    PLAN_NOT_ALLOWED,
    PLAN_INCONSISTENT,
    PLAN_BUSY,
    PLAN_FAILED,     /* the daemon refused it, or was not asked because something else failed */
    PLAN_UNDO_FAILED /* it could not be put back, or nobody knows whether it was made */
};

/* The most changes that one plan takes. */
enum { PLAN_MAX = 64 };

/* An empty plan; NULL when memory is out. */
struct plan *plan_new(void);

/*
 * Gives it up, whatever it does: nothing more is begun, what is not sent is withdrawn, and nobody
 * is told.  Answers that are still to come are shown, and what they say is taken in.
 */
void plan_free(struct plan *plan);

/* Adds a copy of a change.  False when there are PLAN_MAX already or memory is out. */
bool plan_add(struct plan *plan, const struct change *change);

/* How many changes there are, and what has become of each, in the order they were added. */
size_t plan_count(const struct plan *plan);
enum plan_error plan_error_of(const struct plan *plan, size_t which);

/* Checks all of it.  True when it may run; else plan_error_of() tells which changes may not be. */
bool plan_check(struct plan *plan);

/*
 * Runs a checked plan.  Returns true when it goes on: done is then called once, at the deadline at
 * the latest, from the event loop, and may do anything, plan_free() included.  Returns false when
 * it has ended already: done is not called.  Either way plan_error_of() tells what failed.
 */
bool plan_run(struct plan *plan, void (*done)(void *arg), void *arg);

/*
 * Puts back what a plan that has run has set; the same deadline holds.  Returns as plan_run() does.
 * plan_error_of() gives PLAN_UNDO_FAILED or PLAN_OK.
 */
bool plan_undo(struct plan *plan, void (*done)(void *arg), void *arg);

/*
 * The deadline of a plan that runs, or puts back, is now: it is over with what is done so far, and
 * done is not called.
 */
void plan_end(struct plan *plan);

/* All has succeeded: the refreshes begin. */
void plan_commit(struct plan *plan);

#endif
