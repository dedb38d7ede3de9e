#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/*
 * A number of 0..2147483647 that nobody can guess, from the kernel; the clock's where the kernel
 * has none yet.  Does not wait.
 */
uint32_t random_int31(void);

#endif
