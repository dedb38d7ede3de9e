#ifndef CTL_LISTING_H
#define CTL_LISTING_H

#include "ctl/daemons.h"
#include "ctl/output.h"

/* Commands that show a table of the module as it is: one description, and one function for all. */

enum listing_source {
    LISTING_OBJECT, /* a column of the table */
    LISTING_DAEMON, /* the daemon's name, by the first index */
    LISTING_INDEX   /* the second index */
};

struct listing_column {
    struct output_field field;
    enum listing_source source;
    enum object object; /* of LISTING_OBJECT */
};

/* Columns of one table whose index has two parts. */
struct listing {
    const struct listing_column *columns;
    size_t count;
    const char *none; /* what to say when there is nothing */
    /* Where not NULL: rows of the walk that are shown; the order of two rows. */
    bool (*shows)(const struct grid *rows, const struct row *row);
    int (*compare)(const void *a, const void *b);
};

/*
 * Runs a command "NAME [DAEMON]" that shows the listing; newest of each daemon's rows when that is
 * not 0.
 */
int listing_run(struct call *call, const struct listing *listing, size_t newest);

/* The colour of a label: good, waiting, bad or none. */
enum page_colour listing_colour(const char *label);

/* Adds a cell of a walk as people know it: the label of an enumeration, else the value. */
void listing_add(struct output *output, enum object object, const struct cell *cell);

#endif
