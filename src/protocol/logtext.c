#include "protocol/logtext.h"

#include <string.h>

/* More than the longest address: "tcp6-server:[...]:65535". */
enum { ADDRESS_LEN = 64 };

/* Up to 2.6 IPv6 addresses come without a port. */
static bool is_address(struct slice text)
{
    struct slice word = {text.at, text.len < ADDRESS_LEN ? text.len : ADDRESS_LEN};
    struct address address;

    return address_parse(slice_cut(&word, ' '), &address) &&
           (address.port > 0 || address.family == ADDRESS_IPV6);
}

bool logtext_next(struct slice *rest, struct slice *part)
{
    struct slice text = *rest;
    size_t at = 1;

    if (text.len == 0)
        return false;
    while (at < text.len && (text.at[at] != '/' || !is_address(slice_skip(text, at + 1))))
        at++;
    *part = (struct slice){text.at, at};
    *rest = slice_skip(text, at);
    return true;
}

bool logtext_client(struct slice text, struct address *from, struct slice *rest)
{
    struct slice rest_of_line = text;
    bool named = !is_address(text);
    struct slice part;

    if (!logtext_next(&rest_of_line, &part) || named != (rest_of_line.len > 0))
        return false;
    if (named) {
        rest_of_line.at++; /* the '/' */
        rest_of_line.len--;
        text = rest_of_line;
        if (!logtext_next(&rest_of_line, &part) || rest_of_line.len > 0)
            return false;
    }
    *rest = text;
    return address_parse(slice_cut(rest, ' '), from);
}

static bool is_of_client(struct slice text)
{
    struct slice part;

    return logtext_next(&text, &part) && text.len > 0;
}

static bool is_command(const struct log_line *line)
{
    struct slice text = line->text;

    return line->flags == LOG_FLAG_DEBUG && slice_take_prefix(&text, "MANAGEMENT: CMD '") &&
           text.len > 0 && text.at[text.len - 1] == '\'';
}

static bool is_state(const struct log_line *line)
{
    struct slice text = line->text;
    struct state_line state;

    return line->flags == 0 && slice_take_prefix(&text, "MANAGEMENT: >STATE:") &&
           state_parse(text, &state);
}

static bool is_session(const struct log_line *line)
{
    struct slice text = line->text;

    return line->flags == 0 && slice_take_prefix(&text, "MANAGEMENT: Client ") &&
           (slice_is(text, "disconnected") || slice_starts(text, "connected from "));
}

bool logtext_is_trace(const struct log_line *line)
{
    return (is_command(line) || is_state(line) || is_session(line)) && !is_of_client(line->text);
}

bool logtext_is_last(const struct log_line *line)
{
    if (line->flags & LOG_FLAG_FATAL)
        return true;
    return line->flags == 0 && slice_starts(line->text, "Options error: ") &&
           !is_of_client(line->text);
}

bool logtext_device(struct slice text, struct slice *device)
{
    if ((!slice_take_prefix(&text, "TUN/TAP device ") &&
         !slice_take_prefix(&text, "DCO device ")) ||
        !slice_ends(text, " opened"))
        return false;
    *device = (struct slice){text.at, text.len - strlen(" opened")};
    return device->len > 0 && !memchr(device->at, ' ', device->len) &&
           !memchr(device->at, '/', device->len);
}
