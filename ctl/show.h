#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "ctl/call.h"

/* Commands that show what is there; each returns the exit status. */

int show_status(struct call *call);
int show_clients(struct call *call);
int show_users(struct call *call);
int show_sessions(struct call *call);
int show_log(struct call *call);
int show_states(struct call *call);
int show_echoes(struct call *call);
int show_commands(struct call *call);
int show_requests(struct call *call);
int show_certificates(struct call *call);
int show_shares(struct call *call);
int show_guests(struct call *call);
int show_health(struct call *call);

#endif
