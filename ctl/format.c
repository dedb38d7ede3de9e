#include "ctl/format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/slice.h"

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

void format_bytes(char out[FORMAT_MAX], int64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    int digits;

    if (bytes < 1000) {
        snprintf(out, FORMAT_MAX, "%d B", bytes < 0 ? 0 : (int)bytes);
        return;
    }
    value /= 1000;
    /* What would be rounded to 1000 is 1 of the next unit. */
    while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(out, FORMAT_MAX, "%.*f %s", digits, value, units[unit]);
}

void format_rate(char out[FORMAT_MAX], int64_t bytes)
{
    size_t len;

    format_bytes(out, bytes);
    len = strlen(out);
    snprintf(out + len, FORMAT_MAX - len, "/s");
}

void format_seconds(char out[FORMAT_MAX], int64_t seconds)
{
    const char *sign = seconds < 0 ? "-" : "";
    long long left = seconds < 0 ? -(long long)seconds : (long long)seconds;

    if (left >= DAY)
        snprintf(out, FORMAT_MAX, "%s%lldd%lldh", sign, left / DAY, left % DAY / HOUR);
    else if (left >= HOUR)
        snprintf(out, FORMAT_MAX, "%s%lldh%lldm", sign, left / HOUR, left % HOUR / MINUTE);
    else if (left >= MINUTE)
        snprintf(out, FORMAT_MAX, "%s%lldm%llds", sign, left / MINUTE, left % MINUTE);
    else
        snprintf(out, FORMAT_MAX, "%s%llds", sign, left);
}

void format_time(char out[FORMAT_MAX], int64_t when, int64_t now)
{
    time_t at = (time_t)when;
    time_t today = (time_t)now;
    struct tm then;
    struct tm here;

    if (!localtime_r(&at, &then) || !localtime_r(&today, &here)) {
        snprintf(out, FORMAT_MAX, "%lld", (long long)when);
        return;
    }
    if (then.tm_year == here.tm_year && then.tm_yday == here.tm_yday)
        strftime(out, FORMAT_MAX, "%H:%M:%S", &then);
    else
        strftime(out, FORMAT_MAX, "%Y-%m-%d %H:%M", &then);
}

/* "-5m": so long before now. */
static bool parse_ago(const char *text, int64_t now, int64_t *when)
{
    static const struct {
        char letter;
        int seconds;
    } units[] = {{'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}};
    size_t len = strlen(text);
    int count;

    if (len < 2 || !slice_to_int((struct slice){text, len - 1}, 0, 1000000, &count))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (text[len - 1] == units[i].letter) {
            *when = now - (int64_t)count * units[i].seconds;
            return true;
        }
    return false;
}

/* "14:03" or "14:03:22", to the end of the text. */
static bool parse_clock(const char *text, struct tm *parts)
{
    const char *end = strptime(text, "%H:%M", parts);

    parts->tm_sec = 0;
    if (end && *end == ':')
        end = strptime(text, "%H:%M:%S", parts);
    return end && *end == '\0';
}

static bool parse_date(const char *text, struct tm *parts)
{
    const char *end = strptime(text, "%Y-%m-%d", parts);

    if (!end)
        return false;
    parts->tm_hour = parts->tm_min = parts->tm_sec = 0;
    return *end == '\0' || ((*end == ' ' || *end == 'T') && parse_clock(end + 1, parts));
}

bool format_parse_time(const char *text, int64_t now, int64_t *when)
{
    time_t today = (time_t)now;
    struct tm parts;
    bool dated;

    if (text[0] == '-')
        return parse_ago(text + 1, now, when);
    if (text[0] == '@')
        return slice_to_i64(slice_of(text + 1), when);
    if (!isdigit((unsigned char)text[0]) || !localtime_r(&today, &parts))
        return false;
    dated = strchr(text, '-') != NULL;
    if (!(dated ? parse_date(text, &parts) : parse_clock(text, &parts)))
        return false;
    parts.tm_isdst = -1;
    *when = mktime(&parts);
    if (!dated && *when > now) {
        parts.tm_mday--;
        parts.tm_isdst = -1;
        *when = mktime(&parts);
    }
    return true;
}
