#ifndef AGENT_MASTER_GATE_H
#define AGENT_MASTER_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/master/wire.h"

/*
 * Which PDUs of the master agent are taken (RFC 2741 section 7.2.3).  A request that is not
 * answered within its timeout, 1 second, comes again, also when the first one is still worked on,
 * and also when both are read at once because this process did not run for a while.  The library
 * would take each for a new one: the repetition of a CommitSet would be answered with an error, the
 * UndoSet that follows would free what the first one still needs.
 *
 * So each request is taken once, and the phases of a SET one after the other: an UndoSet or a
 * CleanupSet that comes while another phase is under way is kept back until that is answered.
 */

enum gate_verdict {
    GATE_TAKE,
    GATE_DROP,   /* nothing to answer: a repetition, or kept back in here */
    GATE_REFUSE, /* to be answered with the error */
    GATE_END     /* the master agent closes the session */
};

/* SETs that are under way or between two phases; another one is refused. */
#define GATE_SETS_MAX 64

/* Octets of a PDU that the library takes; a longer request is refused as too big. */
#define GATE_PDU_MAX 65536

/* Requests of which a repetition is known. */
#define GATE_REQUESTS_MAX 256

/*
 * A session begins; what is known of another one is forgotten.  cut hears from within gate_judge()
 * that a SET shall answer what it works on now, because the master agent has given it up.
 */
void gate_open(uint32_t session, void (*cut)(uint32_t transaction));

/* Judges a PDU by its header; error is set with GATE_REFUSE. */
enum gate_verdict gate_judge(const struct wire_header *header, enum wire_error *error);

/* A request was answered. */
void gate_answered(uint32_t packet);

/* Whether one that was kept back can be taken now; it has no octets behind its header. */
bool gate_waits(void);
bool gate_release(struct wire_header *header);

/* Takes out a SET that has not come to its end, when the session has; false when there is none. */
bool gate_leftover(uint32_t *transaction);

#endif
