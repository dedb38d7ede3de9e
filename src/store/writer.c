#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/memory.h"

/* A file that is being written. */
struct target {
    int fd;
    int64_t left; /* bytes that it may grow by */
    int error;    /* errno */
};

static bool put_bytes(void *arg, struct slice bytes)
{
    struct target *target = arg;

    target->left -= (int64_t)bytes.len;
    if (target->left < 0)
        target->error = EFBIG;
    while (bytes.len > 0 && target->error == 0) {
        ssize_t len = write(target->fd, bytes.at, bytes.len);

        if (len >= 0)
            bytes = slice_skip(bytes, (size_t)len);
        else if (errno != EINTR)
            target->error = errno;
    }
    return target->error == 0;
}

/* Whether the file ends with that sum. */
static bool has_sum(int folder, uint64_t sum)
{
    char wanted[sizeof(MEMORY_END) + MEMORY_SUM_LEN + 1];
    char there[sizeof(wanted)] = "";
    int len = snprintf(wanted, sizeof(wanted), MEMORY_END "%0*llx\n", MEMORY_SUM_LEN,
                       (unsigned long long)sum);
    int fd = openat(folder, WRITER_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = -1;

    if (fd < 0)
        return false;
    if (lseek(fd, -len, SEEK_END) >= 0)
        got = read(fd, there, sizeof(there));
    close(fd);
    return got == len &&
           slice_equal((struct slice){there, (size_t)len}, (struct slice){wanted, (size_t)len});
}

static int sync_file(int fd)
{
    return fsync(fd) == 0 ? 0 : errno;
}

/* The new file, on the disk; an errno when it could not be written. */
static int write_new(int folder, struct output *output, const struct model *model, bool running)
{
    struct target target = {.left = WRITER_BYTES_MAX};

    unlinkat(folder, WRITER_NEW_FILE, 0);
    target.fd = openat(folder, WRITER_NEW_FILE,
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (target.fd < 0)
        return errno;
    output_begin(output, put_bytes, &target);
    memory_write(output, model, running);
    if (target.error == 0)
        target.error = sync_file(target.fd);
    if (close(target.fd) != 0 && target.error == 0)
        target.error = errno;
    return target.error;
}

static int write_file(int folder, const struct model *model, bool running)
{
    static struct output output;
    int error;

    output_begin(&output, NULL, NULL);
    if (has_sum(folder, memory_sum(&output, model, running)))
        return WRITER_UNCHANGED;
    error = write_new(folder, &output, model, running);
    if (error == 0 && renameat(folder, WRITER_NEW_FILE, folder, WRITER_FILE) != 0)
        error = errno;
    if (error != 0)
        unlinkat(folder, WRITER_NEW_FILE, 0);
    return error == 0 ? sync_file(folder) : error;
}

/*
 * A copy of a socket would keep it open when the parent closes it, and a copy of the parent's way
 * to hear of signals would take them for it.  A service manager ends all processes of a service at
 * once, but what is being written is wanted.
 */
static void leave_parent(int folder, pid_t parent, const sigset_t *signals)
{
    static const int ended_by[] = {SIGTERM, SIGINT, SIGHUP};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(ESRCH);
    if (folder > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)folder - 1, 0);
    close_range((unsigned)folder + 1, ~0U, 0);
    for (size_t i = 0; i < sizeof(ended_by) / sizeof(ended_by[0]); i++)
        signal(ended_by[i], SIG_IGN);
    sigprocmask(SIG_SETMASK, signals, NULL);
}

pid_t writer_start(int folder, const struct model *model, bool running)
{
    pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    pid_t child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0) {
        leave_parent(folder, parent, &before);
        _exit(write_file(folder, model, running));
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}
