#include "connection/login.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

/* Who may be a daemon that connects: OpenVPN does so before it gives up root's rights. */
static bool login_visitor(const struct instance_config *config, int64_t peer, char *error,
                          size_t error_size)
{
    if (config->peer_checked ? peer == config->peer_user
                             : peer == 0 || (peer > 0 && peer == (int64_t)geteuid()))
        return true;
    if (peer < 0)
        snprintf(error, error_size, "turned away: it is not known which user has connected");
    else if (config->peer_checked)
        snprintf(error, error_size,
                 "turned away: user %" PRId64 " has connected, not user %" PRIu32
                 " as peer_user says",
                 peer, config->peer_user);
    else
        snprintf(error, error_size,
                 "turned away: user %" PRId64
                 " has connected, not root or the agent's user; peer_user may say another",
                 peer);
    return false;
}

bool login_peer(const struct instance_config *config, int64_t peer, char *error, size_t error_size)
{
    if (config->management.listen)
        return login_visitor(config, peer, error, error_size);
    if (!config->peer_checked || peer == config->peer_user)
        return true;
    if (peer < 0)
        snprintf(error, error_size,
                 "it is not known which user listens on the socket, and peer_user says user "
                 "%" PRIu32 "; nothing was sent",
                 config->peer_user);
    else
        snprintf(error, error_size,
                 "user %" PRId64 " listens on the socket, not user %" PRIu32
                 " as peer_user says; nothing was sent",
                 peer, config->peer_user);
    return false;
}

bool login_command(const struct instance_config *config, struct command *command, char *error,
                   size_t error_size)
{
    char password[COMMAND_MAX + 1];
    bool built;
    int len;

    if (!config->password_file) {
        snprintf(error, error_size,
                 "the daemon asks for a management password, but password_file is not set");
        return false;
    }
    len =
        config_read_password(config->password_file, password, sizeof(password), error, error_size);
    if (len < 0)
        return false;
    built = command_login(command, (struct slice){password, (size_t)len}) == COMMAND_OK;
    explicit_bzero(password, sizeof(password));
    if (!built)
        snprintf(error, error_size,
                 "the management password has characters that OpenVPN cannot take");
    return built;
}
