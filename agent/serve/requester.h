#ifndef AGENT_SERVE_REQUESTER_H
#define AGENT_SERVE_REQUESTER_H

#include <stdbool.h>
#include <stddef.h>

struct snmp_pdu;

/* Whether the PDU has come from a manager itself; through a master agent nothing of him is known.
 */
bool requester_known(const struct snmp_pdu *pdu);

/* Room for "snmp NAME@ADDRESS". */
#define REQUESTER_TEXT_MAX 128

/*
 * Writes who asks, for people: "snmp admin@192.0.2.7", where a community shows as the name that the
 * configuration gives it, or "snmp" when that is not known; returns text.
 */
const char *requester_text(const struct snmp_pdu *pdu, char text[REQUESTER_TEXT_MAX]);

#endif
