#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/*
 * A number that nobody can guess, from the kernel; the clock's where the kernel has none yet.  Does
 * not wait.
 */
uint64_t random_u64(void);

/* Likewise, of 0..2147483647. */
uint32_t random_int31(void);

#endif
