#ifndef AGENT_TABLES_WALKER_H
#define AGENT_TABLES_WALKER_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/tables/table.h"

/*
 * Finds cells by object identifier, for GET and GETNEXT, over all tables.  Knows neither Net-SNMP
 * nor the model: rows come from each table's finder.  An OID is an array of sub-identifiers; any
 * length and any number is allowed in a question.  The cost of an answer is that of a few finds for
 * each table and does not grow with the rows, seen or not; a daemon without rows of a table is a
 * step, and so is an absent cell that does not say that the rest is absent too.
 */

enum { WALKER_OID_MAX = 128, WALKER_ARITY_MAX = 2 };

/* What is walked.  All pointers are borrowed. */
struct walker {
    const unsigned long *root;
    size_t root_len;
    const struct table *const *tables; /* in an order that walker_check() finds right */
    size_t table_count;
    const struct model *model; /* handed to the finders */
};

/*
 * One cell and what is in it.  Rows and values are borrowed from the model: valid until it changes.
 * A value may point into itself, so a cell is not to be copied.
 */
struct walker_cell {
    const struct table *table;
    const struct column *column;
    struct row row;
    struct value value;
    unsigned long oid[WALKER_OID_MAX];
    size_t oid_len;
};

/* The first three as RFC 3416 section 4.2.1 tells them apart. */
enum walker_result {
    WALKER_FOUND,       /* *cell is filled in */
    WALKER_NO_OBJECT,   /* no such column */
    WALKER_NO_INSTANCE, /* a column, but no such row, or the cell is absent */
    WALKER_END          /* nothing behind that OID */
};

/* Lexicographic order, as strcmp(3); a prefix stands before what it is a prefix of. */
int walker_compare(const unsigned long *a, size_t a_len, const unsigned long *b, size_t b_len);

/*
 * The cell with exactly that OID.  Never answers WALKER_END.  *cell means nothing unless it was
 * found.
 */
enum walker_result walker_get(const struct walker *walker, const unsigned long *oid, size_t len,
                              struct walker_cell *cell);

/*
 * What an OID names, whether or not there is such a cell: fills in table, column and row.index.
 * WALKER_NO_OBJECT when it is no column, WALKER_NO_INSTANCE when what follows the column cannot be
 * an index.
 */
enum walker_result walker_name(const struct walker *walker, const unsigned long *oid, size_t len,
                               struct walker_cell *cell);

/*
 * The first cell strictly behind an OID in lexicographic order, among those that have scope as
 * their prefix (scope_len 0: all).  Answers WALKER_FOUND or WALKER_END.  *cell means nothing unless
 * it was found.
 */
enum walker_result walker_next(const struct walker *walker, const unsigned long *oid, size_t len,
                               const unsigned long *scope, size_t scope_len,
                               struct walker_cell *cell);

/*
 * Writes the OID of the cell in that column with that index (arity numbers) to oid, which has room
 * for WALKER_OID_MAX, and returns its length.  The row need not exist.
 */
size_t walker_oid(const struct walker *walker, const struct table *table,
                  const struct column *column, const uint32_t *index, unsigned long *oid);

/*
 * Checks what the rest relies on: tables in ascending order of their paths, none below another,
 * one or two index numbers, columns in ascending order with a getter and a name of its own each, no
 * OID over WALKER_OID_MAX.  Returns the first table that is wrong, NULL when all are right.
 */
const struct table *walker_check(const struct walker *walker);

#endif
