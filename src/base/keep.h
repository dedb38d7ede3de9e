#ifndef BASE_KEEP_H
#define BASE_KEEP_H

#include "base/slice.h"

/*
 * Sockets that outlive the process: the service manager keeps a copy of each, with some words, and
 * hands them to the process that it starts next (sd_notify(3), FDSTORE=1, and
 * sd_listen_fds_with_names(3)), whether the one before stopped, was replaced or died.  Where no
 * service manager keeps anything all of this is without effect.
 *
 * The other end does not see a socket close as long as the manager has a copy.  So whoever ends a
 * connection says so by keep_drop().
 */
struct keep;

/* Longest name, in bytes. */
#define KEEP_NAME_MAX 100

/* At the start of the process: takes what the manager has kept. */
void keep_start(void);

/*
 * The socket that a process before has left under that name, of any bytes: fd is the caller's from
 * now on, words is what was noted last, to be freed; both are kept on.  NULL when there is none.
 */
struct keep *keep_take(const char *name, int *fd, char **words);

/*
 * The unix socket that listens at that path, whether a process before has left it or the service
 * manager listens there itself (systemd.socket(5)) and has it for whoever asks next too: fd is the
 * caller's from now on.  NULL when there is none.
 */
struct keep *keep_take_listener(const char *path, int *fd);

/*
 * Leaves a copy of a socket with the manager, without words.  fd stays the caller's, who keeps it
 * open until keep_drop() or keep_leave().  NULL when that is not possible.
 */
struct keep *keep_put(const char *name, int fd);

/* Replaces the words, of 64 KiB at most; a process that dies meanwhile leaves none.  NULL is
 * harmless. */
void keep_note(struct keep *keep, struct slice words);

/*
 * The connection ends, for the other end too; the manager closes its copy, but goes on listening
 * where it did so itself.  NULL is harmless.
 */
void keep_drop(struct keep *keep);

/* The process ends; the connection goes on with the next one.  NULL is harmless. */
void keep_leave(struct keep *keep);

/* What nobody has taken is of no more use: closes it, and the manager its copies. */
void keep_drop_rest(void);

#endif
