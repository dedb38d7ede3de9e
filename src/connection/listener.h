#ifndef CONNECTION_LISTENER_H
#define CONNECTION_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct message;

/* Who asks a command of a daemon, and what is told of its end. */

/* How an exchange ended. */
enum outcome {
    OUTCOME_SUCCESS, /* SUCCESS, or a list with its END */
    OUTCOME_ERROR,   /* ERROR; text is the daemon's */
    OUTCOME_CUT,     /* the marker came, but no end of the reply, or lines behind it */
    OUTCOME_LOST,    /* the session ended before the reply */
    OUTCOME_UNSENT   /* its check said no: the daemon never saw it */
};

struct reply {
    enum outcome outcome;
    bool sent;           /* of a lost one: the daemon may have read the command */
    int64_t took;        /* clock_idle() from the sending to this; 0 of a lost one */
    struct slice text;   /* behind SUCCESS: or ERROR:, empty for a list */
    struct slice marker; /* text of the load-stats marker, empty without one */
};

/*
 * Who waits for a reply; line, raw and check may be NULL.  Called from the event loop and by
 * connection_free(); what these functions may do stands in connection/connection.h.
 */
struct listener {
    void (*line)(void *arg, struct slice line, const struct message *message);

    /*
     * Every line of the reply as the daemon wrote it, the one that ends it included, before line()
     * or done() is told.  Never the answer to a load-stats that the agent put in front or behind.
     */
    void (*raw)(void *arg, struct slice line);

    /*
     * Called once, unless the command is withdrawn before, and the listener is never called again:
     * what arg is may be freed here.  For a REPLY_MAYBE as soon as there is a verdict, else when
     * the reply ends.
     */
    void (*done)(void *arg, const struct reply *reply);

    /*
     * Whether the command is still right, asked in the moment before it is sent.  A load-stats goes
     * out before, so that all that the daemon has said until now is known.
     */
    bool (*check)(void *arg);
    void *arg;
};

/* done of a command whose answer changes nothing. */
static inline void listener_ignore(void *arg, const struct reply *reply)
{
    (void)arg;
    (void)reply;
}

#endif
