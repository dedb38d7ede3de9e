/* Not AGENT_SERVE_HANDLER_H: a header of Net-SNMP has that one. */
#ifndef OVPN_AGENT_SERVE_HANDLER_H
#define OVPN_AGENT_SERVE_HANDLER_H

#include <stdbool.h>

#include "agent/tables/walker.h"

/*
 * Answers what the master agent asks.  Three subtrees are registered below the root, each as one:
 * monitor (.1) and records (.2), which are read-only, and manage (.3), whose one registration lets
 * one call see all varbinds of a SET.
 */

/*
 * Registers the subtrees; the master agent hears of it as soon as there is a session.  To be called
 * between via_master_begin() and the first link_turn().  The walker is borrowed and must stay valid
 * until link_stop(), which undoes the registration.  Returns false, with the reason in the log,
 * when the library refuses.
 */
bool handler_start(const struct walker *walker);

#endif
