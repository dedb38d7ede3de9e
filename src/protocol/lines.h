#ifndef PROTOCOL_LINES_H
#define PROTOCOL_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* The longest line that is kept whole.  The longest that a daemon writes is 10240 bytes. */
#define LINES_MAX 16384

/* The management password prompt: the only output that has no line end. */
#define LINES_PROMPT "ENTER PASSWORD:"

/*
 * Splits the byte stream of the daemon into lines, wherever the segments end.  LF ends a line, a CR
 * before it is dropped.  Of a line over LINES_MAX the first LINES_MAX bytes are given, the rest is
 * read and dropped.
 */
struct lines {
    bool prompt;   /* LINES_PROMPT at the start of a line is a line of its own */
    bool cut;      /* the line that was given last was too long */
    bool overflow; /* the current line is too long already */
    size_t len;    /* bytes of an unfinished line in buffer */
    char buffer[LINES_MAX + 1];
};

void lines_init(struct lines *lines);

/*
 * Takes the next line out of *input and moves *input behind it.  Returns false when *input is used
 * up; what then stood there without a line end is kept for the next call.  The line is valid until
 * the next call, and as long as the memory of *input.
 */
bool lines_next(struct lines *lines, struct slice *input, struct slice *line);

#endif
