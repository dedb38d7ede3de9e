#ifndef CTL_COUNTED_H
#define CTL_COUNTED_H

#include <stdint.h>

/* How fast a counter goes, between two runs of a program: a small file remembers. */

enum counted {
    COUNTED_FAILED, /* the file cannot be written */
    COUNTED_FIRST,  /* nothing is remembered, or the counter began anew */
    COUNTED_RATE    /* *rate is in a minute */
};

/* Compares with what the file says of that name, and writes the value there; file may be NULL. */
enum counted counted_rate(const char *file, const char *name, int64_t value, double *rate);

/* Seconds since 1970. */
int64_t counted_now(void);

#endif
