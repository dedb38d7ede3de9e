#ifndef MODEL_KNOWN_H
#define MODEL_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/clients.h"
#include "model/rows.h"

/*
 * The clients of a table by common name and real address, where a row of a status cannot be found
 * again by its client id.  The clients are borrowed, and must stay as long as it is in use.
 */
struct known {
    struct client **list; /* NULL when it is not in use */
    size_t count;
};

/* False when memory is out. */
bool known_init(struct known *known, const struct rows *clients);
void known_fini(struct known *known);

/*
 * The known client that a new row is of and none of the gathered rows is: of those alike the one
 * that has its time, else the first.  A row with a client id is looked for among those without.
 */
struct client *known_find(const struct known *known, const struct gather *gather,
                          const struct client *row);

#endif
