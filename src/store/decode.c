#include "store/decode.h"

#include <stdio.h>

#include "store/memory.h"
#include "store/output.h"

void decode_begin(struct decode *decode, void (*take)(void *arg, struct slice line), void *arg)
{
    decode->wrong = NULL;
    decode->take = take;
    decode->arg = arg;
    decode->sum = SUM_NONE;
    decode->place = DECODE_HEAD;
    lines_init(&decode->lines);
}

static const char *decode_head(struct decode *decode, struct slice line)
{
    if (slice_is(line, MEMORY_HEAD)) {
        decode->place = DECODE_RECORDS;
        return NULL;
    }
    return slice_starts(line, "openvpn-agentx memory ") ? "it is of another version"
                                                        : "it is something else";
}

static const char *decode_end(struct decode *decode, struct slice digits)
{
    char sum[MEMORY_SUM_LEN + 1];

    snprintf(sum, sizeof(sum), "%0*llx", MEMORY_SUM_LEN, (unsigned long long)decode->sum);
    decode->place = DECODE_END;
    return slice_is(digits, sum) ? NULL : "its sum is wrong";
}

static const char *decode_line(struct decode *decode, struct slice line)
{
    if (decode->lines.cut)
        return "a line is too long";
    if (decode->place == DECODE_HEAD)
        return decode_head(decode, line);
    if (decode->place == DECODE_END)
        return "something stands behind its end";
    if (slice_take_prefix(&line, MEMORY_END))
        return decode_end(decode, line);
    if (!memory_check(line))
        return "a line cannot be read";
    if (decode->take)
        decode->take(decode->arg, line);
    return NULL;
}

bool decode_bytes(struct decode *decode, struct slice bytes)
{
    struct slice line;

    while (!decode->wrong && lines_next(&decode->lines, &bytes, &line)) {
        decode->wrong = decode_line(decode, line);
        decode->sum = sum_bytes(decode->sum, line);
        decode->sum = sum_bytes(decode->sum, slice_of("\n"));
    }
    return decode->wrong == NULL;
}

bool decode_is_whole(struct decode *decode)
{
    if (!decode->wrong && (decode->place != DECODE_END || decode->lines.len > 0))
        decode->wrong = "its end is missing";
    return decode->wrong == NULL;
}
