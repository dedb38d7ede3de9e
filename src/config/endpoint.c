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

/* Reads a numeric address into endpoint->address. */
static bool set_address(struct endpoint *endpoint, int family)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&endpoint->address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&endpoint->address;

    if (family == AF_INET) {
        in->sin_port = htons(endpoint->port);
        endpoint->address_len = sizeof(*in);
    } else {
        in6->sin6_port = htons(endpoint->port);
        endpoint->address_len = sizeof(*in6);
    }
    endpoint->address.ss_family = (sa_family_t)family;
    return inet_pton(family, endpoint->host,
                     family == AF_INET ? (void *)&in->sin_addr : (void *)&in6->sin6_addr) == 1;
}

/* Reads HOST:PORT. */
static const char *parse_tcp(const char *text, struct endpoint *endpoint)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    struct slice host;
    int family;
    const char *fault = split_tcp(text, &host, &family, &endpoint->port);

    if (fault)
        return fault;
    if (host.len >= sizeof(copy))
        return "a numeric address is wanted, such as 127.0.0.1 or [::1]";
    memcpy(copy, host.at, host.len);
    copy[host.len] = '\0';
    endpoint->host = strdup(copy);
    if (!endpoint->host)
        return "out of memory";
    if (set_address(endpoint, family))
        return NULL;
    return family == AF_INET && inet_pton(AF_INET6, endpoint->host, &v6) == 1
               ? "an IPv6 address stands in brackets, such as [::1]"
               : "a numeric address is wanted, such as 127.0.0.1 or [::1]";
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

/* HOST:PORT, where the host may be a name; that has no address. */
static const char *parse_tcp_host(const char *text, struct endpoint *endpoint)
{
    struct slice host;
    int family;
    const char *fault = split_tcp(text, &host, &family, &endpoint->port);

    if (fault || family != AF_INET || !is_host_name(host))
        return parse_tcp(text, endpoint);
    endpoint->host = strndup(host.at, host.len);
    return endpoint->host ? NULL : "out of memory";
}

static const char *parse_unix(const char *path, struct endpoint *endpoint)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&endpoint->address;
    const char *fault = path_fault(path);

    if (fault)
        return fault;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    endpoint->address_len = sizeof(*un);
    endpoint->path = strdup(path);
    return endpoint->path ? NULL : "out of memory";
}

/* At a TCP port everybody on the machine could play the daemon, and be told its passwords. */
static const char *parse_reverse(const char *text, struct endpoint *endpoint)
{
    endpoint->listen = true;
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, endpoint);
    return strncmp(text, "tcp:", 4) == 0
               ? "a daemon that connects is listened for at a unix socket alone, which tells who "
                 "it is; written listen:unix:/path"
               : "a daemon that connects is listened for at listen:unix:/path";
}

static const char *parse_management(const char *text, struct endpoint *endpoint)
{
    if (strncmp(text, "listen:", 7) == 0)
        return parse_reverse(text + 7, endpoint);
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, endpoint);
    if (strncmp(text, "tcp:", 4) == 0)
        return parse_tcp_host(text + 4, endpoint);
    if (text[0] == '/')
        return "a unix socket is written unix:/path";
    return "an address is unix:/path, tcp:HOST:PORT, tcp:[v6]:PORT or listen:unix:/path";
}

/* HOST:PORT behind a word that tells the family, as Net-SNMP spells it. */
static const char *parse_family(const char *text, bool six, struct endpoint *endpoint)
{
    const char *fault = parse_tcp(text, endpoint);

    if (!fault && six != (endpoint->address.ss_family == AF_INET6))
        return "IPv4 is written tcp:A.B.C.D:PORT, IPv6 tcp6:[v6]:PORT";
    return fault;
}

static const char *parse_agentx(const char *text, struct endpoint *endpoint)
{
    bool six = strncmp(text, "tcp6:", 5) == 0;

    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, endpoint);
    if (text[0] == '/')
        return "a unix socket is written unix:/path";
    if (!six && strncmp(text, "tcp:", 4) != 0)
        return "an address is unix:/path, tcp:A.B.C.D:PORT or tcp6:[v6]:PORT";
    return parse_family(text + (six ? 5 : 4), six, endpoint);
}

static const char *parse_listen(const char *text, struct endpoint *endpoint)
{
    bool six = strncmp(text, "udp6:", 5) == 0;

    if ((!six && strncmp(text, "udp:", 4) != 0) ||
        parse_family(text + (six ? 5 : 4), six, endpoint))
        return "a numeric address of UDP and a port are wanted, such as udp:0.0.0.0:161 or "
               "udp6:[::]:161";
    return NULL;
}

/* Takes what was made, or gives it up for what is wrong with it. */
static bool take_made(struct endpoint *endpoint, struct endpoint *made, const char *text,
                      const char *fault, char *why, size_t why_size)
{
    if (!fault) {
        made->text = strdup(text);
        if (!made->text)
            fault = "out of memory";
    }
    if (fault) {
        endpoint_fini(made);
        snprintf(why, why_size, "\"%s\": %s", text, fault);
        return false;
    }
    *endpoint = *made;
    return true;
}

bool endpoint_parse(const char *text, struct endpoint *endpoint, char *why, size_t why_size)
{
    struct endpoint made = {0};

    return take_made(endpoint, &made, text, parse_management(text, &made), why, why_size);
}

bool endpoint_parse_agentx(const char *text, struct endpoint *endpoint, char *why, size_t why_size)
{
    struct endpoint made = {0};

    return take_made(endpoint, &made, text, parse_agentx(text, &made), why, why_size);
}

void endpoint_fini(struct endpoint *endpoint)
{
    free(endpoint->text);
    free(endpoint->path);
    free(endpoint->host);
    memset(endpoint, 0, sizeof(*endpoint));
}

int endpoint_compare(const struct endpoint *one, const struct endpoint *other)
{
    if (one->address_len != other->address_len)
        return one->address_len < other->address_len ? -1 : 1;
    if (one->address_len > 0)
        return memcmp(&one->address, &other->address, one->address_len);
    if (one->port != other->port)
        return one->port < other->port ? -1 : 1;
    return strcmp(one->host, other->host);
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
    const struct sockaddr_in *in = (const struct sockaddr_in *)&endpoint->address;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)&endpoint->address)->sin6_addr;

    if (endpoint->host && endpoint->address_len == 0)
        return is_localhost(endpoint->host);
    if (endpoint->address.ss_family == AF_INET)
        return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (endpoint->address.ss_family == AF_INET6)
        return IN6_IS_ADDR_V4MAPPED(v6) ? v6->s6_addr[12] == IN_LOOPBACKNET
                                        : IN6_IS_ADDR_LOOPBACK(v6);
    return true;
}

bool endpoint_check_agentx(const char *text, char *why, size_t why_size)
{
    struct endpoint endpoint = {0};
    bool right = endpoint_parse_agentx(text, &endpoint, why, why_size);

    endpoint_fini(&endpoint);
    return right;
}

bool endpoint_check_listen(const char *text, char *why, size_t why_size)
{
    struct endpoint endpoint = {0};
    struct endpoint made = {0};
    bool right = take_made(&endpoint, &made, text, parse_listen(text, &made), why, why_size);

    endpoint_fini(&endpoint);
    return right;
}
