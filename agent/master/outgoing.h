#ifndef AGENT_MASTER_OUTGOING_H
#define AGENT_MASTER_OUTGOING_H

#include <stdbool.h>

struct event_base;
struct netsnmp_transport_s;

/*
 * What goes to the master agent.  The library's sockets block, and answers are sent by the library
 * itself: a master agent that hangs with requests on their way would hold the whole program.  So
 * sending is taken over here: what the socket does not take waits in a buffer and goes out from the
 * event loop, in order.
 */

/* Octets that may wait; beyond that the session is given up. */
#define OUTGOING_MAX (16u << 20)

/* The base is borrowed until outgoing_fini(). */
void outgoing_init(struct event_base *base);
void outgoing_fini(void);

/*
 * From now on this is the transport that is sent by.  It is borrowed until outgoing_forget(), which
 * belongs before the library frees it.
 */
void outgoing_take(struct netsnmp_transport_s *transport);

/* Drops what waits, with the session that it was for. */
void outgoing_forget(void);

/* Whether something waits: the master agent has not read what was sent before. */
bool outgoing_waits(void);

#endif
