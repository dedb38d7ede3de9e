#include "setup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/denied.h"

static int64_t nanoseconds(struct timespec moment)
{
    return (int64_t)moment.tv_sec * 1000000000 + moment.tv_nsec;
}

static void set_stamp(struct file_stamp *stamp, const struct stat *status)
{
    stamp->device = status->st_dev;
    stamp->inode = status->st_ino;
    stamp->size = status->st_size;
    stamp->modified = nanoseconds(status->st_mtim);
    stamp->changed = nanoseconds(status->st_ctim);
}

static struct file_stamp *add_stamp(struct files *files, const char *path)
{
    struct file_stamp *list;

    if (files->count >= SETUP_FILES_MAX)
        return NULL;
    list = realloc(files->list, (files->count + 1) * sizeof(*list));
    if (!list)
        return NULL;
    files->list = list;
    list += files->count;
    *list = (struct file_stamp){.path = strdup(path)};
    if (!list->path)
        return NULL;
    files->count++;
    return list;
}

static const char *words_for(int error)
{
    switch (error) {
    case EAGAIN:
        return "it changed while it was read";
    case EFBIG:
        return "it is too large";
    case EINVAL:
        return "not a regular file";
    case EMFILE:
        return "more files than the agent looks at";
    default:
        return strerror(error);
    }
}

static const char *say(const char *path, int error, char *fault, size_t size)
{
    if (error == EACCES)
        denied_why(path, fault, size);
    else
        snprintf(fault, size, "%s: %s", path, words_for(error));
    return fault;
}

static int fill(int fd, char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, bytes + done, size - done);

        if (got > 0)
            done += (size_t)got;
        else if (got == 0)
            return EAGAIN; /* it is being written: the next look finds it whole */
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

static int read_whole(int fd, const struct stat *status, struct slice *bytes)
{
    size_t size = (size_t)status->st_size;
    char *at;
    int error;

    if (S_ISDIR(status->st_mode))
        return EISDIR;
    if (!S_ISREG(status->st_mode))
        return EINVAL;
    if (status->st_size > SETUP_FILE_MAX)
        return EFBIG;
    at = malloc(size + 1);
    if (!at)
        return ENOMEM;
    error = fill(fd, at, size);
    *bytes = (struct slice){at, size};
    if (error)
        files_release(bytes);
    return error;
}

/* A FIFO must not make us wait. */
static int read_stamped(struct file_stamp *stamp, struct slice *bytes)
{
    int fd = open(stamp->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    int error;

    if (fd < 0)
        return errno;
    if (fstat(fd, &status) != 0) {
        error = errno;
    } else {
        set_stamp(stamp, &status);
        error = read_whole(fd, &status, bytes);
    }
    close(fd);
    return error;
}

const char *files_read(struct files *files, const char *path, struct slice *bytes, char *fault,
                       size_t size)
{
    struct file_stamp *stamp = add_stamp(files, path);

    *bytes = (struct slice){NULL, 0};
    if (!stamp)
        return say(path, files->count >= SETUP_FILES_MAX ? EMFILE : ENOMEM, fault, size);
    stamp->error = read_stamped(stamp, bytes);
    return stamp->error ? say(path, stamp->error, fault, size) : NULL;
}

void files_release(struct slice *bytes)
{
    char *at = (char *)bytes->at;

    if (at)
        explicit_bzero(at, bytes->len);
    free(at);
    *bytes = (struct slice){NULL, 0};
}

const char *files_watch(struct files *files, const char *path, char *fault, size_t size)
{
    struct file_stamp *stamp = add_stamp(files, path);
    struct stat status;

    if (!stamp)
        return say(path, files->count >= SETUP_FILES_MAX ? EMFILE : ENOMEM, fault, size);
    if (stat(path, &status) != 0)
        stamp->error = errno;
    else
        set_stamp(stamp, &status);
    return stamp->error ? say(path, stamp->error, fault, size) : NULL;
}

/* What could not be read is tried again each time. */
static bool is_changed(const struct file_stamp *stamp)
{
    struct file_stamp now = {0};
    struct stat status;

    if (stamp->error || stat(stamp->path, &status) != 0)
        return true;
    set_stamp(&now, &status);
    return now.device != stamp->device || now.inode != stamp->inode || now.size != stamp->size ||
           now.modified != stamp->modified || now.changed != stamp->changed;
}

bool files_changed(const struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (is_changed(&files->list[i]))
            return true;
    return false;
}

void files_fini(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->list[i].path);
    free(files->list);
    *files = (struct files){0};
}
