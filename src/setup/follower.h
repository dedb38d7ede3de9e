#ifndef SETUP_FOLLOWER_H
#define SETUP_FOLLOWER_H

#include "config/config.h"
#include "model/instance.h"

struct event_base;
struct follower;

/*
 * Keeps true what the model knows from the daemon's own configuration file (the key
 * openvpn_config): reads it and the files that it names at the start, and looks each minute whether
 * one of them has changed.  All that waits for the disk is done in threads (base/job.h).
 */

/* How often files are looked at, in milliseconds, and for how many daemons at a time. */
#define FOLLOWER_INTERVAL 60000
#define FOLLOWERS_AT_ONCE 4

/*
 * Begins at once.  instance and base must outlive it; the configuration is not kept.  NULL when
 * memory is out.
 */
struct follower *follower_new(struct instance *instance, const struct instance_config *config,
                              struct event_base *base);

/* Another configuration holds: all is read again. */
void follower_configure(struct follower *follower, const struct instance_config *config);

/* NULL is harmless. */
void follower_free(struct follower *follower);

/* At the end of the program, when all are freed: waits a little for threads that still run. */
void followers_stop(void);

#endif
