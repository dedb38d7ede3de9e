#ifndef MODEL_ASKED_H
#define MODEL_ASKED_H

#include <stdint.h>

#include "base/slice.h"
#include "model/records.h"

struct instance;

/*
 * What managers asked of a daemon: the history `commands`, and the last of them, which is kept even
 * where the history keeps nothing.
 */

/*
 * A command of somebody goes out; secrets in its text are masked already.  Returns a ticket for
 * asked_end(), which no other command ever has.
 */
uint64_t asked_begin(struct instance *instance, const char *source, const char *text);

/*
 * What came of the command with that ticket: the result may change again when an answer is late.
 * reply is the daemon's, or says why the command was not sent.
 */
void asked_end(struct instance *instance, uint64_t ticket, enum command_result result,
               struct slice reply, int64_t milliseconds);

/* A command that is not sent, and why. */
void asked_reject(struct instance *instance, const char *source, const char *text, const char *why);

#endif
