#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

#include <stdbool.h>

/* Sockets in the file system at which this process listens. */

/* A stream socket that never waits and no other program inherits; -1 with errno. */
int unix_socket_make(void);

/*
 * Binds the socket to the absolute path, with mode 0600.  A socket there whose process is gone is
 * replaced; anything else is left alone (EADDRINUSE).  Returns 0, or -1 with errno.
 */
int unix_socket_bind(int fd, const char *path);

/* Whether the socket was bound to that path. */
bool unix_socket_is_at(int fd, const char *path);

/* Whether there is a socket at the path at which nobody listens any more. */
bool unix_socket_is_deserted(const char *path);

/* Closes it, and removes it from the file system where nobody else listens there. */
void unix_socket_leave(int fd, const char *path);

#endif
