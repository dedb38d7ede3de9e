#ifndef CTL_RECEIVER_H
#define CTL_RECEIVER_H

#include <stdbool.h>

#include "ctl/fault.h"
#include "ctl/notice.h"
#include "ctl/remote.h"

/* A receiver of notifications on a port of its own, traps and informs of SNMPv2c and v3. */

/* Told of each notification; kind is NULL when it is none of ours. false ends receiver_run(). */
typedef bool (*receiver_taker)(const struct notice *notice, void *context);

/*
 * Receives at an address as snmptrapd's, "udp:1162", until taker returns false or something fails,
 * which the fault tells.  Options of the session say what is taken: with a user (-u, and -e for the
 * sender's engine) or users of ovpnctl.conf only v3 with the level of -l; with a community (-c)
 * only that one.
 */
bool receiver_run(struct remote *remote, const char *address, receiver_taker taker, void *context,
                  struct fault *fault);

/* Has "createUser" in ovpnctl.conf known; to be called before remote_new(). */
void receiver_prepare(void);

#endif
