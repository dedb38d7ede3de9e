#include "config/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/slice.h"

#define PATH_LIMIT (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* What is wrong with the path of a unix socket, NULL when nothing is. */
static const char *path_fault(const char *path)
{
    if (path[0] != '/')
        return "the path of a unix socket must be absolute";
    if (slice_ends(slice_of(path), " unix"))
        return "the word unix behind the path belongs in OpenVPN's configuration alone";
    if (strlen(path) > PATH_LIMIT)
        return "the path of a unix socket can have 107 bytes at most";
    if (slice_has_control(slice_of(path)))
        return "a path cannot hold control characters";
    return NULL;
}

/* Splits HOST:PORT; the host of an IPv6 address stands in brackets, which tells its family. */
static const char *split_tcp(const char *text, struct slice *host, int *family, uint16_t *port)
{
    struct slice rest = slice_of(text);
    struct slice digits;
    int number;

    if (!strchr(text, ':'))
        return "a port is missing";
    digits = slice_cut_last(&rest, ':');
    if (!slice_to_int(digits, 1, 65535, &number))
        return "the port must be a number from 1 to 65535";
    *family = AF_INET;
    if (rest.len >= 2 && rest.at[0] == '[' && rest.at[rest.len - 1] == ']') {
        *family = AF_INET6;
        rest.at++;
        rest.len -= 2;
    }
    *host = rest;
    *port = (uint16_t)number;
    return NULL;
}

/* Reads HOST:PORT.  On success *host is a new string. */
static const char *parse_tcp(const char *text, char **host, int *family, uint16_t *port)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    struct slice slice;
    const char *fault = split_tcp(text, &slice, family, port);
    char copy[INET6_ADDRSTRLEN];

    if (fault)
        return fault;
    if (slice.len >= sizeof(copy))
        return "a numeric address is wanted, such as 127.0.0.1 or [::1]";
    memcpy(copy, slice.at, slice.len);
    copy[slice.len] = '\0';
    if (inet_pton(*family, copy, bytes) != 1) {
        if (*family == AF_INET && inet_pton(AF_INET6, copy, bytes) == 1)
            return "an IPv6 address stands in brackets, such as [::1]";
        return "a numeric address is wanted, such as 127.0.0.1 or [::1]";
    }
    *host = strdup(copy);
    return *host ? NULL : "out of memory";
}

/* What ends in a number is no name, but a mistyped address (RFC 1123 section 2.1). */
static bool is_host_name(struct slice host)
{
    struct slice rest = host;
    struct slice last = host;

    if (host.len < 1 || host.len > HOST_NAME_BYTES_MAX || host.at[0] == '-' || host.at[0] == '.')
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!isalnum((unsigned char)host.at[i]) && !strchr("-_.", host.at[i]))
            return false;
    if (memchr(host.at, '.', host.len))
        last = slice_cut_last(&rest, '.');
    for (size_t i = 0; i < last.len; i++)
        if (!isdigit((unsigned char)last.at[i]))
            return true;
    return false;
}

/* Reads HOST:PORT, where the host may be a name. */
static const char *parse_management(const char *text, struct endpoint *endpoint)
{
    struct slice host;
    int family;
    const char *fault = split_tcp(text, &host, &family, &endpoint->port);

    if (fault || family != AF_INET || !is_host_name(host))
        return parse_tcp(text, &endpoint->host, &family, &endpoint->port);
    endpoint->host = strndup(host.at, host.len);
    return endpoint->host ? NULL : "out of memory";
}

static const char *parse(const char *text, struct endpoint *endpoint)
{
    const char *fault;

    if (strncmp(text, "unix:", 5) == 0) {
        fault = path_fault(text + 5);
        if (fault)
            return fault;
        endpoint->path = strdup(text + 5);
        return endpoint->path ? NULL : "out of memory";
    }
    if (strncmp(text, "tcp:", 4) == 0)
        return parse_management(text + 4, endpoint);
    if (text[0] == '/')
        return "a unix socket is written unix:/path";
    return "an address is unix:/path, tcp:HOST:PORT or tcp:[v6]:PORT";
}

bool endpoint_parse(const char *text, struct endpoint *endpoint, char *why, size_t why_size)
{
    struct endpoint made = {0};
    const char *fault = parse(text, &made);

    if (!fault) {
        made.text = strdup(text);
        if (!made.text)
            fault = "out of memory";
    }
    if (fault) {
        endpoint_fini(&made);
        snprintf(why, why_size, "\"%s\": %s", text, fault);
        return false;
    }
    *endpoint = made;
    return true;
}

void endpoint_fini(struct endpoint *endpoint)
{
    free(endpoint->text);
    free(endpoint->path);
    free(endpoint->host);
    memset(endpoint, 0, sizeof(*endpoint));
}

static bool is_localhost(const char *name)
{
    static const char local[] = "localhost";
    size_t len = strlen(name);
    size_t tail = sizeof(local) - 1;

    return len >= tail && strcasecmp(name + len - tail, local) == 0 &&
           (len == tail || name[len - tail - 1] == '.');
}

bool endpoint_is_local(const struct endpoint *endpoint)
{
    struct in6_addr v6;
    struct in_addr v4;

    if (endpoint->path)
        return true;
    if (inet_pton(AF_INET, endpoint->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, endpoint->host, &v6) != 1)
        return is_localhost(endpoint->host);
    if (IN6_IS_ADDR_V4MAPPED(&v6))
        return v6.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6);
}

static const char *address_fault(const char *text)
{
    char *host = NULL;
    const char *fault;
    uint16_t port;
    int family;
    bool six = strncmp(text, "tcp6:", 5) == 0;

    if (strncmp(text, "unix:", 5) == 0)
        return path_fault(text + 5);
    if (text[0] == '/')
        return "a unix socket is written unix:/path";
    if (!six && strncmp(text, "tcp:", 4) != 0)
        return "an address is unix:/path, tcp:A.B.C.D:PORT or tcp6:[v6]:PORT";
    fault = parse_tcp(text + (six ? 5 : 4), &host, &family, &port);
    free(host);
    if (!fault && six != (family == AF_INET6))
        return "IPv4 is written tcp:A.B.C.D:PORT, IPv6 tcp6:[v6]:PORT";
    return fault;
}

bool endpoint_check_agentx(const char *text, char *why, size_t why_size)
{
    const char *fault = address_fault(text);

    if (fault)
        snprintf(why, why_size, "\"%s\": %s", text, fault);
    return !fault;
}

bool endpoint_agentx_is_local(const char *text)
{
    struct endpoint endpoint = {0};
    struct slice host;
    char copy[INET6_ADDRSTRLEN] = "";
    uint16_t port;
    int family;

    if (strncmp(text, "unix:", 5) == 0)
        return true;
    if (split_tcp(strchr(text, ':') + 1, &host, &family, &port) || host.len >= sizeof(copy))
        return false;
    memcpy(copy, host.at, host.len);
    endpoint.host = copy;
    return endpoint_is_local(&endpoint);
}
