#ifndef AGENT_MASTER_EXPRESS_H
#define AGENT_MASTER_EXPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/tables/walker.h"

/*
 * Answers what managers read, Get, GetNext and GetBulk, without the library, which copies such a
 * request three times and sends it through two pipes of its own before a handler sees it: a walk
 * takes a third less time.  All else is the library's.
 */

/* A GetBulk is given so many values at most, or one round of what it repeats (RFC 3416 section
 * 4.2.3 lets an answer be cut). */
#define EXPRESS_VALUES_MAX 100

/* From now on; the walker is borrowed until express_stop(). */
void express_start(const struct walker *walker);
void express_stop(void);

/* Whether it answers requests of that type (wire.h). */
bool express_takes(unsigned type);

/*
 * The Response to a whole PDU that it takes, also when that cannot be read; *len octets, valid
 * until the next call.
 */
const unsigned char *express_answer(const unsigned char *pdu, size_t size, size_t *len);

#endif
