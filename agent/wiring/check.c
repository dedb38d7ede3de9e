#include "agent/wiring/check.h"

#include <errno.h>
#include <grp.h>
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
#include "config/config.h"

static void log_config_warning(const char *text)
{
    log_warning("%s", text);
}

struct config *check_read(const char *file)
{
    struct config_error error;
    struct config *config = config_load(file, &error, log_config_warning);

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

/* One that is not there says nothing: its daemon may not run. */
static void check_sockets(const struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        const char *path = config->instances[i].management.path;

        if (path && access(path, R_OK | W_OK) != 0 && errno == EACCES)
            log_warning("%s:%u: instances[%zu].management: %s: the agent's user may not use the "
                        "socket or its folder",
                        config->file, config->instances[i].line, i, path);
    }
}

static bool check_files(const char *file, const char *user)
{
    struct config *config = check_read(file);
    struct config_error error;
    bool good = false;

    if (!config)
        return false;
    check_sockets(config);
    good = config_check_passwords(config, &error);
    faults_log(&error);
    good &= managers_judge(config);
    if (good)
        printf("%s: OK, instances: %zu%s%s\n", file, config->count, user ? ", looked as user " : "",
               user ? user : "");
    config_free(config);
    return good;
}

int check_run(const struct options *options)
{
    const char *user;

    if (!choose_user(options->user, &user))
        return EXIT_FAILURE;
    if (check_files(options->config, user))
        return EXIT_SUCCESS;
    if (user)
        log_notice("this is what the user %s sees; --user says another", user);
    return EX_CONFIG;
}
