#ifndef AGENT_MASTER_CAPABILITIES_H
#define AGENT_MASTER_CAPABILITIES_H

#include <stddef.h>

/*
 * Has the master agent list the module in its sysORTable (RFC 3418), with a text for people, for as
 * long as the session lasts: an AgentX AddAgentCaps (RFC 2741 section 6.2.14), to be sent when one
 * has begun.  A refusal is logged and does no harm.
 */
void capabilities_announce(const unsigned long *module, size_t len);

/* The text, where no master agent lists it. */
#define CAPABILITIES_TEXT "OPENVPN-MANAGEMENT-MIB, OpenVPN daemons"

#endif
