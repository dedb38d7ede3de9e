#ifndef AGENT_STANDALONE_ACCESS_H
#define AGENT_STANDALONE_ACCESS_H

#include <stddef.h>

/*
 * What no view can give: nothing but the daemons' objects is set, so that what the file of users
 * says stays true; and what is below ovpnSecrets is there for requests alone that have
 * authentication and privacy.
 */

/* To be called when the library's own control of access is there.  The root is borrowed. */
void access_restrict(const unsigned long *root, size_t root_len);

#endif
