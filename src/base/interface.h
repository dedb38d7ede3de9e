#ifndef BASE_INTERFACE_H
#define BASE_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* Network interfaces of this host. */
struct interface {
    unsigned index; /* ifIndex, from 1 */
    char name[IF_NAMESIZE];
};

/*
 * The interface with that address: 4 bytes for IPv4, 16 for IPv6, in network byte order.  Where
 * several have it, the one of them that is called so (NULL: none).  What the system says is kept
 * for a second, since each of many daemons asks.  False when there is none.
 */
bool interface_with_address(const uint8_t *address, size_t len, const char *name,
                            struct interface *found);

/* The interface with that name; false when there is none. */
bool interface_with_name(const char *name, struct interface *found);

/* Frees what is kept; it is read anew when somebody asks. */
void interfaces_forget(void);

#endif
