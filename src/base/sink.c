#include "base/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* With a priority, the time, a name and a process id, or a level. */
enum { LINE_ROOM = SINK_TEXT_MAX + 512 };

static struct {
    int fd;
    bool waits;
    bool asks;   /* another could make a write wait: asks whether there is room */
    bool socket; /* fd is one: no flag has to be set */
    bool stream; /* of the system's log: a NUL ends a line */
    bool journal;
    const char *path; /* of the system's log; NULL for standard error */
    const char *name;
    char rest[LINE_ROOM]; /* of a line that went out in part */
    size_t rest_len;
} sink = {.fd = STDERR_FILENO, .waits = true};

static void close_own(void)
{
    if (sink.fd > STDERR_FILENO)
        close(sink.fd);
    sink.fd = -1;
    sink.rest_len = 0;
}

static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[48];

    if (!stream || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, own) == 0;
}

void sink_to_stderr(void)
{
    close_own();
    sink.fd = STDERR_FILENO;
    sink.path = NULL;
    sink.waits = true;
    sink.asks = sink.socket = sink.stream = false;
    sink.journal = is_journal();
}

void sink_to_syslog(const char *path, const char *name)
{
    close_own();
    sink.path = path;
    sink.name = name;
    sink.waits = sink.asks = sink.stream = false;
    sink.socket = true;
}

/*
 * A pipe or a terminal is opened once more, with a flag that is ours alone.  Where that is not
 * possible (a pipe of another user, no /proc) it is asked for room before each line; only another
 * process that fills a shared pipe in that moment could make us wait.
 */
void sink_never_wait(void)
{
    struct stat status;
    int own;

    if (!sink.waits)
        return;
    sink.waits = false;
    if (fstat(STDERR_FILENO, &status) != 0)
        return;
    sink.socket = S_ISSOCK(status.st_mode);
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
        return;
    own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0)
        sink.fd = own;
    sink.asks = own < 0;
}

/* Connects to the system's log: datagrams, or where it wants that a stream. */
static bool dial(int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int error;

    assert(sink.path);
    if (strlen(sink.path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address.sun_path, sink.path, strlen(sink.path) + 1);
    sink.fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sink.stream = type == SOCK_STREAM;
    if (sink.fd < 0)
        return false;
    if (connect(sink.fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    error = errno;
    close_own();
    errno = error;
    return false;
}

static bool reach(void)
{
    return sink.fd >= 0 || dial(SOCK_DGRAM) || (errno == EPROTOTYPE && dial(SOCK_STREAM));
}

static bool has_room(void)
{
    struct pollfd room = {.fd = sink.fd, .events = POLLOUT};

    if (poll(&room, 1, 0) == 1)
        return true;
    errno = EAGAIN;
    return false;
}

static ssize_t put_once(const char *bytes, size_t len)
{
    if (sink.asks && !has_room())
        return -1;
    if (sink.socket)
        return send(sink.fd, bytes, len, MSG_NOSIGNAL | (sink.waits ? 0 : MSG_DONTWAIT));
    return write(sink.fd, bytes, len);
}

/* Returns how many bytes went out, or -1 with errno. */
static ssize_t write_bytes(const char *bytes, size_t len)
{
    size_t done = 0;
    ssize_t put;

    do {
        put = put_once(bytes + done, len - done);
        if (put > 0)
            done += (size_t)put;
    } while ((put < 0 && errno == EINTR) || (put > 0 && sink.waits && done < len));
    return done > 0 ? (ssize_t)done : put;
}

static size_t for_stderr(char line[LINE_ROOM], int priority, const char *level, const char *text)
{
    char mark[8] = "";

    if (sink.journal)
        snprintf(mark, sizeof(mark), "<%d>", LOG_PRI(priority));
    return (size_t)snprintf(line, LINE_ROOM, "%s%s: %.*s\n", mark, level, SINK_TEXT_MAX, text);
}

static size_t for_syslog(char line[LINE_ROOM], int priority, const char *text)
{
    time_t now = time(NULL);
    char when[32];
    struct tm local;
    int len;

    strftime(when, sizeof(when), "%b %e %H:%M:%S", localtime_r(&now, &local));
    len = snprintf(line, LINE_ROOM, "<%d>%s %.64s[%d]: %.*s", LOG_DAEMON | priority, when,
                   sink.name, (int)getpid(), SINK_TEXT_MAX, text);
    return (size_t)len + sink.stream;
}

bool sink_flush(void)
{
    ssize_t done;

    if (sink.rest_len == 0)
        return true;
    done = write_bytes(sink.rest, sink.rest_len);
    if (done < 0) {
        if (errno != EAGAIN)
            sink.rest_len = 0;
        return false;
    }
    sink.rest_len -= (size_t)done;
    memmove(sink.rest, sink.rest + done, sink.rest_len);
    errno = EAGAIN;
    return sink.rest_len == 0;
}

static ssize_t put_line(int priority, const char *level, const char *text)
{
    char line[LINE_ROOM];
    size_t len;
    ssize_t done;

    if (!reach())
        return -1;
    len = sink.path ? for_syslog(line, priority, text) : for_stderr(line, priority, level, text);
    done = write_bytes(line, len);
    if (done >= 0 && (size_t)done < len) {
        sink.rest_len = len - (size_t)done;
        memcpy(sink.rest, line + done, sink.rest_len);
    }
    return done;
}

bool sink_write(int priority, const char *level, const char *text)
{
    bool known = sink.path && sink.fd >= 0;

    if (!sink_flush())
        return false;
    if (put_line(priority, level, text) >= 0)
        return true;
    if (!known || errno == EAGAIN)
        return false;
    close_own(); /* a system's log that was started anew has another socket at the same place */
    return put_line(priority, level, text) >= 0;
}
