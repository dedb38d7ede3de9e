#ifndef SHARE_BUCKET_H
#define SHARE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* How many commands there may be in a second; twice as many at once when there were none before. */
struct bucket {
    uint32_t rate;
    int64_t left;  /* thousandths of a command */
    int64_t since; /* clock_mono() at which that was so */
};

/* A full one. */
void bucket_init(struct bucket *bucket, uint32_t rate);

/* From now on another rate holds. */
void bucket_set_rate(struct bucket *bucket, uint32_t rate);

/* Takes one command out; false when there is none. */
bool bucket_take(struct bucket *bucket);

/* Milliseconds until there is one. */
int64_t bucket_wait(struct bucket *bucket);

#endif
