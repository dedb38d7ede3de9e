#ifndef TESTS_UNIT_PLANNED_H
#define TESTS_UNIT_PLANNED_H

#include "control/control.h"
#include "control/plan.h"
#include "model/asked.h"
#include "office.h"

/*
 * Plans for one daemon that the test plays (office.h), which is up and has been polled.  All is
 * allowed, command_timeout is 800 ms, the serial number is 0.
 */
extern struct control *control;
extern struct plan *plan; /* an empty one at first */
extern int ended;         /* how often the plan has told its end */

int planned_set_up(void **state);
int planned_tear_down(void **state);

/* Adds a change of the daemon to the plan. */
void planned_add(enum change_kind kind, int number);
void planned_add_text(enum change_kind kind, uint32_t row, const char *text);

/* What the plan calls at its end; its arg must be &plan. */
void planned_on_end(void *arg);

/* Checks and runs it; it goes on. */
void planned_run(void);

/* Fails unless it has ended once since the last call, with these errors of its first two changes.
 */
void planned_ended(enum plan_error first, enum plan_error second);

/* Fails unless the check refuses the last change with that error, and nothing was sent. */
void planned_refused(enum plan_error error);

/* Fails unless that is the last command, and what came of it. */
void planned_last(const char *text, enum command_result result, const char *reply);

/* The daemon asks for user name and password: row 1. */
void planned_ask_password(void);

#endif
