#include "ctl/doctor_snmpd_conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/objects.h"

#define DEPTH_MAX 4

/* Net-SNMP's files of users: its own one, and that of snmpd(8)'s helper. */
static const char *const user_files[] = {"/var/lib/snmp/snmpd.conf", "/etc/snmp/snmpd.conf",
                                         "/etc/snmp/snmpd.local.conf",
                                         "/usr/share/snmp/snmpd.conf"};

/* A file on its way. */
struct reading {
    const struct doctor *doctor;
    struct snmpd_conf *conf;
    unsigned depth;
};

static bool same_word(struct slice word, const char *text)
{
    return word.len == strlen(text) && strncasecmp(word.at, text, word.len) == 0;
}

static void read_conf_file(struct reading *reading, const char *path);

static void read_conf_folder(struct reading *reading, struct slice word)
{
    char full[DOCTOR_WORD_MAX];
    char folder[512];
    char path[800];
    struct dirent **entries = NULL;
    int count;

    doctor_copy(folder, sizeof(folder), word);
    if (strncmp(folder, "/etc/snmp/snmpd.conf.d", 22) == 0)
        reading->conf->includes_folder = true;
    count = scandir(doctor_path(reading->doctor, folder, full), &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(entries[i]->d_name);

        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (len > 5 && strcmp(entries[i]->d_name + len - 5, ".conf") == 0)
            read_conf_file(reading, path);
        free(entries[i]);
    }
    free(entries);
}

static void read_conf_include(struct reading *reading, struct slice word)
{
    char path[512];

    if (word.len > 0 && word.at[0] == '/')
        doctor_copy(path, sizeof(path), word);
    else
        snprintf(path, sizeof(path), "/etc/snmp/%.*s", (int)(word.len & 0xff), word.at);
    read_conf_file(reading, path);
}

static void add_view(struct snmpd_conf *conf, struct slice *line)
{
    struct snmpd_view *view = &conf->views[conf->view_count];
    struct slice name;
    struct slice type;
    struct slice oid;

    if (conf->view_count == SNMPD_LIST_MAX || !doctor_next_word(line, &name) ||
        !doctor_next_word(line, &type) || !doctor_next_word(line, &oid))
        return;
    doctor_copy(view->name, sizeof(view->name), name);
    doctor_copy(view->oid, sizeof(view->oid), oid);
    view->included = same_word(type, "included");
    conf->view_count++;
}

static void add_access(struct snmpd_conf *conf, struct slice user, struct slice view, bool named)
{
    struct snmpd_access *access = &conf->access[conf->access_count];

    if (conf->access_count == SNMPD_LIST_MAX)
        return;
    doctor_copy(access->user, sizeof(access->user), user);
    doctor_copy(access->view, sizeof(access->view), view);
    access->named = named;
    conf->access_count++;
}

/* rouser [-s MODEL] USER [LEVEL [OID | -V VIEW]], rocommunity NAME [SOURCE [OID | -V VIEW]] */
static void take_short_access(struct snmpd_conf *conf, struct slice *line, bool has_user)
{
    struct slice word;
    struct slice user = {NULL, 0};
    struct slice view = {NULL, 0};
    bool named = false;
    size_t place = 0;

    while (doctor_next_word(line, &word)) {
        if (same_word(word, "-s")) {
            doctor_next_word(line, &word);
        } else if (same_word(word, "-V")) {
            named = doctor_next_word(line, &view);
        } else {
            if (place == 0 && has_user)
                user = word;
            if (place == 2)
                view = word; /* an OID: no view has its name, which is looked at as one */
            place++;
        }
    }
    add_access(conf, user, view, named);
}

/* access GROUP CONTEXT MODEL LEVEL MATCH READ WRITE NOTIFY */
static void take_access(struct snmpd_conf *conf, struct slice *line)
{
    struct slice word = {NULL, 0};

    for (int i = 0; i < 6; i++)
        if (!doctor_next_word(line, &word))
            return;
    if (!same_word(word, "none"))
        add_access(conf, (struct slice){NULL, 0}, word, true);
}

static void take_agentx_setting(struct snmpd_conf *conf, struct slice option, struct slice value)
{
    if (same_word(option, "master"))
        conf->master = same_word(value, "agentx") || same_word(value, "all") ||
                       same_word(value, "yes") || same_word(value, "on");
    else if (same_word(option, "agentXPerms"))
        conf->perms = true;
    else
        doctor_copy(conf->socket, sizeof(conf->socket), value);
}

static bool take_setting(struct slice line, void *context)
{
    struct reading *reading = context;
    struct slice rest = line;
    struct slice option;
    struct slice value;

    if (!doctor_next_word(&rest, &option) || option.at[0] == '#')
        return true;
    line = rest;
    if (!doctor_next_word(&line, &value))
        return true;
    if (same_word(option, "includeDir"))
        read_conf_folder(reading, value);
    else if (same_word(option, "includeFile"))
        read_conf_include(reading, value);
    else if (same_word(option, "view"))
        add_view(reading->conf, &rest);
    else if (same_word(option, "rouser") || same_word(option, "rwuser"))
        take_short_access(reading->conf, &rest, true);
    else if (same_word(option, "rocommunity") || same_word(option, "rwcommunity") ||
             same_word(option, "rocommunity6") || same_word(option, "rwcommunity6"))
        take_short_access(reading->conf, &rest, false);
    else if (same_word(option, "access"))
        take_access(reading->conf, &rest);
    else if (same_word(option, "master") || same_word(option, "agentXPerms") ||
             same_word(option, "agentXSocket"))
        take_agentx_setting(reading->conf, option, value);
    return true;
}

static void read_conf_file(struct reading *reading, const char *path)
{
    int error;

    if (reading->depth == DEPTH_MAX)
        return;
    reading->depth++;
    error = doctor_lines(reading->doctor, path, take_setting, reading);
    reading->depth--;
    if (error == 0 || error == ENOENT)
        return;
    reading->conf->error = error;
    snprintf(reading->conf->unread, sizeof(reading->conf->unread), "%s", path);
}

void snmpd_conf_read(struct snmpd_conf *conf, const struct doctor *doctor)
{
    struct reading reading = {doctor, conf, 0};
    struct stat found;

    *conf = (struct snmpd_conf){.found = doctor_stat(doctor, user_files[1], &found)};
    for (size_t i = 1; i < sizeof(user_files) / sizeof(user_files[0]); i++)
        read_conf_file(&reading, user_files[i]);
}

/* A user who is looked for. */
struct wanted_user {
    const char *name;
    enum snmpd_user found;
};

/* usmUser keeps names as text or, with a NUL at its end, as 0x and digits. */
static bool is_name(struct slice word, const char *name)
{
    char digits[2 * 64 + 3];
    size_t len = 2;

    if (slice_is(word, name))
        return true;
    snprintf(digits, sizeof(digits), "0x");
    for (; *name && len + 3 < sizeof(digits); name++)
        len += (size_t)snprintf(digits + len, sizeof(digits) - len, "%02x", (unsigned char)*name);
    if (slice_ends(word, "00") && word.len == len + 2)
        word.len -= 2;
    return same_word(word, digits);
}

static bool take_user_line(struct slice line, void *context)
{
    struct wanted_user *wanted = context;
    struct slice word;

    if (!doctor_next_word(&line, &word))
        return true;
    if (same_word(word, "createUser")) {
        if (doctor_next_word(&line, &word) && same_word(word, "-e")) {
            doctor_next_word(&line, &word);
            doctor_next_word(&line, &word);
        }
        if (is_name(word, wanted->name) && wanted->found == SNMPD_USER_NONE)
            wanted->found = SNMPD_USER_ASKED;
    } else if (same_word(word, "usmUser")) {
        for (int i = 0; i < 4; i++) /* status, storage, engine, name */
            if (!doctor_next_word(&line, &word))
                return true;
        if (is_name(word, wanted->name))
            wanted->found = SNMPD_USER_THERE;
    }
    return true;
}

enum snmpd_user snmpd_conf_user(const struct doctor *doctor, const char *name)
{
    struct wanted_user wanted = {name, SNMPD_USER_NONE};
    bool unread = false;

    for (size_t i = 0; i < sizeof(user_files) / sizeof(user_files[0]); i++) {
        int error = doctor_lines(doctor, user_files[i], take_user_line, &wanted);

        unread |= error != 0 && error != ENOENT;
        /* snmpd takes a line of its configuration at each start; it stays there. */
        if (i > 0 && wanted.found == SNMPD_USER_ASKED)
            wanted.found = SNMPD_USER_THERE;
        else if (wanted.found == SNMPD_USER_ASKED)
            return SNMPD_USER_ASKED;
    }
    return wanted.found == SNMPD_USER_NONE && unread ? SNMPD_USER_UNKNOWN : wanted.found;
}

/* Whether one of two identifiers in digits is above the other. */
static bool related(const char *a, const char *b)
{
    a += a[0] == '.';
    b += b[0] == '.';
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (*a == '\0' && (*b == '\0' || *b == '.')) || (*b == '\0' && *a == '.');
}

/* The agent's own identifier in digits, or that of a part of it: .1 has all states. */
static void our_oid(char *out, size_t size, bool part)
{
    unsigned long arcs[OBJECTS_OID_MAX];
    size_t count = objects_oid(ovpnAgentInstances, arcs); /* .1.1.4 */
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i + (part ? 2 : 3) < count && len + 24 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%lu", i ? "." : "", arcs[i]);
}

static bool is_above_all(const char *oid)
{
    static const char *const names[] = {"all", "iso", ".iso"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(oid, names[i]) == 0)
            return true;
    return false;
}

bool snmpd_conf_has_view(const struct snmpd_conf *conf, const char *view)
{
    for (size_t i = 0; i < conf->view_count; i++)
        if (strcmp(conf->views[i].name, view) == 0)
            return true;
    return conf->view_count == SNMPD_LIST_MAX || is_above_all(view);
}

bool snmpd_conf_shows(const struct snmpd_conf *conf, const char *view)
{
    char wanted[1600];

    our_oid(wanted, sizeof(wanted), true);
    if (view[0] == '\0' || is_above_all(view) || (view[0] == '.' && related(view, wanted)))
        return true;
    for (size_t i = 0; i < conf->view_count; i++)
        if (strcmp(conf->views[i].name, view) == 0 && conf->views[i].included &&
            (is_above_all(conf->views[i].oid) || related(conf->views[i].oid, wanted)))
            return true;
    return false;
}

/*
 * The first arc that differs decides.  What is above both has all that follows; so high up, at
 * 1.3.6.1 at least, that snmpd has something of its own there.
 */
static bool stands_behind(const char *oid, const char *wanted)
{
    char *end_oid = NULL;
    char *end_wanted = NULL;

    oid += oid[0] == '.';
    for (unsigned depth = 1;; depth++) {
        unsigned long arc = strtoul(oid, &end_oid, 10);
        unsigned long other = strtoul(wanted, &end_wanted, 10);

        if (arc != other || end_oid == oid)
            return arc > other;
        if (*end_oid != '.' || *end_wanted != '.')
            return *end_oid == '\0' && depth <= 4;
        oid = end_oid + 1;
        wanted = end_wanted + 1;
    }
}

bool snmpd_conf_ends_well(const struct snmpd_conf *conf, const char *view)
{
    char wanted[1600];

    our_oid(wanted, sizeof(wanted), false);
    for (size_t i = 0; i < conf->view_count; i++)
        if (strcmp(conf->views[i].name, view) == 0 && conf->views[i].included &&
            (is_above_all(conf->views[i].oid) || stands_behind(conf->views[i].oid, wanted)))
            return true;
    return view[0] == '\0' || view[0] == '.';
}
