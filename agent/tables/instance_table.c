#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/model.h"
#include "protocol/status.h"

/* A number of its status, where it has told that. */
static void put_told(struct value *value, const struct instance *inst, enum status_number number,
                     uint64_t told)
{
    value_known(value, (inst->numbers_told & 1u << number) != 0, told);
}

INSTANCE_GETTER(name, value_text(value, inst->name))
INSTANCE_GETTER(endpoint, value_text(value, inst->endpoint))
INSTANCE_GETTER(contact, value_integer(value, (int32_t)inst->contact))
INSTANCE_GETTER(contact_last_change, value_timestamp(value, inst->contact_mono))
INSTANCE_GETTER(contact_since_unix, value_unix(value, inst->contact_unix))
INSTANCE_GETTER(contact_error, value_text(value, inst->contact_error))
INSTANCE_GETTER(contacts, value_number(value, inst->contacts))
INSTANCE_GETTER(age, value_age(value, inst->heard_mono))
INSTANCE_GETTER(version, value_text(value, inst->version))
INSTANCE_GETTER(management_version, value_number(value, (uint64_t)inst->management_version))
INSTANCE_GETTER(pid, value_number(value, (uint64_t)inst->pid))
INSTANCE_GETTER(mode, value_integer(value, (int32_t)inst->mode))
INSTANCE_GETTER(state, value_integer(value, (int32_t)instance_state(inst) + 1))
INSTANCE_GETTER(state_name, value_text(value, inst->state.name))
INSTANCE_GETTER(state_since, value_date(value, inst->state.time))
INSTANCE_GETTER(state_since_unix, value_unix(value, inst->state.time))
INSTANCE_GETTER(state_reason, value_text(value, inst->state.reason))
INSTANCE_GETTER(state_last_change, value_timestamp(value, inst->state_mono))
INSTANCE_GETTER(if_index, value_integer(value, (int32_t)instance_if_index(inst)))
INSTANCE_GETTER(if_name, value_text(value, instance_if_name(inst)))
INSTANCE_GETTER(tunnel_ipv4, value_ipv4(value, &inst->state.tunnel))
INSTANCE_GETTER(tunnel_ipv6, value_ipv6(value, &inst->state.tunnel))
INSTANCE_GETTER(tunnel_text, value_tunnel(value, &inst->state.tunnel))
INSTANCE_GETTER(local_addr_type, value_address_type(value, &inst->state.local))
INSTANCE_GETTER(local_addr, value_address(value, &inst->state.local))
INSTANCE_GETTER(local_port, value_number(value, inst->state.local.port))
INSTANCE_GETTER(local_text, value_text(value, inst->state.local_text))
INSTANCE_GETTER(remote_addr_type, value_address_type(value, &inst->state.remote))
INSTANCE_GETTER(remote_addr, value_address(value, &inst->state.remote))
INSTANCE_GETTER(remote_port, value_number(value, inst->state.remote.port))
INSTANCE_GETTER(remote_text, value_text(value, inst->state.remote_text))
INSTANCE_GETTER(hold_flag, value_switch(value, inst->settings[SETTING_HOLD]))
INSTANCE_GETTER(hold_waiting, value_integer(value, (int32_t)instance_hold_waiting(inst)))
INSTANCE_GETTER(hold_wait_hint,
                value_number(value, inst->hold_waiting ? (uint64_t)inst->hold_hint : 0))
INSTANCE_GETTER(verb, value_integer(value, inst->settings[SETTING_VERB]))
INSTANCE_GETTER(mute, value_integer(value, inst->settings[SETTING_MUTE]))
INSTANCE_GETTER(auth_retry, value_integer(value, inst->settings[SETTING_AUTH_RETRY] + 2))
INSTANCE_GETTER(clients,
                value_known(value, instance_counts_clients(inst), instance_client_count(inst)))
INSTANCE_GETTER(clients_peak, value_number(value, inst->clients_peak))
INSTANCE_GETTER(clients_max, value_known(value, instance_clients_max(inst) >= 0,
                                         (uint64_t)instance_clients_max(inst)))
INSTANCE_GETTER(pending_clients,
                value_known(value, instance_counts_clients(inst), instance_pending_count(inst)))
INSTANCE_GETTER(logins_accepted, value_number(value, inst->logins_accepted))
INSTANCE_GETTER(logins_rejected, value_number(value, inst->logins_rejected))
INSTANCE_GETTER(bytes_in, value_known(value, inst->load_told, inst->bytes_in))
INSTANCE_GETTER(bytes_out, value_known(value, inst->load_told, inst->bytes_out))
INSTANCE_GETTER(tun_read_bytes, put_told(value, inst, STATUS_TUN_READ, inst->tun_read))
INSTANCE_GETTER(tun_write_bytes, put_told(value, inst, STATUS_TUN_WRITE, inst->tun_write))
INSTANCE_GETTER(link_read_bytes, put_told(value, inst, STATUS_LINK_READ, inst->link_read))
INSTANCE_GETTER(link_write_bytes, put_told(value, inst, STATUS_LINK_WRITE, inst->link_write))
INSTANCE_GETTER(auth_read_bytes, put_told(value, inst, STATUS_AUTH_READ, inst->auth_read))
INSTANCE_GETTER(bcast_queue_max, put_told(value, inst, STATUS_BCAST_QUEUE, inst->bcast_queue_max))
INSTANCE_GETTER(dco_enabled, value_integer(value, (int32_t)inst->dco))
INSTANCE_GETTER(status_updated, value_date(value, inst->status_unix))
INSTANCE_GETTER(status_updated_unix, value_unix(value, inst->status_unix))
INSTANCE_GETTER(status_age, value_age(value, inst->status_mono))
INSTANCE_GETTER(status_complete, value_integer(value, (int32_t)inst->status_complete))
INSTANCE_GETTER(pending_requests,
                value_known(value, instance_in_contact(inst), instance_request_count(inst)))
INSTANCE_GETTER(fatals, value_number(value, inst->fatals))
INSTANCE_GETTER(errors, value_number(value, inst->errors))
INSTANCE_GETTER(warnings, value_number(value, inst->warnings))
INSTANCE_GETTER(discontinuity_time, value_timestamp(value, inst->started_mono))
INSTANCE_GETTER(tunnel_discontinuity, value_timestamp(value, inst->tunnel_mono))
INSTANCE_GETTER(fatal_message, value_text(value, inst->fatal_message))
INSTANCE_GETTER(fatal_unix, value_unix(value, inst->fatal_unix))
INSTANCE_GETTER(info, value_text(value, inst->info))
INSTANCE_GETTER(config_error, value_text(value, inst->config_error))
INSTANCE_GETTER(unknown_messages, value_number(value, inst->unknown_messages))
INSTANCE_GETTER(log_last, value_number(value, inst->log.last))
INSTANCE_GETTER(state_last, value_number(value, inst->states.last))
INSTANCE_GETTER(echo_last, value_number(value, inst->echo.last))
INSTANCE_GETTER(session_last, value_number(value, inst->departures.last))
INSTANCE_GETTER(rows_dropped, value_number(value, inst->rows_dropped))
INSTANCE_GETTER(lines_cut, value_number(value, inst->lines_cut))
INSTANCE_GETTER(users_dropped, value_number(value, inst->users.dropped))

static const struct column columns[] = {
    {2, VALUE_OCTETS, NULL, get_name, "Name"},
    {3, VALUE_OCTETS, NULL, get_endpoint, "Endpoint"},
    {4, VALUE_INTEGER, NULL, get_contact, "Contact"},
    {5, VALUE_TIMETICKS, NULL, get_contact_last_change, "ContactLastChange"},
    {6, VALUE_GAUGE32, NULL, get_contact_since_unix, "ContactSinceUnix"},
    {7, VALUE_OCTETS, NULL, get_contact_error, "ContactError"},
    {8, VALUE_COUNTER32, NULL, get_contacts, "Contacts"},
    {9, VALUE_GAUGE32, NULL, get_age, "Age"},
    {10, VALUE_OCTETS, NULL, get_version, "Version"},
    {11, VALUE_GAUGE32, NULL, get_management_version, "ManagementVersion"},
    {12, VALUE_GAUGE32, NULL, get_pid, "Pid"},
    {13, VALUE_INTEGER, NULL, get_mode, "Mode"},
    {14, VALUE_INTEGER, NULL, get_state, "State"},
    {15, VALUE_OCTETS, NULL, get_state_name, "StateName"},
    {16, VALUE_OCTETS, NULL, get_state_since, "StateSince"},
    {17, VALUE_GAUGE32, NULL, get_state_since_unix, "StateSinceUnix"},
    {18, VALUE_OCTETS, NULL, get_state_reason, "StateReason"},
    {19, VALUE_TIMETICKS, NULL, get_state_last_change, "StateLastChange"},
    {20, VALUE_INTEGER, NULL, get_if_index, "IfIndex"},
    {21, VALUE_OCTETS, NULL, get_if_name, "IfName"},
    {22, VALUE_OCTETS, NULL, get_tunnel_ipv4, "TunnelIpv4"},
    {23, VALUE_OCTETS, NULL, get_tunnel_ipv6, "TunnelIpv6"},
    {24, VALUE_OCTETS, NULL, get_tunnel_text, "TunnelText"},
    {25, VALUE_INTEGER, NULL, get_local_addr_type, "LocalAddrType"},
    {26, VALUE_OCTETS, NULL, get_local_addr, "LocalAddr"},
    {27, VALUE_GAUGE32, NULL, get_local_port, "LocalPort"},
    {28, VALUE_OCTETS, NULL, get_local_text, "LocalText"},
    {29, VALUE_INTEGER, NULL, get_remote_addr_type, "RemoteAddrType"},
    {30, VALUE_OCTETS, NULL, get_remote_addr, "RemoteAddr"},
    {31, VALUE_GAUGE32, NULL, get_remote_port, "RemotePort"},
    {32, VALUE_OCTETS, NULL, get_remote_text, "RemoteText"},
    {33, VALUE_INTEGER, NULL, get_hold_flag, "HoldFlag"},
    {34, VALUE_INTEGER, NULL, get_hold_waiting, "HoldWaiting"},
    {35, VALUE_GAUGE32, NULL, get_hold_wait_hint, "HoldWaitHint"},
    {36, VALUE_INTEGER, NULL, get_verb, "Verb"},
    {37, VALUE_INTEGER, NULL, get_mute, "Mute"},
    {38, VALUE_INTEGER, NULL, get_auth_retry, "AuthRetry"},
    {39, VALUE_GAUGE32, NULL, get_clients, "Clients"},
    {40, VALUE_GAUGE32, NULL, get_clients_peak, "ClientsPeak"},
    {41, VALUE_GAUGE32, NULL, get_clients_max, "ClientsMax"},
    {42, VALUE_GAUGE32, NULL, get_pending_clients, "PendingClients"},
    {43, VALUE_COUNTER32, NULL, get_logins_accepted, "LoginsAccepted"},
    {44, VALUE_COUNTER32, NULL, get_logins_rejected, "LoginsRejected"},
    {45, VALUE_COUNTER64, NULL, get_bytes_in, "BytesIn"},
    {46, VALUE_COUNTER64, NULL, get_bytes_out, "BytesOut"},
    {47, VALUE_COUNTER64, NULL, get_tun_read_bytes, "TunReadBytes"},
    {48, VALUE_COUNTER64, NULL, get_tun_write_bytes, "TunWriteBytes"},
    {49, VALUE_COUNTER64, NULL, get_link_read_bytes, "LinkReadBytes"},
    {50, VALUE_COUNTER64, NULL, get_link_write_bytes, "LinkWriteBytes"},
    {51, VALUE_COUNTER64, NULL, get_auth_read_bytes, "AuthReadBytes"},
    {52, VALUE_GAUGE32, NULL, get_bcast_queue_max, "BcastQueueMax"},
    {53, VALUE_INTEGER, NULL, get_dco_enabled, "DcoEnabled"},
    {54, VALUE_OCTETS, NULL, get_status_updated, "StatusUpdated"},
    {55, VALUE_GAUGE32, NULL, get_status_updated_unix, "StatusUpdatedUnix"},
    {56, VALUE_GAUGE32, NULL, get_status_age, "StatusAge"},
    {57, VALUE_INTEGER, NULL, get_status_complete, "StatusComplete"},
    {58, VALUE_GAUGE32, NULL, get_pending_requests, "PendingRequests"},
    {59, VALUE_COUNTER32, NULL, get_fatals, "Fatals"},
    {60, VALUE_COUNTER32, NULL, get_errors, "Errors"},
    {61, VALUE_COUNTER32, NULL, get_warnings, "Warnings"},
    {62, VALUE_TIMETICKS, NULL, get_discontinuity_time, "DiscontinuityTime"},
    {63, VALUE_TIMETICKS, NULL, get_tunnel_discontinuity, "TunnelDiscontinuity"},
    {64, VALUE_OCTETS, NULL, get_fatal_message, "FatalMessage"},
    {65, VALUE_GAUGE32, NULL, get_fatal_unix, "FatalUnix"},
    {66, VALUE_OCTETS, NULL, get_info, "Info"},
    {67, VALUE_OCTETS, NULL, get_config_error, "ConfigError"},
    {68, VALUE_COUNTER32, NULL, get_unknown_messages, "UnknownMessages"},
    {69, VALUE_GAUGE32, NULL, get_log_last, "LogLast"},
    {70, VALUE_GAUGE32, NULL, get_state_last, "StateLast"},
    {71, VALUE_GAUGE32, NULL, get_echo_last, "EchoLast"},
    {72, VALUE_GAUGE32, NULL, get_session_last, "SessionLast"},
    {73, VALUE_COUNTER32, NULL, get_rows_dropped, "RowsDropped"},
    {74, VALUE_COUNTER32, NULL, get_lines_cut, "LinesCut"},
    {75, VALUE_COUNTER32, NULL, get_users_dropped, "UsersDropped"},
};

const struct table instance_table = {.name = "ovpnInstance",
                                     TABLE_PATH(1, 2, 1),
                                     .arity = 1,
                                     .find = finder_instance,
                                     TABLE_COLUMNS(columns)};
