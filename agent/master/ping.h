#ifndef AGENT_MASTER_PING_H
#define AGENT_MASTER_PING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Asks the master agent every few seconds, without waiting, whether it is there, and says in the
 * log, once, when it does not answer and when it does again.  The session is kept: what was sent
 * is read when the master agent wakes.  (The library's own ping waits for the answer and throws the
 * session away.)
 */

/* A session has begun, or ended. */
void ping_start(void);
void ping_stop(void);

/*
 * The master agent answers in the order in which it was asked: what was sent at a mark, and is
 * unanswered when a later ping is answered, will not be answered.
 */
uint64_t ping_mark(void);
bool ping_answered_after(uint64_t mark);

#endif
