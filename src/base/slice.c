#include "base/slice.h"

#include <string.h>

bool slice_ends(struct slice slice, const char *suffix)
{
    size_t len = strlen(suffix);

    return slice.len >= len && memcmp(slice.at + slice.len - len, suffix, len) == 0;
}

bool slice_has_control(struct slice slice)
{
    for (size_t i = 0; i < slice.len; i++)
        if ((unsigned char)slice.at[i] < 0x20 || slice.at[i] == 0x7f)
            return true;
    return false;
}

bool slice_starts(struct slice slice, const char *prefix)
{
    return slice_take_prefix(&slice, prefix);
}

struct slice slice_cut(struct slice *rest, char separator)
{
    struct slice whole = *rest;
    const char *found = whole.len ? memchr(whole.at, separator, whole.len) : NULL;

    if (!found) {
        *rest = (struct slice){NULL, 0};
        return whole;
    }
    *rest = slice_skip(whole, (size_t)(found - whole.at) + 1);
    whole.len = (size_t)(found - whole.at);
    return whole;
}

struct slice slice_cut_last(struct slice *rest, char separator)
{
    struct slice whole = *rest;
    const char *found = whole.len ? memrchr(whole.at, separator, whole.len) : NULL;

    if (!found) {
        *rest = (struct slice){NULL, 0};
        return whole;
    }
    rest->len = (size_t)(found - whole.at);
    return slice_skip(whole, rest->len + 1);
}

/* More than 9 when it is none. */
static inline unsigned digit_at(const char *at)
{
    return (unsigned)(unsigned char)*at - '0';
}

/* So many fit in any case. */
enum { DIGITS_SAFE = 19 };

bool slice_to_u64(struct slice slice, uint64_t *out)
{
    const char *at = slice.at;
    const char *end = slice.at + slice.len;
    const char *safe = slice.len > DIGITS_SAFE ? slice.at + DIGITS_SAFE : end;
    uint64_t value = 0;

    if (slice.len == 0)
        return false;
    for (; at < safe; at++) {
        if (digit_at(at) > 9)
            return false;
        value = value * 10 + digit_at(at);
    }
    for (; at < end; at++) {
        if (digit_at(at) > 9 || value > (UINT64_MAX - digit_at(at)) / 10)
            return false;
        value = value * 10 + digit_at(at);
    }
    *out = value;
    return true;
}

bool slice_to_i64(struct slice slice, int64_t *out)
{
    bool negative = slice.len > 0 && slice.at[0] == '-';
    uint64_t value;

    if (negative)
        slice = slice_skip(slice, 1);
    if (!slice_to_u64(slice, &value) || value > (uint64_t)INT64_MAX)
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool slice_to_int(struct slice slice, int min, int max, int *out)
{
    int64_t value;

    if (!slice_to_i64(slice, &value) || value < min || value > max)
        return false;
    *out = (int)value;
    return true;
}
