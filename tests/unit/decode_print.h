#ifndef TESTS_DECODE_PRINT_H
#define TESTS_DECODE_PRINT_H

#include "base/slice.h"
#include "protocol/message.h"
#include "protocol/state.h"
#include "protocol/status.h"

/* The output of decode: each function prints one line (tests/captures/README.md has the format). */

/* kind "text", with quotes, and with escapes for what is not printable ASCII. */
void print_line(const char *kind, struct slice text);

void print_state(const char *kind, const struct state_line *line);
void print_log(const char *kind, const struct log_line *line);
void print_status_row(const struct status_row *row);
void print_real_time(const struct message *message);

#endif
