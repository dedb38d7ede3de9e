#ifndef AGENT_NOTIFY_OUTBOX_H
#define AGENT_NOTIFY_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/notify/capture.h"

/*
 * The queue of notifications.  Each is sent through the link (agent/master/link.h) and leaves the
 * queue when it is delivered, to a master agent when that has acknowledged it: in order, one at a
 * time, at least once.  While there is no session, or the master agent is asleep, they wait.  A
 * master agent that takes long for each is given time for others between them.
 * There is one queue in the process.
 */

enum { OUTBOX_BOUND = 10000, OUTBOX_BOUND_MIN = 2 };

/*
 * An empty queue of at most bound notifications (at least OUTBOX_BOUND_MIN).  The functions below
 * may be called from here until outbox_stop().
 */
void outbox_start(size_t bound);

/* Forgets what still waits. */
void outbox_stop(void);

/*
 * Adds a notification of something that happened at a moment of clock_mono().  trap is the value of
 * snmpTrapOID.0, of len sub-identifiers; the captured varbinds follow it, and sysUpTime.0 of that
 * moment stands before it.  Takes over the capture, which is empty afterwards.  A full queue drops
 * its oldest notification.  Returns false when this one is dropped, because memory is out or the
 * capture is cut.
 */
bool outbox_post(const unsigned long *trap, size_t len, int64_t mono, struct capture *capture);

/* Sends what can be sent.  To be called after link_turn() in every turn of the event loop. */
void outbox_turn(void);

/* How many wait for being sent or acknowledged. */
size_t outbox_waiting(void);

#endif
