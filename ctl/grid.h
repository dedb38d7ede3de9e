#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a walk has brought: rows of cells, in the order of their indexes. */

/* A value; text is clean (text_clean()) and on the heap, NULL where the value is a number. */
struct cell {
    bool there; /* false: there is no such instance, or its type was not the object's */
    int64_t number;
    char *text;
};

#define ROW_INDEX_MAX 2

struct row {
    unsigned long index[ROW_INDEX_MAX];
    struct cell *cells; /* one for each column of the walk, in its order */
};

/* All fields may be read; grid_fini() frees what hangs on it. */
struct grid {
    size_t columns;
    size_t count;
    struct row *row;
    struct cell *cells; /* of all rows */
};

/* Makes an empty set; a struct grid of zero bytes is one too. */
void grid_init(struct grid *rows);
void grid_fini(struct grid *rows);

/* The number, or otherwise where there is none. */
int64_t cell_number(const struct cell *cell, int64_t otherwise);

/* The text, "" where there is none. */
const char *cell_text(const struct cell *cell);

#endif
