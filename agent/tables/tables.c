#include "agent/tables/tables.h"

const struct table *const tables[] = {
    &scalar_table,  &instance_table,   &client_table,     &peer_table,        &user_table,
    &route_table,   &request_table,    &capability_table, &certificate_table, &share_table,
    &state_table,   &log_table,        &echo_table,       &session_table,     &command_table,
    &net_table,     &pkcs11_table,     &guest_table,      &control_table,     &client_control_table,
    &confirm_table, &credential_table,
};

const size_t table_count = sizeof(tables) / sizeof(tables[0]);
