#include "protocol/lines.h"

#include <string.h>

void lines_init(struct lines *lines)
{
    lines->prompt = false;
    lines->cut = false;
    lines->overflow = false;
    lines->len = 0;
}

/* Keeps bytes of an unfinished line, as far as they fit; one byte more than LINES_MAX is a CR. */
static void keep_unfinished(struct lines *lines, struct slice bytes)
{
    size_t room = sizeof(lines->buffer) - lines->len;

    if (bytes.len > room) {
        bytes.len = room;
        lines->overflow = true;
    }
    if (bytes.len > 0)
        memcpy(lines->buffer + lines->len, bytes.at, bytes.len);
    lines->len += bytes.len;
}

/* The line is complete: what is kept of it and what stands in the input. */
static struct slice join_line(struct lines *lines, struct slice bytes)
{
    struct slice line = bytes;

    if (lines->len > 0 || bytes.len > sizeof(lines->buffer)) {
        keep_unfinished(lines, bytes);
        line = (struct slice){lines->buffer, lines->len};
    }
    if (!lines->overflow && line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    if (line.len > LINES_MAX) {
        line.len = LINES_MAX;
        lines->overflow = true;
    }
    lines->cut = lines->overflow;
    lines->overflow = false;
    lines->len = 0;
    return line;
}

/*
 * The prompt has no line end and may come in pieces, glued to what follows.  Returns true when it
 * is complete, and takes its last bytes from the input.
 */
static bool finish_prompt(struct lines *lines, struct slice *input, struct slice *line)
{
    static const char prompt[] = LINES_PROMPT;
    size_t want = sizeof(prompt) - 1;

    if (lines->len >= want || memcmp(lines->buffer, prompt, lines->len) != 0)
        return false;
    want -= lines->len;
    if (input->len < want || memcmp(input->at, prompt + lines->len, want) != 0)
        return false;
    *line = (struct slice){prompt, sizeof(prompt) - 1};
    lines->cut = false;
    *input = slice_skip(*input, want);
    lines->len = 0;
    return true;
}

bool lines_next(struct lines *lines, struct slice *input, struct slice *line)
{
    const char *end;
    struct slice bytes;

    if (input->len == 0)
        return false;
    if (lines->prompt && finish_prompt(lines, input, line))
        return true;
    end = memchr(input->at, '\n', input->len);
    if (!end) {
        keep_unfinished(lines, *input);
        *input = slice_skip(*input, input->len);
        return false;
    }
    bytes = (struct slice){input->at, (size_t)(end - input->at)};
    *input = slice_skip(*input, bytes.len + 1);
    *line = join_line(lines, bytes);
    return true;
}
