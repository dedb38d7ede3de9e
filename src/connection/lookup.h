#ifndef CONNECTION_LOOKUP_H
#define CONNECTION_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

struct event_base;
struct lookup;

/*
 * Looks up host names by getaddrinfo(3) in threads of their own, so that nothing waits: so what the
 * system says of a name holds (nsswitch.conf(5), hosts(5), resolv.conf(5) as they are now), and not
 * what a second resolver makes of some of it.  A thread runs for each look-up, LOOKUPS_MAX at a
 * time; others wait for one that is done.
 */
#define LOOKUPS_MAX 8

/*
 * Begins.  done is called from the event loop, once: with 0 and the addresses, which are the
 * caller's to free with freeaddrinfo(3), or with an error of getaddrinfo(3), which is not 0, and
 * NULL.  The host is copied.  Returns NULL when memory is out.
 */
struct lookup *lookup_start(struct event_base *base, const char *host, uint16_t port,
                            void (*done)(void *arg, int error, struct addrinfo *found), void *arg);

/*
 * Forgets a look-up that is not done: done is not called.  Its thread ends by itself, and is
 * waited for by nobody.  NULL is harmless.
 */
void lookup_cancel(struct lookup *lookup);

#endif
