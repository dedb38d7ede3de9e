#ifndef BASE_SINK_H
#define BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the lines of the program's log go: standard error, or the system's log (RFC 3164, on a
 * local socket as syslog(3) does it).  Only base/log.c uses this.
 */

/*
 * To standard error.  Writing waits for the reader, until sink_never_wait().  When that is the
 * journal of systemd (JOURNAL_STREAM, systemd.exec(5)) each line begins with its priority
 * (sd-daemon(3)).
 */
void sink_to_stderr(void);

/* To the socket at path, facility daemon, under name; never waits.  Both texts must stay valid. */
void sink_to_syslog(const char *path, const char *name);

/*
 * From now on a line that cannot be written at once is not written.  The flags of standard error,
 * which others may share, stay as they are.
 */
void sink_never_wait(void);

/*
 * Writes one line; priority is one of syslog(3), level is its name for people, text has no line
 * ends.  Returns false with errno set when it was not written, not even in part; EAGAIN when that
 * may be tried again.
 */
bool sink_write(int priority, const char *level, const char *text);

/* Writes what is left of a line that went out in part; the same return values. */
bool sink_flush(void);

/* The longest text that is written whole, in bytes: with what stands before it a line fits into
 * PIPE_BUF, so that a pipe takes all of it or nothing. */
#define SINK_TEXT_MAX 2048

#endif
