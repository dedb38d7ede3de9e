#ifndef CTL_FORMAT_H
#define CTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers and times for people, and times as people write them. */

/* Enough for all that is written here, with its NUL. */
#define FORMAT_MAX 32

/* Bytes in steps of 1000 with three digits: "999 B", "1.23 MB". */
void format_bytes(char out[FORMAT_MAX], int64_t bytes);

/* The same for a second: "1.23 MB/s". */
void format_rate(char out[FORMAT_MAX], int64_t bytes);

/* A length of time in its two greatest units: "7s", "12m5s", "3h20m", "4d3h"; negative with a "-".
 */
void format_seconds(char out[FORMAT_MAX], int64_t seconds);

/* Seconds since 1970 in the local time zone: "14:03:22" for today, else "2026-11-25 14:03". */
void format_time(char out[FORMAT_MAX], int64_t time, int64_t now);

/*
 * Reads a time: "14:03" and "14:03:22" (the last such), "2026-11-25" with or without one of them
 * behind a space or a T, "-90s", "-5m", "-2h", "-3d" (before now), "@1795625348" (since 1970).
 * Returns false when text is none of them.
 */
bool format_parse_time(const char *text, int64_t now, int64_t *time);

#endif
