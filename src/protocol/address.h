#ifndef PROTOCOL_ADDRESS_H
#define PROTOCOL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Transport addresses in the forms that OpenVPN writes:
 *   a.b.c.d:port            IPv4, all versions
 *   a:b::c                  IPv6 without port, 2.3 to 2.6
 *   PROTO:a.b.c.d:port      2.7, PROTO one of udp4, udp6, tcp4-server, tcp6-server
 *   PROTO:[a:b::c]:port     2.7
 */
enum address_family {
    ADDRESS_NONE, /* not told, or a form that is not understood */
    ADDRESS_IPV4,
    ADDRESS_IPV6
};

enum address_proto { PROTO_UNKNOWN, PROTO_UDP, PROTO_TCP };

struct address {
    enum address_family family;
    enum address_proto proto;
    uint16_t port;     /* 0 when not told */
    uint8_t bytes[16]; /* network byte order; 4 used for IPv4 */
};

/* Number of bytes of the address: 0, 4 or 16. */
unsigned address_bytes(const struct address *address);

/* Reads an address with or without protocol and port; false (and family NONE) if it is none. */
bool address_parse(struct slice text, struct address *address);

/* Reads a bare IP address, without port, and an optional port text (empty: 0). */
bool address_parse_pair(struct slice ip, struct slice port, struct address *address);

/* Whether they can be of one peer: a port or a protocol that one of them does not tell is any. */
bool address_agrees(const struct address *one, const struct address *other);

/* The addresses in the tunnel, which a client or this end has. */
struct tunnel_addresses {
    bool has_ipv4;
    bool has_ipv6;
    uint8_t ipv4[4]; /* network byte order, as is the other */
    uint8_t ipv6[16];
};

/* Reads both; one that is empty or cannot be read is not there. */
struct tunnel_addresses address_parse_tunnel(struct slice ipv4, struct slice ipv6);

/* Reads a bare IPv4 (family IPV4) or IPv6 address into bytes; false if it is none. */
bool address_parse_ip(struct slice text, enum address_family family, uint8_t *bytes);

#endif
