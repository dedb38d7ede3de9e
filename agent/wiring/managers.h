#ifndef AGENT_WIRING_MANAGERS_H
#define AGENT_WIRING_MANAGERS_H

#include <stdbool.h>

#include "agent/tables/walker.h"

struct config;
struct event_base;
struct options;

/* How managers are reached, through a master agent or without one: as the configuration says. */

/*
 * Starts the link (agent/master/link.h).  All but the configuration is borrowed until
 * managers_stop().  Returns false with the reason in the log; managers_stop() is due all the same.
 */
bool managers_start(const struct options *options, const struct config *config,
                    struct event_base *base, const struct walker *walker);

/*
 * Whether a configuration is good in what concerns managers, with the faults in the log, before it
 * is taken or reloaded.
 */
bool managers_judge(const struct config *config);

/* Takes what may change of it while the program runs, and warns of the rest. */
void managers_reload(const struct config *config);

void managers_stop(void);

#endif
