#include "protocol/reply.h"

#include <string.h>

#include "protocol/settings.h"

/* A status has no longer row; a history has lines of up to 10 KiB. */
enum { ROW_BYTES = 512, HISTORY_BYTES = 16 << 20 };

static bool take_count(struct slice field, const char *name, uint64_t *out)
{
    return slice_take_prefix(&field, name) && slice_take_prefix(&field, "=") &&
           slice_to_u64(field, out);
}

bool reply_number(struct slice text, const char *name, int64_t *out)
{
    return slice_take_prefix(&text, name) && slice_take_prefix(&text, "=") &&
           slice_to_i64(text, out);
}

bool reply_load_stats(struct slice text, struct load_stats *out)
{
    struct load_stats stats;

    if (!take_count(slice_cut(&text, ','), "nclients", &stats.clients) ||
        !take_count(slice_cut(&text, ','), "bytesin", &stats.bytes_in) ||
        !take_count(text, "bytesout", &stats.bytes_out))
        return false;
    *out = stats;
    return true;
}

/* Whether a command is the one word. */
static bool is_one_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && line[len] == '\n';
}

bool reply_fits(const char *line, struct slice text)
{
    if (is_one_word(line, "pid"))
        return slice_starts(text, "pid=");
    if (is_one_word(line, "load-stats"))
        return slice_starts(text, "nclients=");
    for (enum setting setting = 0; setting < SETTINGS; setting++)
        if (is_one_word(line, settings_name(setting)))
            return slice_take_prefix(&text, settings_name(setting)) && slice_starts(text, "=");
    return true;
}

uint64_t reply_max(uint64_t rows)
{
    return rows * ROW_BYTES + HISTORY_BYTES;
}
