#ifndef AGENT_STANDALONE_STANDALONE_H
#define AGENT_STANDALONE_STANDALONE_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct event_base;

/*
 * The way to the managers without a master agent: the SNMP library answers them itself, folded into
 * the program's own event loop.  Users, views and sinks are those of the key snmp_config, which
 * grants_check() has found good.
 *
 * The base and the root of the MIB, an object identifier of root_len arcs, are borrowed until
 * link_stop().
 */

/*
 * Reads the users, listens, and makes this the link (agent/master/link.h).  Ignores SIGPIPE for the
 * process.  Returns false, with the reason in the log, when the configuration is wrong for the
 * library, when the state cannot be kept, or when it cannot listen; link_stop() is due all the
 * same.
 */
bool standalone_begin(struct event_base *base, const struct config *config,
                      const unsigned long *root, size_t root_len);

/*
 * Whether the library finds nothing wrong in the configuration, with the faults in the log.  A
 * child process looks, for which is waited; nothing changes in this one.  To be asked before a
 * start too.
 */
bool standalone_judge(const struct config *config);

/* Takes the users, views and sinks of a configuration that was judged good. */
void standalone_reload(const struct config *config);

#endif
