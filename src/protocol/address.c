#include "protocol/address.h"

#include <arpa/inet.h>
#include <string.h>

unsigned address_bytes(const struct address *address)
{
    switch (address->family) {
    case ADDRESS_IPV4:
        return 4;
    case ADDRESS_IPV6:
        return 16;
    case ADDRESS_NONE:
        break;
    }
    return 0;
}

/* The strict form of inet_pton(3), which took a tenth of the time of a status. */
static bool parse_ipv4(struct slice text, uint8_t *bytes)
{
    const char *at = text.at;
    const char *end = text.at + text.len;
    uint8_t parts[4];

    for (unsigned i = 0; i < sizeof(parts); i++) {
        const char *first = at;
        unsigned part = 0;

        for (; at < end && (unsigned char)(*at - '0') <= 9 && part <= UINT8_MAX; at++)
            part = part * 10 + (unsigned)(*at - '0');
        if (at == first || part > UINT8_MAX || (*first == '0' && at - first > 1))
            return false;
        if (i + 1 < sizeof(parts) && (at == end || *at++ != '.'))
            return false;
        parts[i] = (uint8_t)part;
    }
    if (at != end)
        return false;
    memcpy(bytes, parts, sizeof(parts));
    return true;
}

static bool parse_ipv6(struct slice text, uint8_t *bytes)
{
    char copy[INET6_ADDRSTRLEN];

    if (text.len >= sizeof(copy) || memchr(text.at, '\0', text.len))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, bytes) == 1;
}

bool address_parse_ip(struct slice text, enum address_family family, uint8_t *bytes)
{
    if (text.len == 0)
        return false;
    return family == ADDRESS_IPV4 ? parse_ipv4(text, bytes) : parse_ipv6(text, bytes);
}

static bool parse_any(struct slice ip, struct address *address)
{
    if (address_parse_ip(ip, ADDRESS_IPV4, address->bytes))
        address->family = ADDRESS_IPV4;
    else if (address_parse_ip(ip, ADDRESS_IPV6, address->bytes))
        address->family = ADDRESS_IPV6;
    else
        return false;
    return true;
}

static bool parse_port(struct slice text, uint16_t *port)
{
    int number;

    if (!slice_to_int(text, 0, 65535, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

/* The protocol in front of the address (2.7), e.g. "tcp4-server:". */
static void take_proto(struct slice *text, struct address *address)
{
    struct slice rest = *text;
    struct slice word = slice_cut(&rest, ':');

    if (!slice_starts(word, "udp") && !slice_starts(word, "tcp"))
        return;
    address->proto = slice_starts(word, "udp") ? PROTO_UDP : PROTO_TCP;
    *text = rest;
}

static bool parse_address(struct slice text, struct address *address)
{
    struct slice ip;
    struct slice port;

    take_proto(&text, address);
    if (parse_any(text, address))
        return true;
    ip = text;
    port = slice_cut_last(&ip, ':');
    if (!parse_port(port, &address->port))
        return false;
    if (ip.len >= 2 && ip.at[0] == '[' && ip.at[ip.len - 1] == ']')
        ip = (struct slice){ip.at + 1, ip.len - 2};
    return parse_any(ip, address);
}

bool address_parse(struct slice text, struct address *address)
{
    *address = (struct address){0};
    if (parse_address(text, address))
        return true;
    *address = (struct address){0};
    return false;
}

bool address_parse_pair(struct slice ip, struct slice port, struct address *address)
{
    *address = (struct address){0};
    if (!parse_any(ip, address))
        return false;
    if (port.len > 0 && !parse_port(port, &address->port))
        address->port = 0;
    return true;
}

bool address_agrees(const struct address *one, const struct address *other)
{
    return one->family == other->family &&
           memcmp(one->bytes, other->bytes, address_bytes(one)) == 0 &&
           (one->port == 0 || other->port == 0 || one->port == other->port) &&
           (one->proto == PROTO_UNKNOWN || other->proto == PROTO_UNKNOWN ||
            one->proto == other->proto);
}

struct tunnel_addresses address_parse_tunnel(struct slice ipv4, struct slice ipv6)
{
    struct tunnel_addresses tunnel = {0};

    tunnel.has_ipv4 = address_parse_ip(ipv4, ADDRESS_IPV4, tunnel.ipv4);
    tunnel.has_ipv6 = address_parse_ip(ipv6, ADDRESS_IPV6, tunnel.ipv6);
    return tunnel;
}
