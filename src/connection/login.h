/* Whom the agent logs in to, and the answer to ENTER PASSWORD: (management notes, "COMMAND --
 * password"; OpenVPN manual, --management's password file). */
#ifndef CONNECTION_LOGIN_H
#define CONNECTION_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/command.h"

struct instance_config;

/* Errors for people that the answers of the peer bring about. */
#define LOGIN_STRANGER       "the peer does not speak OpenVPN's management protocol"
#define LOGIN_WRONG_PASSWORD "the daemon does not take the management password in password_file"
#define LOGIN_CLOSED                                                                               \
    "the daemon closed the session without a word; "                                               \
    "management-client-user or -group may not allow the agent's user"
#define LOGIN_SILENT                                                                               \
    "connected, but the daemon is silent; another management client may have its only session"
#define LOGIN_MUTE     "somebody has connected, but no daemon has been heard"
#define LOGIN_NO_REPLY "no answer to the management password"

/* Whether the session may be had with a daemon that listens, or has connected, as the user peer, a
 * user id or TRANSPORT_PEER_UNKNOWN.  On false, error says why. */
bool login_peer(const struct instance_config *config, int64_t peer, char *error, size_t error_size);

/* Builds command from the first line of password_file, which is read anew each time.  The caller
 * wipes command.  On false, error (a buffer of error_size bytes) says why, without any part of the
 * password. */
bool login_command(const struct instance_config *config, struct command *command, char *error,
                   size_t error_size);

#endif
