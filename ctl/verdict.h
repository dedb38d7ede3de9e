#ifndef CTL_VERDICT_H
#define CTL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* What a monitoring plugin says: one line, performance data behind it, and the exit status. */

enum verdict_status { VERDICT_OK, VERDICT_WARNING, VERDICT_CRITICAL, VERDICT_UNKNOWN };

struct verdict {
    enum verdict_status status;
    char text[2048];
    char data[2048];
};

/* A threshold, as it was given and may be NULL; the words are right, see range_parse(). */
struct thresholds {
    const char *warning;
    const char *critical;
};

/* Makes the status at least as bad: CRITICAL is worse than UNKNOWN, that than WARNING. */
void verdict_raise(struct verdict *verdict, enum verdict_status status);

/* Adds words, behind a comma where there are some; what does not fit is left out. */
void verdict_say(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Adds a value to the performance data: its label, behind of (may be NULL) and a space, its unit,
 * thresholds (may be NULL) and the greatest value it can have, -1 where there is none.
 */
void verdict_value(struct verdict *verdict, const char *of, const char *label, int64_t value,
                   const char *unit, const struct thresholds *thresholds, int64_t most);

/* What the thresholds say of a value. */
enum verdict_status verdict_of(const struct thresholds *thresholds, double value);

/* Prints it behind the name of what was looked at; returns the exit status. */
int verdict_print(const struct verdict *verdict, const char *what);

#endif
