#include "ctl/doctor_checks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/endpoint.h"
#include "ctl/doctor_daemons.h"
#include "ctl/doctor_system.h"
#include "ctl/doctor_user.h"

#define DROP_IN "/usr/share/doc/openvpn-agentx/openvpn-service.conf"

/* What takes out a line of OpenVPN's configuration. */
static void mend_by_deleting(struct doctor *doctor, const struct doctor_daemon *daemon,
                             const char *option)
{
    char word[DOCTOR_WORD_MAX];

    doctor_mend(doctor, "sed -i -E '/^[[:space:]]*%s([[:space:]]|$)/d' %s && systemctl restart %s",
                option, doctor_word(word, daemon->path), daemon->unit);
}

static const struct instance_config *instance_of(const struct doctor *doctor,
                                                 const struct doctor_daemon *daemon)
{
    for (size_t i = 0; doctor->config && i < doctor->config->count; i++)
        if (doctor_daemon_is_at(daemon, &doctor->config->instances[i].management))
            return &doctor->config->instances[i];
    return NULL;
}

static void check_address(struct doctor *doctor, const struct doctor_daemon *daemon)
{
    const char *name = strchr(daemon->unit, '@') + 1;
    char word[DOCTOR_WORD_MAX];

    doctor_word(word, daemon->path);
    if (daemon->where[0] == '\0') {
        doctor_say(doctor, DOCTOR_WARN, daemon->path,
                   "there is no line management, so that nobody can watch the daemon");
        doctor_mend(doctor,
                    "printf 'management /run/openvpn-agentx/%%s.sock unix\\n"
                    "management-client-group %s\\n' %s >>%s",
                    doctor->user.name, name, word);
    } else if (daemon->where[0] == '/' && strcmp(daemon->port, "unix") != 0) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "behind the path %s of management stands %s, and not unix", daemon->where,
                   daemon->port[0] ? daemon->port : "nothing");
        doctor_mend(
            doctor,
            "sed -i -E 's|^([[:space:]]*management[[:space:]]+[^[:space:]]+).*|\\1 unix|' %s",
            word);
    } else if (daemon->where[0] != '/' && strcmp(daemon->port, "unix") == 0) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "management %s unix is no absolute path, and depends on where the daemon is "
                   "started",
                   daemon->where);
        doctor_mend(doctor, "sensible-editor %s", word);
    } else if (doctor->config && !instance_of(doctor, daemon)) {
        doctor_say(doctor, DOCTOR_WARN, daemon->path,
                   "no instance of the agent has its management, %s %s", daemon->where,
                   daemon->port);
        doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
    }
}

/* Who listens, and who connects: one of each. */
static void check_direction(struct doctor *doctor, const struct doctor_daemon *daemon)
{
    const struct instance_config *instance = instance_of(doctor, daemon);
    char word[DOCTOR_WORD_MAX];

    if (daemon->client && !(instance && instance->management.listen)) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "management-client: the daemon connects to somebody, and the agent does not "
                   "listen for it");
        mend_by_deleting(doctor, daemon, "management-client");
    } else if (!daemon->client && instance && instance->management.listen) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "there is no management-client, and the agent's instance %s waits for the "
                   "daemon to connect",
                   instance->name);
        doctor_mend(doctor, "echo management-client >>%s", doctor_word(word, daemon->path));
    }
}

static void check_switches(struct doctor *doctor, const struct doctor_daemon *daemon)
{
    check_direction(doctor, daemon);
    if (daemon->client_auth) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "management-client-auth: clients wait for an answer that the agent never gives");
        mend_by_deleting(doctor, daemon, "management-client-auth");
    }
    if (daemon->signal) {
        doctor_say(doctor, DOCTOR_WARN, daemon->path,
                   "management-signal: each end of the agent's session restarts the tunnel");
        mend_by_deleting(doctor, daemon, "management-signal");
    }
}

static bool take_timeout(struct slice line, void *context)
{
    bool *found = context;

    *found |= slice_starts(line, "TimeoutStartSec=") || slice_starts(line, "Type=exec") ||
              slice_starts(line, "Type=simple");
    return !*found;
}

/* Whether the drop-in, or one like it, keeps systemd from ending a daemon that waits. */
static bool has_patience(const struct doctor *doctor, const char *unit)
{
    static const char *const names[] = {"openvpn-agentx.conf", "override.conf"};
    size_t stem = (size_t)(strchr(unit, '@') - unit);
    char path[800];
    bool found = false;

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "/etc/systemd/system/%.*s.service.d/%s",
                 i < 2 ? (int)stem + 1 : 300, unit, names[i % 2]);
        doctor_lines(doctor, path, take_timeout, &found);
    }
    return found;
}

static void check_hold(struct doctor *doctor, const struct doctor_daemon *daemon)
{
    int stem = (int)(strchr(daemon->unit, '@') - daemon->unit);

    if (!daemon->hold || has_patience(doctor, daemon->unit))
        return;
    doctor_say(
        doctor, DOCTOR_WARN, daemon->path,
        "management-hold: systemd ends the daemon when nobody releases it within 90 seconds");
    doctor_mend(doctor,
                "install -D -m 0644 " DROP_IN " /etc/systemd/system/%.*s@.service.d/"
                "openvpn-agentx.conf && systemctl daemon-reload",
                stem, daemon->unit);
}

/* Whom the daemon lets in, and with which password. */
static void check_entrance(struct doctor *doctor, const struct doctor_daemon *daemon)
{
    const struct instance_config *instance = instance_of(doctor, daemon);
    const char *user = doctor->user.name;
    char word[DOCTOR_WORD_MAX];

    if (daemon->user[0] && strcmp(daemon->user, user) != 0) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "management-client-user %s shuts the agent's user %s out", daemon->user, user);
        mend_by_deleting(doctor, daemon, "management-client-user");
    }
    if (daemon->group[0] && doctor->user.known && !doctor_user_in(doctor, daemon->group)) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   "management-client-group %s, which the agent's user %s is not in", daemon->group,
                   user);
        doctor_mend(doctor,
                    "sed -i -E 's/^([[:space:]]*management-client-group[[:space:]]).*/\\1%s/' %s",
                    user, doctor_word(word, daemon->path));
    }
    if (instance && daemon->password != (instance->password_file != NULL)) {
        doctor_say(doctor, DOCTOR_FAIL, daemon->path,
                   daemon->password ? "the daemon asks for a management password, but the agent's "
                                      "instance %s has no password_file"
                                    : "the daemon asks for no management password, but the agent's "
                                      "instance %s has a password_file",
                   instance->name);
        doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
    }
}

void doctor_check_openvpn(struct doctor *doctor)
{
    struct doctor_daemons daemons;

    doctor_daemons_read(&daemons, doctor);
    for (size_t i = 0; i < daemons.count; i++) {
        check_address(doctor, &daemons.list[i]);
        check_switches(doctor, &daemons.list[i]);
        check_hold(doctor, &daemons.list[i]);
        check_entrance(doctor, &daemons.list[i]);
    }
    if (daemons.unread > 0) {
        doctor_say(doctor, DOCTOR_SKIP, "/etc/openvpn",
                   "%zu files or folders are for others to read", daemons.unread);
        doctor_mend(doctor, "sudo ovpnctl doctor");
    } else if (daemons.count == 0) {
        doctor_say(doctor, DOCTOR_WARN, "/etc/openvpn", "there is no daemon's configuration");
    }
    doctor_daemons_fini(&daemons);
}

/* The unit of the daemon at that endpoint, else a pattern for all. */
static const char *unit_at(const struct doctor_daemons *daemons, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < daemons->count; i++)
        if (doctor_daemon_is_at(&daemons->list[i], endpoint))
            return daemons->list[i].unit;
    return NULL;
}

static void mend_daemon(struct doctor *doctor, const struct doctor_daemons *daemons,
                        const struct endpoint *endpoint)
{
    const char *unit = unit_at(daemons, endpoint);
    char word[DOCTOR_WORD_MAX];

    if (unit)
        doctor_mend(doctor, "systemctl restart %s", doctor_word(word, unit));
    else
        doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
}

/* What keeps the agent's user from the socket; false when nothing does. */
static bool check_closed(struct doctor *doctor, const struct doctor_daemons *daemons,
                         const struct instance_config *instance)
{
    const char *path = instance->management.path;
    struct doctor_closed closed;
    char word[DOCTOR_WORD_MAX];

    if (doctor_user_may(doctor, path, 6, &closed))
        return false;
    doctor_word(word, closed.path);
    if (closed.error == EACCES) {
        doctor_say(doctor, DOCTOR_SKIP, instance->name, "only root may look at %s", path);
        doctor_mend(doctor, "sudo ovpnctl doctor");
    } else if (closed.error && closed.is_folder) {
        doctor_say(doctor, DOCTOR_FAIL, instance->name, "the folder %s of its socket: %s",
                   closed.path, strerror(closed.error));
        doctor_mend(doctor, "systemd-tmpfiles --create");
    } else if (closed.error) {
        doctor_say(doctor, DOCTOR_FAIL, instance->name,
                   "%s: %s; the daemon does not run, or listens elsewhere", path,
                   strerror(closed.error));
        mend_daemon(doctor, daemons, &instance->management);
    } else {
        doctor_say(doctor, DOCTOR_FAIL, instance->name,
                   "the agent's user may not %s %s, whose mode is %04o",
                   closed.is_folder ? "enter" : "use", closed.path, closed.mode);
        if (closed.is_folder)
            doctor_mend(doctor, "chgrp %s %s && chmod g+x %s", doctor->user.name, word, word);
        else
            doctor_mend(doctor, "chmod a+rw %s", word);
    }
    return true;
}

static void check_peer(struct doctor *doctor, const struct instance_config *instance)
{
    char word[DOCTOR_WORD_MAX];
    struct stat found;

    if (!instance->peer_checked || !doctor_stat(doctor, instance->management.path, &found) ||
        found.st_uid == instance->peer_user)
        return;
    doctor_say(doctor, DOCTOR_FAIL, instance->name,
               "the socket is of user %lu, not of user %lu as peer_user says",
               (unsigned long)found.st_uid, (unsigned long)instance->peer_user);
    doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
}

/* Nothing is said of a socket elsewhere: to try it would take the agent's place. */
static void check_listener(struct doctor *doctor, const struct doctor_daemons *daemons,
                           const struct instance_config *instance)
{
    const struct endpoint *endpoint = &instance->management;
    enum doctor_socket state;
    int id;

    if (!endpoint->path && !endpoint_is_local(endpoint)) {
        doctor_say(doctor, DOCTOR_SKIP, instance->name,
                   "%s is on another machine: what the agent says of it stands below",
                   endpoint->text);
        return;
    }
    state = endpoint->path ? doctor_unix_socket(doctor, endpoint->path)
                           : doctor_tcp_socket(doctor, endpoint->port);
    if (state == DOCTOR_SOCKET_NOBODY) {
        doctor_say(doctor, DOCTOR_FAIL, instance->name, "nobody listens at %s", endpoint->text);
        mend_daemon(doctor, daemons, endpoint);
    } else if (state == DOCTOR_SOCKET_IN_USE &&
               doctor_processes(doctor, "openvpn-agentx", &id, 1) == 0) {
        doctor_say(doctor, DOCTOR_WARN, instance->name,
                   "somebody else has the only management session at %s", endpoint->text);
        if (endpoint->path)
            doctor_mend(doctor, "ss -xp | grep -F '%s'", endpoint->path);
        else
            doctor_mend(doctor, "ss -tnp 'dport = :%u'", endpoint->port);
    }
}

/* What keeps the agent from its socket there; false when nothing does. */
static bool check_reception_folder(struct doctor *doctor, const char *path, const char *name)
{
    struct doctor_closed closed;
    char folder[DOCTOR_WORD_MAX];
    char word[DOCTOR_WORD_MAX];

    text_folder(folder, sizeof(folder), path);
    if (doctor_user_may(doctor, folder, 3, &closed))
        return false;
    doctor_word(word, closed.path);
    if (closed.error == EACCES) {
        doctor_say(doctor, DOCTOR_SKIP, name, "only root may look at %s", path);
        doctor_mend(doctor, "sudo ovpnctl doctor");
    } else if (closed.error) {
        doctor_say(doctor, DOCTOR_FAIL, name, "the folder %s of its socket: %s", closed.path,
                   strerror(closed.error));
        doctor_mend(doctor, "systemd-tmpfiles --create");
    } else {
        doctor_say(doctor, DOCTOR_FAIL, name,
                   "the agent's user may not make a socket in %s: the mode of %s is %04o", folder,
                   closed.path, closed.mode);
        doctor_mend(doctor, "chgrp %s %s && chmod g+wx %s", doctor->user.name, word, word);
    }
    return true;
}

/* There the agent listens, and the daemon connects. */
static void check_reception(struct doctor *doctor, const struct endpoint *endpoint,
                            const char *name)
{
    if (doctor_unix_socket(doctor, endpoint->path) != DOCTOR_SOCKET_NOBODY ||
        check_reception_folder(doctor, endpoint->path, name))
        return;
    doctor_say(doctor, DOCTOR_FAIL, name, "the agent does not listen at %s", endpoint->path);
    doctor_mend(doctor, "systemctl restart openvpn-agentx");
}

void doctor_check_management(struct doctor *doctor)
{
    struct doctor_daemons daemons;

    doctor_daemons_read(&daemons, doctor);
    for (size_t i = 0; doctor->config && i < doctor->config->count; i++) {
        const struct instance_config *instance = &doctor->config->instances[i];
        const struct endpoint *endpoint = &instance->management;

        if (endpoint->listen) {
            check_reception(doctor, endpoint, instance->name);
            continue;
        }
        if (endpoint->path && check_closed(doctor, &daemons, instance))
            continue;
        if (endpoint->path)
            check_peer(doctor, instance);
        check_listener(doctor, &daemons, instance);
    }
    doctor_daemons_fini(&daemons);
}
