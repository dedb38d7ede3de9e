#ifndef STORE_DECODE_H
#define STORE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "protocol/lines.h"

/*
 * Reads the bytes of a memory file (store/memory.h) in pieces of any size.  Takes no memory and
 * keeps no more than a line, whatever the file holds.
 */
struct decode {
    const char *wrong; /* why it is no memory; NULL while nothing is */
    void (*take)(void *arg, struct slice line);
    void *arg;
    uint64_t sum;
    enum { DECODE_HEAD, DECODE_RECORDS, DECODE_END } place;
    struct lines lines;
};

/*
 * Begins.  take, which may be NULL, is given each record's line.  That the file is whole is known
 * behind its last byte only, so it is read twice: once for the answer of decode_is_whole(), and
 * then for what it holds.
 */
void decode_begin(struct decode *decode, void (*take)(void *arg, struct slice line), void *arg);

/* Returns false when they cannot be a memory's; the rest need not be read then. */
bool decode_bytes(struct decode *decode, struct slice bytes);

/* All bytes were given.  When it was none, whole and as written, `wrong` says why. */
bool decode_is_whole(struct decode *decode);

#endif
