#include "setup/capacity.h"

#include <string.h>

#include "protocol/address.h"

/* As in OpenVPN: the default of max-clients, and the most addresses that a pool has. */
enum { CLIENTS_DEFAULT = 1024, POOL_MAX = 65536 };

/* The word at a place, empty when there is none. */
static struct slice word(const struct directive *directive, size_t place)
{
    return place < directive->count ? directive->words[place] : (struct slice){NULL, 0};
}

static bool read_ipv4(struct slice text, uint32_t *number)
{
    uint8_t bytes[4];

    if (!address_parse_ip(text, ADDRESS_IPV4, bytes))
        return false;
    *number =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

static bool take_server(struct capacity *capacity, const struct directive *directive)
{
    capacity->server = true;
    capacity->no_pool = slice_is(word(directive, 3), "nopool");
    capacity->has_network = read_ipv4(word(directive, 1), &capacity->network) &&
                            read_ipv4(word(directive, 2), &capacity->netmask);
    return capacity->has_network;
}

static bool take_pool(struct capacity *capacity, struct slice start, struct slice end)
{
    capacity->has_pool = read_ipv4(start, &capacity->pool_start) &&
                         read_ipv4(end, &capacity->pool_end) &&
                         capacity->pool_start <= capacity->pool_end;
    return capacity->has_pool;
}

/* With a DHCP server behind the bridge there is no pool. */
static bool take_bridge(struct capacity *capacity, const struct directive *directive)
{
    capacity->server = true;
    if (directive->count < 5)
        return true;
    return take_pool(capacity, word(directive, 3), word(directive, 4));
}

static bool take_ifconfig_pool(struct capacity *capacity, const struct directive *directive)
{
    return take_pool(capacity, word(directive, 1), word(directive, 2));
}

/* ADDRESS/BITS. */
static bool read_ipv6(struct slice text, uint8_t bytes[16], int *bits)
{
    struct slice address = slice_cut(&text, '/');

    return address_parse_ip(address, ADDRESS_IPV6, bytes) && slice_to_int(text, 1, 126, bits);
}

/* The pool of a network of so many bits that begins at a host number. */
static uint32_t ipv6_pool_size(int bits, uint32_t host)
{
    uint32_t all = bits >= 112 ? UINT32_C(1) << (128 - bits) : POOL_MAX;

    if (bits < 112)
        return POOL_MAX;
    host &= all - 1;
    return all - (host == 0 ? 1 : host);
}

static bool take_ipv6_pool(struct capacity *capacity, const struct directive *directive)
{
    uint8_t bytes[16];
    int bits;

    if (!read_ipv6(word(directive, 1), bytes, &bits))
        return false;
    capacity->ipv6_size = ipv6_pool_size(bits, (uint32_t)bytes[14] << 8 | bytes[15]);
    return true;
}

/* Small pools begin behind the server's own two addresses. */
static bool take_server_ipv6(struct capacity *capacity, const struct directive *directive)
{
    uint8_t bytes[16];
    int bits;

    capacity->server = true;
    if (!read_ipv6(word(directive, 1), bytes, &bits))
        return false;
    capacity->ipv6_size = ipv6_pool_size(bits, ((uint32_t)bytes[14] << 8 | bytes[15]) + 2);
    return true;
}

static bool take_topology(struct capacity *capacity, const struct directive *directive)
{
    static const char *const names[] = {
        [TOPOLOGY_NET30] = "net30", [TOPOLOGY_P2P] = "p2p", [TOPOLOGY_SUBNET] = "subnet"};

    for (enum topology topology = TOPOLOGY_NET30; topology <= TOPOLOGY_SUBNET; topology++)
        if (slice_is(word(directive, 1), names[topology])) {
            capacity->topology = topology;
            return true;
        }
    return false;
}

static bool take_max_clients(struct capacity *capacity, const struct directive *directive)
{
    int number;

    if (!slice_to_int(word(directive, 1), 1, INT32_MAX, &number))
        return false;
    capacity->max_clients = (uint32_t)number;
    return true;
}

/* `tun' and `tap' alone are kinds, and the system gives the number. */
static bool take_dev(struct capacity *capacity, const struct directive *directive)
{
    struct slice name = word(directive, 1);
    bool named = !slice_is(name, "tun") && !slice_is(name, "tap") && !slice_is(name, "null");

    capacity->device[0] = '\0';
    if (!capacity->typed)
        capacity->is_tap = slice_starts(name, "tap");
    if (name.len == 0 || name.len >= sizeof(capacity->device))
        return false;
    if (named) {
        memcpy(capacity->device, name.at, name.len);
        capacity->device[name.len] = '\0';
    }
    return true;
}

static bool take_dev_type(struct capacity *capacity, const struct directive *directive)
{
    capacity->typed = true;
    capacity->is_tap = slice_is(word(directive, 1), "tap");
    return capacity->is_tap || slice_is(word(directive, 1), "tun");
}

static bool take_mode(struct capacity *capacity, const struct directive *directive)
{
    capacity->server |= slice_is(word(directive, 1), "server");
    return true;
}

bool capacity_take(struct capacity *capacity, const struct directive *directive)
{
    static const struct {
        const char *option;
        bool (*take)(struct capacity *capacity, const struct directive *directive);
    } options[] = {
        {"dev", take_dev},
        {"dev-type", take_dev_type},
        {"ifconfig-ipv6-pool", take_ipv6_pool},
        {"ifconfig-pool", take_ifconfig_pool},
        {"max-clients", take_max_clients},
        {"mode", take_mode},
        {"server", take_server},
        {"server-bridge", take_bridge},
        {"server-ipv6", take_server_ipv6},
        {"topology", take_topology},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (directive_is(directive, options[i].option))
            return options[i].take(capacity, directive);
    return true;
}

static enum topology topology_of(const struct capacity *capacity, bool subnet_default)
{
    if (capacity->topology != TOPOLOGY_DEFAULT)
        return capacity->topology;
    return subnet_default ? TOPOLOGY_SUBNET : TOPOLOGY_NET30;
}

/*
 * What `server' makes of its network: without the network's own address, the server's and, one to
 * one, the last; in blocks of four without the first and the last of them, but in the smallest
 * network only without the first.
 */
static void pool_of_network(const struct capacity *capacity, bool singly, uint32_t *start,
                            uint32_t *end)
{
    uint32_t last = capacity->network | ~capacity->netmask;

    *start = capacity->network + (singly ? 2 : 4);
    *end = singly ? last - 1 : capacity->netmask == UINT32_C(0xfffffff8) ? last : last - 4;
}

/* Addresses for clients, 0 where none are given out or it is no pool that OpenVPN takes. */
static uint32_t ipv4_pool_size(const struct capacity *capacity, enum topology topology)
{
    bool blocks = !capacity->is_tap && topology == TOPOLOGY_NET30;
    bool singly = capacity->is_tap || topology == TOPOLOGY_SUBNET;
    uint32_t start = capacity->pool_start;
    uint32_t end = capacity->pool_end;

    if (!capacity->has_pool) {
        if (!capacity->has_network || capacity->no_pool)
            return 0;
        pool_of_network(capacity, singly, &start, &end);
    }
    if (end < start || end - start >= POOL_MAX)
        return 0;
    return blocks ? ((end | 3) - (start & ~UINT32_C(3)) + 1) / 4 : end - start + 1;
}

int64_t capacity_clients(const struct capacity *capacity, bool subnet_default)
{
    uint32_t clients = capacity->max_clients ? capacity->max_clients : CLIENTS_DEFAULT;
    uint32_t ipv4 = ipv4_pool_size(capacity, topology_of(capacity, subnet_default));

    if (!capacity->server)
        return -1;
    if (ipv4 > 0 && ipv4 < clients)
        clients = ipv4;
    if (capacity->ipv6_size > 0 && capacity->ipv6_size < clients)
        clients = capacity->ipv6_size;
    return clients;
}
