#ifndef TESTS_UNIT_FAILING_MEMORY_H
#define TESTS_UNIT_FAILING_MEMORY_H

#include <stdbool.h>

/*
 * Allocations of the core that fail when a test wants it.  The linker puts these in the place of
 * malloc() and its kin (-Wl,--wrap) wherever the program itself calls them; libraries keep their
 * own.
 */

/* From now on the number-th allocation fails, counted from 1; 0: none. */
void memory_fail_at(long number);

/* The same, and all that come after it too. */
void memory_fail_from(long number);

/* From now on one of so many fails, by chance; 0: none. */
void memory_fail_some(long of);

/* Whether the next allocation fails; it counts as one. */
bool memory_fails(void);

/* Whether one has failed since. */
bool memory_has_failed(void);

/* Blocks that were allocated and not freed, those of tsearch() aside. */
long memory_blocks(void);

#endif
