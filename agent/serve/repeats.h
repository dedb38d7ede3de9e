#ifndef AGENT_SERVE_REPEATS_H
#define AGENT_SERVE_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snmp_pdu;

/*
 * SETs that a manager sends again because the answer was late or lost.  What has the same source,
 * name, request number and varbinds as a SET that was carried out a moment ago is that SET, and
 * gets its result.  (While one is under way the library keeps everything else back, so none comes
 * before there is a result.)  Through a master agent this cannot be seen: it tells neither source
 * nor number.
 */

/* A SET is known for so many milliseconds, and so many of them are. */
enum { REPEATS_MS = 10000 };
#define REPEATS_MAX 256

/* A SET, by what its repetition has in common with it. */
struct repeat_key {
    uint64_t digest; /* 0: it cannot be recognised */
    int32_t request;
};

struct repeat_key repeats_key(const struct snmp_pdu *pdu);

/* A SET has had a result: an SNMP error status, and the place of the varbind, counted from 0. */
void repeats_add(const struct repeat_key *key, int status, size_t which);

/* Whether it was carried out; then with its result. */
bool repeats_find(const struct repeat_key *key, int *status, size_t *which);

#endif
