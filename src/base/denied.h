#ifndef BASE_DENIED_H
#define BASE_DENIED_H

#include <stddef.h>

/*
 * Says what keeps this process from a unix socket: the first folder on the way that it may not
 * enter or, when it may enter all of them, the socket, with its mode, as in "the agent's user may
 * not enter /var/agentx, whose mode is 0700".  path is absolute.  Writes a text for people into
 * size bytes at text, cut when it is longer, and returns text.
 */
const char *denied_why(const char *path, char *text, size_t size);

#endif
