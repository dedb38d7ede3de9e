#ifndef SHARE_DOOR_H
#define SHARE_DOOR_H

#include <stddef.h>

#include "config/config.h"

/* The socket of a share in the file system, or on the loopback interface. */

/*
 * Makes a socket that listens, without waiting, with the mode and group that the share says from
 * the beginning.  A socket in the file system at which nobody answers any more is replaced;
 * anything else there is left alone.  Returns -1 with a text for people in error.
 */
int door_open(const struct share_config *config, char *error, size_t error_size);

/* Gives an open one the mode and group that the share says now; -1 as above. */
int door_grant(const struct share_config *config, char *error, size_t error_size);

/* Closes it, and removes it from the file system where it still is that one. */
void door_close(const struct share_config *config, int fd);

/* Who has come through it: `uid 1000 pid 4711`, or an address with its port. */
enum { DOOR_PEER_MAX = 64 };
void door_peer(int fd, char peer[DOOR_PEER_MAX]);

#endif
