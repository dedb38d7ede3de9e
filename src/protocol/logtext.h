#ifndef PROTOCOL_LOGTEXT_H
#define PROTOCOL_LOGTEXT_H

#include <stdbool.h>

#include "base/slice.h"
#include "protocol/address.h"
#include "protocol/state.h"

/*
 * The text of a log line.  A server begins the lines of a client with "NAME/ADDRESS ", where NAME
 * is the certificate's or the user's choice: it may look like anything that a daemon says, but the
 * address behind it is the daemon's.
 */

/*
 * Takes the text up to the next "/ADDRESS", which is followed by a blank or the end: so many parts
 * a line has of which one may have been written by another than the next.  The last part is the
 * rest.  False when nothing is left.
 */
bool logtext_next(struct slice *rest, struct slice *part);

/*
 * Which client a line is of: it begins with the client's address, or with its name in front of it,
 * and no other address in it could be the true one.  *rest is what is said of it.
 */
bool logtext_client(struct slice text, struct address *from, struct slice *rest);

/*
 * Whether the line is a trace of a management session, in exactly the daemon's form: `MANAGEMENT:
 * CMD '...'`, `MANAGEMENT: >STATE:...`, `MANAGEMENT: Client connected from ...` and `... Client
 * disconnected`.  These are no news of the daemon; the agent's own commands cause them, and they
 * may hold secrets.
 */
bool logtext_is_trace(const struct log_line *line);

/*
 * Whether a daemon that says this is about to end: a fatal error, or an error in the configuration
 * that it reads again.
 */
bool logtext_is_last(const struct log_line *line);

/* The line in which the daemon tells the name of the device that it has opened; false for others.
 */
bool logtext_device(struct slice text, struct slice *device);

#endif
