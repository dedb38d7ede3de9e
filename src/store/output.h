#ifndef STORE_OUTPUT_H
#define STORE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Bytes on their way into a file: gathered, and summed up as they pass.  Allocates nothing, so that
 * it serves in the child of a process with threads, too.
 */
struct output {
    bool (*put)(void *arg, struct slice bytes); /* false: they cannot be written; NULL: sum alone */
    void *arg;
    bool failed; /* sticks */
    uint64_t sum;
    size_t len;
    char bytes[1 << 16];
};

void output_begin(struct output *output, bool (*put)(void *arg, struct slice bytes), void *arg);

void output_bytes(struct output *output, struct slice bytes);
void output_text(struct output *output, const char *text);
void output_number(struct output *output, uint64_t number);

/* Puts what still waits.  Returns whether all has been put. */
bool output_flush(struct output *output);

/* The sum of bytes behind others that have that sum: FNV-1a, 64 bits; SUM_NONE before the first. */
uint64_t sum_bytes(uint64_t sum, struct slice bytes);

#define SUM_NONE UINT64_C(0xcbf29ce484222325)

#endif
