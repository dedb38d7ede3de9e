#ifndef SHARE_MULTIPLEXER_H
#define SHARE_MULTIPLEXER_H

#include "config/config.h"

struct event_base;
struct instance;
struct session;

/*
 * All shares of a daemon: sockets at which others have a management session of their own, over the
 * one that the agent has.  What they may do is said by the configuration, and all of it goes the
 * way that the changes of managers go.
 */
struct multiplexer;

/*
 * Without shares until it is configured.  instance and loop must outlive it.  NULL when memory is
 * out.
 */
struct multiplexer *multiplexer_new(struct instance *instance, struct session *session,
                                    struct event_base *loop);

/*
 * From now on another configuration holds; the old one may be freed.  multiplexer_drop() closes
 * shares that are not in it, multiplexer_configure() opens those that are new; of those that stay
 * guests stay. Two calls, so that a place can go from one daemon to another.
 */
void multiplexer_drop(struct multiplexer *multiplexer, const struct instance_config *config);
void multiplexer_configure(struct multiplexer *multiplexer, const struct instance_config *config);

/* The session is about to be freed: it is not used any more, and all guests go. */
void multiplexer_stop(struct multiplexer *multiplexer);

/* Frees it.  The session must be gone already, so that no answer is waited for; NULL is fine. */
void multiplexer_free(struct multiplexer *multiplexer);

#endif
