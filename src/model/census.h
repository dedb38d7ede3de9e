#ifndef MODEL_CENSUS_H
#define MODEL_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "model/clients.h"
#include "model/known.h"
#include "model/rows.h"
#include "protocol/status.h"

/*
 * The clients of a status that is being read (model/snapshot.h), beside the table in force.  Of one
 * that is there and has the same texts nothing is made anew: its counters wait until all of the
 * status is there.
 */
struct census {
    struct instance *instance;
    struct gather gather;
    struct client_news *news; /* of the clients in force, by position */
    size_t count;             /* of those */
    struct known known;       /* where ids are missing */
    struct hash_table found;  /* those that the status has, by real address, for its routes */
    bool plain;               /* format 1 in the place of a cut one */
    bool settled;             /* all are through */
    uint32_t pending;         /* after the commit: how many are not */
    uint32_t anonymous;       /* and have no id */
    struct rows ended;        /* likewise; buried by census_end() */
};

/* Begins; false when memory is out.  census_end() is to follow in any case. */
bool census_begin(struct census *census, struct instance *instance, bool plain);

/* Takes a row.  False when there is no place, or no memory (gather.failed), for it. */
bool census_add(struct census *census, const struct status_client *row);

/*
 * The client of a route, which is in force, or new; NULL when there is none of that name and real
 * address.  Good until census_end().
 */
struct client *census_find(const struct census *census, const struct status_route *row);

/* The status has a route of that client. */
void census_route(struct census *census, struct client *client, const struct status_route *row);

/*
 * What was taken becomes the instance's.  whole: the status has shown all that there are.  Events
 * are told.  False when the clients in force stay.
 */
bool census_commit(struct census *census, bool whole);

/* Drops what was not committed; harmless without census_begin(). */
void census_end(struct census *census);

#endif
