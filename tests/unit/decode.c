/*
 * decode [--piece N] FILE: prints what the protocol layer reads in a framed capture, one line per
 * message (tests/captures/README.md has the format).  The bytes of each record are given to it in
 * one go, or with --piece all that came between two remarks or commands in pieces of N bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode_print.h"
#include "protocol/lines.h"
#include "protocol/message.h"
#include "protocol/state.h"
#include "protocol/status.h"

enum { PENDING_MAX = 4096, UNSENT_MAX = 65536 };

/* What the lines in front of an END are. */
enum list { LIST_TEXT, LIST_STATUS, LIST_STATE, LIST_LOG, LIST_ECHO };

/* A command whose reply has not ended. */
struct pending {
    enum list list;
    bool combo; /* a SUCCESS line comes first */
    bool begun;
};

struct decoder {
    struct lines lines;
    struct status_reader status;
    struct pending pending[PENDING_MAX]; /* from first up to last */
    unsigned first;
    unsigned last;
    size_t piece; /* 0: as recorded */
    char *held;   /* with piece: received, not yet given to the protocol layer */
    size_t held_len;
    char unsent[UNSENT_MAX]; /* start of a command whose line end is not written yet */
    size_t unsent_len;
};

static void die(const char *why)
{
    fprintf(stderr, "decode: %s\n", why);
    exit(2);
}

/* Replies. */

static struct pending *current_reply(struct decoder *decoder)
{
    return decoder->first < decoder->last ? &decoder->pending[decoder->first] : NULL;
}

static void take_status_line(struct decoder *decoder, struct pending *reply, struct slice line)
{
    struct status_row row;

    if (!reply->begun)
        status_begin(&decoder->status);
    status_line(&decoder->status, line, &row);
    print_status_row(&row);
}

static void take_list_line(enum list list, struct slice line)
{
    struct state_line state;
    struct log_line log;

    if (list == LIST_STATE && state_parse(line, &state))
        print_state("state", &state);
    else if (list == LIST_LOG && log_line_parse(line, &log))
        print_log("log", &log);
    else if (list == LIST_ECHO && echo_line_parse(line, &log))
        print_log("echo", &log);
    else
        print_line("text", line);
}

static void take_text(struct decoder *decoder, struct slice line)
{
    struct pending *reply = current_reply(decoder);

    if (reply && reply->list == LIST_STATUS)
        take_status_line(decoder, reply, line);
    else
        take_list_line(reply ? reply->list : LIST_TEXT, line);
    if (reply)
        reply->begun = true;
}

static void take_end(struct decoder *decoder, struct slice line)
{
    struct pending *reply = current_reply(decoder);

    if (reply && reply->list == LIST_STATUS)
        take_status_line(decoder, reply, line);
    else
        puts("end");
    if (reply)
        decoder->first++;
}

static void take_single(struct decoder *decoder, const char *kind, struct slice text)
{
    struct pending *reply = current_reply(decoder);

    print_line(kind, text);
    if (reply && reply->combo)
        reply->combo = false;
    else if (reply)
        decoder->first++;
}

/* From the daemon. */

static void take_line(struct decoder *decoder, struct slice line)
{
    struct message message;

    message_parse(line, &message);
    switch (message.kind) {
    case MESSAGE_PROMPT:
        puts("prompt");
        break;
    case MESSAGE_TEXT:
        take_text(decoder, line);
        break;
    case MESSAGE_END:
        take_end(decoder, line);
        break;
    case MESSAGE_SUCCESS:
        take_single(decoder, "success", message.text);
        break;
    case MESSAGE_ERROR:
        take_single(decoder, "error", message.text);
        break;
    default:
        print_real_time(&message);
    }
    /* The greeting ends the login: from here on the prompt is a text like any other. */
    if (message.kind == MESSAGE_INFO && message.info.version > 0)
        decoder->lines.prompt = false;
}

/* A copy of its own for each piece: memory checkers then see every byte read beside it. */
static void take_piece(struct decoder *decoder, const char *bytes, size_t len)
{
    char *copy = malloc(len);
    struct slice input = {copy, len};
    struct slice line;

    if (!copy)
        die("no memory");
    memcpy(copy, bytes, len);
    while (lines_next(&decoder->lines, &input, &line))
        take_line(decoder, line);
    free(copy);
}

static void take_held(struct decoder *decoder)
{
    for (size_t at = 0; at < decoder->held_len; at += decoder->piece) {
        size_t rest = decoder->held_len - at;
        take_piece(decoder, decoder->held + at, rest < decoder->piece ? rest : decoder->piece);
    }
    decoder->held_len = 0;
}

static void take_received(struct decoder *decoder, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    if (decoder->piece == 0) {
        take_piece(decoder, bytes.at, bytes.len);
        return;
    }
    memcpy(decoder->held + decoder->held_len, bytes.at, bytes.len);
    decoder->held_len += bytes.len;
}

/* To the daemon. */

static enum list list_of(struct slice word)
{
    if (slice_is(word, "status"))
        return LIST_STATUS;
    if (slice_is(word, "state"))
        return LIST_STATE;
    if (slice_is(word, "log"))
        return LIST_LOG;
    return slice_is(word, "echo") ? LIST_ECHO : LIST_TEXT;
}

static struct slice next_word(struct slice *line)
{
    while (slice_starts(*line, " "))
        *line = slice_skip(*line, 1);
    return slice_cut(line, ' ');
}

static void expect_reply(struct decoder *decoder, struct slice line)
{
    struct slice first = next_word(&line);
    struct slice second = next_word(&line);
    struct slice third = next_word(&line);
    struct pending reply = {.list = list_of(first)};

    /* Nothing is said to an empty line or a comment. */
    if (first.len == 0 || slice_starts(first, "#") || slice_starts(first, ";"))
        return;
    if (reply.list != LIST_TEXT && reply.list != LIST_STATUS)
        reply.combo = third.len > 0 && (slice_is(second, "on") || slice_is(second, "off"));
    if (decoder->last == PENDING_MAX)
        die("too many commands at once");
    decoder->pending[decoder->last++] = reply;
}

/* Takes a command without its line end; the daemon drops control characters before it looks. */
static void take_command(struct decoder *decoder, char *line, size_t len)
{
    size_t kept = 0;

    print_line("send", (struct slice){line, len});
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)line[i];
        if (byte >= 0x20 && byte != 0x7f)
            line[kept++] = line[i];
    }
    expect_reply(decoder, (struct slice){line, kept});
}

/* Commands that had no full reply when the next ones were written will have none. */
static void forget_replies(struct decoder *decoder)
{
    for (unsigned i = decoder->first; i < decoder->last; i++)
        if (decoder->pending[i].begun)
            puts("cut");
    decoder->first = decoder->last = 0;
}

static void take_sent(struct decoder *decoder, struct slice bytes)
{
    forget_replies(decoder);
    puts("write");
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] == '\n') {
            take_command(decoder, decoder->unsent, decoder->unsent_len);
            decoder->unsent_len = 0;
        } else if (decoder->unsent_len == UNSENT_MAX) {
            die("a command is too long");
        } else {
            decoder->unsent[decoder->unsent_len++] = bytes.at[i];
        }
    }
}

/* Remarks. */

static void end_connection(struct decoder *decoder)
{
    forget_replies(decoder);
    if (decoder->lines.len > 0)
        print_line("rest", (struct slice){decoder->lines.buffer, decoder->lines.len});
    if (decoder->unsent_len > 0)
        print_line("unsent", (struct slice){decoder->unsent, decoder->unsent_len});
    decoder->unsent_len = 0;
}

static void start_connection(struct decoder *decoder)
{
    end_connection(decoder);
    lines_init(&decoder->lines);
    decoder->lines.prompt = true;
}

/* "connected ..." and "NAME connected ..." tell of a new connection. */
static void take_remark(struct decoder *decoder, struct slice remark)
{
    struct slice rest = remark;
    struct slice first = slice_cut(&rest, ' ');
    struct slice second = slice_cut(&rest, ' ');

    if (slice_is(first, "connected") || slice_is(second, "connected"))
        start_connection(decoder);
    print_line("note", remark);
}

/* The file. */

static struct slice read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 1 << 20, len = 0;
    char *bytes = malloc(size);

    if (!file || !bytes)
        die("cannot read the capture");
    while (!feof(file)) {
        if (len == size && !(bytes = realloc(bytes, size *= 2)))
            die("no memory");
        len += fread(bytes + len, 1, size - len, file);
        if (ferror(file))
            die("cannot read the capture");
    }
    fclose(file);
    return (struct slice){bytes, len};
}

/* Takes one record, `@@ +SECONDS DIRECTION LENGTH LF bytes LF`, out of *file. */
static void take_record(struct decoder *decoder, struct slice *file)
{
    struct slice head = slice_cut(file, '\n');
    uint64_t len;

    if (!slice_take_prefix(&head, "@@ +"))
        die("a record does not start with @@");
    slice_cut(&head, ' ');
    struct slice direction = slice_cut(&head, ' ');
    if (!slice_to_u64(head, &len) || len >= file->len || file->at[len] != '\n')
        die("a record has a bad length");

    struct slice bytes = {file->at, (size_t)len};
    *file = slice_skip(*file, (size_t)len + 1);
    if (!slice_is(direction, "<"))
        take_held(decoder);
    if (slice_is(direction, "<"))
        take_received(decoder, bytes);
    else if (slice_is(direction, ">"))
        take_sent(decoder, bytes);
    else
        take_remark(decoder, bytes);
}

static void decode(const char *path, size_t piece)
{
    struct slice file = read_file(path), rest = file;
    struct decoder *decoder = calloc(1, sizeof *decoder);

    if (!decoder || !(decoder->held = malloc(file.len + 1)))
        die("no memory");
    decoder->piece = piece;
    lines_init(&decoder->lines);
    while (slice_starts(rest, "#"))
        slice_cut(&rest, '\n');
    while (rest.len > 0)
        take_record(decoder, &rest);
    take_held(decoder);
    end_connection(decoder);
    free(decoder->held);
    free(decoder);
    free((void *)(uintptr_t)file.at);
}

int main(int argc, char **argv)
{
    int piece = 0;

    if (argc == 4 && strcmp(argv[1], "--piece") == 0 &&
        slice_to_int(slice_of(argv[2]), 1, 65536, &piece))
        argv += 2;
    else if (argc != 2)
        die("usage: decode [--piece N] FILE");
    decode(argv[1], (size_t)piece);
    return fflush(stdout) == 0 ? 0 : 2;
}
