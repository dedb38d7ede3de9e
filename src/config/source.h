#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/setting.h"

/*
 * The text of configuration files, looked at before libconfig sees it: libconfig ends the process
 * when an included file cannot be read, cuts numbers that are too large, and takes a comment that
 * is never closed for the end of the file.
 */

/* A larger file is no configuration. */
#define SOURCE_MAX (16u << 20)

/* A file and what is in it, terminated; text is NULL when it could not be read. */
struct source {
    const char *file;
    char *text;
    size_t len;
};

/*
 * Reads a regular file whole.  Returns true; or false with words for people in why.  The text goes
 * back with source_fini(); file must stay valid.
 */
bool source_load(struct source *source, const char *file, char *why, size_t why_size);
void source_fini(struct source *source);

/* Checks the text and all that it includes.  Returns false with the reader's error set. */
bool source_check(const struct reader *reader, const struct source *source);

/* Room for the key of source_key_on(). */
#define SOURCE_KEY_MAX 64

/*
 * Writes the only name that stands on a line to key.  Returns false when there is none or more than
 * one.
 */
bool source_key_on(const struct source *source, unsigned line, char key[SOURCE_KEY_MAX]);

#endif
