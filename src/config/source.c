#include "config/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libconfig's own limit. */
#define DEPTH_MAX 10

/* Where we are in a text. */
struct scan {
    const struct reader *reader; /* NULL: look for keys only */
    const char *file;
    const char *start;
    const char *at;
    const char *end;
    unsigned line;
    unsigned depth;
    char key[SOURCE_KEY_MAX]; /* the last name */
    unsigned key_line;
    unsigned keys; /* names on key_line so far */
};

static bool scan_text(struct scan *scan, unsigned last_line);

/* Reads what is there of an open file, at most limit bytes.  Returns -1 with errno set. */
static ssize_t read_all(int fd, char *text, size_t limit)
{
    size_t len = 0;

    while (len < limit) {
        ssize_t got = read(fd, text + len, limit - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* What is wrong with the file, NULL when nothing is. */
static const char *load(int fd, struct source *source)
{
    struct stat status;
    ssize_t len;

    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return strerror(EISDIR);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if (status.st_size > (off_t)SOURCE_MAX)
        return "too large for a configuration";
    source->text = malloc((size_t)status.st_size + 1);
    if (!source->text)
        return "out of memory";
    len = read_all(fd, source->text, (size_t)status.st_size);
    if (len < 0)
        return strerror(errno);
    source->text[len] = '\0';
    source->len = (size_t)len;
    return NULL;
}

bool source_load(struct source *source, const char *file, char *why, size_t why_size)
{
    const char *fault;
    int fd;

    *source = (struct source){.file = file};
    /* A FIFO must not make us wait. */
    fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    fault = fd < 0 ? strerror(errno) : load(fd, source);
    if (fault)
        snprintf(why, why_size, "%s", fault);
    if (fd >= 0)
        close(fd);
    if (fault)
        source_fini(source);
    return !fault;
}

void source_fini(struct source *source)
{
    free(source->text);
    source->text = NULL;
    source->len = 0;
}

/* Whether we report at all, and if so what: the key is the last name, which is nearly always it. */
static bool fail(const struct scan *scan, unsigned line, const char *key, const char *what)
{
    if (!scan->reader)
        return true;
    return reader_fail(scan->reader, scan->file, line, "%s%s%s", key, *key ? ": " : "", what);
}

static void skip_line(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != '\n')
        scan->at++;
}

static bool skip_comment(struct scan *scan)
{
    unsigned line = scan->line;

    for (scan->at += 2; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\n')
            scan->line++;
        if (scan->at[0] == '*' && scan->at[1] == '/') {
            scan->at += 2;
            return true;
        }
    }
    return fail(scan, line, "", "this comment is never closed");
}

static bool skip_string(struct scan *scan)
{
    unsigned line = scan->line;

    for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        if (*scan->at == '\n')
            scan->line++;
        if (*scan->at != '\\')
            continue;
        if (strncmp(scan->at, "\\x00", 4) == 0)
            return fail(scan, scan->line, scan->key, "a string cannot hold a NUL");
        if (scan->at + 1 < scan->end && *++scan->at == '\n')
            scan->line++;
    }
    if (scan->at == scan->end)
        return fail(scan, line, scan->key, "this string is never closed");
    scan->at++;
    return true;
}

static void take_name(struct scan *scan)
{
    const char *start = scan->at;
    size_t len;

    while (isalnum((unsigned char)*scan->at) || (*scan->at && strchr("-_*", *scan->at)))
        scan->at++;
    len = (size_t)(scan->at - start);
    if (len >= sizeof(scan->key))
        len = sizeof(scan->key) - 1;
    memcpy(scan->key, start, len);
    scan->key[len] = '\0';
    scan->keys = scan->key_line == scan->line ? scan->keys + 1 : 1;
    scan->key_line = scan->line;
}

/* Numbers with an L keep their value in libconfig, all others are cut to 32 bits. */
static bool take_number(struct scan *scan)
{
    bool hex = scan->at[0] == '0' && (scan->at[1] == 'x' || scan->at[1] == 'X');
    unsigned long long value;
    char *end;

    errno = 0;
    value = strtoull(scan->at, &end, hex ? 16 : 10);
    scan->at = end;
    if (*end == 'L' || *end == '.' || (value <= INT_MAX && errno == 0))
        return true;
    return fail(scan, scan->line, scan->key, "this number is out of range");
}

/* Copies the quoted path behind an @include that starts its line; false when it is none. */
static bool include_path(const struct scan *scan, char path[PATH_MAX])
{
    const char *at = scan->at;
    size_t len;

    while (at > scan->start && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    if (at > scan->start && at[-1] != '\n')
        return false;
    at = scan->at + strlen("@include");
    if (strncmp(scan->at, "@include", strlen("@include")) != 0 || strspn(at, " \t") == 0)
        return false;
    at += strspn(at, " \t");
    if (*at++ != '"')
        return false;
    len = strcspn(at, "\"\n\\");
    if (len >= PATH_MAX || at[len] != '"')
        return false;
    memcpy(path, at, len);
    path[len] = '\0';
    return true;
}

static bool check_included(struct scan *scan, const char *path)
{
    struct source source;
    struct scan inner = {.reader = scan->reader, .file = path, .line = 1};
    char why[128];
    bool good;

    if (scan->depth == DEPTH_MAX)
        return fail(scan, scan->line, "@include", "files include each other too deeply");
    if (!source_load(&source, path, why, sizeof(why)))
        return reader_fail(scan->reader, scan->file, scan->line, "@include: %s: %s", path, why);
    inner.start = inner.at = source.text;
    inner.end = source.text + source.len;
    inner.depth = scan->depth + 1;
    good = scan_text(&inner, UINT_MAX);
    source_fini(&source);
    return good;
}

static bool take_include(struct scan *scan)
{
    char *path = malloc(PATH_MAX);
    bool good;

    if (!path)
        return fail(scan, scan->line, "@include", "out of memory");
    if (include_path(scan, path))
        good = !scan->reader || check_included(scan, path);
    else
        good =
            fail(scan, scan->line, "@include", "write it on a line of its own: @include \"/path\"");
    free(path);
    scan->at += good ? strlen("@include") : 0;
    return good;
}

/* Takes one token, or one character that matters to nobody here. */
static bool scan_token(struct scan *scan)
{
    char first = *scan->at;

    if (first == '#' || (first == '/' && scan->at[1] == '/')) {
        skip_line(scan);
        return true;
    }
    if (first == '/' && scan->at[1] == '*')
        return skip_comment(scan);
    if (first == '"')
        return skip_string(scan);
    if (first == '@')
        return take_include(scan);
    if (isdigit((unsigned char)first))
        return take_number(scan);
    if (isalpha((unsigned char)first) || first == '*') {
        take_name(scan);
        return true;
    }
    if (first == '\n')
        scan->line++;
    scan->at++;
    return true;
}

/* libconfig takes a NUL for the end, in a comment too. */
static bool check_nul(const struct scan *scan)
{
    const char *nul = memchr(scan->at, '\0', (size_t)(scan->end - scan->at));
    unsigned line = 1;

    for (const char *at = scan->at; at < nul; at++)
        line += *at == '\n';
    return !nul || fail(scan, line, "", "a NUL byte");
}

/* Goes on to the end, or to the end of a line. */
static bool scan_text(struct scan *scan, unsigned last_line)
{
    if (!check_nul(scan))
        return false;
    while (scan->at < scan->end && scan->line <= last_line) {
        const char *before = scan->at;

        if (!scan_token(scan))
            return false;
        if (scan->at == before)
            scan->at++;
    }
    return true;
}

bool source_check(const struct reader *reader, const struct source *source)
{
    struct scan scan = {.reader = reader,
                        .file = source->file,
                        .start = source->text,
                        .at = source->text,
                        .end = source->text + source->len,
                        .line = 1};

    return scan_text(&scan, UINT_MAX);
}

bool source_key_on(const struct source *source, unsigned line, char key[SOURCE_KEY_MAX])
{
    struct scan scan = {.file = source->file,
                        .start = source->text,
                        .at = source->text,
                        .end = source->text + source->len,
                        .line = 1};

    scan_text(&scan, line);
    if (scan.keys != 1 || scan.key_line != line)
        return false;
    memcpy(key, scan.key, SOURCE_KEY_MAX);
    return true;
}
