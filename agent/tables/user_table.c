#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/model.h"

#define USERS (&row->instance->users)

/* Who was online when contact was lost may have left. */
static enum truth is_online(const struct instance *instance, const struct user *user)
{
    if (!instance_in_contact(instance))
        return TRUTH_UNKNOWN;
    return user->sessions > 0 ? TRUTH_TRUE : TRUTH_FALSE;
}

/* The same of all users of a daemon. */
static void put_sessions(struct value *value, const struct instance *instance, uint32_t sessions)
{
    if (instance_in_contact(instance))
        value_number(value, sessions);
    else
        value->absence = ABSENT_REST;
}

ITEM_GETTER(user_name, struct user, value_text(value, item->name))
ITEM_GETTER(user_online, struct user, value_integer(value, (int32_t)is_online(row->instance, item)))
ITEM_GETTER(user_sessions, struct user, put_sessions(value, row->instance, item->sessions))
ITEM_GETTER(user_connects, struct user, value_number(value, item->connects))
ITEM_GETTER(user_rejected, struct user, value_number(value, item->rejected))
ITEM_GETTER(user_bytes_in, struct user, value_number(value, item->bytes_in))
ITEM_GETTER(user_bytes_out, struct user, value_number(value, item->bytes_out))
ITEM_GETTER(user_seconds, struct user, value_number(value, users_seconds(USERS, item)))
ITEM_GETTER(user_last_connected, struct user, value_date(value, item->last_connected))
ITEM_GETTER(user_last_connected_unix, struct user, value_unix(value, item->last_connected))
ITEM_GETTER(user_last_seen, struct user, value_date(value, users_last_seen(USERS, item)))
ITEM_GETTER(user_last_seen_unix, struct user, value_unix(value, users_last_seen(USERS, item)))
ITEM_GETTER(user_real_text, struct user, value_text(value, item->real_text))
ITEM_GETTER(user_tunnel_text, struct user, value_tunnel(value, &item->tunnel))
ITEM_GETTER(user_created, struct user, value_date(value, item->created))
ITEM_GETTER(user_created_unix, struct user, value_unix(value, item->created))

static const struct column user_columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_OCTETS, NULL, get_user_name, "Name"},
    {4, VALUE_INTEGER, NULL, get_user_online, "Online"},
    {5, VALUE_GAUGE32, NULL, get_user_sessions, "Sessions"},
    {6, VALUE_COUNTER32, NULL, get_user_connects, "Connects"},
    {7, VALUE_COUNTER32, NULL, get_user_rejected, "Rejected"},
    {8, VALUE_COUNTER64, NULL, get_user_bytes_in, "BytesIn"},
    {9, VALUE_COUNTER64, NULL, get_user_bytes_out, "BytesOut"},
    {10, VALUE_COUNTER64, NULL, get_user_seconds, "Seconds"},
    {11, VALUE_OCTETS, NULL, get_user_last_connected, "LastConnected"},
    {12, VALUE_GAUGE32, NULL, get_user_last_connected_unix, "LastConnectedUnix"},
    {13, VALUE_OCTETS, NULL, get_user_last_seen, "LastSeen"},
    {14, VALUE_GAUGE32, NULL, get_user_last_seen_unix, "LastSeenUnix"},
    {15, VALUE_OCTETS, NULL, get_user_real_text, "RealText"},
    {16, VALUE_OCTETS, NULL, get_user_tunnel_text, "TunnelText"},
    {17, VALUE_OCTETS, NULL, get_user_created, "Created"},
    {18, VALUE_GAUGE32, NULL, get_user_created_unix, "CreatedUnix"},
};

static const void *user_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct user *user = users_after(&instance->users, after);

    if (user)
        *found = user->index;
    return user;
}

const struct table user_table = {.name = "ovpnUser",
                                 TABLE_PATH(1, 5, 1),
                                 .arity = 2,
                                 .find = finder_rows,
                                 .after = user_after,
                                 TABLE_COLUMNS(user_columns)};
