#ifndef MODEL_REPLAY_H
#define MODEL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/history.h"
#include "base/slice.h"

struct instance;

/*
 * What `state all`, `log all` and `echo all` replay on contact.  The lines gather beside the
 * history; at the end those that the agent does not know yet are appended.  No event is told, but
 * for a last state that differs from the last known.
 */
enum replay_stream { REPLAY_STATE, REPLAY_LOG, REPLAY_ECHO };

struct replay {
    enum replay_stream stream;
    struct instance *instance;
    struct history lines; /* the newest ones, as many as the history keeps */
    bool active;
};

/* Begins; false when memory is out (the replay is then ignored). */
bool replay_begin(struct replay *replay, enum replay_stream stream, struct instance *instance);

/* Takes a line of the list; one that cannot be read is counted in rows_dropped. */
void replay_line(struct replay *replay, struct slice line);

/* The list is complete. */
void replay_commit(struct replay *replay);

/* Drops what was gathered; harmless after a commit. */
void replay_abort(struct replay *replay);

#endif
