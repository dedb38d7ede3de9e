#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A piece of somebody else's bytes: not terminated, may hold any byte, valid only as long as the
 * memory it points into.
 */
struct slice {
    const char *at;
    size_t len;
};

/* The slice of a string literal or another terminated string; NULL gives the empty slice. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}

bool slice_starts(struct slice slice, const char *prefix);
bool slice_ends(struct slice slice, const char *suffix);

/* Whether a byte is a control character of ASCII: C0 or DEL. */
bool slice_has_control(struct slice slice);

/* Drops the first count bytes (all when there are fewer). */
static inline struct slice slice_skip(struct slice slice, size_t count)
{
    if (count > slice.len)
        count = slice.len;
    if (count == 0)
        return slice; /* which may have no bytes at all */
    return (struct slice){slice.at + count, slice.len - count};
}

/* If slice starts with prefix, moves it behind the prefix and returns true; else leaves it. */
static inline bool slice_take_prefix(struct slice *slice, const char *prefix)
{
    size_t len = strlen(prefix);

    if (slice->len < len || (len > 0 && memcmp(slice->at, prefix, len) != 0))
        return false;
    *slice = slice_skip(*slice, len);
    return true;
}

/*
 * Splits at the first (or last) separator: returns what stands before (behind) it and leaves the
 * other part in *rest.  Without a separator everything is returned and *rest becomes empty with
 * at == NULL, so that "no more fields" and "an empty last field" differ.
 */
struct slice slice_cut(struct slice *rest, char separator);
struct slice slice_cut_last(struct slice *rest, char separator);

/*
 * Strict decimal numbers: digits only (a leading '-' where the type is signed), the whole slice, in
 * range.  On failure they return false and leave *out alone.
 */
bool slice_to_u64(struct slice slice, uint64_t *out) __attribute__((warn_unused_result));
bool slice_to_i64(struct slice slice, int64_t *out) __attribute__((warn_unused_result));
bool slice_to_int(struct slice slice, int min, int max, int *out)
    __attribute__((warn_unused_result));

#endif
