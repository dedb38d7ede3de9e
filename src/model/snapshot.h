#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/census.h"
#include "protocol/status.h"

/*
 * A status reply that is being read, beside the tables in force.  Its rows take effect all at once,
 * by snapshot_commit().
 *
 * A client stands in the list as soon as its handshake begins, under its name as soon as that is
 * known, whether it may log in or not.  It is through when its >CLIENT:ESTABLISHED was seen or it
 * has an address in the tunnel.  A bridged client may have none: those that the agent found there
 * are through when load-stats counts as many clients as there are rows.
 *
 * A row of more than 511 bytes, which a long user name makes, cuts the reply of formats 2 and 3 in
 * front of it (management notes, COMMAND -- status).  What stands before the cut is true, the rest
 * stays as it was.  Format 1 has no user names and so is whole, but no client ids either: its rows
 * are those of the clients with the same name and real address, and what it does not tell stays.
 */
struct snapshot {
    struct instance *instance;
    struct census clients;
    struct gather routes;
    struct route_news *news; /* of the routes in force, by position */
    size_t route_count;      /* of those */
    bool plain;              /* format 1 in the place of a cut one */
    bool cut;
    bool server;
    bool tunnel;
    bool gathering;
    bool failed;                           /* memory was missing: the tables in force stay */
    uint64_t numbers[STATUS_OTHER_NUMBER]; /* by enum status_number */
    bool told[STATUS_OTHER_NUMBER];
    uint32_t dropped; /* rows unreadable, over a bound, or without memory */
};

/* Begins; nothing is read yet.  plain: what follows is the format 1 of a daemon that has ids. */
void snapshot_begin(struct snapshot *snapshot, struct instance *instance, bool plain);

/* Takes a row of protocol/status.h. */
void snapshot_row(struct snapshot *snapshot, const struct status_row *row);

/*
 * The reply was complete: its rows become the instance's.  Events are told.  Returns false, with
 * the tables in force unchanged, when not all of it could be kept.
 */
bool snapshot_commit(struct snapshot *snapshot);

/*
 * The same of a reply that was cut: nothing ends, and the rows that it did not show are
 * unconfirmed. Returns false when it was none of a server.
 */
bool snapshot_commit_cut(struct snapshot *snapshot);

/* The reply was refused: what was read is dropped; harmless after a commit. */
void snapshot_abort(struct snapshot *snapshot);

#endif
