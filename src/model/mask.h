#ifndef MODEL_MASK_H
#define MODEL_MASK_H

#include "base/slice.h"

/*
 * Secrets in the daemon's free text.  From verb 7 on a daemon logs its keys, with verb 2 what it
 * sends to an HTTP proxy; a version before 2.4 logs the tokens that are pushed to it; what a server
 * pushes may hold the URL of a web login, which carries a token, or a dynamic challenge (CRV1),
 * whose state belongs into the answer only.
 *
 * Each function replaces *where (see text_set()) by the cleaned text with *** in the place of each
 * secret.
 */

/*
 * A line of the log.  Clients choose a part of many lines: only what has the daemon's form is
 * masked, and not beyond the address behind a client's name (protocol/logtext.h).
 */
void mask_set_log(char **where, size_t limit, struct slice text);

/* An echo, which a server may have pushed: the same, and any challenge or web login. */
void mask_set_echo(char **where, size_t limit, struct slice text);

/*
 * Text that a server pushes, or that ends a daemon: the same, and what stands behind the host of a
 * URL, in front of an '@' in it, or behind "CRV1:".
 */
void mask_set(char **where, size_t limit, struct slice text);

#endif
