#include "ctl/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/range.h"

void verdict_raise(struct verdict *verdict, enum verdict_status status)
{
    static const int badness[] = {
        [VERDICT_OK] = 0, [VERDICT_WARNING] = 1, [VERDICT_UNKNOWN] = 2, [VERDICT_CRITICAL] = 3};

    if (badness[status] > badness[verdict->status])
        verdict->status = status;
}

/* Texts of others must not look like our syntax. */
static void replace_octets(char *text, const char *what, char with)
{
    for (text += strcspn(text, what); *text; text += strcspn(text, what))
        *text = with;
}

void verdict_say(struct verdict *verdict, const char *format, ...)
{
    va_list values;
    char words[1200];
    size_t len = strlen(verdict->text);

    va_start(values, format);
    vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    replace_octets(words, "|", '/');
    if (len + strlen(words) + 3 > sizeof(verdict->text))
        return;
    snprintf(verdict->text + len, sizeof(verdict->text) - len, "%s%s", len > 0 ? ", " : "", words);
}

void verdict_value(struct verdict *verdict, const char *of, const char *label, int64_t value,
                   const char *unit, const struct thresholds *thresholds, int64_t most)
{
    const char *warning = thresholds && thresholds->warning ? thresholds->warning : "";
    const char *critical = thresholds && thresholds->critical ? thresholds->critical : "";
    char name[300];
    char end[24] = "";
    size_t len = strlen(verdict->data);
    int written;

    snprintf(name, sizeof(name), "%s%s%s", of ? of : "", of ? " " : "", label);
    replace_octets(name, "'=|", '_');
    if (most >= 0)
        snprintf(end, sizeof(end), ";%lld", (long long)most);
    written = snprintf(verdict->data + len, sizeof(verdict->data) - len, "%s'%s'=%lld%s;%s;%s;0%s",
                       len > 0 ? " " : "", name, (long long)value, unit, warning, critical, end);
    /* A half would be none. */
    if (written < 0 || (size_t)written >= sizeof(verdict->data) - len)
        verdict->data[len] = '\0';
}

enum verdict_status verdict_of(const struct thresholds *thresholds, double value)
{
    struct range range;

    if (thresholds->critical && range_parse(thresholds->critical, &range) &&
        range_alerts(&range, value))
        return VERDICT_CRITICAL;
    if (thresholds->warning && range_parse(thresholds->warning, &range) &&
        range_alerts(&range, value))
        return VERDICT_WARNING;
    return VERDICT_OK;
}

int verdict_print(const struct verdict *verdict, const char *what)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    printf("OPENVPN %s %s - %s%s%s\n", what, words[verdict->status], verdict->text,
           verdict->data[0] ? " | " : "", verdict->data);
    return (int)verdict->status;
}
