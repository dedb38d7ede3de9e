#include "config/sharing.h"

#include <grp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "config/endpoint.h"
#include "config/suggest.h"
#include "config/words.h"

enum { GUESTS_DEFAULT = 8, RATE_DEFAULT = 20, MODE_DEFAULT = 0600 };

/* Who may connect to it has to be able to write; a socket that its owner cannot open is of no use.
 */
enum { MODE_OWNER = 0600, MODE_MAX = 0777, MODE_OTHERS_WRITE = 0002 };

typedef bool key_reader(const struct reader *reader, const config_setting_t *setting,
                        struct share_config *share);

/* Only what nobody else can reach: an address, so that nobody has to be asked what it means. */
static bool read_place(const struct reader *reader, const config_setting_t *setting,
                       struct share_config *share)
{
    char why[sizeof(reader->error->text[0])];
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    if (!endpoint_parse(text, &share->listen, why, sizeof(why)))
        return setting_fail(reader, setting, NULL, "%s", why);
    if (share->listen.listen || share->listen.address_len == 0 ||
        !endpoint_is_local(&share->listen))
        return setting_fail(reader, setting, NULL,
                            "\"%s\": a unix socket or a loopback address is wanted, such as "
                            "tcp:127.0.0.1:7505",
                            text);
    return true;
}

static bool read_mode(const struct reader *reader, const config_setting_t *setting,
                      struct share_config *share)
{
    const char *text;
    char *end;
    unsigned long mode;

    if (!setting_string(reader, setting, &text))
        return false;
    mode = strtoul(text, &end, 8);
    if (text[0] < '0' || text[0] > '7' || *end || mode > MODE_MAX ||
        (mode & MODE_OWNER) != MODE_OWNER)
        return setting_fail(reader, setting, NULL,
                            "\"%s\": a mode from \"0600\" to \"0777\" is wanted, such as \"0660\"",
                            text);
    if (mode & MODE_OTHERS_WRITE)
        setting_warn(reader, setting, NULL, "every user of this machine can be a guest");
    share->mode = (unsigned)mode;
    return true;
}

static bool read_group(const struct reader *reader, const config_setting_t *setting,
                       struct share_config *share)
{
    const struct group *group;
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    group = getgrnam(text);
    if (!group)
        return setting_fail(reader, setting, NULL, "\"%s\": the system knows no such group", text);
    share->has_group = true;
    share->group = group->gr_gid;
    return true;
}

static bool read_words(const struct reader *reader, const config_setting_t *setting,
                       struct share_config *share)
{
    return words_share_allow(reader, setting, &share->allow);
}

static bool read_guests(const struct reader *reader, const config_setting_t *setting,
                        struct share_config *share)
{
    return setting_number(reader, setting, 1, SHARE_GUESTS_MAX, &share->guests);
}

static bool read_rate(const struct reader *reader, const config_setting_t *setting,
                      struct share_config *share)
{
    return setting_number(reader, setting, 1, SHARE_RATE_MAX, &share->rate);
}

static bool read_password_path(const struct reader *reader, const config_setting_t *setting,
                               struct share_config *share)
{
    return setting_password_file(reader, setting, &share->password_file);
}

static const struct {
    const char *name;
    key_reader *read;
} share_keys[] = {
    {"listen", read_place},
    {"mode", read_mode},
    {"group", read_group},
    {"allow", read_words},
    {"guests", read_guests},
    {"rate", read_rate},
    {"password_file", read_password_path},
};

#define SHARE_KEYS (sizeof(share_keys) / sizeof(share_keys[0]))

static bool read_share_key(const struct reader *reader, const config_setting_t *setting,
                           struct share_config *share)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, setting->name);
    for (size_t i = 0; i < SHARE_KEYS; i++) {
        if (strcmp(setting->name, share_keys[i].name) == 0)
            return share_keys[i].read(reader, setting, share);
        suggest_add(&suggest, share_keys[i].name);
    }
    return setting_fail(reader, setting, NULL, "unknown key%s", suggest_text(&suggest, hint));
}

/* What goes with TCP, where the system says of nobody who it is, and with a unix socket. */
static bool check_kind(const struct reader *reader, const config_setting_t *group,
                       const struct share_config *share)
{
    static const char *const unix_keys[] = {"mode", "group"};
    bool good = true;

    if (!share->listen.host)
        return true;
    if (!share->password_file && !config_setting_get_member(group, "password_file"))
        good = setting_fail(reader, group, "password_file",
                            "missing: every user of this machine can connect to a TCP port");
    for (size_t i = 0; i < sizeof(unix_keys) / sizeof(unix_keys[0]); i++) {
        const config_setting_t *key = config_setting_get_member(group, unix_keys[i]);

        if (key)
            good = setting_fail(reader, key, NULL, "only a unix socket has one");
    }
    return good;
}

static bool read_share(const struct reader *reader, const config_setting_t *group,
                       struct share_config *share)
{
    bool good = true;

    *share =
        (struct share_config){.mode = MODE_DEFAULT, .guests = GUESTS_DEFAULT, .rate = RATE_DEFAULT};
    share->line = group->line;
    if (!config_setting_is_group(group))
        return setting_fail(reader, group, NULL, "wrong type: a group { } is wanted, this is %s",
                            setting_type_text(group));
    for (int i = 0; i < config_setting_length(group); i++)
        good &= read_share_key(reader, config_setting_get_elem(group, (unsigned)i), share);
    if (!config_setting_get_member(group, "listen"))
        return setting_fail(reader, group, "listen", "missing");
    return check_kind(reader, group, share) && good;
}

bool sharing_read(const struct reader *reader, const config_setting_t *list,
                  struct instance_config *instance)
{
    int count;
    bool good = true;

    if (!config_setting_is_list(list))
        return setting_fail(reader, list, NULL, "wrong type: a list ( ) is wanted, this is %s",
                            setting_type_text(list));
    count = config_setting_length(list);
    if (count > SHARES_MAX)
        return setting_fail(reader, list, NULL, "%d shares, more than %d", count, SHARES_MAX);
    if (count == 0)
        return true;
    instance->shares = calloc((size_t)count, sizeof(*instance->shares));
    if (!instance->shares)
        return setting_fail_memory(reader, list);
    instance->share_count = (size_t)count;
    for (int i = 0; i < count; i++)
        good &=
            read_share(reader, config_setting_get_elem(list, (unsigned)i), &instance->shares[i]);
    return good;
}

void sharing_fini(struct instance_config *instance)
{
    for (size_t i = 0; i < instance->share_count; i++) {
        endpoint_fini(&instance->shares[i].listen);
        free(instance->shares[i].password_file);
    }
    free(instance->shares);
    instance->shares = NULL;
    instance->share_count = 0;
}

static int compare_places(const void *a, const void *b)
{
    return endpoint_compare(a, b);
}

static void leave_place(void *endpoint)
{
    (void)endpoint;
}

/* Where shares are, among the management interfaces; the setting is of the same order. */
static bool enter_shares(const struct reader *reader, const config_setting_t *group,
                         const struct instance_config *instance, void **places)
{
    const config_setting_t *list = config_setting_get_member(group, "share");
    bool good = true;

    for (size_t i = 0; i < instance->share_count; i++) {
        const struct endpoint *listen = &instance->shares[i].listen;
        const config_setting_t *share = config_setting_get_elem(list, (unsigned)i);
        const struct endpoint *const *node;

        if (!listen->text)
            continue;
        node = tsearch(listen, places, compare_places);
        if (!node)
            return setting_fail_memory(reader, group);
        if (*node != listen)
            good = setting_fail(reader, config_setting_get_member(share, "listen"), NULL,
                                "\"%s\" is a management interface or another share's already",
                                listen->text);
    }
    return good;
}

bool sharing_check_places(const struct reader *reader, const config_setting_t *instances,
                          const struct config *config)
{
    void *places = NULL;
    bool good = true;

    for (size_t i = 0; i < config->count; i++)
        if (config->instances[i].management.text &&
            !tsearch(&config->instances[i].management, &places, compare_places))
            good = setting_fail_memory(reader, instances);
    for (size_t i = 0; i < config->count; i++)
        good &= enter_shares(reader, config_setting_get_elem(instances, (unsigned)i),
                             &config->instances[i], &places);
    tdestroy(places, leave_place);
    return good;
}
