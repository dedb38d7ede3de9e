#include "agent/master/flight.h"

#include <stdint.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/ping.h"
#include "agent/master/subagent.h"
#include "agent/master/wire.h"
#include "base/log.h"

static struct {
    enum link_outcome outcome;
    uintptr_t number;    /* of the last sending */
    unsigned generation; /* of the session that it went into */
    uint64_t mark;       /* ping_mark() when it was sent */
    bool refused;        /* that the master agent refuses them was logged */
} self;

static int on_notify_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                            void *magic)
{
    (void)session;
    (void)request;
    /* A time-out is not a loss: it is in the socket, and is read when the master agent wakes. */
    if (self.outcome != LINK_UNDER_WAY || (uintptr_t)magic != self.number ||
        operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
        return 1;
    if (pdu->errstat == WIRE_NOT_OPEN) {
        /* Flies again in the next session. */
        subagent_drop();
        return 1;
    }
    if (pdu->errstat != 0 && !self.refused)
        log_warning("the master agent refuses notifications, error %ld", pdu->errstat);
    self.refused = pdu->errstat != 0;
    self.outcome = pdu->errstat == 0 ? LINK_DELIVERED : LINK_REFUSED;
    return 1;
}

struct snmp_pdu *flight_new(void)
{
    return subagent_request(WIRE_NOTIFY);
}

bool flight_send(struct snmp_pdu *pdu)
{
    self.outcome = LINK_UNDER_WAY;
    self.generation = subagent_generation();
    self.mark = ping_mark();
    self.number++;
    return subagent_send(pdu, on_notify_answer, self.number);
}

enum link_outcome flight_outcome(void)
{
    if (self.outcome == LINK_UNDER_WAY &&
        (self.generation != subagent_generation() || ping_answered_after(self.mark)))
        self.outcome = LINK_LOST;
    return self.outcome;
}
