#ifndef CTL_REFUSAL_H
#define CTL_REFUSAL_H

#include "ctl/fault.h"

/* The error-status of RFC 3416 in words, as this agent means it. */

/* What was asked for when the answer came. */
struct refusal_context {
    const char *what;   /* what was to be done, as "kill" */
    const char *allow;  /* the word of the configuration key `allow' that permits it */
    const char *daemon; /* its name */
    const char *reply;  /* ovpnControlLastReply when it belongs to this command, else "" */
    int raced;          /* whether ovpnControlSerial has changed meanwhile */
};

/* Of a GET or GETBULK. */
void refusal_of_reading(int status, struct fault *fault);

/* Of a SET. */
void refusal_of_setting(int status, const struct refusal_context *context, struct fault *fault);

#endif
