#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/instance.h"

ITEM_GETTER(share_endpoint, struct share_row, value_text(value, item->endpoint))
ITEM_GETTER(share_allow, struct share_row, value_text(value, item->allow_text))
ITEM_GETTER(share_guests, struct share_row, value_number(value, item->guests))
ITEM_GETTER(share_guests_max, struct share_row, value_number(value, item->guests_max))
ITEM_GETTER(share_connects, struct share_row, value_number(value, item->connects))
ITEM_GETTER(share_refused, struct share_row, value_number(value, item->refused))
ITEM_GETTER(share_commands, struct share_row, value_number(value, item->commands))
ITEM_GETTER(share_denied, struct share_row, value_number(value, item->denied))
ITEM_GETTER(share_dropped, struct share_row, value_number(value, item->dropped))
ITEM_GETTER(share_last_denied, struct share_row, value_text(value, item->last_denied))
ITEM_GETTER(share_last_denied_unix, struct share_row, value_unix(value, item->last_denied_unix))
ITEM_GETTER(share_opened, struct share_row, value_date(value, item->opened_unix))
ITEM_GETTER(share_opened_unix, struct share_row, value_unix(value, item->opened_unix))

static const struct column share_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_OCTETS, NULL, get_share_endpoint, "Endpoint"},
    {4, VALUE_OCTETS, NULL, get_share_allow, "Allow"},
    {5, VALUE_GAUGE32, NULL, get_share_guests, "Guests"},
    {6, VALUE_GAUGE32, NULL, get_share_guests_max, "GuestsMax"},
    {7, VALUE_COUNTER32, NULL, get_share_connects, "Connects"},
    {8, VALUE_COUNTER32, NULL, get_share_refused, "Refused"},
    {9, VALUE_COUNTER32, NULL, get_share_commands, "Commands"},
    {10, VALUE_COUNTER32, NULL, get_share_denied, "Denied"},
    {11, VALUE_COUNTER32, NULL, get_share_dropped, "Dropped"},
    {12, VALUE_OCTETS, NULL, get_share_last_denied, "LastDenied"},
    {13, VALUE_GAUGE32, NULL, get_share_last_denied_unix, "LastDeniedUnix"},
    {14, VALUE_OCTETS, NULL, get_share_opened, "Opened"},
    {15, VALUE_GAUGE32, NULL, get_share_opened_unix, "OpenedUnix"},
};

static const void *share_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct share_row *share = shares_after(instance, after);

    if (share)
        *found = share->base.index;
    return share;
}

const struct table share_table = {.name = "ovpnShare",
                                  TABLE_PATH(1, 11, 1),
                                  .arity = 2,
                                  .find = finder_rows,
                                  .after = share_after,
                                  TABLE_COLUMNS(share_columns)};

ITEM_GETTER(guest_share, struct guest_row, value_number(value, item->share->base.index))
ITEM_GETTER(guest_peer, struct guest_row, value_text(value, item->peer))
ITEM_GETTER(guest_since, struct guest_row, value_date(value, item->since_unix))
ITEM_GETTER(guest_since_unix, struct guest_row, value_unix(value, item->since_unix))
ITEM_GETTER(guest_streams, struct guest_row, value_bits(value, item->streams))
ITEM_GETTER(guest_commands, struct guest_row, value_number(value, item->commands))
ITEM_GETTER(guest_last_command, struct guest_row, value_text(value, item->last_command))

static const struct column guest_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_GAUGE32, NULL, get_guest_share, "Share"},
    {4, VALUE_OCTETS, NULL, get_guest_peer, "Peer"},
    {5, VALUE_OCTETS, NULL, get_guest_since, "Since"},
    {6, VALUE_GAUGE32, NULL, get_guest_since_unix, "SinceUnix"},
    {7, VALUE_OCTETS, NULL, get_guest_streams, "Streams"},
    {8, VALUE_COUNTER32, NULL, get_guest_commands, "Commands"},
    {9, VALUE_OCTETS, NULL, get_guest_last_command, "LastCommand"},
};

static const void *guest_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct guest_row *guest = shares_guest_after(instance, after);

    if (guest)
        *found = guest->base.index;
    return guest;
}

const struct table guest_table = {.name = "ovpnGuest",
                                  TABLE_PATH(2, 8, 1),
                                  .arity = 2,
                                  .find = finder_rows,
                                  .after = guest_after,
                                  TABLE_COLUMNS(guest_columns)};
