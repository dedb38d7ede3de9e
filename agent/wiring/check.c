#include "agent/wiring/check.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/wiring/faults.h"
#include "agent/wiring/managers.h"
#include "agent/wiring/options.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "setup/setup.h"

static void log_config_warning(const char *text)
{
    log_warning("%s", text);
}

/* A file that there was no memory for may be right: a new start is worth a try. */
static int status_of_faults(const struct config_error *error)
{
    static const char no_memory[] = "out of memory";
    const size_t end = sizeof(no_memory) - 1;

    for (size_t i = 0; i < error->count && i < CONFIG_FAULTS_MAX; i++) {
        size_t len = strlen(error->text[i]);

        if (len >= end && strcmp(error->text[i] + len - end, no_memory) == 0)
            return EXIT_FAILURE;
    }
    return EX_CONFIG;
}

struct config *check_read(const char *file, int *status)
{
    struct config_error error;
    struct config *config = config_load(file, &error, log_config_warning);

    *status = config ? EXIT_SUCCESS : status_of_faults(&error);
    if (!config)
        faults_log(&error);
    return config;
}

/* Root's ids, saved ones and groups too, are gone for good behind this. */
static bool become(const struct passwd *user)
{
    if (initgroups(user->pw_name, user->pw_gid) == 0 &&
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0)
        return true;
    log_error("cannot look as the user %s: %s", user->pw_name, strerror(errno));
    return false;
}

/* *name is whom we look as now, NULL when nothing changes.  False when that is not possible. */
static bool choose_user(const char *wanted, const char **name)
{
    const struct passwd *user;

    *name = NULL;
    if (!wanted && geteuid() != 0)
        return true;
    user = getpwnam(wanted ? wanted : CHECK_USER);
    if (!user && !wanted)
        return true;
    if (!user) {
        log_error("--user: the system knows no user \"%s\"", wanted);
        return false;
    }
    if (user->pw_uid == geteuid())
        return true;
    *name = wanted ? wanted : CHECK_USER;
    return become(user);
}

/* The agent makes the socket itself; a folder that the service's unit makes need not be there. */
static void check_folder(const struct config *config, size_t which)
{
    const struct instance_config *instance = &config->instances[which];
    char folder[PATH_MAX];

    text_folder(folder, sizeof(folder), instance->management.path);
    if (access(folder, W_OK | X_OK) != 0 && errno == EACCES)
        log_warning("%s:%u: instances[%zu].management: %s: the agent's user may not make a socket "
                    "in its folder",
                    config->file, instance->line, which, instance->management.path);
}

/* The running agent is not asked: what it has is not known here. */
static void tell_ends(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->count; i++)
        count += config->instances[i].management.listen;
    if (count > 0)
        log_notice("daemons that connect to the agent: %zu; such a daemon ends when a reload takes "
                   "its instance away, or gives it another name, index or management, and when the "
                   "agent ends without a service manager that keeps its sockets",
                   count);
}

/* One that is not there says nothing: its daemon may not run. */
static void check_sockets(const struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *path = config->instances[i].management.path;

        if (config->instances[i].management.listen)
            check_folder(config, i);
        else if (path && access(path, R_OK | W_OK) != 0 && errno == EACCES)
            log_warning("%s:%u: instances[%zu].management: %s: the agent's user may not use the "
                        "socket or its folder",
                        config->file, config->instances[i].line, i, path);
    }
}

/* No daemon is kept from being watched by what is wrong with its own file. */
static void check_setups(const struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *path = config->instances[i].openvpn_config;
        struct setup setup;

        if (!path)
            continue;
        setup_read(&setup, path);
        if (setup.fault)
            log_warning("%s:%u: instances[%zu].openvpn_config: %s", config->file,
                        config->instances[i].line, i, setup.fault);
        setup_fini(&setup);
    }
}

/* Returns the exit status. */
static int check_files(const char *file, const char *user)
{
    int status;
    struct config *config = check_read(file, &status);
    struct config_error error;

    if (!config)
        return status;
    check_sockets(config);
    tell_ends(config);
    check_setups(config);
    if (!config_check_passwords(config, &error))
        status = EX_CONFIG;
    faults_log(&error);
    if (!managers_judge(config))
        status = EX_CONFIG;
    if (status == EXIT_SUCCESS)
        printf("%s: OK, instances: %zu%s%s\n", file, config->count, user ? ", looked as user " : "",
               user ? user : "");
    config_free(config);
    return status;
}

int check_run(const struct options *options)
{
    const char *user;
    int status;

    if (!choose_user(options->user, &user))
        return EXIT_FAILURE;
    status = check_files(options->config, user);
    if (status != EXIT_SUCCESS && user)
        log_notice("this is what the user %s sees; --user says another", user);
    return status;
}
