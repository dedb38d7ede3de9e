#ifndef CONTROL_CREDENTIALS_H
#define CONTROL_CREDENTIALS_H

#include <stddef.h>

#include "control/change.h"
#include "model/requests.h"

/*
 * Answers to a request for a user name, password or second factor.  With a challenge the password
 * takes a form of its own, which is built here:
 *
 *   static   SCRV1:BASE64(PASSWORD):BASE64(RESPONSE), or both joined where the request says so
 *   dynamic  CRV1::STATE_ID::RESPONSE, under the user name that the challenge carries
 *
 * The challenge of a server that asks for a second factor takes a response alone, in base64, by a
 * command of its own.
 *
 * Nobody knows for how long a server takes the answer to a dynamic challenge, so a password without
 * a response, which begins anew, is always taken too.
 */

/* What is given in answer to one request; NULL for what is not. */
struct credentials {
    const struct change *username;
    const struct change *password;
    const struct change *response;
};

/* What is wrong with this answer to that request, for people; NULL when nothing is. */
const char *credentials_fault(const struct request *request, const struct credentials *given);

/* The user name goes out before the password. */
enum { CREDENTIALS_COMMANDS_MAX = 2 };

/*
 * Builds the commands, which hold secrets, and their number.  To be called with an answer without
 * fault.  On an error nothing secret is left in commands.
 */
enum command_error credentials_commands(const struct request *request,
                                        struct command_dialect dialect,
                                        const struct credentials *given,
                                        struct command commands[CREDENTIALS_COMMANDS_MAX],
                                        size_t *count);

#endif
