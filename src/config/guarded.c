#include "config/guarded.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with the open file, NULL when nothing is. */
static const char *guarded_fault(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if (status.st_mode & S_IROTH)
        return "others can read it: refused (chmod o-r)";
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return "group or others can write it: refused (chmod go-w)";
    return NULL;
}

int guarded_open(const char *file, const char **fault)
{
    /* A symbolic link is fine, what counts is the file behind it.  A FIFO must not make us wait. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    *fault = fd < 0 ? strerror(errno) : guarded_fault(fd);
    if (fd >= 0 && *fault) {
        close(fd);
        fd = -1;
    }
    return fd;
}
