#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/place.h"
#include "config/setting.h"

/*
 * The text of a configuration, with all that it includes in its place, looked at before libconfig
 * sees it: libconfig ends the process when an included file cannot be read, seeks it from the
 * working folder, cuts numbers of more than 32 bits, and takes a comment that is never closed for
 * the end of the file.
 */

/* A larger text is no configuration. */
#define SOURCE_MAX (16u << 20)

/* Embedded and zeroed by its owner. */
struct source {
    char *text; /* terminated */
    size_t len;
    size_t room;
    unsigned line;        /* the last one of the text so far */
    struct places places; /* where its lines are from */
};

/*
 * Reads a regular file and what it includes.  A relative path behind @include begins in the folder
 * of the file that it stands in.  Returns false with the reader's error set, which must have been
 * empty: each file that cannot be read is a fault, any other one is the last.  source_fini() is due
 * in either case.
 */
bool source_load(struct source *source, const struct reader *reader);
void source_fini(struct source *source);

/* Room for the key of source_key_on(). */
#define SOURCE_KEY_MAX 64

/*
 * Writes the only name that stands on a line to key.  Returns false when there is none or more than
 * one.
 */
bool source_key_on(const struct source *source, unsigned line, char key[SOURCE_KEY_MAX]);

#endif
