#include "config/config.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/endpoint.h"
#include "config/hint.h"
#include "config/section.h"
#include "config/setting.h"
#include "config/sharing.h"
#include "config/source.h"
#include "config/suggest.h"
#include "config/unique.h"

#define AGENTX_DEFAULT "unix:/var/agentx/master"
#define STATE_DEFAULT  LOCALSTATEDIR "/lib/openvpn-agentx"

/* Addresses to listen on. */
enum { LISTEN_MAX = 16 };

/* Compares the last instance with those before it. */
static bool check_unique(const struct reader *reader, const config_setting_t *group,
                         const struct config *config, struct unique *unique)
{
    const struct instance_config *first = config->instances;
    const struct instance_config *last = &first[config->count - 1];
    struct unique_found found;
    bool good = true;

    if (!unique_add(unique, last, &found))
        return setting_fail_memory(reader, group);
    if (found.name)
        good = setting_fail(reader, config_setting_get_member(group, "name"), NULL,
                            "\"%s\" is the name of instances[%zu] already", last->name,
                            (size_t)(found.name - first));
    if (found.index)
        good = setting_fail(reader, config_setting_get_member(group, "index"), NULL,
                            "%u is the index of instances[%zu] already", last->index,
                            (size_t)(found.index - first));
    if (found.endpoint)
        setting_warn(reader, config_setting_get_member(group, "management"), NULL,
                     "instances[%zu] has the same; a daemon serves one of them at a time",
                     (size_t)(found.endpoint - first));
    return good;
}

static bool read_groups(const struct reader *reader, const config_setting_t *list,
                        struct config *config, struct unique *unique)
{
    int count = config_setting_length(list);
    bool good = true;

    for (int i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        config->count = (size_t)i + 1;
        good &= section_read(reader, group, &config->instances[i]);
        good &= check_unique(reader, group, config, unique);
    }
    return good;
}

static bool read_instances(const struct reader *reader, const config_setting_t *list,
                           struct config *config)
{
    struct unique unique = {0};
    int count;
    bool good;

    if (!config_setting_is_list(list))
        return setting_fail(reader, list, NULL, "wrong type: a list ( ) is wanted, this is %s",
                            setting_type_text(list));
    count = config_setting_length(list);
    if (count == 0)
        return setting_fail(reader, list, NULL, "no instances");
    config->instances = calloc((size_t)count, sizeof(*config->instances));
    if (!config->instances)
        return setting_fail_memory(reader, list);
    good = read_groups(reader, list, config, &unique);
    unique_fini(&unique);
    good &= sharing_check_places(reader, list, config);
    return good;
}

static bool keep_text(const struct reader *reader, const config_setting_t *setting,
                      const char *text, char **kept)
{
    char *copy = strdup(text);

    if (!copy)
        return setting_fail_memory(reader, setting);
    free(*kept);
    *kept = copy;
    return true;
}

static bool read_agentx(const struct reader *reader, const config_setting_t *setting,
                        struct config *config)
{
    char why[sizeof(reader->error->text[0])];
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    if (!endpoint_check_agentx(text, why, sizeof(why)))
        return setting_fail(reader, setting, NULL, "%s", why);
    return keep_text(reader, setting, text, &config->agentx);
}

static bool read_listen(const struct reader *reader, const config_setting_t *setting,
                        struct config *config)
{
    int count;
    bool good = true;

    if (!setting_is_series(reader, setting))
        return false;
    count = config_setting_length(setting);
    if (count < 1 || count > LISTEN_MAX)
        return setting_fail(reader, setting, NULL, "1 to %d addresses are wanted", LISTEN_MAX);
    config->listen = calloc((size_t)count, sizeof(*config->listen));
    if (!config->listen)
        return setting_fail_memory(reader, setting);
    config->listen_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
        char why[sizeof(reader->error->text[0])];
        const char *text;

        if (!setting_string(reader, item, &text))
            good = false;
        else if (!endpoint_check_listen(text, why, sizeof(why)))
            good = setting_fail(reader, item, NULL, "%s", why);
        else
            good &= keep_text(reader, item, text, &config->listen[i]);
    }
    return good;
}

/* The working folder of a daemon is another. */
static bool read_path(const struct reader *reader, const config_setting_t *setting, char **path)
{
    const char *text;

    if (!setting_string(reader, setting, &text))
        return false;
    if (text[0] != '/')
        return setting_fail(reader, setting, NULL, "an absolute path is wanted");
    if (strchr(text, ',')) /* the SNMP library would see two paths */
        return setting_fail(reader, setting, NULL, "this path cannot hold a comma");
    return keep_text(reader, setting, text, path);
}

static bool read_snmp_config(const struct reader *reader, const config_setting_t *setting,
                             struct config *config)
{
    return read_path(reader, setting, &config->snmp_config);
}

/* "" says that there is none. */
static bool read_state_dir(const struct reader *reader, const config_setting_t *setting,
                           struct config *config)
{
    const char *text;

    if (setting->type == CONFIG_TYPE_STRING && setting_string(reader, setting, &text) &&
        text[0] == '\0')
        return keep_text(reader, setting, text, &config->state_dir);
    return read_path(reader, setting, &config->state_dir);
}

static const struct {
    const char *name;
    bool (*read)(const struct reader *reader, const config_setting_t *setting,
                 struct config *config);
} top_keys[] = {
    {"agentx", read_agentx},       {"listen", read_listen},       {"snmp_config", read_snmp_config},
    {"state_dir", read_state_dir}, {"instances", read_instances},
};

#define TOP_KEYS (sizeof(top_keys) / sizeof(top_keys[0]))

static bool fail_unknown_top(const struct reader *reader, const config_setting_t *setting)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, setting->name);
    for (size_t i = 0; i < TOP_KEYS; i++)
        suggest_add(&suggest, top_keys[i].name);
    return setting_fail(reader, setting, NULL, "unknown key%s", suggest_text(&suggest, hint));
}

static bool read_top(const struct reader *reader, const config_setting_t *setting,
                     struct config *config)
{
    for (size_t i = 0; i < TOP_KEYS; i++)
        if (strcmp(setting->name, top_keys[i].name) == 0)
            return top_keys[i].read(reader, setting, config);
    return fail_unknown_top(reader, setting);
}

/* The SNMP library has one role in a process. */
static bool check_role(const struct reader *reader, const config_setting_t *root,
                       const struct config *config)
{
    const config_setting_t *listen = config_setting_get_member(root, "listen");
    const config_setting_t *agentx = config_setting_get_member(root, "agentx");
    const config_setting_t *users = config_setting_get_member(root, "snmp_config");
    const config_setting_t *state = config_setting_get_member(root, "state_dir");
    bool good = true;

    if (listen && agentx)
        good = setting_fail(reader, agentx, NULL, "with listen there is no master agent");
    if (listen && !users)
        good = setting_fail(reader, root, "snmp_config", "missing: listen needs it");
    if (listen && state && config->state_dir && config->state_dir[0] == '\0')
        good = setting_fail(reader, state, NULL, "listen needs a folder");
    if (users && !listen)
        good = setting_fail(reader, users, NULL, "without listen snmpd says who may do what");
    return good;
}

static bool read_root(const struct reader *reader, const config_setting_t *root,
                      struct config *config)
{
    bool good = true;

    for (int i = 0; i < config_setting_length(root); i++)
        good &= read_top(reader, config_setting_get_elem(root, (unsigned)i), config);
    good &= check_role(reader, root, config);
    if (!config_setting_get_member(root, "instances"))
        good = setting_fail(reader, root, "instances", "missing");
    return good;
}

/*
 * libconfig says little.  It does not name the key that is there twice, which often is the only one
 * on the line.
 */
static bool fail_parse(const struct reader *reader, const config_t *parsed,
                       const struct source *source)
{
    const char *text = parsed->error_text ? parsed->error_text : "cannot be read";
    unsigned line = parsed->error_line > 0 ? (unsigned)parsed->error_line : 1;
    char key[SOURCE_KEY_MAX] = "";
    const char *hint = NULL;
    const char *file;

    if (strstr(text, "duplicate"))
        source_key_on(source, line, key);
    else
        hint = hint_of(source->text, line);
    file = places_find(&source->places, &line);
    return reader_fail(reader, file, line, "%s%s%s%s%s", key, key[0] ? ": " : "", text,
                       hint ? ": " : "", hint ? hint : "");
}

static bool read_source(const struct reader *reader, const struct source *source,
                        struct config *config)
{
    config_t parsed;
    bool good;

    config_init(&parsed);
    if (config_read_string(&parsed, source->text))
        good = read_root(reader, config_root_setting(&parsed), config);
    else
        good = fail_parse(reader, &parsed, source);
    config_destroy(&parsed);
    return good;
}

static bool read_file(const struct reader *teller, struct config *config)
{
    struct source source = {0};
    struct reader reader = *teller;
    bool good;

    reader.places = &source.places;
    good = source_load(&source, &reader) && read_source(&reader, &source, config);
    source_fini(&source);
    return good;
}

struct config *config_load(const char *file, struct config_error *error,
                           void (*warn)(const char *text))
{
    const struct reader reader = {.file = file, .error = error, .warn = warn};
    struct config *config = calloc(1, sizeof(*config));

    error->count = 0;
    if (config) {
        config->file = strdup(file);
        config->agentx = strdup(AGENTX_DEFAULT);
        config->state_dir = strdup(STATE_DEFAULT);
    }
    if (!config || !config->file || !config->agentx || !config->state_dir) {
        reader_fail(&reader, file, 0, "out of memory");
        config_free(config);
        return NULL;
    }
    if (!read_file(&reader, config)) {
        config_free(config);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->count; i++)
        section_fini(&config->instances[i]);
    free(config->instances);
    free(config->file);
    free(config->agentx);
    for (size_t i = 0; i < config->listen_count; i++)
        free(config->listen[i]);
    free(config->listen);
    free(config->snmp_config);
    free(config->state_dir);
    free(config);
}
