#ifndef MODEL_REPLAY_H
#define MODEL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/history.h"
#include "base/slice.h"
#include "model/course.h"
#include "model/records.h"

struct instance;

/*
 * What `state all`, `log all` and `echo all` replay on contact.  The lines gather beside the
 * history; at the end those that the agent does not know yet are appended.  No event is told, but
 * for a last state that differs from the last known, and for the clients that a restart has ended
 * meanwhile: states tell of it, and a list without the last known line is another process's, even
 * if its process id is the same.
 */
enum replay_stream { REPLAY_STATE, REPLAY_LOG, REPLAY_ECHO };

struct replay {
    enum replay_stream stream;
    struct instance *instance;
    struct history lines; /* the newest ones, as many as the history keeps */
    bool active;

    /* What the states say, behind the last known one. */
    bool known;     /* they hold it */
    bool restarted; /* clients were dropped since, at that time of the daemon */
    int64_t ended;
    struct course course;
    struct state_record state; /* the tunnel's by now */
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
