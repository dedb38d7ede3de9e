#include "model/mask.h"

#include <string.h>

#include "base/text.h"
#include "protocol/logtext.h"

static const char stars[] = "***";
enum { STARS = sizeof(stars) - 1 };

/* A secret has a byte at least, so that stars make a text longer by two bytes for one. */
enum { ROOM = 3 * TEXT_MAX };

struct writer {
    char text[ROOM + 1];
    size_t len;
};

/* Where a secret ends; none goes beyond its part of the line (logtext_next()). */
enum extent {
    EXTENT_WORD,   /* at a blank, comma, quote or bracket */
    EXTENT_OPTION, /* at a comma or quote */
    EXTENT_FIELD,  /* it begins behind ": " and ends with the part */
    EXTENT_VALUE,  /* it begins behind '=' and ends with the part */
    EXTENT_REST,   /* with the part */
    EXTENT_PUSHED  /* as write_pushed() has it */
};

/* What daemons of 2.1 to 2.7 write in front of a secret.  Keys in hex are told by their form. */
static const struct mark {
    const char *words;
    enum extent extent;
} marks[] = {
    /* From verb 7 on. */
    {"SESS_ID_AT_", EXTENT_WORD},
    {"Generated token for client: ", EXTENT_WORD},
    {"exported keying material: ", EXTENT_WORD},
    {"ENV [", EXTENT_VALUE},
    {"ENVP[", EXTENT_VALUE},
    /* With any verb. */
    {",auth-token ", EXTENT_OPTION},
    {"Send to HTTP proxy: '", EXTENT_FIELD},
    {"  custom_header[", EXTENT_FIELD},
    {"CR response was sent by client ('", EXTENT_WORD},
    {"]: 'CR_RESPONSE,", EXTENT_WORD},
    {"message: AUTH_FAILED,CRV1:", EXTENT_REST},
    {"]: 'AUTH_FAILED,CRV1:", EXTENT_REST},
    {", CLI:CRV1:", EXTENT_REST},
    {"]: 'INFO,OPEN_URL:", EXTENT_PUSHED},
    {"]: 'INFO,WEB_AUTH:", EXTENT_PUSHED},
    {"]: 'INFO_PRE,OPEN_URL:", EXTENT_PUSHED},
    {"]: 'INFO_PRE,WEB_AUTH:", EXTENT_PUSHED},
    {"command was pushed by server ('OPEN_URL:", EXTENT_PUSHED},
    {"command was pushed by server ('WEB_AUTH:", EXTENT_PUSHED},
};
enum { MARKS = sizeof(marks) / sizeof(marks[0]) };

static const char command[] = "MANAGEMENT: CMD '";

static void write_text(struct writer *writer, struct slice text)
{
    size_t len = text.len < ROOM - writer->len ? text.len : ROOM - writer->len;

    if (len > 0)
        memcpy(writer->text + writer->len, text.at, len);
    writer->len += len;
}

static void write_stars(struct writer *writer, size_t hidden)
{
    if (hidden > 0)
        write_text(writer, (struct slice){stars, STARS});
}

/* Where the words begin, or the length of the text. */
static size_t find_words(struct slice text, const char *words)
{
    const char *at = text.len > 0 ? memmem(text.at, text.len, words, strlen(words)) : NULL;

    return at ? (size_t)(at - text.at) : text.len;
}

/* How much there is in front of the first of the bytes. */
static size_t span(struct slice text, const char *bytes)
{
    size_t len = 0;

    while (len < text.len && !strchr(bytes, text.at[len]))
        len++;
    return len;
}

static void write_part(struct writer *writer, struct slice part);

/*
 * Of a URL the host is shown, but not its name and password; of a challenge nothing is.  What
 * follows the first secret is dropped with it: nobody knows where a secret ends.
 */
static void write_pushed(struct writer *writer, struct slice text)
{
    size_t challenge = find_words(text, "CRV1:");
    size_t url = find_words(text, "://");
    struct slice host = slice_skip(text, url + strlen("://"));
    size_t len = span(host, "/?# ");
    bool named = len > 0 && memrchr(host.at, '@', len);
    size_t shown = text.len;

    if (challenge < url)
        shown = challenge + strlen("CRV1:");
    else if (named || len < host.len)
        shown = url + strlen("://") + (named ? 0 : len);
    write_part(writer, (struct slice){text.at, shown});
    if (shown < text.len && challenge >= url && !named)
        write_text(writer, slice_of("/"));
    write_stars(writer, text.len - shown);
}

/* Shows what stands in front of the secret: up to those words, which must be there, and they. */
static struct slice write_up_to(struct writer *writer, struct slice text, const char *words)
{
    size_t at = find_words(text, words);
    size_t shown = at < text.len ? at + strlen(words) : 0;

    write_part(writer, (struct slice){text.at, shown});
    return slice_skip(text, shown);
}

/* Writes what stands behind the words of a mark, and returns what is left of it. */
static struct slice write_secret(struct writer *writer, enum extent extent, struct slice text)
{
    struct slice rest = text;
    size_t hidden;

    if (extent == EXTENT_PUSHED) {
        write_pushed(writer, text);
        return slice_skip(text, text.len);
    }
    if (extent == EXTENT_FIELD || extent == EXTENT_VALUE) {
        rest = write_up_to(writer, text, extent == EXTENT_FIELD ? ": " : "=");
        if (rest.len == text.len)
            return text;
    }
    hidden = extent == EXTENT_WORD     ? span(rest, " ,')]")
             : extent == EXTENT_OPTION ? span(rest, ",'")
                                       : rest.len;
    write_stars(writer, hidden);
    return slice_skip(rest, hidden);
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

/* Digits of a group of hex, which is a word: at most eight.  0 when there is none. */
static size_t hex_group(struct slice text)
{
    size_t len = 0;

    while (len < text.len && is_hex(text.at[len]))
        len++;
    return len > 8 || (len < text.len && is_word_byte(text.at[len])) ? 0 : len;
}

/*
 * Length of what the daemon writes for bytes: hex in groups of eight digits, of which the last may
 * be shorter.  One group tells nothing; two are what a session id has, which is no secret.
 */
static size_t hex_len(const struct writer *writer, struct slice text)
{
    struct slice before = {writer->text, writer->len};
    bool id = slice_ends(before, "sid=");
    size_t groups = 0;
    size_t len = 0;
    size_t digits;

    if (before.len > 0 && is_word_byte(before.at[before.len - 1]))
        return 0;
    for (;;) {
        digits = hex_group(slice_skip(text, groups > 0 ? len + 1 : 0));
        if (digits == 0)
            break;
        len += digits + (groups > 0);
        groups++;
        if (digits < 8 || len >= text.len || text.at[len] != ' ')
            break;
    }
    return groups > (id ? 2 : 1) ? len : 0;
}

static bool begins_mark(char byte)
{
    for (size_t i = 0; i < MARKS; i++)
        if (marks[i].words[0] == byte)
            return true;
    return false;
}

/* Bytes in front at which neither a mark nor a key can begin; floods of lines have little else. */
static size_t plain_len(const struct writer *writer, struct slice part)
{
    char before = ' ';
    size_t len = 0;

    if (writer->len > 0)
        before = writer->text[writer->len - 1];
    while (len < part.len) {
        char byte = part.at[len];

        if (begins_mark(byte) || (is_hex(byte) && !is_word_byte(before)))
            break;
        before = byte;
        len++;
    }
    return len;
}

/* Recursion ends: each time the words of a mark are left behind. */
static void write_part(struct writer *writer, struct slice part)
{
    while (part.len > 0) {
        size_t plain = plain_len(writer, part);
        size_t hidden;
        size_t mark = 0;

        write_text(writer, (struct slice){part.at, plain});
        part = slice_skip(part, plain);
        hidden = hex_len(writer, part);
        while (mark < MARKS && !slice_starts(part, marks[mark].words))
            mark++;
        if (mark < MARKS) {
            write_text(writer, slice_of(marks[mark].words));
            part = write_secret(writer, marks[mark].extent,
                                slice_skip(part, strlen(marks[mark].words)));
        } else if (hidden > 0) {
            write_stars(writer, hidden);
            part = slice_skip(part, hidden);
        } else if (part.len > 0) {
            write_text(writer, (struct slice){part.at, 1});
            part = slice_skip(part, 1);
        }
    }
}

/* What looks like a trace of a session and is none (logtext_is_trace()) may still hold a secret. */
static struct slice write_line(struct writer *writer, size_t limit, struct slice text)
{
    char clean[TEXT_MAX + 1];
    struct slice part;

    text.len = text_clean(clean, limit < TEXT_MAX ? limit : TEXT_MAX, text);
    text.at = clean;
    writer->len = 0;
    while (logtext_next(&text, &part)) {
        if (writer->len == 0 && slice_take_prefix(&part, command)) {
            write_text(writer, slice_of(command));
            part = write_secret(writer, EXTENT_REST, part);
        }
        write_part(writer, part);
    }
    return (struct slice){writer->text, writer->len};
}

void mask_set_log(char **where, size_t limit, struct slice text)
{
    struct writer writer;

    text_set(where, limit, write_line(&writer, limit, text));
}

void mask_set(char **where, size_t limit, struct slice text)
{
    struct writer line;
    struct writer pushed = {.len = 0};

    write_pushed(&pushed, write_line(&line, limit, text));
    text_set(where, limit, (struct slice){pushed.text, pushed.len});
}

void mask_set_echo(char **where, size_t limit, struct slice text)
{
    static const char *const words[] = {"CRV1:", "OPEN_URL:", "WEB_AUTH:"};
    bool secret = false;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        secret |= find_words(text, words[i]) < text.len;
    if (secret)
        mask_set(where, limit, text);
    else
        mask_set_log(where, limit, text);
}
