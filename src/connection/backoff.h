#ifndef CONNECTION_BACKOFF_H
#define CONNECTION_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "connection/watch.h"

/*
 * Pauses between tries to connect, which grow.  A daemon that answers and ends, again and again,
 * must not flood whoever is told of its losses.  One that turns us away is tried rarely, or when
 * what may be the reason has changed: its unix socket has become another one, or may be used by
 * others, or the password file has been mended; where the daemon is to connect, the folder too.
 */
struct backoff {
    int next;     /* milliseconds */
    int64_t end;  /* of this pause, clock_mono() */
    bool refused; /* we were turned away */
    struct watch socket;
    struct watch folder; /* where we are to listen */
    struct watch password;
};

struct instance_config;

/* Begins with the shortest pause. */
void backoff_reset(struct backoff *backoff);

/* The same where the session that ends, good since then (clock_mono(), 0: never), has lasted. */
void backoff_session_ended(struct backoff *backoff, int64_t good_since);

/* A try begins, or in it a login, with what the configuration says. */
void backoff_try(struct backoff *backoff, const struct instance_config *config);
void backoff_login(struct backoff *backoff, const struct instance_config *config);

/*
 * Begins the pause before the next try, a long one where the daemon turns us away.  Returns the
 * milliseconds until backoff_left() is to be asked.
 */
int64_t backoff_take(struct backoff *backoff, bool refused);

/* 0 when the pause is over, else the milliseconds until this is to be asked again. */
int64_t backoff_left(struct backoff *backoff, const struct instance_config *config);

/* Whether the password file has become another one since the last login. */
bool backoff_password_is_new(struct backoff *backoff, const struct instance_config *config);

/* Milliseconds between two looks at what somebody may mend. */
#define BACKOFF_LOOK_EVERY 1000

#endif
