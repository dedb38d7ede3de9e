#include "connection/login.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

bool login_peer(const struct instance_config *config, int64_t peer, char *error, size_t error_size)
{
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
