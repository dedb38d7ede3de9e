#include "ctl/doctor_checks.h"

#include <errno.h>
#include <string.h>

#include "ctl/doctor_user.h"

#define EXAMPLE "/usr/share/doc/openvpn-agentx/openvpn-agentx.conf.example"

void doctor_check_user(struct doctor *doctor)
{
    const char *name = doctor->user.name;

    doctor_user_load(doctor);
    if (!doctor->user.known) {
        doctor_say(doctor, DOCTOR_FAIL, NULL, "the system knows no user %s, whom the agent runs as",
                   name);
        doctor_mend(doctor, "systemd-sysusers");
    } else if (doctor->user.uid == 0) {
        doctor_say(doctor, DOCTOR_WARN, NULL,
                   "the agent's user %s is root, and what is wrong with modes does not show", name);
    }
}

/* Root may read everything, so that it is the agent's user who counts. */
static void find_unreadable(struct doctor *doctor)
{
    const char *path = doctor->config_file;
    struct doctor_closed closed;
    char word[DOCTOR_WORD_MAX];

    if (doctor_user_may(doctor, path, 4, &closed) || closed.error)
        return;
    doctor_say(doctor, DOCTOR_FAIL, path, "the agent's user may not %s %s, whose mode is %04o",
               closed.is_folder ? "enter" : "read", closed.path, closed.mode);
    doctor_mend(doctor, "chmod %s %s", closed.is_folder ? "a+x" : "a+r",
                doctor_word(word, closed.path));
}

/* config_load() gives its warnings to a function and to nothing else. */
static struct doctor *warned;

static void take_warning(const char *text)
{
    char word[DOCTOR_WORD_MAX];

    doctor_say(warned, DOCTOR_WARN, NULL, "%s", text);
    doctor_mend(warned, "sensible-editor %s", doctor_word(word, warned->config_file));
}

static void tell_faults(struct doctor *doctor, const struct config_error *error)
{
    char word[DOCTOR_WORD_MAX];

    for (size_t i = 0; i < error->count && i < CONFIG_FAULTS_MAX; i++) {
        doctor_say(doctor, DOCTOR_FAIL, NULL, "%s", error->text[i]);
        doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
    }
    if (error->count > CONFIG_FAULTS_MAX)
        doctor_say(doctor, DOCTOR_FAIL, doctor->config_file, "... and %zu more faults",
                   error->count - CONFIG_FAULTS_MAX);
}

void doctor_check_config(struct doctor *doctor)
{
    const char *path = doctor->config_file;
    struct config_error error = {.count = 0};
    char full[DOCTOR_WORD_MAX];
    char word[DOCTOR_WORD_MAX];
    struct stat found;

    if (!doctor_stat(doctor, path, &found) && errno == ENOENT) {
        doctor_say(doctor, DOCTOR_FAIL, path,
                   "there is no configuration: the service does not start without it");
        doctor_mend(doctor, "install -D -m 0644 " EXAMPLE " %s", doctor_word(word, path));
        return;
    }
    warned = doctor;
    doctor->config = config_load(doctor_path(doctor, path, full), &error, take_warning);
    tell_faults(doctor, &error);
    find_unreadable(doctor);
}

/* Looks at owner and mode alone: what is in the file is nobody's business here. */
static void check_guarded(struct doctor *doctor, const char *where, const char *path)
{
    struct doctor_closed closed;
    char word[DOCTOR_WORD_MAX];
    struct stat found;

    doctor_word(word, path);
    if (!doctor_stat(doctor, path, &found)) {
        bool closed_to_us = errno == EACCES;

        doctor_say(doctor, closed_to_us ? DOCTOR_SKIP : DOCTOR_FAIL, where,
                   "file with passwords %s: %s", path, strerror(errno));
        if (closed_to_us)
            doctor_mend(doctor, "sudo ovpnctl doctor");
        else
            doctor_mend(doctor, "install -o root -g %s -m 0640 /dev/stdin %s", doctor->user.name,
                        word);
    } else if (!S_ISREG(found.st_mode)) {
        doctor_say(doctor, DOCTOR_FAIL, where, "file with passwords %s: not a regular file", path);
        doctor_mend(doctor, "sensible-editor %s", doctor->config_file);
    } else if (found.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) {
        doctor_say(doctor, DOCTOR_FAIL, where, "file with passwords %s: others can %s it: refused",
                   path, found.st_mode & S_IROTH ? "read" : "write");
        doctor_mend(doctor, "chmod g-w,o-rwx %s", word);
    } else if (!doctor_user_may(doctor, path, 4, &closed) && !closed.error) {
        doctor_say(doctor, DOCTOR_FAIL, where, "the agent's user may not %s %s, whose mode is %04o",
                   closed.is_folder ? "enter" : "read", closed.path, closed.mode);
        if (closed.is_folder)
            doctor_mend(doctor, "chmod a+x %s", doctor_word(word, closed.path));
        else
            doctor_mend(doctor, "chown root:%s %s && chmod 0640 %s", doctor->user.name, word, word);
    }
}

void doctor_check_passwords(struct doctor *doctor)
{
    const struct config *config = doctor->config;

    if (config->snmp_config)
        check_guarded(doctor, NULL, config->snmp_config);
    for (size_t i = 0; i < config->count; i++)
        if (config->instances[i].password_file)
            check_guarded(doctor, config->instances[i].name, config->instances[i].password_file);
}

void doctor_check_memory(struct doctor *doctor)
{
    const char *path = doctor->config ? doctor->config->state_dir : NULL;
    struct doctor_closed closed;
    char word[DOCTOR_WORD_MAX];

    if (!path || path[0] == '\0' || doctor_user_may(doctor, path, 7, &closed))
        return;
    if (closed.error == EACCES)
        doctor_say(doctor, DOCTOR_SKIP, path, "only root may look there");
    else if (closed.error)
        doctor_say(doctor, DOCTOR_FAIL, path, "%s, so the agent forgets all when it ends: %s",
                   closed.path, strerror(closed.error));
    else
        doctor_say(doctor, DOCTOR_FAIL, path,
                   "the agent's user may not write there, as the mode of %s is %04o", closed.path,
                   closed.mode);
    if (closed.error == EACCES)
        doctor_mend(doctor, "sudo ovpnctl doctor");
    else if (closed.is_folder && !closed.error)
        doctor_mend(doctor, "chmod a+x %s", doctor_word(word, closed.path));
    else
        doctor_mend(doctor, "install -d -o %s -g %s -m 0700 %s", doctor->user.name,
                    doctor->user.name, doctor_word(word, path));
}
