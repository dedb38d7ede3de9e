#ifndef AGENT_MASTER_VARBIND_H
#define AGENT_MASTER_VARBIND_H

#include <stdbool.h>
#include <stddef.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/tables/table.h"

/* Values of the tables as variables of Net-SNMP. */

/*
 * Gives a varbind a value, copying it.  Returns false when memory is out or the value is none of
 * its type.
 */
bool varbind_set(netsnmp_variable_list *varbind, enum value_type type, const struct value *value);

/*
 * Bytes that a varbind takes in an AgentX PDU (RFC 2741 section 5.4), at most, with a value of that
 * type; value is ignored where the type alone tells.
 */
size_t varbind_size(size_t name_len, enum value_type type, const struct value *value);

/* The same for a varbind as it is now. */
size_t varbind_size_now(const netsnmp_variable_list *varbind);

#endif
