#ifndef CONNECTION_WATCH_H
#define CONNECTION_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

/* Tells whether a file has become another one, or may be used by others, since it was looked at. */
struct watch {
    int error; /* errno when it could not be looked at; the status is zero then */
    struct stat status;
};

/*
 * Looks at the file of that path, which need not be there, and returns whether it is not what it
 * was at the last look, true at the first one (of a zeroed watch) if it can be looked at.  False
 * when path is NULL.
 */
bool watch_look(struct watch *watch, const char *path);

#endif
