#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include "share/guest.h"

/* One socket at which guests share the management session of a daemon, and its guests. */
struct share;

/*
 * Listens as config says; what keeps it from that is logged, and tried again.  changed(arg) is told
 * when what its guests want to hear is another than before.  All must outlive the share.  NULL when
 * memory is out.
 */
struct share *share_new(struct desk *desk, const struct share_config *config,
                        void (*changed)(void *arg), void *arg, struct event_base *loop);

/* Closes the socket, which is removed, and its guests. */
void share_free(struct share *share);

/* From now on another configuration holds: of the same place, with which guests stay. */
void share_configure(struct share *share, const struct share_config *config);

/* Where it listens, as configured. */
const char *share_endpoint(const struct share *share);

/* As those of guest.h, for all of its guests. */
void share_lose(struct share *share);
void share_hear(struct share *share, struct slice line, const struct message *message);
void share_add_wants(const struct share *share, struct session_wants *wants);

#endif
