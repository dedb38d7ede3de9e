#include "base/interface.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Milliseconds that a list is good for. */
enum { LIST_AGE = 1000 };

/* getifaddrs(3) takes a netlink socket, which the service's unit does not allow. */
static const char ipv6_list[] = "/proc/self/net/if_inet6"; /* proc_pid_net(5) */

struct entry {
    uint8_t address[16];
    size_t len;
    char name[IF_NAMESIZE];
};

static struct entry *list;
static size_t count;
static int64_t listed; /* clock_mono(); 0 when nothing is listed */

static struct entry *add_entry(void)
{
    struct entry *grown = realloc(list, (count + 1) * sizeof(*list));

    if (!grown)
        return NULL;
    list = grown;
    list[count] = (struct entry){.len = 0};
    return &list[count++];
}

static void add_ipv4(const struct ifreq *request)
{
    const struct sockaddr *address = &request->ifr_addr;
    struct entry *entry = address->sa_family == AF_INET ? add_entry() : NULL;

    if (!entry)
        return;
    entry->len = 4;
    memcpy(entry->address, address->sa_data + 2, entry->len); /* behind the port */
    memcpy(entry->name, request->ifr_name, sizeof(entry->name));
    entry->name[strcspn(entry->name, ":")] = '\0'; /* netdevice(7): a label, as in eth0:1 */
}

static void list_ipv4(int fd)
{
    struct ifconf config = {.ifc_len = 0};

    if (ioctl(fd, SIOCGIFCONF, &config) != 0 || config.ifc_len <= 0)
        return;
    config.ifc_buf = malloc((size_t)config.ifc_len);
    if (config.ifc_buf && ioctl(fd, SIOCGIFCONF, &config) == 0)
        for (size_t i = 0; i < (size_t)config.ifc_len / sizeof(struct ifreq); i++)
            add_ipv4(&config.ifc_req[i]);
    free(config.ifc_buf);
}

/* 32 digits, four numbers, and the name. */
static void add_ipv6(const char *line)
{
    char colons[40] = "";
    char name[IF_NAMESIZE];
    struct entry *entry;

    if (strlen(line) < 32 || sscanf(line + 32, " %*s %*s %*s %*s %15s", name) != 1)
        return;
    for (size_t i = 0; i < 8; i++)
        snprintf(colons + i * 5, sizeof(colons) - i * 5, "%.4s%s", line + i * 4, i < 7 ? ":" : "");
    entry = add_entry();
    if (!entry)
        return;
    entry->len = inet_pton(AF_INET6, colons, entry->address) == 1 ? 16 : 0;
    memcpy(entry->name, name, sizeof(name));
}

static void list_ipv6(void)
{
    FILE *stream = fopen(ipv6_list, "re");
    char line[128];

    while (stream && fgets(line, sizeof(line), stream))
        add_ipv6(line);
    if (stream)
        fclose(stream);
}

static void read_list(void)
{
    int64_t now = clock_mono();
    int fd;

    if (listed && now - listed < LIST_AGE)
        return;
    count = 0;
    listed = now;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        list_ipv4(fd);
        close(fd);
    }
    list_ipv6();
}

bool interface_with_name(const char *name, struct interface *found)
{
    found->index = strlen(name) < sizeof(found->name) ? if_nametoindex(name) : 0;
    if (found->index == 0)
        return false;
    snprintf(found->name, sizeof(found->name), "%s", name);
    return true;
}

bool interface_with_address(const uint8_t *address, size_t len, const char *name,
                            struct interface *found)
{
    const char *only = NULL;
    bool several = false;

    read_list();
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &list[i];

        if (entry->len != len || memcmp(entry->address, address, len) != 0)
            continue;
        if (name && strcmp(entry->name, name) == 0)
            return interface_with_name(name, found);
        several |= only && strcmp(only, entry->name) != 0;
        only = entry->name;
    }
    return only && !several && interface_with_name(only, found);
}

void interfaces_forget(void)
{
    free(list);
    list = NULL;
    count = 0;
    listed = 0;
}
