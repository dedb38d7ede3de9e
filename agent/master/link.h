#ifndef AGENT_MASTER_LINK_H
#define AGENT_MASTER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snmp_pdu;

/*
 * The way to the managers, whichever it is: through a master agent (via_master.h), or without one
 * (standalone.h).  There is one in the process.
 */

/* What becomes of a notification. */
enum link_outcome {
    LINK_UNDER_WAY, /* nothing is known yet */
    LINK_DELIVERED,
    LINK_REFUSED,
    LINK_LOST /* it has to be sent again */
};

/* A way; each function does what the one of its name below says. */
struct link_kind {
    int64_t (*turn)(void);
    void (*stop)(void);
    bool (*is_up)(void);
    unsigned (*generation)(void);
    struct snmp_pdu *(*notification)(void);
    bool (*notify)(struct snmp_pdu *pdu);
    enum link_outcome (*notified)(void);
    size_t answer_max;
    const char *up; /* for people: what holds while it is up, and while it is not */
    const char *down;
};

/* The way that was started, which must stay valid until link_stop(). */
void link_use(const struct link_kind *kind);

/*
 * To be called at the end of every turn of the event loop, after timers_run().  Returns the
 * milliseconds after which it wants to be called again if nothing else happens; -1 for never.
 */
int64_t link_turn(void);

/* Closes what is open, without waiting, and gives back all memory of the library. */
void link_stop(void);

/* Whether managers can be reached, as far as is known; false before a start and after the stop. */
bool link_is_up(void);

/* The same in words: "connected to the master agent". */
const char *link_words(void);

/* A number that is another for each session with a master agent. */
unsigned link_generation(void);

/* Octets of the varbinds in an answer, as varbind_size() has them; more is too big. */
size_t link_answer_max(void);

/*
 * A new PDU for a notification, to be given its varbinds and then to link_notify(), or to
 * snmp_free_pdu().  NULL when nothing can be sent now, or memory is out.
 */
struct snmp_pdu *link_notification(void);

/* Sends it and frees it in any case.  Returns false when it could not be sent. */
bool link_notify(struct snmp_pdu *pdu);

/* What has become of the last one that was sent. */
enum link_outcome link_notified(void);

#endif
