#include "base/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un sockaddr_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    return address;
}

static int make_unix(int type)
{
    return socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int unix_socket_make(void)
{
    return make_unix(SOCK_STREAM);
}

/*
 * A datagram socket asks: a process that still listens is found by its socket being of another
 * type, and sees nothing of a session.
 */
bool unix_socket_is_deserted(const char *path)
{
    struct sockaddr_un address = sockaddr_of(path);
    struct stat status;
    int fd;
    bool deserted;

    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    fd = make_unix(SOCK_DGRAM);
    deserted = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
               errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return deserted;
}

/* Nobody else may enter before it has its mode and group. */
static int bind_there(int fd, const char *path)
{
    struct sockaddr_un address = sockaddr_of(path);
    mode_t mask = umask(0177);
    int result = bind(fd, (const struct sockaddr *)&address, sizeof(address));
    int error = errno;

    umask(mask);
    errno = error;
    return result;
}

int unix_socket_bind(int fd, const char *path)
{
    int result = bind_there(fd, path);

    if (result != 0 && errno == EADDRINUSE) {
        if (unix_socket_is_deserted(path) && unlink(path) == 0)
            return bind_there(fd, path);
        errno = EADDRINUSE;
    }
    return result;
}

bool unix_socket_is_at(int fd, const char *path)
{
    struct sockaddr_un own = {0};
    socklen_t len = sizeof(own);

    return getsockname(fd, (struct sockaddr *)&own, &len) == 0 && own.sun_family == AF_UNIX &&
           strncmp(own.sun_path, path, sizeof(own.sun_path)) == 0;
}

/* The path may be another's by now. */
void unix_socket_leave(int fd, const char *path)
{
    bool own = unix_socket_is_at(fd, path);

    close(fd);
    if (own && unix_socket_is_deserted(path))
        unlink(path);
}
