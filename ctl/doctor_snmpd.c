#include "ctl/doctor_checks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_snmpd_conf.h"
#include "ctl/doctor_user.h"

#define MAIN    "/etc/snmp/snmpd.conf"
#define FOLDER  "/etc/snmp/snmpd.conf.d"
#define DROP_IN FOLDER "/openvpn-agentx.conf"
#define EXAMPLE "/usr/share/doc/openvpn-agentx/snmpd-openvpn-agentx.conf"
#define DEFAULT "unix:/var/agentx/master"

/* Adds to a file that a person may have written in. */
static void mend_by_example(struct doctor *doctor)
{
    doctor_mend(doctor, "sed -E 's/^#(r[ow]user)/\\1/' " EXAMPLE " >>" DROP_IN
                        " && systemctl restart snmpd");
}

/* Reads it for one check; NULL when there is nothing to look at, which another check says. */
static struct snmpd_conf *new_conf(struct doctor *doctor)
{
    struct snmpd_conf *conf = malloc(sizeof(*conf));

    if (!conf) {
        doctor->failed = true;
        return NULL;
    }
    snmpd_conf_read(conf, doctor);
    if (conf->found && !conf->error)
        return conf;
    free(conf);
    return NULL;
}

static bool has_drop_ins(const struct doctor *doctor)
{
    struct stat found;

    return doctor_stat(doctor, DROP_IN, &found);
}

static void check_settings(struct doctor *doctor, const struct snmpd_conf *conf)
{
    if (!conf->found && errno != EACCES) {
        doctor_say(doctor, DOCTOR_FAIL, MAIN, "there is no configuration of snmpd");
        doctor_mend(doctor, "apt-get install --no-install-recommends snmpd");
        return;
    }
    if (!conf->found || conf->error) {
        doctor_say(doctor, DOCTOR_SKIP, conf->unread[0] ? conf->unread : MAIN,
                   "only root may read it");
        doctor_mend(doctor, "sudo ovpnctl doctor");
        return;
    }
    if (!conf->includes_folder && has_drop_ins(doctor)) {
        doctor_say(doctor, DOCTOR_FAIL, MAIN,
                   "there is no line includeDir " FOLDER ", and " DROP_IN " is not read");
        doctor_mend(doctor, "echo 'includeDir " FOLDER "' >>" MAIN " && systemctl restart snmpd");
    }
    if (!conf->master) {
        doctor_say(doctor, DOCTOR_FAIL, MAIN, "there is no line \"master agentx\"");
        if (has_drop_ins(doctor))
            doctor_mend(doctor, "echo 'master agentx' >>" DROP_IN " && systemctl restart snmpd");
        else
            mend_by_example(doctor);
    }
}

void doctor_check_snmpd(struct doctor *doctor)
{
    struct snmpd_conf *conf = malloc(sizeof(*conf));

    if (!conf) {
        doctor->failed = true;
        return;
    }
    snmpd_conf_read(conf, doctor);
    check_settings(doctor, conf);
    free(conf);
}

/* Net-SNMP takes a path without "unix:" too. */
static bool is_same_socket(struct slice one, const char *other)
{
    struct slice rest = slice_of(other);

    slice_take_prefix(&one, "unix:");
    slice_take_prefix(&rest, "unix:");
    return slice_equal(one, rest);
}

static bool has_socket(const char *list, const char *socket)
{
    struct slice rest = slice_of(list[0] ? list : DEFAULT);

    while (rest.at)
        if (is_same_socket(slice_cut(&rest, ','), socket))
            return true;
    return false;
}

static void check_same_socket(struct doctor *doctor, const struct snmpd_conf *conf,
                              const char *socket)
{
    const char *theirs = conf->socket[0] ? conf->socket : DEFAULT;
    char word[DOCTOR_WORD_MAX];

    if (!conf->master || has_socket(conf->socket, socket))
        return;
    doctor_say(doctor, DOCTOR_FAIL, doctor->config_file,
               "the agent's key agentx is %s, but snmpd's agentXSocket is %s", socket, theirs);
    doctor_mend(doctor, "sed -i -E 's|^([[:space:]]*agentx[[:space:]]*[=:]).*|\\1 \"%s\";|' %s",
                theirs, doctor_word(word, doctor->config_file));
}

static void tell_closed(struct doctor *doctor, const struct snmpd_conf *conf,
                        const struct doctor_closed *closed, const char *path)
{
    char word[DOCTOR_WORD_MAX];

    if (closed->error == EACCES) {
        doctor_say(doctor, DOCTOR_SKIP, path, "only root may look at it");
        doctor_mend(doctor, "sudo ovpnctl doctor");
    } else if (closed->error) {
        doctor_say(doctor, DOCTOR_FAIL, path,
                   "%s; snmpd does not run, has no line \"master agentx\", or another agentXSocket",
                   strerror(closed->error));
        doctor_mend(doctor, "systemctl restart snmpd");
    } else {
        doctor_say(doctor, DOCTOR_FAIL, path, "the agent's user may not %s %s, whose mode is %04o",
                   closed->is_folder ? "enter" : "use", closed->path, closed->mode);
        if (closed->is_folder && strcmp(closed->path, "/var/agentx") == 0)
            doctor_mend(doctor, "systemd-tmpfiles --create");
        else if (closed->is_folder)
            doctor_mend(doctor, "chmod a+x %s", doctor_word(word, closed->path));
        else if (conf && !conf->perms)
            mend_by_example(doctor);
        else
            doctor_mend(doctor, "chgrp %s %s && chmod g+rw %s", doctor->user.name,
                        doctor_word(word, closed->path), word);
    }
}

void doctor_check_agentx(struct doctor *doctor)
{
    const char *socket = doctor->config ? doctor->config->agentx : DEFAULT;
    struct snmpd_conf *conf = new_conf(doctor);
    const char *path = strncmp(socket, "unix:", 5) == 0 ? socket + 5 : NULL;
    struct doctor_closed closed;

    if (conf)
        check_same_socket(doctor, conf, socket);
    if (path && path[0] == '/' && !doctor_user_may(doctor, path, 6, &closed))
        tell_closed(doctor, conf, &closed, path);
    free(conf);
}

/* The shipped views are in the example; how another one is meant, its owner knows. */
static void mend_view(struct doctor *doctor, const char *view)
{
    static const char *const ours[] = {"ovpnMonitor", "ovpnOperator", "ovpnSecrets"};
    char word[DOCTOR_WORD_MAX];

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(view, ours[i]) != 0)
            continue;
        doctor_mend(doctor, "grep '^view %s ' " EXAMPLE " >>" DROP_IN " && systemctl restart snmpd",
                    view);
        return;
    }
    doctor_mend(doctor, "sensible-editor %s", doctor_word(word, MAIN));
}

static void check_view_of(struct doctor *doctor, const struct snmpd_conf *conf,
                          const struct snmpd_access *access)
{
    const char *asks = remote_user(doctor->remote);

    if (snmpd_conf_shows(conf, access->view)) {
        if (snmpd_conf_ends_well(conf, access->view))
            return;
        doctor_say(doctor, DOCTOR_WARN, access->view,
                   "nothing stands behind the agent's objects in this view, and a GETBULK to its "
                   "end makes snmpd loop");
        doctor_mend(doctor,
                    "echo 'view %s included .1.3.6.1.6.3.10.2.1' >>" DROP_IN
                    " && systemctl restart snmpd",
                    access->view);
    } else if (access->named && !snmpd_conf_has_view(conf, access->view)) {
        doctor_say(doctor, DOCTOR_FAIL, access->view,
                   "no line \"view\" says what is in this view: whoever has it sees nothing");
        mend_view(doctor, access->view);
    } else if (asks && strcmp(access->user, asks) == 0) {
        doctor_say(doctor, DOCTOR_FAIL, access->view,
                   "the agent's objects are not in this view, which %s has, who asks here", asks);
        mend_view(doctor, access->view);
    }
}

static bool is_repeated(const struct snmpd_conf *conf, size_t place)
{
    const struct snmpd_access *access = &conf->access[place];

    for (size_t i = 0; i < place; i++)
        if (strcmp(conf->access[i].view, access->view) == 0 &&
            strcmp(conf->access[i].user, access->user) == 0)
            return true;
    return false;
}

void doctor_check_views(struct doctor *doctor)
{
    struct snmpd_conf *conf = new_conf(doctor);
    size_t shows = 0;

    for (size_t i = 0; conf && i < conf->access_count; i++) {
        if (is_repeated(conf, i))
            continue;
        shows += snmpd_conf_shows(conf, conf->access[i].view);
        check_view_of(doctor, conf, &conf->access[i]);
    }
    if (conf && shows == 0) {
        doctor_say(
            doctor, DOCTOR_FAIL, MAIN,
            "nobody may see the agent's objects: no rouser, rocommunity or access has a view "
            "of them");
        mend_by_example(doctor);
    }
    free(conf);
}

static void check_person(struct doctor *doctor, const char *name)
{
    switch (snmpd_conf_user(doctor, name)) {
    case SNMPD_USER_NONE:
        doctor_say(doctor, DOCTOR_FAIL, name, "snmpd has no such user");
        doctor_mend(doctor,
                    "systemctl stop snmpd && echo 'createUser %s SHA-256 \"PASSWORD\" AES "
                    "\"PASSWORD\"' >>/var/lib/snmp/snmpd.conf && systemctl start snmpd",
                    name);
        break;
    case SNMPD_USER_ASKED:
        doctor_say(doctor, DOCTOR_FAIL, name,
                   "snmpd has not taken the line createUser yet, and forgets it when it ran while "
                   "that was written");
        doctor_mend(doctor, "systemctl kill --signal=SIGKILL snmpd; systemctl restart snmpd");
        break;
    case SNMPD_USER_UNKNOWN:
        doctor_say(doctor, DOCTOR_SKIP, name, "only root may see whether snmpd has this user");
        doctor_mend(doctor, "sudo ovpnctl doctor");
        break;
    case SNMPD_USER_THERE:
        break;
    }
}

void doctor_check_people(struct doctor *doctor)
{
    struct snmpd_conf *conf = new_conf(doctor);

    for (size_t i = 0; conf && i < conf->access_count; i++)
        if (conf->access[i].user[0] && !is_repeated(conf, i) &&
            snmpd_conf_shows(conf, conf->access[i].view))
            check_person(doctor, conf->access[i].user);
    free(conf);
}
