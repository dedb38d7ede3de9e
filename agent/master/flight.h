#ifndef AGENT_MASTER_FLIGHT_H
#define AGENT_MASTER_FLIGHT_H

#include <stdbool.h>

#include "agent/master/link.h"

/*
 * A notification on its way to the master agent, as an AgentX Notify (RFC 2741 section 6.2.10), one
 * at a time: what link_notification(), link_notify() and link_notified() are with a master agent.
 * One that is sent is lost when its session ends, or when something that was sent later is
 * answered.
 */
struct snmp_pdu *flight_new(void);
bool flight_send(struct snmp_pdu *pdu);
enum link_outcome flight_outcome(void);

#endif
