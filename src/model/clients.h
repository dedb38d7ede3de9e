#ifndef MODEL_CLIENTS_H
#define MODEL_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/client.h"

struct instance;

/* What a >CLIENT:ESTABLISHED block holds, gathered line by line; texts owned by the block. */
struct established {
    int64_t cid;
    int64_t since;
    struct identity who; /* without the real address, which comes in parts: */
    char *real_ip;
    char *real_port;
    char *proto;
    struct peer peer;
};

/* Takes a line `name=value` of the block; what is not of use, secrets among it, is ignored. */
void established_env(struct established *block, struct slice name, struct slice value);

void established_fini(struct established *block);

/*
 * The block is complete: its client is there, established (told as EVENT_CLIENT_CONNECTED when it
 * was not before).  Takes what it says of the peer out of the block.  Returns whether a status
 * would tell more: the client has just come.
 */
bool clients_established(struct instance *instance, struct established *block);

/*
 * The daemon has dropped all clients, by a restart or because it is another process: all sessions
 * end now, and the routes are gone.
 */
void clients_end_all(struct instance *instance);

/*
 * The same, of the clients that the agent knows from before this management session: the daemon
 * dropped them at that time, in seconds since 1970, while nobody looked.
 */
void clients_end_old(struct instance *instance, int64_t ended);

/*
 * The client with that name and real address, until now known without a client id (snapshot.h), has
 * this one.
 */
void clients_adopt(struct instance *instance, struct client *client, int64_t cid, int64_t since);

/* >CLIENT:DISCONNECT: the client with that id has gone. */
void clients_disconnected(struct instance *instance, int64_t cid);

/*
 * Whether the daemon has said in this management session that the client is there; before, its
 * client id may be another's.
 */
bool clients_confirmed(const struct instance *instance, const struct client *client);

/*
 * The client has gone by now: a record in the history and EVENT_CLIENT_DISCONNECTED.  One that was
 * pending is a rejected login: EVENT_CLIENT_REJECTED.
 */
void clients_end(struct instance *instance, const struct client *client);

/* The client, pending no more or new, has come while the agent watched: EVENT_CLIENT_CONNECTED. */
void clients_come(struct instance *instance, const struct client *client);

/* The client is there: when it is through it counts for its user from now on (users.h). */
void clients_see(struct instance *instance, struct client *client);

/*
 * Whether one of those clients, after one index and up to another, waits to be let in: it is
 * pending but has told its name, as a handshake that has only begun has not.
 */
bool clients_waiting(const struct instance *instance, uint32_t after, uint32_t last);

/* How many of the rows are pending. */
uint32_t clients_pending(const struct instance *instance);

/* load-stats: the number of clients that are through. */
void clients_set_total(struct instance *instance, uint64_t total);

/*
 * Puts a client back that was there when a former agent ended, as if contact had been lost since:
 * the first status finds it again, or ends it.  It has its index, which must be above all that are
 * there, who, the bytes, since and cid, and counts for the user with that index, 0 for none.  Takes
 * the client (client_copy()); false, with the client still the caller's, when it cannot be.
 */
bool clients_restore(struct instance *instance, struct client *client, uint32_t user_index);

/* The row with that index, or the first with a greater one; NULL when there is none to be seen. */
struct client *clients_at(const struct instance *instance, uint32_t index);
struct client *clients_after(const struct instance *instance, uint32_t index);
/* The only one with that real address as the status wrote it; NULL when there is none, or more. */
struct client *clients_with_address(const struct instance *instance, struct slice real_text);
/* The one with that id of the daemon's, NULL when there is none. */
struct client *clients_with_cid(const struct instance *instance, int64_t cid);
struct client *peers_after(const struct instance *instance,
                           uint32_t index); /* those with a block */

#endif
