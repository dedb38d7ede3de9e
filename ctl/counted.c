#include "ctl/counted.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 400

int64_t counted_now(void)
{
    return clock_wall();
}

/* What was remembered: a line of time, value and name. */
static bool recall_count(const char *file, const char *name, int64_t *time, int64_t *value)
{
    char line[LINE_MAX_BYTES];
    char *end;
    int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t size = descriptor < 0 ? -1 : read(descriptor, line, sizeof(line) - 1);

    if (descriptor >= 0)
        close(descriptor);
    if (size <= 0)
        return false;
    line[size] = '\0';
    line[strcspn(line, "\n")] = '\0';
    *time = strtoll(line, &end, 10);
    if (end == line || *end != ' ')
        return false;
    *value = strtoll(end, &end, 10);
    return *end == ' ' && strcmp(end + 1, name) == 0;
}

/* A whole file each time, and in place of no link of somebody else's. */
static bool remember_count(const char *file, const char *name, int64_t time, int64_t value)
{
    char path[4096];
    char line[LINE_MAX_BYTES];
    int len =
        snprintf(line, sizeof(line), "%lld %lld %s\n", (long long)time, (long long)value, name);
    int descriptor;
    bool written;

    if (len >= (int)sizeof(line) ||
        snprintf(path, sizeof(path), "%s.new", file) >= (int)sizeof(path))
        return false;
    unlink(path);
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return false;
    written = write(descriptor, line, (size_t)len) == len;
    written = close(descriptor) == 0 && written;
    return written && rename(path, file) == 0;
}

enum counted counted_rate(const char *file, const char *name, int64_t value, double *rate)
{
    int64_t now = counted_now();
    int64_t before = 0;
    int64_t then = 0;
    bool known;

    if (!file)
        return COUNTED_FIRST;
    known = recall_count(file, name, &then, &before) && then < now && before <= value;
    if (!remember_count(file, name, now, value))
        return COUNTED_FAILED;
    if (!known)
        return COUNTED_FIRST;
    *rate = (double)(value - before) * 60 / (double)(now - then);
    return COUNTED_RATE;
}
