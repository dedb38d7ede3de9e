#include "ctl/doctor_system.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is looked for in the system's list of sockets. */
struct wanted_socket {
    const char *path; /* NULL for TCP */
    uint16_t port;
    enum doctor_socket found;
};

static void found_socket(struct wanted_socket *wanted, enum doctor_socket state)
{
    if (state > wanted->found)
        wanted->found = state;
}

/* Num RefCount Protocol Flags Type St Inode Path; see proc(5). */
static bool take_unix(struct slice line, void *context)
{
    struct wanted_socket *wanted = context;
    struct slice words[8] = {{NULL, 0}};
    size_t count = 0;

    while (count < 8 && doctor_next_word(&line, &words[count]))
        count++;
    if (count < 8 || !slice_is(words[7], wanted->path))
        return true;
    if (slice_is(words[5], "03"))
        found_socket(wanted, DOCTOR_SOCKET_IN_USE);
    else if (slice_is(words[3], "00010000"))
        found_socket(wanted, DOCTOR_SOCKET_LISTENS);
    return true;
}

/* sl local_address rem_address st ...: the port in hexadecimal, 0A listens, 01 is a connection. */
static bool take_tcp(struct slice line, void *context)
{
    struct wanted_socket *wanted = context;
    struct slice word;
    struct slice local;
    char port[8];

    snprintf(port, sizeof(port), ":%04X", wanted->port);
    if (!doctor_next_word(&line, &word) || !doctor_next_word(&line, &local) ||
        !slice_ends(local, port) || !doctor_next_word(&line, &word) ||
        !doctor_next_word(&line, &word))
        return true;
    if (slice_is(word, "0A"))
        found_socket(wanted, DOCTOR_SOCKET_LISTENS);
    else if (slice_is(word, "01"))
        found_socket(wanted, DOCTOR_SOCKET_IN_USE);
    return true;
}

enum doctor_socket doctor_unix_socket(const struct doctor *doctor, const char *path)
{
    struct wanted_socket wanted = {path, 0, DOCTOR_SOCKET_NOBODY};

    if (doctor_lines(doctor, "/proc/net/unix", take_unix, &wanted) != 0)
        return DOCTOR_SOCKET_UNKNOWN;
    return wanted.found;
}

enum doctor_socket doctor_tcp_socket(const struct doctor *doctor, uint16_t port)
{
    struct wanted_socket wanted = {NULL, port, DOCTOR_SOCKET_NOBODY};

    if (doctor_lines(doctor, "/proc/net/tcp", take_tcp, &wanted) != 0)
        return DOCTOR_SOCKET_UNKNOWN;
    doctor_lines(doctor, "/proc/net/tcp6", take_tcp, &wanted);
    return wanted.found;
}

/* A process as its status file has it. */
struct process {
    char name[17];
    char parent[16];
};

static bool take_process_line(struct slice line, void *context)
{
    struct process *process = context;

    if (slice_take_prefix(&line, "Name:\t"))
        doctor_copy(process->name, sizeof(process->name), line);
    else if (slice_take_prefix(&line, "PPid:\t"))
        doctor_copy(process->parent, sizeof(process->parent), line);
    return true;
}

static bool is_process(const struct doctor *doctor, const char *id, const char *name,
                       struct process *process)
{
    char path[64];

    *process = (struct process){"", ""};
    snprintf(path, sizeof(path), "/proc/%.15s/status", id);
    return isdigit((unsigned char)id[0]) &&
           doctor_lines(doctor, path, take_process_line, process) == 0 &&
           strcmp(process->name, name) == 0;
}

size_t doctor_processes(const struct doctor *doctor, const char *name, int *ids, size_t max)
{
    char full[DOCTOR_WORD_MAX];
    DIR *folder = opendir(doctor_path(doctor, "/proc", full));
    const struct dirent *entry;
    struct process process;
    struct process parent;
    size_t count = 0;

    while (folder && (entry = readdir(folder)))
        if (is_process(doctor, entry->d_name, name, &process) &&
            !is_process(doctor, process.parent, name, &parent)) {
            if (count < max)
                ids[count] = (int)strtol(entry->d_name, NULL, 10);
            count++;
        }
    if (folder)
        closedir(folder);
    return count;
}

static void become_program(const char *const *words, int output)
{
    char locale[] = "LC_ALL=C";
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {locale, path, NULL};
    int nothing = open("/dev/null", O_RDWR);

    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0)
        execve(words[0], (char *const *)(uintptr_t)words, environment);
    _exit(127);
}

static int64_t milliseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads to the end, or until it takes too long; what does not fit is thrown away. */
static bool gather(int fd, int seconds, char *out, size_t size)
{
    int64_t end = milliseconds_now() + (int64_t)seconds * 1000;
    size_t len = 0;
    char spare[512] = "";

    out[0] = '\0';
    for (int64_t left; (left = end - milliseconds_now()) > 0;) {
        struct pollfd ready = {fd, POLLIN, 0};
        bool full = len + 1 >= size;
        ssize_t got;

        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        got = read(fd, full ? spare : out + len, full ? sizeof(spare) : size - 1 - len);
        if (got == 0)
            return true;
        if (got > 0 && !full)
            out[len += (size_t)got] = '\0';
    }
    return false;
}

int doctor_run(const char *const *words, int seconds, char *out, size_t size)
{
    int ends[2];
    int status;
    pid_t child;

    out[0] = '\0';
    if (access(words[0], X_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    child = fork();
    if (child == 0)
        become_program(words, ends[1]);
    close(ends[1]);
    if (child > 0 && !gather(ends[0], seconds, out, size))
        kill(child, SIGKILL);
    close(ends[0]);
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool doctor_value(const char *printed, const char *name, char *value, size_t size)
{
    struct slice rest = slice_of(printed);

    while (rest.at) {
        struct slice line = slice_cut(&rest, '\n');

        if (slice_take_prefix(&line, name) && slice_take_prefix(&line, "=")) {
            doctor_copy(value, size, line);
            return true;
        }
    }
    return false;
}
