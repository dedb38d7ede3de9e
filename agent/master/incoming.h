#ifndef AGENT_MASTER_INCOMING_H
#define AGENT_MASTER_INCOMING_H

#include <stdbool.h>
#include <stdint.h>

struct netsnmp_transport_s;

/*
 * What comes from the master agent.  The library reads through here, and sees the PDUs that the
 * gate (gate.h) takes, whole and in order, but for those that express.h answers; others are
 * answered, or dropped, before it allocates anything for them.  What the library sends passes here
 * too, on its way to outgoing.h, so that registration.h can be told what becomes of the subtrees.
 * (The library puts the varbinds behind an error too, and snmpd drops a subagent whose answer is
 * over 65536 octets.)
 */

/*
 * A session has begun by this transport, which outgoing_take() has already; it is borrowed until
 * incoming_forget().  cut: as gate_open() says.
 */
void incoming_take(struct netsnmp_transport_s *transport, uint32_t session,
                   void (*cut)(uint32_t transaction));

/* The library reads the end of the stream there next, whatever comes. */
void incoming_end(void);

/* To be called before the library frees the transport. */
void incoming_forget(void);

/*
 * The descriptor by which the library must be let read although nothing has come there: a PDU that
 * was kept back can be taken now, or the stream ends.  -1 for none.
 */
int incoming_waits(void);

#endif
