#ifndef CTL_RANGE_H
#define CTL_RANGE_H

#include <stdbool.h>

/*
 * Thresholds of monitoring plugins (Monitoring Plugins Development Guidelines, "Threshold and
 * ranges"): 10, 10:, ~:10, 10:20, @10:20.
 */

struct range {
    double low;
    double high;
    bool inside; /* what is within alerts, otherwise what is not */
};

/* Reads a range; false when it is none, then *range is as it was. */
bool range_parse(const char *text, struct range *range);

/* Whether the value alerts. */
bool range_alerts(const struct range *range, double value);

#endif
