#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Text that leaves the program: whatever the daemon sent, it becomes valid UTF-8 (RFC 3629) without
 * control characters.  A byte that is no part of valid UTF-8 becomes U+FFFD; a control character
 * becomes a space, as do the separators of lines and paragraphs and what overrides or isolates the
 * direction of text (U+2028 to U+202E, U+2066 to U+2069).  Text over the limit is cut at a
 * character's border and ends in "...".
 */

/* The limit of an OvpnText, and of an SnmpAdminString, in bytes. */
#define TEXT_MAX  1024
#define ADMIN_MAX 255

/*
 * Cleans src into dst, at most limit bytes and a NUL; dst must have limit + 1 bytes and limit must
 * be at least 3.  Returns the length without the NUL.
 */
size_t text_clean(char *dst, size_t limit, struct slice src);

/* The same as a new string, which the caller frees; NULL when memory is out. */
char *text_new(size_t limit, struct slice src);

/*
 * Replaces *where, a heap string or NULL, by the cleaned src; an empty src makes it NULL.  When
 * memory is out *where keeps its old text and false is returned.
 */
bool text_set(char **where, size_t limit, struct slice src);

/* Whether text is what text_set() of src would make. */
bool text_is(const char *text, size_t limit, struct slice src);

#define TEXT_PARTS 4

/* One of several texts that share a piece of memory. */
struct text_part {
    char **to; /* becomes NULL where from is empty, else points into the piece */
    struct slice from;
};

/*
 * Replaces *piece, a piece of memory on the heap or NULL, by one that has the cleaned parts one
 * behind the other; from may be in the old one.  TEXT_PARTS of them at most.  False, and nothing
 * changes, when memory is out.
 */
bool text_pack(char **piece, size_t limit, const struct text_part *parts, size_t count);

/* A copy, which the caller frees; NULL for NULL and when memory is out. */
char *text_copy(const char *text);

/* text, or "" for NULL. */
static inline const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

/* The folder of an absolute path, cut to size; "/" of what lies in the root. */
void text_folder(char *folder, size_t size, const char *path);

/* Whether both are the same; NULL is as "". */
bool text_equal(const char *a, const char *b);

#endif
