#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"
#include "model/rows.h"

enum { SENT_MAX = 65536, TOLD_MAX = 1024 };

/* Each connect has its own, so that a use after close is seen by the sanitizer. */
struct transport {
    const struct transport_handler *handler;
    void *arg;
};

int64_t script_peer;
static struct transport *newest;
static int alive;
static int opened;
static int refusal;
static size_t segment;
static uint32_t chance; /* state of the random sizes, 0 for none */
static const char *last_sent;
static size_t last_len;
static char sent[SENT_MAX];
static size_t sent_len;
static char told[TOLD_MAX];
static bool watch_lines;
static int64_t now_mono;
static int64_t wall_shift;

static int64_t mono(void)
{
    return now_mono;
}

static int64_t wall(void)
{
    return 1795453891 + now_mono / 1000 + wall_shift;
}

static const struct clock_source source = {mono, wall};

static struct transport *open_script(struct event_base *loop, const struct endpoint *endpoint,
                                     const struct transport_handler *handler, void *arg, int *error)
{
    (void)loop;
    assert_non_null(endpoint);
    opened++;
    *error = refusal;
    if (refusal)
        return NULL;
    newest = malloc(sizeof(*newest));
    assert_non_null(newest);
    *newest = (struct transport){handler, arg};
    sent_len = 0; /* who did not read it never will */
    sent[0] = '\0';
    alive++;
    return newest;
}

static void send_script(struct transport *transport, const char *bytes, size_t len)
{
    assert_ptr_equal(transport, newest);
    assert_true(len > 0 && bytes[len - 1] == '\n' && !memchr(bytes, '\0', len));
    assert_true(sent_len + len < sizeof(sent));
    memcpy(sent + sent_len, bytes, len);
    last_sent = bytes;
    last_len = len;
    sent_len += len;
    sent[sent_len] = '\0';
}

static void close_script(struct transport *transport)
{
    if (!transport)
        return;
    assert_ptr_equal(transport, newest);
    newest = NULL;
    alive--;
    free(transport);
}

const struct transport_kind script_transport = {open_script, send_script, close_script};

static void on_event(void *arg, const struct event *event)
{
    size_t len = strlen(told);

    (void)arg;
    if (!watch_lines && (event->kind == EVENT_LOG || event->kind == EVENT_ECHO))
        return;
    assert_true(len + 4 < sizeof(told));
    snprintf(told + len, sizeof(told) - len, " %d", (int)event->kind);
}

static struct observer observer = {.told = on_event};

void script_begin(void)
{
    now_mono = 1000000;
    wall_shift = 0;
    script_peer = TRANSPORT_PEER_UNKNOWN;
    clock_use(&source);
    observer_add(&observer);
    newest = NULL;
    alive = opened = refusal = 0;
    segment = sent_len = chance = 0;
    sent[0] = told[0] = '\0';
    watch_lines = false;
}

void script_end(void)
{
    rows_bury_now();
    observer_remove(&observer);
    clock_use(NULL);
    assert_int_equal(timers_next(), -1);
    assert_int_equal(alive, 0);
}

void script_pass(int64_t milliseconds)
{
    int64_t end = now_mono + milliseconds;

    while (timers_next() >= 0 && now_mono + timers_next() <= end) {
        now_mono += timers_next();
        timers_run();
    }
    now_mono = end;
}

void script_turn(void)
{
    script_pass(0);
}

void script_shift_wall(int64_t seconds)
{
    wall_shift += seconds;
}

void script_refuse(int error)
{
    refusal = error;
}

bool script_is_open(void)
{
    return newest != NULL;
}

int script_opened(void)
{
    return opened;
}

void script_connect(void)
{
    assert_non_null(newest);
    newest->handler->connected(newest->arg, script_peer);
    script_turn();
}

void script_close(int error)
{
    assert_non_null(newest);
    newest->handler->closed(newest->arg, error);
    script_turn();
}

void script_segments(size_t size)
{
    segment = size;
    chance = 0;
}

void script_random_segments(uint32_t seed)
{
    chance = seed | 1;
}

/* Mostly a few bytes, at times many. */
static size_t next_size(void)
{
    if (!chance)
        return segment ? segment : 16384;
    chance = chance * 1664525 + 1013904223;
    return 1 + (chance >> 24) % (chance & 0x10000 ? 7 : 200);
}

/* The bytes stand alone in memory: what is read beyond them is found by the sanitizer. */
static void say_segment(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    newest->handler->received(newest->arg, (struct slice){copy, len});
    free(copy);
    script_turn();
}

void script_say(const char *text)
{
    const struct transport *transport = newest;
    size_t len = strlen(text);
    size_t size;

    assert_non_null(newest);
    for (size_t at = 0; at < len && newest == transport; at += size) {
        size = next_size();
        say_segment(text + at, len - at < size ? len - at : size);
    }
}

void script_sent(const char *expected)
{
    assert_string_equal(sent, expected);
    sent_len = 0;
    sent[0] = '\0';
}

void script_take(char *copy, size_t size)
{
    assert_true(sent_len < size);
    memcpy(copy, sent, sent_len + 1);
    sent_len = 0;
    sent[0] = '\0';
}

bool script_wiped(void)
{
    for (size_t i = 0; i < last_len; i++)
        if (last_sent[i] != '\0')
            return false;
    return true;
}

void script_answer(const char *expected, const char *answer)
{
    script_sent(expected);
    script_say(answer);
}

void script_told(int first, ...)
{
    char expected[TOLD_MAX] = "";
    va_list kinds;

    va_start(kinds, first);
    for (int kind = first; kind >= 0; kind = va_arg(kinds, int)) {
        size_t len = strlen(expected);

        assert_true(len + 4 < sizeof(expected));
        snprintf(expected + len, sizeof(expected) - len, " %d", kind);
    }
    va_end(kinds);
    assert_string_equal(told, expected);
    told[0] = '\0';
}

void script_forget(void)
{
    told[0] = '\0';
}

void script_watch_lines(bool watch)
{
    watch_lines = watch;
}

/* Reads the head of a chunk, "@@ +SECONDS DIRECTION BYTES"; 0 at the end. */
static char next_chunk(FILE *file, char *bytes, size_t size)
{
    char direction;
    unsigned long len;

    if (fscanf(file, " @@ %*s %c %lu", &direction, &len) != 2)
        return 0;
    assert_int_equal(fgetc(file), '\n');
    assert_true(len < size);
    assert_int_equal(fread(bytes, 1, len, file), len);
    bytes[len] = '\0';
    return direction;
}

static FILE *open_capture(const char *capture)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/tests/captures/%s.txt", top ? top : ".", capture);
    file = fopen(path, "r");
    assert_non_null(file);
    for (int c = fgetc(file); c == '#'; c = fgetc(file)) {
        while (c != '\n' && c != EOF)
            c = fgetc(file);
        c = fgetc(file);
        ungetc(c, file);
        if (c == '@')
            break;
    }
    return file;
}

const char *script_capture(const char *capture, const char *command)
{
    static char answers[8][65536];
    static unsigned turn;
    char *answer = answers[turn++ % 8];
    static char bytes[65536];
    bool here = command == NULL;
    FILE *file = open_capture(capture);
    char direction;

    answer[0] = '\0';
    while ((direction = next_chunk(file, bytes, sizeof(bytes)))) {
        bytes[strcspn(bytes, direction == '>' ? "\n" : "")] = '\0';
        if (direction == '>' && answer[0])
            break;
        if (direction == '>')
            here = command && strcmp(bytes, command) == 0;
        else if (direction == '<' && here) {
            assert_true(strlen(answer) + strlen(bytes) < sizeof(answers[0]));
            strcat(answer, bytes);
        }
    }
    fclose(file);
    assert_true(answer[0] != '\0');
    return answer;
}
