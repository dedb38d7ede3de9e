#include "ctl/range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number from start to end, which is not empty. */
static bool parse_bound(const char *start, const char *end, double *out)
{
    char *stopped;
    double value;

    if (start == end || strspn(start, "0123456789.-") < (size_t)(end - start))
        return false;
    value = strtod(start, &stopped);
    if (stopped != end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool range_parse(const char *text, struct range *range)
{
    struct range made = {0, INFINITY, false};
    const char *end = text + strlen(text);
    const char *colon;

    made.inside = text[0] == '@';
    text += made.inside;
    colon = strchr(text, ':');
    if (colon && colon - text == 1 && text[0] == '~')
        made.low = -INFINITY;
    else if (colon && !parse_bound(text, colon, &made.low))
        return false;
    text = colon ? colon + 1 : text;
    if (!(colon && text == end) && !parse_bound(text, end, &made.high))
        return false;
    if (made.low > made.high)
        return false;
    *range = made;
    return true;
}

bool range_alerts(const struct range *range, double value)
{
    return (value >= range->low && value <= range->high) == range->inside;
}
