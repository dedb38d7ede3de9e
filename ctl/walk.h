#ifndef CTL_WALK_H
#define CTL_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/grid.h"
#include "ctl/objects.h"

/*
 * Chosen columns of one table, read together: what to ask for next, and what came.  Knows neither
 * Net-SNMP nor sockets, and believes nothing that an agent says: columns end where their subtree or
 * the wanted daemon does, indexes must have the right shape and grow, and there is a bound.
 */

#define WALK_COLUMNS_MAX 16
#define WALK_ROWS_MAX    2000000           /* the agent's own bound is a million */
#define WALK_TEXT_MAX    ((size_t)1 << 30) /* bytes of all texts */

/* A value as it came; octets belong to the caller. */
struct walk_value {
    enum { WALK_NOTHING, WALK_NUMBER, WALK_OCTETS, WALK_END } type;
    int64_t number;
    const unsigned char *octets;
    size_t size;
};

enum walk_result {
    WALK_MORE,     /* taken */
    WALK_DONE,     /* this column has ended */
    WALK_BACKWARD, /* the agent's answer does not go forward */
    WALK_STRANGE,  /* an index of another shape */
    WALK_ENDLESS,  /* over the bounds */
    WALK_MEMORY    /* out of memory */
};

struct walk_column;

struct walk {
    size_t count;
    size_t depth; /* numbers of the index, 1 or 2 */
    unsigned long only;
    size_t text_bytes;
    struct walk_column *columns;
};

/*
 * Begins; depth is the number of the index's parts.  only is the daemon's index or 0 for all, after
 * the second part of the index behind which to begin (with only alone).  false when memory is out.
 */
bool walk_init(struct walk *walk, const enum object *columns, size_t count, size_t depth,
               unsigned long only, unsigned long after);
void walk_fini(struct walk *walk);

/* Whether the column has not ended; then name[OBJECTS_OID_MAX] and *arcs are what to ask GETNEXT
 * of.
 */
bool walk_next(const struct walk *walk, size_t column, unsigned long *name, size_t *arcs);

/* Takes what came for a column that has not ended. */
enum walk_result walk_take(struct walk *walk, size_t column, const unsigned long *name, size_t arcs,
                           const struct walk_value *value);

/* How many rows an answer may have, that it fits a message whatever is in it. */
int walk_repetitions(const struct walk *walk);

/*
 * Makes rows of what came, sorted by index, and empties the walk; a cell that did not come is not
 * there.  Returns false when memory is out.
 */
bool walk_rows(struct walk *walk, struct grid *rows);

/* Makes a cell of a value of that object; false when memory is out. */
bool walk_cell(enum object object, const struct walk_value *value, struct cell *cell);

#endif
