#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "control/control.h"
#include "model/model.h"

#define WRITER(name, ...) static const struct writer write_##name = {__VA_ARGS__}

/* What only does something reads as its idle value, what is secret as nothing. */
static void get_idle(const struct row *row, struct value *value)
{
    (void)row;
    value_integer(value, 1);
}

static void get_nothing(const struct row *row, struct value *value)
{
    (void)row;
    value_text(value, NULL);
}

INSTANCE_GETTER(serial, value_integer(value, inst->serial))
INSTANCE_GETTER(session, value_integer(value, inst->contact == CONTACT_DETACHED ? SESSION_DETACHED
                                                                                : SESSION_ATTACHED))
INSTANCE_GETTER(hold_flag, value_switch(value, inst->settings[SETTING_HOLD]))
INSTANCE_GETTER(verb, value_integer(value, inst->settings[SETTING_VERB]))
INSTANCE_GETTER(mute, value_integer(value, inst->settings[SETTING_MUTE]))
INSTANCE_GETTER(auth_retry, value_integer(value, inst->settings[SETTING_AUTH_RETRY] + 2))
INSTANCE_GETTER(net_updated, value_unix(value, inst->net.updated))
INSTANCE_GETTER(pkcs11_updated, value_unix(value, inst->pkcs11.updated))
INSTANCE_GETTER(pkcs11_count, value_integer(value, inst->pkcs11.told))
INSTANCE_GETTER(last_command, value_number(value, inst->last_command_sequence))
INSTANCE_GETTER(last_result, value_integer(value, (int32_t)inst->last_command.result))
INSTANCE_GETTER(last_reply, value_text(value, inst->last_command.reply))

/* Kind, least, greatest, refused, idle, base: see agent/tables/table.h. */
WRITER(serial, CHANGE_SERIAL, 0, INT32_MAX, WRITER_NONE, WRITER_NONE, 0);
WRITER(session, CHANGE_SESSION, 1, 2, WRITER_NONE, WRITER_NONE, 0);
WRITER(hold_flag, CHANGE_HOLD_FLAG, 1, 3, 3, WRITER_NONE, WRITER_TRUTH);
WRITER(hold_release, CHANGE_HOLD_RELEASE, 1, 2, WRITER_NONE, 1, 0);
WRITER(verb, CHANGE_VERB, -1, 15, -1, WRITER_NONE, 0);
WRITER(mute, CHANGE_MUTE, -1, INT32_MAX, -1, WRITER_NONE, 0);
WRITER(signal, CHANGE_SIGNAL, 1, 5, WRITER_NONE, 1, 2);
WRITER(kill_name, CHANGE_KILL_NAME, 0, 255, WRITER_NONE, 0, 0);
WRITER(kill_address, CHANGE_KILL_ADDRESS, 0, 64, WRITER_NONE, 0, 0);
WRITER(auth_retry, CHANGE_AUTH_RETRY, 1, 4, 1, WRITER_NONE, 2);
WRITER(forget, CHANGE_FORGET, 1, 2, WRITER_NONE, 1, 0);
WRITER(refresh, CHANGE_REFRESH, 1, 2, WRITER_NONE, 1, 0);
WRITER(net_refresh, CHANGE_NET_REFRESH, 1, 2, WRITER_NONE, 1, 0);
WRITER(pkcs11_refresh, CHANGE_PKCS11_REFRESH, 1, 2, WRITER_NONE, 1, 0);
WRITER(end_client, CHANGE_KILL_CLIENT, 1, 3, WRITER_NONE, 1, 2);
WRITER(confirm, CHANGE_CONFIRM, 1, 3, WRITER_NONE, 1, 2);
WRITER(username, CHANGE_USERNAME, 0, 255, 0, WRITER_NONE, 0);
WRITER(password, CHANGE_PASSWORD, 0, 255, WRITER_NONE, WRITER_NONE, 0);
WRITER(response, CHANGE_RESPONSE, 0, 255, WRITER_NONE, WRITER_NONE, 0);
WRITER(string, CHANGE_STRING, 0, 255, 0, WRITER_NONE, 0);

static const struct column control_columns[] = {
    {1, VALUE_INTEGER, &write_serial, get_serial, "Serial"},
    {2, VALUE_INTEGER, &write_session, get_session, "Session"},
    {3, VALUE_INTEGER, &write_hold_flag, get_hold_flag, "HoldFlag"},
    {4, VALUE_INTEGER, &write_hold_release, get_idle, "HoldRelease"},
    {5, VALUE_INTEGER, &write_verb, get_verb, "Verb"},
    {6, VALUE_INTEGER, &write_mute, get_mute, "Mute"},
    {7, VALUE_INTEGER, &write_signal, get_idle, "Signal"},
    {8, VALUE_OCTETS, &write_kill_name, get_nothing, "KillCommonName"},
    {9, VALUE_OCTETS, &write_kill_address, get_nothing, "KillAddress"},
    {10, VALUE_INTEGER, &write_auth_retry, get_auth_retry, "AuthRetry"},
    {11, VALUE_INTEGER, &write_forget, get_idle, "ForgetPasswords"},
    {12, VALUE_INTEGER, &write_refresh, get_idle, "Refresh"},
    {13, VALUE_INTEGER, &write_net_refresh, get_idle, "NetRefresh"},
    {14, VALUE_INTEGER, &write_pkcs11_refresh, get_idle, "Pkcs11Refresh"},
    {15, VALUE_GAUGE32, NULL, get_net_updated, "NetUpdatedUnix"},
    {16, VALUE_GAUGE32, NULL, get_pkcs11_updated, "Pkcs11UpdatedUnix"},
    {17, VALUE_INTEGER, NULL, get_pkcs11_count, "Pkcs11Count"},
    {18, VALUE_GAUGE32, NULL, get_last_command, "LastCommand"},
    {19, VALUE_INTEGER, NULL, get_last_result, "LastResult"},
    {20, VALUE_OCTETS, NULL, get_last_reply, "LastReply"},
};

const struct table control_table = {.name = "ovpnControl",
                                    TABLE_PATH(3, 1, 1, 1),
                                    .arity = 1,
                                    .find = finder_instance,
                                    TABLE_COLUMNS(control_columns)};

static const struct column client_control_columns[] = {
    {1, VALUE_INTEGER, &write_end_client, get_idle, "Action"},
};

const struct table client_control_table = {.name = "ovpnClientControl",
                                           TABLE_PATH(3, 1, 2, 1),
                                           .arity = 2,
                                           .find = finder_rows,
                                           .after = finder_client_after,
                                           TABLE_COLUMNS(client_control_columns)};

/* Questions that can be answered: only while they are open. */
static const void *open_after(const struct instance *instance, uint32_t after, uint32_t *found,
                              bool confirm)
{
    const struct request *request;

    if (!instance_in_contact(instance))
        return NULL;
    while ((request = requests_open_after(instance, after, &after))) {
        if (request->kind == REQUEST_OTHER || request->kind == REQUEST_UNKNOWN ||
            (request->kind == REQUEST_CONFIRM) != confirm)
            continue;
        *found = after;
        return request;
    }
    return NULL;
}

static const void *confirm_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    return open_after(instance, after, found, true);
}

static const void *credential_after(const struct instance *instance, uint32_t after,
                                    uint32_t *found)
{
    return open_after(instance, after, found, false);
}

static const struct column confirm_columns[] = {
    {1, VALUE_INTEGER, &write_confirm, get_idle, "Confirm"},
};

const struct table confirm_table = {.name = "ovpnConfirm",
                                    TABLE_PATH(3, 1, 3, 1),
                                    .arity = 2,
                                    .find = finder_rows,
                                    .after = confirm_after,
                                    TABLE_COLUMNS(confirm_columns)};

static const struct column credential_columns[] = {
    {1, VALUE_OCTETS, &write_username, get_nothing, "Username"},
    {2, VALUE_OCTETS, &write_password, get_nothing, "Password"},
    {3, VALUE_OCTETS, &write_response, get_nothing, "Response"},
    {4, VALUE_OCTETS, &write_string, get_nothing, "String"},
};

const struct table credential_table = {.name = "ovpnCredential",
                                       TABLE_PATH(3, 2, 1, 1),
                                       .arity = 2,
                                       .find = finder_rows,
                                       .after = credential_after,
                                       TABLE_COLUMNS(credential_columns)};
