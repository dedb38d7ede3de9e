#ifndef SETUP_DIRECTIVES_H
#define SETUP_DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * The syntax of OpenVPN's own configuration files (openvpn(8), --config): words with quotes and
 * backslashes, comments, and blocks <ca> ... </ca>.  Pure: no file is opened here, and nothing is
 * kept.
 */

/* As in OpenVPN: words of a line that count, and bytes of a line. */
enum { DIRECTIVE_WORDS_MAX = 16, DIRECTIVE_LINE_MAX = 255 };

/* A line with an option, or a block.  All slices are valid until the next one is read. */
struct directive {
    unsigned line;                           /* where it begins, from 1 */
    struct slice words[DIRECTIVE_WORDS_MAX]; /* the first is the option, without dashes */
    size_t count;                            /* 1 at least */
    bool is_block;                           /* what it needs stands in the file itself: */
    struct slice block;                      /* these bytes of it */
};

/* Goes through a file.  The room holds words of the file, which may be secret: wipe it at last. */
struct directives {
    struct slice rest;
    unsigned line;
    char room[DIRECTIVE_LINE_MAX + 1];
};

/* Begins with the text of a file, which must stay valid. */
void directives_begin(struct directives *directives, struct slice text);

/*
 * Reads the next one.  Returns false at the end.  A line that OpenVPN would refuse is one without
 * words (count is 0), and *fault says why; otherwise *fault is NULL.
 */
bool directives_next(struct directives *directives, struct directive *directive,
                     const char **fault);

/* Whether it is that option. */
bool directive_is(const struct directive *directive, const char *option);

#endif
