#ifndef AGENT_MASTER_DESCRIPTORS_H
#define AGENT_MASTER_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;

/*
 * The descriptors of Net-SNMP's sessions as events of the program's own loop, which only wake it:
 * what has come is read by descriptors_drain(), once in each turn, however many daemons have
 * something to say.  (libevent's priorities would keep the daemons waiting for as long as the
 * master agent asks.  Net-SNMP's own list of foreign descriptors holds 32.)
 */

/* The base is borrowed until descriptors_fini(). */
void descriptors_init(struct event_base *base);
void descriptors_fini(void);

/*
 * Takes in what the library wants to read now and drops the rest; frees sessions that have ended.
 * Returns the milliseconds until the library wants to be called again, -1 when it does not.  Its
 * alarms count only with alarms set.
 */
int64_t descriptors_update(bool alarms);

/*
 * Forgets all descriptors until the next update.  To be called before the library closes one: a
 * number may come back at once as another socket, of which epoll(7) then knows nothing.  The
 * library may have come to that while it reads.
 */
void descriptors_forget(void);

/* Lets the library read there although nothing may have come. */
void descriptors_read(int fd);

/*
 * Lets the library read what waits in its descriptors, those of its own inner sessions among them:
 * never so much that nobody else has a turn.  To be called also before the update that frees a
 * session: what is still to be answered refers to it.
 */
void descriptors_drain(void);

#endif
