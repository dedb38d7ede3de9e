#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the lines of a text come from that was put together from several files.  Lines are counted
 * from 1, in the text as in the files.
 */
struct piece {
    unsigned first; /* its first line in the text */
    char *file;
    unsigned line; /* what that line is in the file */
};

/* Pieces in the order of the text; embedded and zeroed by its owner. */
struct places {
    struct piece *pieces;
    size_t count;
};

/* From line first of the text on it is file's, from its line on.  False when memory is out. */
bool places_add(struct places *places, unsigned first, const char *file, unsigned line);

/*
 * Turns a line of the text into one of the file that is returned; NULL, and the line as it was,
 * when the text has no pieces.  The name is valid until places_fini().
 */
const char *places_find(const struct places *places, unsigned *line);

void places_fini(struct places *places);

#endif
