#ifndef AGENT_SERVE_SET_H
#define AGENT_SERVE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/tables/walker.h"

/* Net-SNMP's: whoever calls set_answer() has its headers. */
struct netsnmp_mib_handler_s;
struct netsnmp_handler_registration_s;
struct netsnmp_agent_request_info_s;
struct netsnmp_request_info_s;

/*
 * SETs: the varbinds of a PDU become a plan (control/plan.h), and what becomes of the plan is the
 * answer.  The library's phases are RESERVE, in which everything is checked; ACTION, which waits
 * for the daemons; then COMMIT, or UNDO, which may wait too; or FREE in the place of ACTION.
 */

/* The walker is borrowed until set_stop(). */
void set_start(const struct walker *walker);

/* Gives up what is under way; to be called before link_stop(). */
void set_stop(void);

/*
 * The session with the master agent has begun or ended, as via_master_begin() tells it: nobody
 * waits any more for what was asked before.
 */
void set_link_changed(bool up);

/*
 * The master agent has given up a SET that it waits for: what is not done by now is given up too,
 * and the request answered, as at the deadline.
 */
void set_cut(uint32_t transaction);

/* One phase, for all varbinds of the PDU. */
void set_answer(struct netsnmp_mib_handler_s *handler,
                struct netsnmp_handler_registration_s *registration,
                struct netsnmp_agent_request_info_s *reqinfo,
                struct netsnmp_request_info_s *requests);

#endif
