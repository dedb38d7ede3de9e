#include "share/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unix_socket.h"

/* Guests that may wait to be let in. */
enum { BACKLOG = 16 };

static int say_why(char *error, size_t error_size, const char *what)
{
    snprintf(error, error_size, "%s: %s", what, strerror(errno));
    return -1;
}

static const struct sockaddr *address_of(const struct share_config *config)
{
    return (const struct sockaddr *)&config->listen.address;
}

static int bind_socket(const struct share_config *config, int fd)
{
    const int on = 1;

    if (config->listen.path)
        return unix_socket_bind(fd, config->listen.path);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(fd, address_of(config), config->listen.address_len);
}

int door_grant(const struct share_config *config, char *error, size_t error_size)
{
    if (!config->listen.path)
        return 0;
    if (config->has_group && lchown(config->listen.path, (uid_t)-1, config->group) != 0)
        return say_why(error, error_size, "cannot give the socket to its group");
    if (chmod(config->listen.path, config->mode) != 0)
        return say_why(error, error_size, "cannot give the socket its mode");
    return 0;
}

int door_open(const struct share_config *config, char *error, size_t error_size)
{
    int fd = socket(address_of(config)->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return say_why(error, error_size, "cannot listen");
    if (bind_socket(config, fd) != 0) {
        say_why(error, error_size, "cannot listen");
        close(fd);
        return -1;
    }
    if (door_grant(config, error, error_size) == 0 &&
        (listen(fd, BACKLOG) == 0 || say_why(error, error_size, "cannot listen") == 0))
        return fd;
    door_close(config, fd);
    return -1;
}

void door_close(const struct share_config *config, int fd)
{
    if (config->listen.path)
        unix_socket_leave(fd, config->listen.path);
    else
        close(fd);
}

void door_peer(int fd, char peer[DOOR_PEER_MAX])
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    struct ucred who;
    socklen_t who_len = sizeof(who);
    char host[INET6_ADDRSTRLEN] = "?";

    getpeername(fd, (struct sockaddr *)&address, &len);
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address;

        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(peer, DOOR_PEER_MAX, "%s:%u", host, ntohs(in->sin_port));
    } else if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address;

        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        snprintf(peer, DOOR_PEER_MAX, "[%s]:%u", host, ntohs(in->sin6_port));
    } else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) == 0) {
        snprintf(peer, DOOR_PEER_MAX, "uid %u pid %d", who.uid, (int)who.pid);
    } else {
        snprintf(peer, DOOR_PEER_MAX, "unknown");
    }
}
