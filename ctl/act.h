#ifndef CTL_ACT_H
#define CTL_ACT_H

#include "ctl/call.h"

/* Commands that do something; each returns the exit status. */

int act_kill(struct call *call);
int act_halt(struct call *call);
int act_hold(struct call *call);
int act_release(struct call *call);
int act_verb(struct call *call);
int act_signal(struct call *call);
int act_answer(struct call *call);

#endif
