#include "config/section.h"

#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/endpoint.h"
#include "config/sharing.h"
#include "config/suggest.h"
#include "config/words.h"

#define INDEX_MAX 2147483647

/* A key of an instance: a number in its bounds, or what a function of its own reads. */
struct key {
    const char *name;
    size_t offset; /* in struct instance_config; numbers only */
    uint32_t min;
    uint32_t max;
    uint32_t initial;
    bool (*read)(const struct reader *reader, const config_setting_t *setting,
                 struct instance_config *instance); /* NULL for a number */
};

static bool read_name(const struct reader *reader, const config_setting_t *setting,
                      struct instance_config *instance);
static bool read_management(const struct reader *reader, const config_setting_t *setting,
                            struct instance_config *instance);
static bool read_peer_user(const struct reader *reader, const config_setting_t *setting,
                           struct instance_config *instance);
static bool read_password_file(const struct reader *reader, const config_setting_t *setting,
                               struct instance_config *instance);
static bool read_user_key(const struct reader *reader, const config_setting_t *setting,
                          struct instance_config *instance);
static bool read_openvpn_config(const struct reader *reader, const config_setting_t *setting,
                                struct instance_config *instance);
static bool read_expiry_days(const struct reader *reader, const config_setting_t *setting,
                             struct instance_config *instance);
static bool read_allow(const struct reader *reader, const config_setting_t *setting,
                       struct instance_config *instance);
static bool read_notify(const struct reader *reader, const config_setting_t *setting,
                        struct instance_config *instance);

#define NUMBER(key, field, min, max, initial)                                                      \
    {                                                                                              \
        key, offsetof(struct instance_config, field), min, max, initial, NULL                      \
    }
#define OTHER(key, function)                                                                       \
    {                                                                                              \
        key, 0, 0, 0, 0, function                                                                  \
    }

static const struct key keys[] = {
    OTHER("name", read_name),
    NUMBER("index", index, 1, INDEX_MAX, 0),
    OTHER("management", read_management),
    OTHER("peer_user", read_peer_user),
    OTHER("password_file", read_password_file),
    NUMBER("status_interval", status_interval, 1, 3600, 10),
    NUMBER("command_timeout", command_timeout, 100, 900, 800),
    NUMBER("reply_timeout", reply_timeout, 10, 3600, 120),
    NUMBER("log_lines", limits.log_lines, 0, 100000, 250),
    NUMBER("state_lines", limits.state_lines, 0, 100000, 100),
    NUMBER("echo_lines", limits.echo_lines, 0, 100000, 100),
    NUMBER("session_lines", limits.session_lines, 0, 1000000, 1000),
    NUMBER("command_lines", limits.command_lines, 0, 100000, 100),
    NUMBER("request_lines", limits.request_lines, 1, 10000, 100),
    NUMBER("client_max", limits.client_max, 1, 1000000, 100000),
    NUMBER("route_max", limits.route_max, 0, 1000000, 100000),
    OTHER("user_key", read_user_key),
    NUMBER("user_lines", limits.user_lines, 1, 1000000, 10000),
    OTHER("openvpn_config", read_openvpn_config),
    OTHER("expiry_days", read_expiry_days),
    OTHER("allow", read_allow),
    OTHER("notify", read_notify),
    NUMBER("notify_rate", notify_rate, 1, 100000, 60),
    OTHER("share", sharing_read),
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static uint32_t *number_of(struct instance_config *instance, const struct key *key)
{
    return (uint32_t *)(void *)((char *)instance + key->offset);
}

static bool read_name(const struct reader *reader, const config_setting_t *setting,
                      struct instance_config *instance)
{
    char clean[CONFIG_NAME_MAX + 1];
    const char *name;
    size_t len;

    if (!setting_string(reader, setting, &name))
        return false;
    len = strlen(name);
    if (len < 1 || len > CONFIG_NAME_MAX)
        return setting_fail(reader, setting, NULL, "a name has 1 to %d bytes, this one %zu",
                            CONFIG_NAME_MAX, len);
    text_clean(clean, CONFIG_NAME_MAX, slice_of(name));
    if (strcmp(clean, name) != 0)
        return setting_fail(reader, setting, NULL,
                            "a name is UTF-8 text without control characters");
    instance->name = strdup(name);
    return instance->name || setting_fail_memory(reader, setting);
}

static bool read_management(const struct reader *reader, const config_setting_t *setting,
                            struct instance_config *instance)
{
    char why[sizeof(reader->error->text[0])];
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    if (!endpoint_parse(text, &instance->management, why, sizeof(why)))
        return setting_fail(reader, setting, NULL, "%s", why);
    if (!endpoint_is_local(&instance->management))
        setting_warn(reader, setting, NULL,
                     "the management protocol is not encrypted, and this goes over a network");
    return true;
}

/* (uid_t)-1 is nobody's. */
#define USER_ID_MAX 4294967294u

/* A name of the system's, or a number. */
static bool read_peer_user(const struct reader *reader, const config_setting_t *setting,
                           struct instance_config *instance)
{
    const struct passwd *user;
    const char *text;

    instance->peer_checked = true;
    if (setting->type != CONFIG_TYPE_STRING)
        return setting_number(reader, setting, 0, USER_ID_MAX, &instance->peer_user);
    if (!setting_string(reader, setting, &text))
        return false;
    user = getpwnam(text);
    if (!user)
        return setting_fail(reader, setting, NULL, "\"%s\": the system knows no such user", text);
    instance->peer_user = user->pw_uid;
    return true;
}

static bool read_password_file(const struct reader *reader, const config_setting_t *setting,
                               struct instance_config *instance)
{
    return setting_password_file(reader, setting, &instance->password_file);
}

static bool read_user_key(const struct reader *reader, const config_setting_t *setting,
                          struct instance_config *instance)
{
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    instance->by_username = strcmp(text, "username") == 0;
    return instance->by_username || strcmp(text, "common-name") == 0 ||
           setting_fail(reader, setting, NULL, "\"%s\" is not known (common-name and username are)",
                        text);
}

static bool read_openvpn_config(const struct reader *reader, const config_setting_t *setting,
                                struct instance_config *instance)
{
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    if (text[0] != '/' || strlen(text) >= PATH_MAX)
        return setting_fail(reader, setting, NULL,
                            "the absolute path of the daemon's own configuration file is wanted");
    instance->openvpn_config = strdup(text);
    return instance->openvpn_config || setting_fail_memory(reader, setting);
}

static bool read_expiry_days(const struct reader *reader, const config_setting_t *setting,
                             struct instance_config *instance)
{
    int count = config_setting_length(setting);
    bool good = true;

    if (!setting_is_series(reader, setting))
        return false;
    if (count > EXPIRY_DAYS_MAX)
        return setting_fail(reader, setting, NULL, "%d numbers, more than %d", count,
                            EXPIRY_DAYS_MAX);
    instance->expiry_day_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        uint32_t days = 0;

        good &= setting_number(reader, config_setting_get_elem(setting, (unsigned)i), 1,
                               EXPIRY_DAY_MAX, &days);
        instance->expiry_days[i] = (uint16_t)days;
    }
    return good;
}

static bool read_allow(const struct reader *reader, const config_setting_t *setting,
                       struct instance_config *instance)
{
    return words_allow(reader, setting, &instance->allow);
}

static bool read_notify(const struct reader *reader, const config_setting_t *setting,
                        struct instance_config *instance)
{
    return words_notify(reader, setting, &instance->notify, &instance->log_alert_flags);
}

static bool fail_unknown_key(const struct reader *reader, const config_setting_t *setting)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, setting->name);
    for (size_t i = 0; i < KEYS; i++)
        suggest_add(&suggest, keys[i].name);
    return setting_fail(reader, setting, NULL, "unknown key%s", suggest_text(&suggest, hint));
}

static bool read_key(const struct reader *reader, const config_setting_t *setting,
                     struct instance_config *instance)
{
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *key = &keys[i];

        if (strcmp(key->name, setting->name) != 0)
            continue;
        if (key->read)
            return key->read(reader, setting, instance);
        return setting_number(reader, setting, key->min, key->max, number_of(instance, key));
    }
    return fail_unknown_key(reader, setting);
}

static const uint16_t expiry_defaults[] = {30, 14, 7, 1};

static void set_defaults(struct instance_config *instance)
{
    for (size_t i = 0; i < KEYS; i++)
        if (!keys[i].read)
            *number_of(instance, &keys[i]) = keys[i].initial;
    instance->notify = NOTIFY_DEFAULT;
    memcpy(instance->expiry_days, expiry_defaults, sizeof(expiry_defaults));
    instance->expiry_day_count = sizeof(expiry_defaults) / sizeof(expiry_defaults[0]);
}

static bool check_there(const struct reader *reader, const config_setting_t *group, const char *key)
{
    return config_setting_get_member(group, key) || setting_fail(reader, group, key, "missing");
}

bool section_read(const struct reader *reader, const config_setting_t *group,
                  struct instance_config *instance)
{
    bool good = true;

    set_defaults(instance);
    instance->line = group->line;
    if (!config_setting_is_group(group))
        return setting_fail(reader, group, NULL, "wrong type: a group { } is wanted, this is %s",
                            setting_type_text(group));
    for (int i = 0; i < config_setting_length(group); i++)
        good &= read_key(reader, config_setting_get_elem(group, (unsigned)i), instance);
    good &= check_there(reader, group, "name");
    good &= check_there(reader, group, "management");
    if (instance->peer_checked && instance->management.host)
        good = setting_fail(reader, config_setting_get_member(group, "peer_user"), NULL,
                            "only a unix socket tells who listens");
    if (good && instance->index == 0)
        setting_warn(reader, group, "index",
                     "missing: \"%s\" gets the next free number, which may change when the agent "
                     "starts again",
                     instance->name);
    return good;
}

void section_fini(struct instance_config *instance)
{
    free(instance->name);
    free(instance->password_file);
    free(instance->openvpn_config);
    sharing_fini(instance);
    endpoint_fini(&instance->management);
    memset(instance, 0, sizeof(*instance));
}
