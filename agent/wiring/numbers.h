#ifndef AGENT_WIRING_NUMBERS_H
#define AGENT_WIRING_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/*
 * The index of each instance.  One that has none in the file gets the lowest that is free, and its
 * name keeps it, unless the file gives it to another, until numbers_forget().
 */

/*
 * Fills indexes, one for each instance of config; 0 where memory was out.  Returns false when
 * memory is out for all of them, and nothing has changed.
 */
bool numbers_give(const struct config *config, uint32_t *indexes);

/* Forgets all names. */
void numbers_forget(void);

#endif
