#include "store/output.h"

#include <string.h>

void output_begin(struct output *output, bool (*put)(void *arg, struct slice bytes), void *arg)
{
    output->put = put;
    output->arg = arg;
    output->failed = false;
    output->sum = SUM_NONE;
    output->len = 0;
}

uint64_t sum_bytes(uint64_t sum, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ (unsigned char)bytes.at[i]) * UINT64_C(0x100000001b3);
    return sum;
}

bool output_flush(struct output *output)
{
    const struct slice bytes = {output->bytes, output->len};

    output->len = 0;
    output->sum = sum_bytes(output->sum, bytes);
    if (output->put && bytes.len > 0 && !output->failed)
        output->failed = !output->put(output->arg, bytes);
    return !output->failed;
}

void output_bytes(struct output *output, struct slice bytes)
{
    while (bytes.len > 0) {
        size_t room = sizeof(output->bytes) - output->len;
        size_t len = bytes.len < room ? bytes.len : room;

        memcpy(output->bytes + output->len, bytes.at, len);
        output->len += len;
        bytes = slice_skip(bytes, len);
        if (output->len == sizeof(output->bytes))
            output_flush(output);
    }
}

void output_text(struct output *output, const char *text)
{
    output_bytes(output, slice_of(text));
}

void output_number(struct output *output, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    output_bytes(output, (struct slice){digits + at, sizeof(digits) - at});
}
