#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/sink.h"
#include "base/text.h"

/* Milliseconds until what could not be written is told, when no line comes before. */
enum { TELL_AGAIN = 1000 };

static const struct {
    const char *name;
    int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},      [LOG_LEVEL_WARNING] = {"warning", LOG_WARNING},
    [LOG_LEVEL_NOTICE] = {"notice", LOG_NOTICE}, [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

static enum log_level threshold = LOG_LEVEL_NOTICE;
static unsigned long left_out;
static struct timer again;

bool log_level_from_name(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(levels[i].name, name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_level(enum log_level level)
{
    threshold = level;
}

void log_to_stderr(void)
{
    sink_to_stderr();
}

void log_to_syslog(const char *path, const char *name)
{
    sink_to_syslog(path, name);
}

void log_never_wait(void)
{
    sink_never_wait();
}

static bool write_through(enum log_level level, const char *text)
{
    return sink_write(levels[level].priority, levels[level].name, text);
}

static void tell_left_out(void *arg);

/* Somebody may read again without any line that comes; where nobody can, only a line is a try. */
static void try_again(void)
{
    if (errno != EAGAIN || again.armed)
        return;
    timer_init(&again, tell_left_out, NULL);
    timer_start(&again, TELL_AGAIN);
}

static bool caught_up(void)
{
    char text[96];

    if (left_out == 0)
        return true;
    snprintf(text, sizeof(text), "%lu lines are left out here: the log could not be written",
             left_out);
    if (!write_through(LOG_LEVEL_WARNING, text))
        return false;
    left_out = 0;
    return true;
}

static void tell_left_out(void *arg)
{
    (void)arg;
    if (!caught_up() || !sink_flush())
        try_again();
}

static void write_log(enum log_level level, const char *format, va_list args)
{
    /* One more byte than is written, so that a longer text is seen to be cut. */
    char raw[SINK_TEXT_MAX + 2];
    char text[SINK_TEXT_MAX + 1];

    if (level > threshold)
        return;
    vsnprintf(raw, sizeof(raw), format, args);
    text_clean(text, SINK_TEXT_MAX, slice_of(raw));
    if (!caught_up() || !write_through(level, text)) {
        left_out++;
        try_again();
    } else if (!sink_flush()) {
        try_again(); /* the end of a line is still to go out */
    }
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        write_log(level, format, args);                                                            \
        va_end(args);                                                                              \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

static void log_at(enum log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_log(level, format, args);
    va_end(args);
}

static void period_over(void *arg)
{
    struct log_limit *limit = arg;

    if (limit->left_out > 0)
        log_at(limit->level, "%u more %s are left out here", limit->left_out, limit->what);
    limit->written = limit->left_out = 0;
}

bool log_admits(struct log_limit *limit)
{
    int64_t now = clock_mono();

    if (limit->left_out == 0 && now - limit->since >= LOG_PERIOD)
        limit->written = 0;
    if (limit->written == 0)
        limit->since = now;
    if (limit->written < LOG_BURST) {
        limit->written++;
        return true;
    }
    if (limit->left_out++ == 0) {
        timer_init(&limit->period, period_over, limit);
        timer_start(&limit->period, limit->since + LOG_PERIOD - now);
    }
    return false;
}
