#ifndef AGENT_MASTER_PROBE_H
#define AGENT_MASTER_PROBE_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint;
struct event_base;

/*
 * Finds out whether a master agent answers, without waiting for it: the library would wait in
 * connect() and again for the answer to its Open.  A connection of its own carries one AgentX Ping
 * of no session (RFC 2741 section 6.2.7), which any master agent that is awake answers, with
 * notOpen.
 */
struct probe;

/* How a probe ends; why is for people, NULL when the master answered. */
typedef void probe_done(void *arg, const char *why);

/*
 * A probe of a master agent, whose endpoint has an address.  Nothing happens before probe_start().
 * Returns NULL when memory is out.  base and master are borrowed.
 */
struct probe *probe_new(struct event_base *base, const struct endpoint *master, probe_done *done,
                        void *arg);

/* Stops and frees it; NULL is allowed. */
void probe_free(struct probe *probe);

/*
 * Connects and asks.  done is called later, once, from the event loop; not while the master sleeps
 * or when it is gone for good without a word.  A probe that is under way is started anew.  Returns
 * false when memory is out; done is not called then.
 */
bool probe_start(struct probe *probe);

/* done is not called any more. */
void probe_stop(struct probe *probe);

#endif
