#include "ctl/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Files that are read are small; what is longer is no file of this kind. */
#define LINE_ROOM 8192
#define LINES_MAX 200000

bool doctor_is_here(const struct doctor *doctor)
{
    return doctor->root[0] == '\0';
}

/* A clean text on the heap. */
static char *new_words(const char *format, va_list values)
{
    char *raw = NULL;
    char *clean;
    int len = vasprintf(&raw, format, values);

    if (len < 0)
        return NULL;
    clean = text_new((size_t)len > 3 ? (size_t)len * 3 : 9, (struct slice){raw, (size_t)len});
    free(raw);
    return clean;
}

void doctor_say(struct doctor *doctor, enum doctor_level level, const char *where,
                const char *format, ...)
{
    struct doctor_finding *list;
    va_list values;

    if (doctor->count >= DOCTOR_FINDINGS_MAX)
        return;
    list = realloc(doctor->findings, (doctor->count + 1) * sizeof(*list));
    if (!list) {
        doctor->failed = true;
        return;
    }
    doctor->findings = list;
    list += doctor->count++;
    *list = (struct doctor_finding){.level = level, .check = doctor->check};
    if (where)
        list->where = text_new(TEXT_MAX, slice_of(where));
    va_start(values, format);
    list->what = new_words(format, values);
    va_end(values);
    doctor->failed |= !list->what;
}

void doctor_mend(struct doctor *doctor, const char *format, ...)
{
    va_list values;
    char *text;

    va_start(values, format);
    text = new_words(format, values);
    va_end(values);
    doctor->failed |= !text;
    if (doctor->count == 0 || doctor->findings[doctor->count - 1].mend) {
        free(text);
        return;
    }
    doctor->findings[doctor->count - 1].mend = text;
}

void doctor_fini(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        free(doctor->findings[i].where);
        free(doctor->findings[i].what);
        free(doctor->findings[i].mend);
    }
    free(doctor->findings);
    config_free(doctor->config);
    doctor->findings = NULL;
    doctor->count = 0;
    doctor->config = NULL;
}

const char *doctor_word(char out[DOCTOR_WORD_MAX], const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./@:+,=-";
    size_t len = 0;

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        snprintf(out, DOCTOR_WORD_MAX, "%s", text);
        return out;
    }
    out[len++] = '\'';
    for (; *text && len < DOCTOR_WORD_MAX - 6; text++)
        if (*text == '\'')
            len += (size_t)snprintf(out + len, DOCTOR_WORD_MAX - len, "'\\''");
        else
            out[len++] = *text;
    out[len++] = '\'';
    out[len] = '\0';
    return out;
}

const char *doctor_path(const struct doctor *doctor, const char *path, char out[DOCTOR_WORD_MAX])
{
    snprintf(out, DOCTOR_WORD_MAX, "%s%s", doctor->root, path);
    return out;
}

bool doctor_stat(const struct doctor *doctor, const char *path, struct stat *found)
{
    char full[DOCTOR_WORD_MAX];

    return stat(doctor_path(doctor, path, full), found) == 0;
}

/* Reads the next line, without its end; what does not fit is passed by.  False at the end. */
static bool fetch_line(FILE *file, char *room, struct slice *line)
{
    int c = 0;

    if (!fgets(room, LINE_ROOM, file))
        return false;
    *line = (struct slice){room, strcspn(room, "\n")};
    while (line->len == LINE_ROOM - 1 && c != EOF && c != '\n')
        c = getc(file);
    return true;
}

static FILE *open_regular(const struct doctor *doctor, const char *path)
{
    char full[DOCTOR_WORD_MAX];
    int fd = open(doctor_path(doctor, path, full), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat found;
    FILE *file;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &found) == 0 && !S_ISREG(found.st_mode)) {
        close(fd);
        errno = EINVAL;
        return NULL;
    }
    file = fdopen(fd, "r");
    if (!file)
        close(fd);
    return file;
}

int doctor_lines(const struct doctor *doctor, const char *path,
                 bool (*take)(struct slice line, void *context), void *context)
{
    FILE *file = open_regular(doctor, path);
    char buffer[LINE_ROOM];
    char room[LINE_ROOM];
    struct slice line;

    if (!file)
        return errno;
    setvbuf(file, buffer, _IOFBF, sizeof(buffer));
    for (size_t i = 0; i < LINES_MAX && fetch_line(file, room, &line); i++)
        if (!take(line, context))
            break;
    fclose(file);
    explicit_bzero(room, sizeof(room));
    explicit_bzero(buffer, sizeof(buffer));
    return 0;
}

static bool between_words(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool doctor_next_word(struct slice *line, struct slice *word)
{
    size_t len = 0;

    while (line->len > 0 && between_words(line->at[0]))
        *line = slice_skip(*line, 1);
    if (line->len == 0)
        return false;
    if (line->at[0] == '"') {
        *line = slice_skip(*line, 1);
        *word = slice_cut(line, '"');
        return true;
    }
    while (len < line->len && !between_words(line->at[len]))
        len++;
    *word = (struct slice){line->at, len};
    *line = slice_skip(*line, len);
    return true;
}

void doctor_copy(char *out, size_t size, struct slice word)
{
    snprintf(out, size, "%.*s", (int)(word.len < size ? word.len : size), word.at ? word.at : "");
}
