#ifndef AGENT_MASTER_VIA_MASTER_H
#define AGENT_MASTER_VIA_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;
struct event_base;
struct walker;

/* The way to the managers through a master agent. */

/*
 * Starts it and makes it the one of link.h; what subagent_start() says holds, and told hears of
 * sessions, with which the pings begin and end.  In each the module with the walker's root is
 * announced, and what managers read is answered from the walker, which is borrowed until
 * link_stop(); express.h says how.
 */
bool via_master_begin(struct event_base *base, const struct endpoint *master,
                      const struct walker *walker, void (*told)(bool up),
                      void (*cut)(uint32_t transaction));

#endif
