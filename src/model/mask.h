#ifndef MODEL_MASK_H
#define MODEL_MASK_H

#include "base/slice.h"

/*
 * Secrets in the daemon's free text: the URL of a web login carries a token, a dynamic challenge
 * (CRV1) the state that belongs into the answer only.
 */

/*
 * Replaces *where (see text_set()) by the cleaned text.  What stands behind the host of a URL, in
 * front of an '@' in it, or behind "CRV1:" becomes ***.
 */
void mask_set(char **where, size_t limit, struct slice text);

/* The same for a line of the log, where only what a server pushes to its clients holds secrets. */
void mask_set_log(char **where, size_t limit, struct slice text);

#endif
