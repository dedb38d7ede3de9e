#include <stddef.h>

#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/model.h"

/* What was open when contact was lost cannot be answered. */
ITEM_GETTER(request_kind, struct request, value_integer(value, (int32_t)item->kind))
ITEM_GETTER(request_name, struct request, value_text(value, item->name))
ITEM_GETTER(request_prompt, struct request, value_text(value, item->prompt))
ITEM_GETTER(request_reason, struct request, value_text(value, item->reason))
ITEM_GETTER(request_echo, struct request,
            value_integer(value, (int32_t)(!item->challenged ? TRUTH_UNKNOWN
                                           : item->echo      ? TRUTH_TRUE
                                                             : TRUTH_FALSE)))
ITEM_GETTER(request_since, struct request, value_date(value, item->since))
ITEM_GETTER(request_since_unix, struct request, value_unix(value, item->since))
ITEM_GETTER(request_ended, struct request, value_date(value, item->ended))
ITEM_GETTER(request_ended_unix, struct request, value_unix(value, item->ended))
ITEM_GETTER(request_status, struct request, value_integer(value, (int32_t)item->status))

static const struct column request_columns[] = {
    {2, VALUE_INTEGER, NULL, get_request_kind, "Kind"},
    {3, VALUE_OCTETS, NULL, get_request_name, "Name"},
    {4, VALUE_OCTETS, NULL, get_request_prompt, "Prompt"},
    {5, VALUE_OCTETS, NULL, get_request_reason, "Reason"},
    {6, VALUE_INTEGER, NULL, get_request_echo, "Echo"},
    {7, VALUE_OCTETS, NULL, get_request_since, "Since"},
    {8, VALUE_GAUGE32, NULL, get_request_since_unix, "SinceUnix"},
    {9, VALUE_OCTETS, NULL, get_request_ended, "Ended"},
    {10, VALUE_GAUGE32, NULL, get_request_ended_unix, "EndedUnix"},
    {11, VALUE_INTEGER, NULL, get_request_status, "Status"},
};

static const void *request_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct request *request = history_after(&instance->requests, after, found);

    while (request && request->status == REQUEST_PENDING && !instance_in_contact(instance))
        request = history_after(&instance->requests, *found, found);
    return request;
}

const struct table request_table = {.name = "ovpnRequest",
                                    TABLE_PATH(1, 7, 1),
                                    .arity = 2,
                                    .find = finder_rows,
                                    .after = request_after,
                                    TABLE_COLUMNS(request_columns)};

ITEM_GETTER(capability_command, struct capability, value_text(value, item->command))
ITEM_GETTER(capability_summary, struct capability, value_text(value, item->summary))

static const struct column capability_columns[] = {
    {2, VALUE_OCTETS, NULL, get_capability_command, "Command"},
    {3, VALUE_OCTETS, NULL, get_capability_summary, "Summary"},
};

static const void *capability_after(const struct instance *instance, uint32_t after,
                                    uint32_t *found)
{
    if (after >= instance->capability_count)
        return NULL;
    *found = after + 1;
    return &instance->capabilities[after];
}

const struct table capability_table = {.name = "ovpnCapability",
                                       TABLE_PATH(1, 8, 1),
                                       .arity = 2,
                                       .find = finder_rows,
                                       .after = capability_after,
                                       TABLE_COLUMNS(capability_columns)};

ITEM_GETTER(state_time, struct state_record, value_date(value, item->time))
ITEM_GETTER(state_time_unix, struct state_record, value_unix(value, item->time))
ITEM_GETTER(state_value, struct state_record, value_integer(value, (int32_t)item->state + 1))
ITEM_GETTER(state_name, struct state_record, value_text(value, item->name))
ITEM_GETTER(state_reason, struct state_record, value_text(value, item->reason))
ITEM_GETTER(state_tunnel_ipv4, struct state_record, value_ipv4(value, &item->tunnel))
ITEM_GETTER(state_tunnel_ipv6, struct state_record, value_ipv6(value, &item->tunnel))
ITEM_GETTER(state_tunnel_text, struct state_record, value_tunnel(value, &item->tunnel))
ITEM_GETTER(state_remote_text, struct state_record, value_text(value, item->remote_text))
ITEM_GETTER(state_local_text, struct state_record, value_text(value, item->local_text))

static const struct column state_columns[] = {
    {2, VALUE_OCTETS, NULL, get_state_time, "Time"},
    {3, VALUE_GAUGE32, NULL, get_state_time_unix, "TimeUnix"},
    {4, VALUE_INTEGER, NULL, get_state_value, "Value"},
    {5, VALUE_OCTETS, NULL, get_state_name, "Name"},
    {6, VALUE_OCTETS, NULL, get_state_reason, "Reason"},
    {7, VALUE_OCTETS, NULL, get_state_tunnel_ipv4, "TunnelIpv4"},
    {8, VALUE_OCTETS, NULL, get_state_tunnel_ipv6, "TunnelIpv6"},
    {9, VALUE_OCTETS, NULL, get_state_tunnel_text, "TunnelText"},
    {10, VALUE_OCTETS, NULL, get_state_remote_text, "RemoteText"},
    {11, VALUE_OCTETS, NULL, get_state_local_text, "LocalText"},
};

const struct table state_table = {.name = "ovpnState",
                                  TABLE_PATH(2, 1, 1),
                                  .arity = 2,
                                  .find = finder_rows,
                                  .history = offsetof(struct instance, states),
                                  TABLE_COLUMNS(state_columns)};

ITEM_GETTER(log_time, struct log_record, value_date(value, item->time))
ITEM_GETTER(log_time_unix, struct log_record, value_unix(value, item->time))
ITEM_GETTER(log_flags, struct log_record, value_bits(value, item->flags))
ITEM_GETTER(log_message, struct log_record, value_text(value, item->message))

static const struct column log_columns[] = {
    {2, VALUE_OCTETS, NULL, get_log_time, "Time"},
    {3, VALUE_GAUGE32, NULL, get_log_time_unix, "TimeUnix"},
    {4, VALUE_OCTETS, NULL, get_log_flags, "Flags"},
    {5, VALUE_OCTETS, NULL, get_log_message, "Message"},
};

const struct table log_table = {.name = "ovpnLog",
                                TABLE_PATH(2, 2, 1),
                                .arity = 2,
                                .find = finder_rows,
                                .history = offsetof(struct instance, log),
                                TABLE_COLUMNS(log_columns)};

ITEM_GETTER(echo_time, struct log_record, value_date(value, item->time))
ITEM_GETTER(echo_time_unix, struct log_record, value_unix(value, item->time))
ITEM_GETTER(echo_message, struct log_record, value_text(value, item->message))

static const struct column echo_columns[] = {
    {2, VALUE_OCTETS, NULL, get_echo_time, "Time"},
    {3, VALUE_GAUGE32, NULL, get_echo_time_unix, "TimeUnix"},
    {4, VALUE_OCTETS, NULL, get_echo_message, "Message"},
};

const struct table echo_table = {.name = "ovpnEcho",
                                 TABLE_PATH(2, 3, 1),
                                 .arity = 2,
                                 .find = finder_rows,
                                 .history = offsetof(struct instance, echo),
                                 TABLE_COLUMNS(echo_columns)};

ITEM_GETTER(session_common_name, struct departure_record, value_text(value, item->who.common_name))
ITEM_GETTER(session_username, struct departure_record, value_text(value, item->who.username))
ITEM_GETTER(session_user_index, struct departure_record, value_number(value, item->user_index))
ITEM_GETTER(session_real_addr_type, struct departure_record,
            value_address_type(value, &item->who.real))
ITEM_GETTER(session_real_addr, struct departure_record, value_address(value, &item->who.real))
ITEM_GETTER(session_real_port, struct departure_record, value_number(value, item->who.real.port))
ITEM_GETTER(session_real_text, struct departure_record, value_text(value, item->who.real_text))
ITEM_GETTER(session_virtual_ipv4, struct departure_record, value_ipv4(value, &item->who.tunnel))
ITEM_GETTER(session_virtual_ipv6, struct departure_record, value_ipv6(value, &item->who.tunnel))
ITEM_GETTER(session_tunnel_text, struct departure_record, value_tunnel(value, &item->who.tunnel))
ITEM_GETTER(session_bytes_in, struct departure_record, value_number(value, item->bytes_in))
ITEM_GETTER(session_bytes_out, struct departure_record, value_number(value, item->bytes_out))
ITEM_GETTER(session_connected, struct departure_record, value_date(value, item->connected))
ITEM_GETTER(session_connected_unix, struct departure_record, value_unix(value, item->connected))
ITEM_GETTER(session_ended, struct departure_record, value_date(value, item->ended))
ITEM_GETTER(session_ended_unix, struct departure_record, value_unix(value, item->ended))
ITEM_GETTER(session_seconds, struct departure_record,
            value_seconds(value, item->connected, item->ended,
                          row->index[1] < row->instance->departure_dated))
ITEM_GETTER(session_client_index, struct departure_record, value_number(value, item->client_index))

static const struct column session_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_OCTETS, NULL, get_session_common_name, "CommonName"},
    {4, VALUE_OCTETS, NULL, get_session_username, "Username"},
    {5, VALUE_GAUGE32, NULL, get_session_user_index, "UserIndex"},
    {6, VALUE_INTEGER, NULL, get_session_real_addr_type, "RealAddrType"},
    {7, VALUE_OCTETS, NULL, get_session_real_addr, "RealAddr"},
    {8, VALUE_GAUGE32, NULL, get_session_real_port, "RealPort"},
    {9, VALUE_OCTETS, NULL, get_session_real_text, "RealText"},
    {10, VALUE_OCTETS, NULL, get_session_virtual_ipv4, "VirtualIpv4"},
    {11, VALUE_OCTETS, NULL, get_session_virtual_ipv6, "VirtualIpv6"},
    {12, VALUE_OCTETS, NULL, get_session_tunnel_text, "TunnelText"},
    {13, VALUE_COUNTER64, NULL, get_session_bytes_in, "BytesIn"},
    {14, VALUE_COUNTER64, NULL, get_session_bytes_out, "BytesOut"},
    {15, VALUE_OCTETS, NULL, get_session_connected, "Connected"},
    {16, VALUE_GAUGE32, NULL, get_session_connected_unix, "ConnectedUnix"},
    {17, VALUE_OCTETS, NULL, get_session_ended, "Ended"},
    {18, VALUE_GAUGE32, NULL, get_session_ended_unix, "EndedUnix"},
    {19, VALUE_GAUGE32, NULL, get_session_seconds, "Seconds"},
    {20, VALUE_GAUGE32, NULL, get_session_client_index, "ClientIndex"},
};

const struct table session_table = {.name = "ovpnSession",
                                    TABLE_PATH(2, 4, 1),
                                    .arity = 2,
                                    .find = finder_rows,
                                    .history = offsetof(struct instance, departures),
                                    TABLE_COLUMNS(session_columns)};

ITEM_GETTER(command_time, struct command_record, value_date(value, item->time))
ITEM_GETTER(command_time_unix, struct command_record, value_unix(value, item->time))
ITEM_GETTER(command_source, struct command_record, value_text(value, item->source))
ITEM_GETTER(command_command, struct command_record, value_text(value, item->command))
ITEM_GETTER(command_result, struct command_record, value_integer(value, (int32_t)item->result))
ITEM_GETTER(command_reply, struct command_record, value_text(value, item->reply))
ITEM_GETTER(command_milliseconds, struct command_record, value_number(value, item->milliseconds))

static const struct column command_columns[] = {
    {2, VALUE_OCTETS, NULL, get_command_time, "Time"},
    {3, VALUE_GAUGE32, NULL, get_command_time_unix, "TimeUnix"},
    {4, VALUE_OCTETS, NULL, get_command_source, "Source"},
    {5, VALUE_OCTETS, NULL, get_command_command, "Command"},
    {6, VALUE_INTEGER, NULL, get_command_result, "Result"},
    {7, VALUE_OCTETS, NULL, get_command_reply, "Reply"},
    {8, VALUE_GAUGE32, NULL, get_command_milliseconds, "Milliseconds"},
};

const struct table command_table = {.name = "ovpnCommand",
                                    TABLE_PATH(2, 5, 1),
                                    .arity = 2,
                                    .find = finder_rows,
                                    .history = offsetof(struct instance, commands),
                                    TABLE_COLUMNS(command_columns)};
