#ifndef AGENT_TABLES_TABLES_H
#define AGENT_TABLES_TABLES_H

#include <stddef.h>

#include "agent/tables/table.h"

/* All tables of the MIB, in the order of their OIDs: what the walker walks. */
extern const struct table *const tables[];
extern const size_t table_count;

/* Each in a file of its own or with its kin; columns as in OPENVPN-MANAGEMENT-MIB. */
extern const struct table scalar_table;
extern const struct table instance_table;
extern const struct table client_table;
extern const struct table peer_table;
extern const struct table user_table;
extern const struct table route_table;
extern const struct table request_table;
extern const struct table capability_table;
extern const struct table certificate_table;
extern const struct table share_table;
extern const struct table state_table;
extern const struct table log_table;
extern const struct table echo_table;
extern const struct table session_table;
extern const struct table command_table;
extern const struct table net_table;
extern const struct table pkcs11_table;
extern const struct table guest_table;
extern const struct table control_table;
extern const struct table client_control_table;
extern const struct table confirm_table;
extern const struct table credential_table;

#endif
