/* The answer to ENTER PASSWORD: (management notes, "COMMAND -- password"; OpenVPN manual,
 * --management's password file). */
#ifndef CONNECTION_LOGIN_H
#define CONNECTION_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/command.h"

struct instance_config;

/* Builds command from the first line of password_file, which is read anew each time.  The caller
 * wipes command.  On false, error (a buffer of error_size bytes) says why, without any part of the
 * password. */
bool login_command(const struct instance_config *config, struct command *command, char *error,
                   size_t error_size);

#endif
