#ifndef SETUP_CAPACITY_H
#define SETUP_CAPACITY_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "setup/directives.h"

/* How many clients a server lets in, and its tunnel device, by the options of its configuration. */

enum topology { TOPOLOGY_DEFAULT, TOPOLOGY_NET30, TOPOLOGY_P2P, TOPOLOGY_SUBNET };

/* Begins as all zeros.  Addresses are numbers in host byte order. */
struct capacity {
    bool server;
    bool has_network; /* of `server` */
    bool no_pool;
    bool has_pool; /* of `ifconfig-pool` or `server-bridge` */
    bool is_tap;
    bool typed; /* is_tap comes from dev-type */
    enum topology topology;
    uint32_t network, netmask;
    uint32_t pool_start, pool_end;
    uint32_t max_clients;  /* 0 where not given */
    uint32_t ipv6_size;    /* addresses in the IPv6 pool, 0 without one */
    char device[IFNAMSIZ]; /* the interface; empty where OpenVPN or the system chooses its name */
};

/* Takes an option; most say nothing here.  False when it does, and OpenVPN would not take it so. */
bool capacity_take(struct capacity *capacity, const struct directive *directive);

/*
 * The clients that there can be at once: max-clients, or the size of the address pool where that is
 * smaller.  -1 when the daemon is no server.  Where the file does not give the topology a server is
 * net30, since OpenVPN 2.7 subnet (subnet_default).
 */
int64_t capacity_clients(const struct capacity *capacity, bool subnet_default);

#endif
