#ifndef CTL_DAEMONS_H
#define CTL_DAEMONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/call.h"
#include "ctl/grid.h"

/* The OpenVPN daemons of an agent by name, and the tables that stand in lists of them. */

struct daemons {
    struct grid rows; /* ovpnInstanceName, and what else was asked for */
};

/*
 * Reads ovpnInstanceName of all daemons and up to so many columns more of ovpnInstanceTable, which
 * follow the name in the rows.  To be freed also after a fault.
 */
bool daemons_read(struct daemons *daemons, struct remote *remote, const enum object *columns,
                  size_t count, struct fault *fault);
void daemons_fini(struct daemons *daemons);

/* The name of a daemon, or its number in a text of digits that lasts until the next call. */
const char *daemons_name(const struct daemons *daemons, unsigned long index);

/* The row of a daemon, NULL when there is none. */
const struct row *daemons_row(const struct daemons *daemons, unsigned long index);

/* The daemon of that name or number; a name goes before a number. */
bool daemons_find(const struct daemons *daemons, const char *word, unsigned long *index,
                  struct fault *fault);

/*
 * Reads the daemons and the one that the command's word names: *only is its index, 0 when there is
 * no such word.
 */
bool daemons_of_call(struct daemons *daemons, const struct call *call, int place,
                     unsigned long *only, struct fault *fault);

#endif
