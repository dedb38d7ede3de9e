#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "base/clock.h"
#include "model/model.h"

/* Ids count up from 0; -1 is "not told", and so is what does not fit. */
static int32_t id(int64_t number)
{
    return number <= INT32_MAX ? (int32_t)number : -1;
}

ITEM_GETTER(client_common_name, struct client, value_text(value, item->who.common_name))
ITEM_GETTER(client_username, struct client, value_text(value, item->who.username))
ITEM_GETTER(client_user_index, struct client,
            value_number(value, item->user ? item->user->index : 0))
ITEM_GETTER(client_real_proto, struct client,
            value_integer(value, (int32_t)item->who.real.proto + 1))
ITEM_GETTER(client_real_addr_type, struct client, value_address_type(value, &item->who.real))
ITEM_GETTER(client_real_addr, struct client, value_address(value, &item->who.real))
ITEM_GETTER(client_real_port, struct client, value_number(value, item->who.real.port))
ITEM_GETTER(client_real_text, struct client, value_text(value, item->who.real_text))
ITEM_GETTER(client_virtual_ipv4, struct client, value_ipv4(value, &item->who.tunnel))
ITEM_GETTER(client_virtual_ipv6, struct client, value_ipv6(value, &item->who.tunnel))
ITEM_GETTER(client_tunnel_text, struct client, value_tunnel(value, &item->who.tunnel))
ITEM_GETTER(client_bytes_in, struct client, value_number(value, item->bytes_in))
ITEM_GETTER(client_bytes_out, struct client, value_number(value, item->bytes_out))
ITEM_GETTER(client_connected_since, struct client, value_date(value, item->since))
ITEM_GETTER(client_connected_since_unix, struct client, value_unix(value, item->since))
ITEM_GETTER(client_connected_seconds, struct client,
            value_seconds(value, item->since, clock_wall(),
                          row->index[1] < row->instance->client_dated))
ITEM_GETTER(client_client_id, struct client, value_integer(value, id(item->cid)))
ITEM_GETTER(client_peer_id, struct client, value_integer(value, id(item->peer_id)))
ITEM_GETTER(client_cipher, struct client, value_text(value, item->cipher))
ITEM_GETTER(client_last_ref, struct client, value_date(value, item->last_ref))
ITEM_GETTER(client_last_ref_unix, struct client, value_unix(value, item->last_ref))
ITEM_GETTER(client_discontinuity_time, struct client, value_timestamp(value, item->seen_mono))
ITEM_GETTER(client_pending, struct client, value_truth(value, item->pending))
ITEM_GETTER(client_confirmed, struct client, value_truth(value, !item->unconfirmed))

static const struct column client_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_OCTETS, NULL, get_client_common_name, "CommonName"},
    {4, VALUE_OCTETS, NULL, get_client_username, "Username"},
    {5, VALUE_GAUGE32, NULL, get_client_user_index, "UserIndex"},
    {6, VALUE_INTEGER, NULL, get_client_real_proto, "RealProto"},
    {7, VALUE_INTEGER, NULL, get_client_real_addr_type, "RealAddrType"},
    {8, VALUE_OCTETS, NULL, get_client_real_addr, "RealAddr"},
    {9, VALUE_GAUGE32, NULL, get_client_real_port, "RealPort"},
    {10, VALUE_OCTETS, NULL, get_client_real_text, "RealText"},
    {11, VALUE_OCTETS, NULL, get_client_virtual_ipv4, "VirtualIpv4"},
    {12, VALUE_OCTETS, NULL, get_client_virtual_ipv6, "VirtualIpv6"},
    {13, VALUE_OCTETS, NULL, get_client_tunnel_text, "TunnelText"},
    {14, VALUE_COUNTER64, NULL, get_client_bytes_in, "BytesIn"},
    {15, VALUE_COUNTER64, NULL, get_client_bytes_out, "BytesOut"},
    {16, VALUE_OCTETS, NULL, get_client_connected_since, "ConnectedSince"},
    {17, VALUE_GAUGE32, NULL, get_client_connected_since_unix, "ConnectedSinceUnix"},
    {18, VALUE_GAUGE32, NULL, get_client_connected_seconds, "ConnectedSeconds"},
    {19, VALUE_INTEGER, NULL, get_client_client_id, "ClientId"},
    {20, VALUE_INTEGER, NULL, get_client_peer_id, "PeerId"},
    {21, VALUE_OCTETS, NULL, get_client_cipher, "Cipher"},
    {22, VALUE_OCTETS, NULL, get_client_last_ref, "LastRef"},
    {23, VALUE_GAUGE32, NULL, get_client_last_ref_unix, "LastRefUnix"},
    {24, VALUE_TIMETICKS, NULL, get_client_discontinuity_time, "DiscontinuityTime"},
    {25, VALUE_INTEGER, NULL, get_client_pending, "Pending"},
    {26, VALUE_INTEGER, NULL, get_client_confirmed, "Confirmed"},
};

const struct table client_table = {.name = "ovpnClient",
                                   TABLE_PATH(1, 3, 1),
                                   .arity = 2,
                                   .find = finder_rows,
                                   .after = finder_client_after,
                                   TABLE_COLUMNS(client_columns)};

/* Rows only where a block of the client was seen. */
ITEM_GETTER(peer_version, struct client, value_text(value, item->peer->version))
ITEM_GETTER(peer_platform, struct client, value_text(value, item->peer->platform))
ITEM_GETTER(peer_gui_version, struct client, value_text(value, item->peer->gui))
ITEM_GETTER(peer_sso, struct client, value_text(value, item->peer->sso))
ITEM_GETTER(peer_platform_version, struct client, value_text(value, item->peer->platform_version))
ITEM_GETTER(peer_hardware, struct client, value_text(value, item->peer->hardware))
ITEM_GETTER(peer_ssl, struct client, value_text(value, item->peer->ssl))
ITEM_GETTER(peer_variables, struct client, value_text(value, item->peer->variables))

static const struct column peer_columns[] = {
    {1, VALUE_OCTETS, NULL, get_peer_version, "Version"},
    {2, VALUE_OCTETS, NULL, get_peer_platform, "Platform"},
    {3, VALUE_OCTETS, NULL, get_peer_gui_version, "GuiVersion"},
    {4, VALUE_OCTETS, NULL, get_peer_sso, "Sso"},
    {5, VALUE_OCTETS, NULL, get_peer_platform_version, "PlatformVersion"},
    {6, VALUE_OCTETS, NULL, get_peer_hardware, "HardwareAddress"},
    {7, VALUE_OCTETS, NULL, get_peer_ssl, "Ssl"},
    {8, VALUE_OCTETS, NULL, get_peer_variables, "Variables"},
};

static const void *peer_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct client *client = peers_after(instance, after);

    if (client)
        *found = client->base.index;
    return client;
}

const struct table peer_table = {.name = "ovpnPeer",
                                 TABLE_PATH(1, 4, 1),
                                 .arity = 2,
                                 .find = finder_rows,
                                 .after = peer_after,
                                 TABLE_COLUMNS(peer_columns)};

ITEM_GETTER(route_kind, struct route, value_integer(value, (int32_t)item->kind))
ITEM_GETTER(route_address, struct route, value_text(value, item->address))
ITEM_GETTER(route_cached, struct route, value_truth(value, item->cached))
ITEM_GETTER(route_common_name, struct route, value_text(value, item->common_name))
ITEM_GETTER(route_client_index, struct route, value_number(value, item->client_index))
ITEM_GETTER(route_last_ref, struct route, value_date(value, item->last_ref))
ITEM_GETTER(route_last_ref_unix, struct route, value_unix(value, item->last_ref))

static const struct column route_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_INTEGER, NULL, get_route_kind, "Kind"},
    {4, VALUE_OCTETS, NULL, get_route_address, "Address"},
    {5, VALUE_INTEGER, NULL, get_route_cached, "Cached"},
    {6, VALUE_OCTETS, NULL, get_route_common_name, "CommonName"},
    {7, VALUE_GAUGE32, NULL, get_route_client_index, "ClientIndex"},
    {8, VALUE_OCTETS, NULL, get_route_last_ref, "LastRef"},
    {9, VALUE_GAUGE32, NULL, get_route_last_ref_unix, "LastRefUnix"},
};

static const void *route_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct route *route = routes_after(instance, after);

    if (route)
        *found = route->base.index;
    return route;
}

const struct table route_table = {.name = "ovpnRoute",
                                  TABLE_PATH(1, 6, 1),
                                  .arity = 2,
                                  .find = finder_rows,
                                  .after = route_after,
                                  TABLE_COLUMNS(route_columns)};
