#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include "ctl/daemons.h"
#include "ctl/remote.h"

/*
 * Something that is asked of a daemon: one SET with ovpnControlSerial as it was read just before,
 * so that a message that arrives twice acts once, and that is never repeated.
 */

#define CHANGE_MAX 4

struct change {
    unsigned long daemon;
    const char *what;  /* in words, as "a hold release" */
    const char *allow; /* the word of the configuration that permits it */
    struct remote_change set[CHANGE_MAX];
    size_t count;
    bool quiet; /* what the daemon says is of no use */
};

/*
 * Does it.  With success the daemon's words are in reply, cleaned, or it is empty; else the fault
 * tells why, in words.
 */
bool change_do(const struct change *change, struct remote *remote, const char *daemon_name,
               char *reply, size_t size, struct fault *fault);

/* The same for a command: asks the question first unless it is NULL, and tells what came of it. */
int change_run(const struct change *change, const struct call *call, const char *daemon_name,
               const char *question);

#endif
