#include "protocol/state.h"

#include <limits.h>
#include <string.h>

static const char *const names[] = {
    [STATE_CONNECTING] = "CONNECTING",
    [STATE_WAIT] = "WAIT",
    [STATE_AUTH] = "AUTH",
    [STATE_GET_CONFIG] = "GET_CONFIG",
    [STATE_ASSIGN_IP] = "ASSIGN_IP",
    [STATE_ADD_ROUTES] = "ADD_ROUTES",
    [STATE_CONNECTED] = "CONNECTED",
    [STATE_RECONNECTING] = "RECONNECTING",
    [STATE_EXITING] = "EXITING",
    [STATE_RESOLVE] = "RESOLVE",
    [STATE_TCP_CONNECT] = "TCP_CONNECT",
    [STATE_AUTH_PENDING] = "AUTH_PENDING",
};

enum state state_from_name(struct slice name)
{
    for (size_t i = STATE_CONNECTING; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_is(name, names[i]))
            return (enum state)i;
    return STATE_UNKNOWN;
}

/* Fields behind the detail: one up to 2.3, five since 2.4, six with an IPv6 tunnel address. */
enum { TAIL_OLD = 2, TAIL_NEW = 5, TAIL_IPV6 = 6, TAIL_MAX = 6 };

static size_t count_state_fields(struct slice text)
{
    size_t fields = 1;

    for (size_t i = 0; i < text.len; i++)
        fields += text.at[i] == ',';
    return fields;
}

/*
 * Commas in the detail (of AUTH_PENDING) make the count too large.  Whether the ninth field is
 * there can then be told only from its form: an IPv6 address has a colon.
 */
static size_t tail_of(struct slice rest, size_t fields)
{
    struct slice copy = rest;
    struct slice last = slice_cut_last(&copy, ',');

    if (fields <= 1 + TAIL_OLD)
        return fields - 1;
    if (fields < 1 + TAIL_NEW)
        return TAIL_OLD;
    if (fields > 1 + TAIL_NEW && last.len > 0 && memchr(last.at, ':', last.len))
        return TAIL_IPV6;
    return TAIL_NEW;
}

bool state_parse(struct slice line, struct state_line *out)
{
    struct slice tail[TAIL_MAX] = {{NULL, 0}};
    struct slice rest = line;
    size_t fields;

    *out = (struct state_line){0};
    if (!slice_to_i64(slice_cut(&rest, ','), &out->time))
        return false;
    out->name = slice_cut(&rest, ',');
    if (out->name.len == 0)
        return false;
    out->state = state_from_name(out->name);
    if (!rest.at)
        return true;
    fields = count_state_fields(rest);
    for (size_t i = tail_of(rest, fields); i-- > 0;)
        tail[i] = slice_cut_last(&rest, ',');
    out->detail = rest;
    out->tunnel_ipv4 = tail[0];
    out->remote_addr = tail[1];
    out->remote_port = tail[2];
    out->local_addr = tail[3];
    out->local_port = tail[4];
    out->tunnel_ipv6 = tail[5];
    return true;
}

int state_pending_seconds(struct slice detail)
{
    int seconds = 0;

    while (detail.len > 0 && seconds == 0) {
        struct slice word = slice_cut(&detail, ',');

        if (slice_take_prefix(&word, "timeout ") && !slice_to_int(word, 1, INT_MAX, &seconds))
            seconds = 0;
    }
    return seconds;
}

bool log_line_parse(struct slice line, struct log_line *out)
{
    static const char letters[] = "IFNWD";
    struct slice rest = line;
    struct slice flags;

    *out = (struct log_line){0};
    if (!slice_to_i64(slice_cut(&rest, ','), &out->time) || !rest.at)
        return false;
    flags = slice_cut(&rest, ',');
    if (!rest.at)
        return false;
    for (size_t i = 0; i < flags.len; i++) {
        const char *letter = memchr(letters, flags.at[i], sizeof(letters) - 1);

        if (!letter)
            return false;
        out->flags |= 1u << (letter - letters);
    }
    out->text = rest;
    return true;
}

bool echo_line_parse(struct slice line, struct log_line *out)
{
    struct slice rest = line;

    *out = (struct log_line){0};
    if (!slice_to_i64(slice_cut(&rest, ','), &out->time) || !rest.at)
        return false;
    out->text = rest;
    return true;
}
