#ifndef CONNECTION_BACKOFF_H
#define CONNECTION_BACKOFF_H

#include <stdbool.h>

/*
 * Pauses between tries to connect, which grow.  A daemon that answers and ends, again and again,
 * must not flood whoever is told of its losses.
 */
struct backoff {
    int next; /* milliseconds */
};

/* Begins with the shortest pause, at first and behind a session that was good. */
void backoff_reset(struct backoff *backoff);

/* The pause before the next try, in milliseconds; a long one where the daemon turns us away. */
int backoff_take(struct backoff *backoff, bool refused);

#endif
