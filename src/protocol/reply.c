#include "protocol/reply.h"

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
