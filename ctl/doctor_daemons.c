#include "ctl/doctor_daemons.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/endpoint.h"
#include "setup/directives.h"
#include "setup/files.h"

/* The folders of Debian's units, and what the units are called. */
static const struct {
    const char *path;
    const char *unit;
} folders[] = {
    {"/etc/openvpn/server", "openvpn-server"},
    {"/etc/openvpn/client", "openvpn-client"},
    {"/etc/openvpn", "openvpn"},
};

static void take_directive(struct doctor_daemon *daemon, const struct directive *directive)
{
    if (directive_is(directive, "management") && directive->count > 1) {
        doctor_copy(daemon->where, sizeof(daemon->where), directive->words[1]);
        if (directive->count > 2)
            doctor_copy(daemon->port, sizeof(daemon->port), directive->words[2]);
        daemon->password = directive->count > 3;
    } else if (directive_is(directive, "management-client-group") && directive->count > 1) {
        doctor_copy(daemon->group, sizeof(daemon->group), directive->words[1]);
    } else if (directive_is(directive, "management-client-user") && directive->count > 1) {
        doctor_copy(daemon->user, sizeof(daemon->user), directive->words[1]);
    }
    daemon->client |= directive_is(directive, "management-client");
    daemon->client_auth |= directive_is(directive, "management-client-auth");
    daemon->hold |= directive_is(directive, "management-hold");
    daemon->signal |= directive_is(directive, "management-signal");
}

/* The file may hold a key: what is read of it is wiped. */
static bool read_daemon(const struct doctor *doctor, struct doctor_daemon *daemon)
{
    struct files files = {NULL, 0};
    struct directives directives;
    struct directive directive;
    char full[DOCTOR_WORD_MAX];
    struct slice bytes;
    char words[512];
    const char *fault =
        files_read(&files, doctor_path(doctor, daemon->path, full), &bytes, words, sizeof(words));

    files_fini(&files);
    if (fault)
        return false;
    directives_begin(&directives, bytes);
    while (directives_next(&directives, &directive, &fault))
        if (directive.count > 0 && !directive.is_block)
            take_directive(daemon, &directive);
    explicit_bzero(&directives, sizeof(directives));
    files_release(&bytes);
    return true;
}

static void add_daemon_file(struct doctor_daemons *daemons, const struct doctor *doctor,
                            const char *folder, const char *unit, const char *name)
{
    struct doctor_daemon *list;
    size_t stem = strlen(name);

    if (stem < 6 || strcmp(name + stem - 5, ".conf") != 0 || daemons->count >= DOCTOR_DAEMONS_MAX)
        return;
    list = realloc(daemons->list, (daemons->count + 1) * sizeof(*list));
    if (!list)
        return;
    daemons->list = list;
    list += daemons->count;
    *list = (struct doctor_daemon){.password = false};
    snprintf(list->path, sizeof(list->path), "%s/%s", folder, name);
    snprintf(list->unit, sizeof(list->unit), "%s@%.*s", unit, (int)(stem - 5), name);
    if (read_daemon(doctor, list))
        daemons->count++;
    else
        daemons->unread++;
}

void doctor_daemons_read(struct doctor_daemons *daemons, const struct doctor *doctor)
{
    *daemons = (struct doctor_daemons){NULL, 0, 0};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char full[DOCTOR_WORD_MAX];
        struct dirent **entries = NULL;
        struct stat found;
        int count = scandir(doctor_path(doctor, folders[i].path, full), &entries, NULL, alphasort);

        if (count < 0 && doctor_stat(doctor, folders[i].path, &found))
            daemons->unread++;
        for (int entry = 0; entry < count; entry++) {
            add_daemon_file(daemons, doctor, folders[i].path, folders[i].unit,
                            entries[entry]->d_name);
            free(entries[entry]);
        }
        free(entries);
    }
}

void doctor_daemons_fini(struct doctor_daemons *daemons)
{
    free(daemons->list);
    daemons->list = NULL;
    daemons->count = 0;
}

/* 0.0.0.0 and the like are reached through every address of this machine. */
static bool is_same_host(const char *listens, const struct endpoint *endpoint)
{
    return strcmp(listens, endpoint->host) == 0 ||
           (endpoint_is_local(endpoint) &&
            (strcmp(listens, "localhost") == 0 || strcmp(listens, "127.0.0.1") == 0 ||
             strcmp(listens, "::1") == 0 || strcmp(listens, "0.0.0.0") == 0 ||
             strcmp(listens, "::") == 0));
}

bool doctor_daemon_is_at(const struct doctor_daemon *daemon, const struct endpoint *endpoint)
{
    if (endpoint->path)
        return strcmp(daemon->where, endpoint->path) == 0;
    return is_same_host(daemon->where, endpoint) &&
           strtol(daemon->port, NULL, 10) == endpoint->port;
}
