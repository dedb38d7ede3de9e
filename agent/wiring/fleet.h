#ifndef AGENT_WIRING_FLEET_H
#define AGENT_WIRING_FLEET_H

#include <stdbool.h>

#include "config/config.h"
#include "model/model.h"

struct event_base;

/* The daemons of the configuration in force: an instance of the model and a session for each. */

/* Puts the instances into the model, which is borrowed until fleet_stop(), as the sockets' loop is.
 */
void fleet_start(struct model *model, struct event_base *base);

/*
 * Makes the configuration, which the fleet then owns, the one in force.  Instances that stay the
 * same in name, index, endpoint and password file keep their session; the others are closed and
 * opened, and of those one whose name was there before knows what that knew (store/handover.h).  An
 * instance without an index gets the next free one, which its name keeps for as long as
 * the program runs.  Returns false when memory was out, which is logged: the one in force stays, or
 * instances of the new one are missing; the same configuration may be tried again.
 */
bool fleet_configure(struct config *config);

/* Closes all sessions and empties the model. */
void fleet_stop(void);

#endif
