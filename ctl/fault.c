#include "ctl/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static void write_fault(struct fault *fault, enum outcome outcome, const char *format,
                        va_list values)
{
    char raw[sizeof(fault->text)];

    vsnprintf(raw, sizeof(raw), format, values);
    fault->outcome = outcome;
    text_clean(fault->text, sizeof(fault->text) - 1, slice_of(raw));
}

void fault_set(struct fault *fault, enum outcome outcome, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_fault(fault, outcome, format, values);
    va_end(values);
}

int fault_tell(const struct fault *fault)
{
    fflush(stdout);
    fprintf(stderr, "ovpnctl: %s\n", fault->text);
    return (int)fault->outcome;
}

int fault_exit(enum outcome outcome, const char *format, ...)
{
    struct fault fault;
    va_list values;

    va_start(values, format);
    write_fault(&fault, outcome, format, values);
    va_end(values);
    return fault_tell(&fault);
}
