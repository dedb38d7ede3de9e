#include "base/slice.h"

#include <string.h>

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

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

struct slice slice_skip(struct slice slice, size_t count)
{
    if (count > slice.len)
        count = slice.len;
    return (struct slice){slice.at ? slice.at + count : NULL, slice.len - count};
}

bool slice_take_prefix(struct slice *slice, const char *prefix)
{
    size_t len = strlen(prefix);

    if (slice->len < len || (len > 0 && memcmp(slice->at, prefix, len) != 0))
        return false;
    *slice = slice_skip(*slice, len);
    return true;
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

bool slice_to_u64(struct slice slice, uint64_t *out)
{
    uint64_t value = 0;

    if (slice.len == 0)
        return false;
    for (size_t i = 0; i < slice.len; i++) {
        unsigned digit = (unsigned)(unsigned char)slice.at[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool slice_to_i64(struct slice slice, int64_t *out)
{
    bool negative = slice_take_prefix(&slice, "-");
    uint64_t value;

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
