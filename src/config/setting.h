#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/place.h"

/*
 * Values of libconfig with errors for people: each names file, line and the path of the key, as in
 * `FILE:12: instances[0].status_interval: 0 is out of range (1..3600)`.
 */

/* Whom to tell what about which file. */
struct reader {
    const char *file;            /* the main file */
    const struct places *places; /* of the text's lines, included files' among them */
    struct config_error *error;
    void (*warn)(const char *text); /* NULL: nobody wants to know */
};

/*
 * Adds the fault `FILE:LINE: ...` to the error, cleaned; `FILE: ...` where the line is 0.  Returns
 * false always.
 */
bool reader_fail(const struct reader *reader, const char *file, unsigned line, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/*
 * The same for a setting, or with child for a key that is missing in it.  setting_fail() and
 * setting_fail_memory(), which says that memory is out, return false always.
 */
bool setting_fail(const struct reader *reader, const config_setting_t *setting, const char *child,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
bool setting_fail_memory(const struct reader *reader, const config_setting_t *setting);
void setting_warn(const struct reader *reader, const config_setting_t *setting, const char *child,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What the type is called by people: "a number", "a string". */
const char *setting_type_text(const config_setting_t *setting);

/* These return false, with a fault more, when the type or the value is wrong. */
bool setting_string(const struct reader *reader, const config_setting_t *setting, const char **out);
bool setting_number(const struct reader *reader, const config_setting_t *setting, uint32_t min,
                    uint32_t max, uint32_t *out);

/*
 * The absolute path of a file with a password, as a copy of its own.  The value is never shown:
 * somebody may have written the password here.
 */
bool setting_password_file(const struct reader *reader, const config_setting_t *setting,
                           char **out);

/* Checks that it is [ ... ] or ( ... ). */
bool setting_is_series(const struct reader *reader, const config_setting_t *setting);

#endif
