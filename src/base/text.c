#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/*
 * Bytes of the valid UTF-8 character at the start of src, 0 when there is none (RFC 3629 section 4:
 * no overlong form, no surrogate, nothing above U+10FFFF).
 */
static size_t character_bytes(struct slice src)
{
    const unsigned char *at = (const unsigned char *)src.at;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t bytes;

    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    bytes = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (bytes > src.len)
        return 0;
    if (at[0] == 0xe0)
        low = 0xa0;
    else if (at[0] == 0xed)
        high = 0x9f;
    else if (at[0] == 0xf0)
        low = 0x90;
    else if (at[0] == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return bytes;
}

/*
 * C0, DEL and C1; and what ends a line or turns the direction of the text around it (Unicode
 * Standard Annex #9, section 2): U+2028 to U+202E and U+2066 to U+2069.
 */
static bool is_control(const char *at, size_t bytes)
{
    const unsigned char *byte = (const unsigned char *)at;

    if (bytes == 1)
        return byte[0] < 0x20 || byte[0] == 0x7f;
    if (bytes == 2)
        return byte[0] == 0xc2 && byte[1] < 0xa0;
    if (bytes != 3 || byte[0] != 0xe2)
        return false;
    return (byte[1] == 0x80 && byte[2] >= 0xa8 && byte[2] <= 0xae) ||
           (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9);
}

/* Bytes at the start of src, up to a limit, that stay as they are; most often they are all. */
static size_t plain_bytes(struct slice src, size_t limit)
{
    size_t max = src.len < limit ? src.len : limit;
    size_t len = 0;

    while (len < max && src.at[len] >= 0x20 && src.at[len] < 0x7f)
        len++;
    return len;
}

size_t text_clean(char *dst, size_t limit, struct slice src)
{
    size_t len = plain_bytes(src, limit - 3);
    size_t fit = len; /* the longest whole text that still leaves room for "..." */

    assert(limit >= 3);
    if (len > 0)
        memcpy(dst, src.at, len);
    src = slice_skip(src, len);
    while (src.len > 0) {
        size_t bytes = character_bytes(src);
        size_t used = bytes ? bytes : 1;
        const char *character = src.at;

        if (bytes == 0) {
            character = REPLACEMENT;
            bytes = strlen(REPLACEMENT);
        } else if (is_control(src.at, bytes)) {
            character = " ";
            bytes = 1;
        }
        if (len + bytes > limit) {
            memcpy(dst + fit, "...", 3);
            len = fit + 3;
            break;
        }
        memcpy(dst + len, character, bytes);
        len += bytes;
        if (len + 3 <= limit)
            fit = len;
        src = slice_skip(src, used);
    }
    dst[len] = '\0';
    return len;
}

/* Whether cleaning leaves it as it is, as most often. */
static bool is_plain(struct slice src, size_t limit)
{
    return src.len <= limit && plain_bytes(src, limit) == src.len;
}

/* What it may take when it is clean; a byte grows to three at most. */
static size_t clean_room(size_t limit, struct slice src)
{
    size_t room = src.len < limit / 3 ? src.len * 3 : limit;

    if (is_plain(src, limit))
        return src.len;
    return room < 3 ? 3 : room;
}

static size_t put_clean(char *dst, size_t limit, struct slice src)
{
    size_t room = clean_room(limit, src);

    if (!is_plain(src, limit))
        return text_clean(dst, room, src);
    if (src.len > 0)
        memcpy(dst, src.at, src.len);
    dst[src.len] = '\0';
    return src.len;
}

char *text_new(size_t limit, struct slice src)
{
    size_t room = clean_room(limit, src);
    char *text = malloc(room + 1);
    char *tight = NULL;
    size_t len;

    if (!text)
        return NULL;
    len = put_clean(text, limit, src);
    if (len < room)
        tight = realloc(text, len + 1);
    return tight ? tight : text;
}

bool text_set(char **where, size_t limit, struct slice src)
{
    char *text = NULL;

    if (src.len > 0) {
        text = text_new(limit, src);
        if (!text)
            return false;
    }
    free(*where);
    *where = text;
    return true;
}

static bool is_cleaned(const char *text, size_t limit, struct slice src)
{
    char clean[TEXT_MAX + 1];

    text_clean(clean, limit, src);
    return text_equal(text, clean);
}

/* What is clean stays as it is. */
bool text_is(const char *text, size_t limit, struct slice src)
{
    if (!text || src.len == 0)
        return text_or_empty(text)[0] == '\0' && src.len == 0;
    return slice_is(src, text) || (!is_plain(src, limit) && is_cleaned(text, limit, src));
}

/* Less room than it had, where there is; the parts move along. */
static char *tighten(char *piece, size_t len, const struct text_part *parts, size_t count)
{
    ptrdiff_t at[TEXT_PARTS];
    char *tight;

    for (size_t i = 0; i < count; i++)
        at[i] = *parts[i].to ? *parts[i].to - piece : -1;
    tight = realloc(piece, len);
    if (!tight)
        return piece;
    for (size_t i = 0; i < count; i++)
        *parts[i].to = at[i] < 0 ? NULL : tight + at[i];
    return tight;
}

bool text_pack(char **piece, size_t limit, const struct text_part *parts, size_t count)
{
    size_t room = 0;
    size_t len = 0;
    char *text;

    assert(count <= TEXT_PARTS);
    for (size_t i = 0; i < count; i++)
        room += parts[i].from.len > 0 ? clean_room(limit, parts[i].from) + 1 : 0;
    text = malloc(room + 1);
    if (!text)
        return false;
    for (size_t i = 0; i < count; i++) {
        *parts[i].to = parts[i].from.len > 0 ? text + len : NULL;
        if (parts[i].from.len > 0)
            len += put_clean(text + len, limit, parts[i].from) + 1;
    }
    free(*piece);
    *piece = len < room ? tighten(text, len, parts, count) : text;
    return true;
}

char *text_copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

void text_folder(char *folder, size_t size, const char *path)
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, size, "%.*s", (int)(slash > path ? slash - path : 1), path);
}

bool text_equal(const char *a, const char *b)
{
    return strcmp(text_or_empty(a), text_or_empty(b)) == 0;
}
