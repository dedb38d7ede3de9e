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

/* A byte order mark, which some editors put before UTF-8, says nothing. */
#define BOM "\xef\xbb\xbf"
enum { BOM_BYTES = 3 };

/* One file in memory. */
struct file_text {
    char *text;
    size_t len;
};

/* Where we are in a text. */
struct scan {
    const struct reader *reader; /* NULL: look for keys only */
    struct source *whole;        /* what the text is copied to, NULL likewise */
    const char *copied;          /* so far */
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

static const char too_large[] = "too large for a configuration";

static bool scan_file(const struct scan *from, const char *path, const char *text, size_t len);

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
static const char *load(int fd, struct file_text *file)
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
        return too_large;
    file->text = malloc((size_t)status.st_size + 1);
    if (!file->text)
        return "out of memory";
    len = read_all(fd, file->text, (size_t)status.st_size);
    if (len < 0)
        return strerror(errno);
    if (len >= 2 &&
        (memcmp(file->text, "\xff\xfe", 2) == 0 || memcmp(file->text, "\xfe\xff", 2) == 0))
        return "this is UTF-16 text: save it as UTF-8";
    if (len >= BOM_BYTES && memcmp(file->text, BOM, BOM_BYTES) == 0) {
        len -= BOM_BYTES;
        memmove(file->text, file->text + BOM_BYTES, (size_t)len);
    }
    file->text[len] = '\0';
    file->len = (size_t)len;
    return NULL;
}

/* The text is the caller's in any case. */
static const char *load_file(const char *path, struct file_text *file)
{
    /* A FIFO must not make us wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *fault = fd < 0 ? strerror(errno) : load(fd, file);

    if (fd >= 0)
        close(fd);
    return fault;
}

static bool grow_source(struct source *whole, size_t len)
{
    size_t room = whole->room ? whole->room : 4096;
    char *text;

    while (room < whole->len + len + 1)
        room *= 2;
    if (room == whole->room)
        return true;
    text = realloc(whole->text, room);
    if (!text)
        return false;
    whole->text = text;
    whole->room = room;
    return true;
}

/* What is wrong, NULL when the text stands behind the whole. */
static const char *append_source(struct source *whole, const char *text, size_t len)
{
    if (len > SOURCE_MAX - whole->len)
        return too_large;
    if (!grow_source(whole, len))
        return "out of memory";
    if (len > 0)
        memcpy(whole->text + whole->len, text, len);
    whole->len += len;
    whole->text[whole->len] = '\0';
    for (size_t i = 0; i < len; i++)
        whole->line += text[i] == '\n';
    return NULL;
}

void source_fini(struct source *source)
{
    free(source->text);
    places_fini(&source->places);
    *source = (struct source){0};
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

/* A relative path begins in the folder of the file; false when it gets too long. */
static bool resolve(const char *file, char path[PATH_MAX])
{
    const char *slash = strrchr(file, '/');
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0;
    size_t len = strlen(path);

    if (path[0] == '/' || folder == 0)
        return true;
    if (folder + len >= PATH_MAX)
        return false;
    memmove(path + folder, path, len + 1);
    memcpy(path, file, folder);
    return true;
}

/* Copies what was scanned; what follows in the whole is file's, from its line on. */
static bool copy_until(struct scan *scan, const char *end)
{
    const char *fault = append_source(scan->whole, scan->copied, (size_t)(end - scan->copied));

    scan->copied = end;
    return !fault || fail(scan, scan->line, "", fault);
}

/* Numbers with an L keep their value in libconfig, all others are cut to 32 bits. */
static bool scan_number(struct scan *scan)
{
    bool hex = scan->at[0] == '0' && (scan->at[1] == 'x' || scan->at[1] == 'X');
    bool fraction = scan->at > scan->start && scan->at[-1] == '.';
    const char *fault;
    unsigned long long value;
    char *end;

    errno = 0;
    value = strtoull(scan->at, &end, hex ? 16 : 10);
    scan->at = end;
    if (!scan->whole || fraction || *end == 'L' || *end == '.' || (value <= INT_MAX && errno == 0))
        return true;
    if (value > LLONG_MAX)
        return fail(scan, scan->line, scan->key, "this number is out of range");
    if (!copy_until(scan, scan->at))
        return false;
    fault = append_source(scan->whole, "L", 1);
    return !fault || fail(scan, scan->line, "", fault);
}

static bool begin_piece(const struct scan *scan)
{
    return places_add(&scan->whole->places, scan->whole->line, scan->file, scan->line) ||
           fail(scan, scan->line, "", "out of memory");
}

static bool include(struct scan *scan, const char *path)
{
    struct file_text file = {0};
    const char *fault;
    bool good;

    if (scan->depth > DEPTH_MAX)
        return fail(scan, scan->line, "@include", "files include each other too deeply");
    fault = load_file(path, &file);
    if (fault) /* there may be others */
        reader_fail(scan->reader, scan->file, scan->line, "@include: %s: %s", path, fault);
    good = fault || scan_file(scan, path, file.text, file.len);
    free(file.text);
    if (!good)
        return false;
    fault = append_source(scan->whole, "\n", 1);
    return fault ? fail(scan, scan->line, "", fault) : begin_piece(scan);
}

/* What is behind the path goes on in the line. */
static bool take_include(struct scan *scan)
{
    char path[PATH_MAX];

    if (!include_path(scan, path))
        return fail(scan, scan->line, "@include",
                    "write it on a line of its own: @include \"/path\"");
    if (!resolve(scan->file, path))
        return fail(scan, scan->line, "@include", strerror(ENAMETOOLONG));
    if (!copy_until(scan, scan->at) || !include(scan, path))
        return false;
    scan->at = strchr(strchr(scan->at, '"') + 1, '"') + 1;
    scan->copied = scan->at;
    return true;
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
    if (first == '@' && scan->whole)
        return take_include(scan);
    if (isdigit((unsigned char)first))
        return scan_number(scan);
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

/* Copies a text that is all of a file; from says who includes it. */
static bool scan_file(const struct scan *from, const char *path, const char *text, size_t len)
{
    struct scan scan = {.reader = from->reader,
                        .whole = from->whole,
                        .copied = text,
                        .file = path,
                        .start = text,
                        .at = text,
                        .end = text + len,
                        .line = 1,
                        .depth = from->depth + 1};

    return begin_piece(&scan) && scan_text(&scan, UINT_MAX) && copy_until(&scan, scan.end);
}

bool source_load(struct source *source, const struct reader *reader)
{
    const struct scan start = {.reader = reader, .whole = source};
    struct file_text file = {0};
    const char *fault = load_file(reader->file, &file);
    bool good = false;

    source->line = 1;
    if (fault)
        reader_fail(reader, reader->file, 0, "%s", fault);
    else
        good = scan_file(&start, reader->file, file.text, file.len);
    free(file.text);
    return good && reader->error->count == 0;
}

bool source_key_on(const struct source *source, unsigned line, char key[SOURCE_KEY_MAX])
{
    struct scan scan = {
        .start = source->text, .at = source->text, .end = source->text + source->len, .line = 1};

    scan_text(&scan, line);
    if (scan.keys != 1 || scan.key_line != line)
        return false;
    memcpy(key, scan.key, SOURCE_KEY_MAX);
    return true;
}
