#ifndef CTL_STAY_H
#define CTL_STAY_H

#include "ctl/call.h"

/* Commands that go on until they are told to end; each returns the exit status. */

int stay_top(struct call *call);
int stay_watch(struct call *call);

#endif
