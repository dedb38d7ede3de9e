#include "config/setting.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LINE_MAX_BYTES 1024
#define PATH_MAX_BYTES 160

/* Where something is, in the words of the file. */
struct place {
    const char *file;
    unsigned line;
    char path[PATH_MAX_BYTES];
};

static void format_line(char *line_text, size_t size, const struct place *place, const char *format,
                        va_list args)
{
    char text[LINE_MAX_BYTES];
    char line[16] = "";
    int head;

    if (place->line > 0)
        snprintf(line, sizeof(line), "%u:", place->line);
    head = snprintf(text, sizeof(text), "%s:%s %s%s", place->file, line, place->path,
                    place->path[0] ? ": " : "");
    if (head >= 0 && (size_t)head < sizeof(text))
        vsnprintf(text + head, sizeof(text) - (size_t)head, format, args);
    text_clean(line_text, size - 1, slice_of(text));
}

/* Counts a fault, and keeps it when there is room. */
static void add_fault(struct config_error *error, const struct place *place, const char *format,
                      va_list args)
{
    if (error->count < CONFIG_FAULTS_MAX)
        format_line(error->text[error->count], sizeof(error->text[0]), place, format, args);
    error->count++;
}

bool reader_fail(const struct reader *reader, const char *file, unsigned line, const char *format,
                 ...)
{
    struct place place = {.file = file, .line = line};
    va_list args;

    va_start(args, format);
    add_fault(reader->error, &place, format, args);
    va_end(args);
    return false;
}

/* Appends to a path that may be full. */
static void path_add(char path[PATH_MAX_BYTES], size_t *len, const char *name, int index)
{
    size_t room = PATH_MAX_BYTES - *len;
    int added;

    if (name)
        added = snprintf(path + *len, room, "%s%s", *len ? "." : "", name);
    else
        added = snprintf(path + *len, room, "[%d]", index);
    if (added > 0)
        *len += (size_t)added < room ? (size_t)added : room - 1;
}

static void path_of(const config_setting_t *setting, char path[PATH_MAX_BYTES], size_t *len)
{
    if (!setting->parent)
        return;
    path_of(setting->parent, path, len);
    path_add(path, len, setting->name, config_setting_index(setting));
}

static struct place place_of(const struct reader *reader, const config_setting_t *setting,
                             const char *child)
{
    struct place place = {.line = setting->line ? setting->line : 1};
    size_t len = 0;

    place.file = places_find(reader->places, &place.line);
    path_of(setting, place.path, &len);
    if (child)
        path_add(place.path, &len, child, 0);
    return place;
}

bool setting_fail(const struct reader *reader, const config_setting_t *setting, const char *child,
                  const char *format, ...)
{
    struct place place = place_of(reader, setting, child);
    va_list args;

    va_start(args, format);
    add_fault(reader->error, &place, format, args);
    va_end(args);
    return false;
}

bool setting_fail_memory(const struct reader *reader, const config_setting_t *setting)
{
    return setting_fail(reader, setting, NULL, "out of memory");
}

void setting_warn(const struct reader *reader, const config_setting_t *setting, const char *child,
                  const char *format, ...)
{
    struct place place = place_of(reader, setting, child);
    char line[sizeof(reader->error->text[0])];
    va_list args;

    if (!reader->warn)
        return;
    va_start(args, format);
    format_line(line, sizeof(line), &place, format, args);
    va_end(args);
    reader->warn(line);
}

const char *setting_type_text(const config_setting_t *setting)
{
    static const char *const names[] = {
        [CONFIG_TYPE_NONE] = "nothing",       [CONFIG_TYPE_GROUP] = "a group { }",
        [CONFIG_TYPE_INT] = "a number",       [CONFIG_TYPE_INT64] = "a number",
        [CONFIG_TYPE_FLOAT] = "a fraction",   [CONFIG_TYPE_STRING] = "a string",
        [CONFIG_TYPE_BOOL] = "true or false", [CONFIG_TYPE_ARRAY] = "an array [ ]",
        [CONFIG_TYPE_LIST] = "a list ( )",
    };

    return names[setting->type];
}

bool setting_string(const struct reader *reader, const config_setting_t *setting, const char **out)
{
    if (setting->type != CONFIG_TYPE_STRING)
        return setting_fail(reader, setting, NULL, "wrong type: a string is wanted, this is %s",
                            setting_type_text(setting));
    *out = config_setting_get_string(setting);
    return true;
}

bool setting_password_file(const struct reader *reader, const config_setting_t *setting, char **out)
{
    const char *text = NULL;

    if (!setting_string(reader, setting, &text))
        return false;
    if (!text || text[0] != '/')
        return setting_fail(reader, setting, NULL,
                            "the absolute path of a file that holds the password is wanted");
    *out = strdup(text);
    return *out || setting_fail_memory(reader, setting);
}

bool setting_number(const struct reader *reader, const config_setting_t *setting, uint32_t min,
                    uint32_t max, uint32_t *out)
{
    long long value;

    if (setting->type == CONFIG_TYPE_INT)
        value = config_setting_get_int(setting);
    else if (setting->type == CONFIG_TYPE_INT64)
        value = config_setting_get_int64(setting);
    else
        return setting_fail(reader, setting, NULL,
                            "wrong type: a whole number is wanted, this is %s",
                            setting_type_text(setting));
    if (value < (long long)min || value > (long long)max)
        return setting_fail(reader, setting, NULL, "%lld is out of range (%u..%u)", value, min,
                            max);
    *out = (uint32_t)value;
    return true;
}

bool setting_is_series(const struct reader *reader, const config_setting_t *setting)
{
    if (setting->type == CONFIG_TYPE_ARRAY || setting->type == CONFIG_TYPE_LIST)
        return true;
    return setting_fail(reader, setting, NULL, "wrong type: an array [ ] is wanted, this is %s",
                        setting_type_text(setting));
}
