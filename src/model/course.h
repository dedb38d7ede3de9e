#ifndef MODEL_COURSE_H
#define MODEL_COURSE_H

#include <stdbool.h>

#include "protocol/state.h"

/*
 * What the order of the states says of a tunnel (management notes, COMMAND -- state).  A point to
 * point end opens its device first and says ASSIGN_IP before WAIT, a client has to be told its
 * address and says it behind.
 */
struct course {
    enum state state; /* the tunnel's; STATE_UNKNOWN before the first */
    bool assigned;    /* since the last start: ASSIGN_IP, and no WAIT before it */
    bool waited;      /* since the last start: WAIT or AUTH */
    bool client;      /* what has been seen is a client's of a TLS session */
    bool peer;        /* or a point to point end's of one */
};

/*
 * Follows a state that the daemon has said.  False when the tunnel is in that of before: it ends
 * with RECONNECTING or EXITING, and a WAIT or AUTH behind CONNECTED is the try of somebody else,
 * who may be a stranger.
 */
bool course_follow(struct course *course, enum state state);

#endif
