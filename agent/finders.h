#ifndef AGENT_FINDERS_H
#define AGENT_FINDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/table.h"

/*
 * The row of an instance with the smallest number greater than after; its number goes to *found.
 * NULL when there is none.
 */
typedef const void *finder_after(const struct instance *instance, uint32_t after, uint32_t *found);

/* A row_finder for tables whose index is the instance's and a number of the row's own, from 1. */
bool finder_seek(const struct model *model, const uint32_t *index, bool exact, finder_after *after,
                 struct row *row);

/* Row finders that more than one table has: a row for each instance, and one for each client. */
row_finder finder_instance;
row_finder finder_client;

#endif
