#ifndef CONNECTION_RECEPTION_H
#define CONNECTION_RECEPTION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a daemon with `management-client` connects to the agent: a unix socket of one instance.
 * The protocol has nothing that names a daemon, so the path does, and the system says which user it
 * is (unix(7), SO_PEERCRED).
 *
 * A daemon ends when nobody listens, and when its session is closed.  So the socket listens all the
 * time, and while a daemon is there the next one waits in its backlog, as a second management
 * client waits for a daemon.  A service manager keeps it for the next process (base/keep.h).
 */
struct reception;

struct event_base;
struct instance_config;

/* What it tells, from the event loop alone. */
struct reception_handler {
    /* Somebody has come who may: fd is the owner's.  The next waits for reception_await(). */
    void (*came)(void *arg, int fd);

    /* Somebody else has come and was turned away; why is for people. */
    void (*turned_away)(void *arg, const char *why);
};

/*
 * Listens at config->management.path, with mode 0660; lets nobody in yet.  config, handler, arg and
 * loop must outlive it.  NULL with words for people in error.
 */
struct reception *reception_open(const struct instance_config *config,
                                 const struct reception_handler *handler, void *arg,
                                 struct event_base *loop, char *error, size_t error_size);

/* From now on another configuration of the same endpoint holds. */
void reception_configure(struct reception *reception, const struct instance_config *config);

/* Lets the next one in, who may wait already. */
void reception_await(struct reception *reception);

/* Stops listening and frees it; who waits is shut out.  NULL is harmless. */
void reception_close(struct reception *reception);

/* The same at the end of the process: a service manager may go on listening for the next one. */
void reception_leave(struct reception *reception);

/* The process id of who has come, 0 when it is none of this namespace's. */
int reception_process(int fd);

#endif
