#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * A fuzz target is one file with these functions.  `make fuzz` links it with libFuzzer; the
 * ordinary build links it with replay.c, which feeds it the files of the corpus.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, for the fuzzer to see, when what must always hold does not. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/*
 * The inputs of most targets are what a daemon says, so that captures are seeds.  What else happens
 * is written between: a NUL, which no daemon sends, and a byte that says what.
 */
enum { FUZZ_ESCAPE = 0 };

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *at;
    size_t len;
};

/*
 * Takes what stands before the next escape to *bytes and *len, and the byte behind the escape to
 * *code (-1 at the end).  Returns false when the input is used up.
 */
int fuzz_next(struct fuzz_input *input, const char **bytes, size_t *len, int *code);

/* Numbers that depend on the input only. */
uint64_t fuzz_seed(const uint8_t *data, size_t size);
uint64_t fuzz_random(uint64_t *seed, uint64_t below);

/* Time stands still. */
extern const struct clock_source fuzz_clock;

#endif
