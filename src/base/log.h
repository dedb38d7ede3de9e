#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

/*
 * The program's own log: stderr in the foreground, syslog(3) as a daemon.  Nothing that is secret
 * is ever handed to these functions, in no level.
 */
enum log_level {
    LOG_LEVEL_ERROR,   /* something does not work and somebody must act */
    LOG_LEVEL_WARNING, /* something is odd, the agent goes on */
    LOG_LEVEL_NOTICE,  /* contact gained and lost, reload: what an operator wants to see */
    LOG_LEVEL_INFO,    /* steps of the normal work */
    LOG_LEVEL_DEBUG    /* for developers; lines of the daemon are not shown here either */
};

/* Finds a level by its name ("error", "warning", "notice", "info", "debug"). */
bool log_level_from_name(const char *name, enum log_level *level);

/* What is above the level is dropped; the default is LOG_LEVEL_NOTICE. */
void log_set_level(enum log_level level);

/* From now on to syslog, facility daemon, under the given name (which must stay valid). */
void log_to_syslog(const char *name);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
