#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

int fuzz_next(struct fuzz_input *input, const char **bytes, size_t *len, int *code)
{
    const uint8_t *escape;

    if (input->len == 0)
        return 0;
    escape = memchr(input->at, FUZZ_ESCAPE, input->len);
    *bytes = (const char *)input->at;
    *len = escape ? (size_t)(escape - input->at) : input->len;
    *code = -1;
    input->at += *len;
    input->len -= *len;
    if (input->len > 1)
        *code = input->at[1];
    input->at += input->len < 2 ? input->len : 2;
    input->len -= input->len < 2 ? input->len : 2;
    return 1;
}

uint64_t fuzz_seed(const uint8_t *data, size_t size)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 1099511628211u;
    return hash ? hash : 1;
}

uint64_t fuzz_random(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static int64_t mono(void)
{
    return 1000000;
}

static int64_t wall(void)
{
    return 1795453891;
}

const struct clock_source fuzz_clock = {mono, wall, mono};
