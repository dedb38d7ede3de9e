#include "protocol/reply.h"

#include <string.h>

#include "protocol/command.h"

/* A status has no longer row; a history has lines of up to 10 KiB. */
enum { ROW_BYTES = 512, HISTORY_BYTES = 16 << 20 };

static bool take_number(struct slice field, const char *name, uint64_t *out)
{
    return slice_take_prefix(&field, name) && slice_take_prefix(&field, "=") &&
           slice_to_u64(field, out);
}

bool reply_number(struct slice text, const char *name, int64_t *out)
{
    return slice_take_prefix(&text, name) && slice_take_prefix(&text, "=") &&
           slice_to_i64(text, out);
}

bool reply_auth_retry(struct slice text, int *mode)
{
    if (!slice_take_prefix(&text, "auth-retry="))
        return false;
    for (int i = AUTH_RETRY_NONE; i <= AUTH_RETRY_NOINTERACT; i++) {
        if (slice_is(text, command_auth_retry_word((enum auth_retry)i))) {
            *mode = i;
            return true;
        }
    }
    return false;
}

bool reply_load_stats(struct slice text, struct load_stats *out)
{
    struct load_stats stats;

    if (!take_number(slice_cut(&text, ','), "nclients", &stats.clients) ||
        !take_number(slice_cut(&text, ','), "bytesin", &stats.bytes_in) ||
        !take_number(text, "bytesout", &stats.bytes_out))
        return false;
    *out = stats;
    return true;
}

bool reply_fits(const char *line, struct slice text)
{
    static const struct {
        const char *line;
        const char *begin;
    } queries[] = {
        {"pid\n", "pid="},
        {"hold\n", "hold="},
        {"verb\n", "verb="},
        {"mute\n", "mute="},
        {"auth-retry\n", "auth-retry="},
        {"load-stats\n", "nclients="},
    };

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        if (strncmp(line, queries[i].line, strlen(queries[i].line)) == 0)
            return slice_starts(text, queries[i].begin);
    return true;
}

uint64_t reply_max(uint64_t rows)
{
    return rows * ROW_BYTES + HISTORY_BYTES;
}
