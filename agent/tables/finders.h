#ifndef AGENT_TABLES_FINDERS_H
#define AGENT_TABLES_FINDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/tables/table.h"

/* A row for each instance. */
row_finder finder_instance;

/*
 * The index is the instance's and a number of the row's own, from 1: what table->after finds, or
 * where that is NULL the records of the history that stands table->history bytes into the instance.
 */
row_finder finder_rows;

/* For finder_rows(): a row for each client. */
row_after finder_client_after;

#endif
