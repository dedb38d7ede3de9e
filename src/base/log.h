#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/timers.h"

/*
 * The program's own log: stderr in the foreground, syslog(3) as a daemon.  Nothing that is secret
 * is ever handed to these functions, in no level.  Each call is one line of clean text
 * (text_clean()), of 2048 bytes at most.
 *
 * A program that serves never waits for its log, see log_never_wait(): lines that cannot be written
 * are counted, and when writing goes on a line tells how many are left out.
 */
enum log_level {
    LOG_LEVEL_ERROR,   /* something does not work and somebody must act */
    LOG_LEVEL_WARNING, /* something is odd, or contact is lost; the agent goes on */
    LOG_LEVEL_NOTICE,  /* contact gained, commands, reload: what an operator wants to see */
    LOG_LEVEL_INFO,    /* steps of the normal work */
    LOG_LEVEL_DEBUG    /* for developers; lines of the daemon are not shown here either */
};

/* Finds a level by its name ("error", "warning", "notice", "info", "debug"). */
bool log_level_from_name(const char *name, enum log_level *level);

/* What is above the level is dropped; the default is LOG_LEVEL_NOTICE. */
void log_set_level(enum log_level level);

/*
 * Looks what stderr is: lines to the journal of systemd begin with their priority.  They wait for
 * whoever reads stderr.
 */
void log_to_stderr(void);

/*
 * From now on to the local socket of the system's log, _PATH_LOG in earnest, facility daemon, under
 * the given name.  Both must stay valid.  Never waits.
 */
void log_to_syslog(const char *path, const char *name);

/* From now on nothing waits for the log. */
void log_never_wait(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines of one kind, which others can bring about as often as they like. */
struct log_limit {
    enum log_level level; /* of the line that tells how many are left out */
    const char *what;     /* "refused SETs" */
    int64_t since;        /* clock_mono() of the first; the rest begins with zero */
    unsigned written;
    unsigned left_out;
    struct timer period; /* runs when something was left out */
};

/*
 * Whether another line may be written: LOG_BURST of them in LOG_PERIOD milliseconds, which begin
 * with the first.  At the end of that time a line tells how many were left out.  limit must be
 * static.
 */
bool log_admits(struct log_limit *limit);

#define LOG_BURST  20
#define LOG_PERIOD 10000

#endif
