#ifndef CTL_SECRET_H
#define CTL_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* What a person types and nobody else may see. */

#define SECRET_MAX 255 /* bytes that an object of the module takes */

struct secret {
    char text[SECRET_MAX + 2]; /* with its line feed; NUL behind len */
    size_t len;
};

/*
 * From now on nothing of this process can be read by others of the same user, it leaves no core,
 * and memory that is freed, also by libraries, is overwritten.
 */
void secret_prepare(void);

/*
 * Reads a line from the terminal; shown: what is typed may be seen.  Returns false at the end of
 * input and when the line is too long.
 */
bool secret_read(struct secret *secret, int terminal, bool shown);

void secret_wipe(struct secret *secret);

#endif
