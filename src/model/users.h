#ifndef MODEL_USERS_H
#define MODEL_USERS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/identity.h"
#include "model/rows.h"
#include "protocol/address.h"

struct client;
struct instance_config;

/*
 * The users of a server: a row for each name that was let in, which stays when the user leaves.  A
 * session counts for its user from the moment that it is established until it ends; so a name that
 * was never let in has no row.  Where there are more users than the bound, who was away longest
 * goes first; who is online never goes.
 *
 * What a lost contact leaves open, whether a session still goes on, is settled when the clients are
 * known again.  Until then its user has it, and the time that it takes stands still at the last
 * word of the daemon.
 */
struct user {
    uint32_t index; /* grows, never given to another */
    uint32_t connects;
    uint32_t rejected;
    uint32_t sessions; /* that go on, as last known */
    char *name;        /* clean text, as are the others; owned */
    uint64_t bytes_in; /* of all sessions, to be read as they are */
    uint64_t bytes_out;
    int64_t created;                /* seconds since 1970 */
    int64_t last_connected;         /* the latest session's start by the daemon, 0 when not known */
    int64_t last_seen;              /* seconds since 1970; read it by users_last_seen() */
    char *real_text;                /* of the session that began last, NULL when not known */
    struct tunnel_addresses tunnel; /* likewise, and of the last that had one */

    /* Of the user alone; users_seconds() reads them. */
    int64_t shown;     /* the start of the session whose texts these are, of the client */
    uint32_t shown_by; /* with that index, 0 when it has ended */
    int64_t spent;     /* milliseconds of sessions that have ended */
    int64_t starts;    /* sum of the clock_mono() from which those that go on count */
    int64_t seen_mono; /* when the user was last seen to be there */

    struct user *previous; /* neighbours in the list that it stands in */
    struct user *next;
};

struct user_list {
    struct user *first;
    struct user *last;
};

struct users {
    void *by_name;         /* tsearch(3) */
    void *by_index;        /* likewise */
    struct user_list away; /* who went first stands first */
    struct user_list online;
    uint32_t count;
    uint32_t bound;
    uint32_t last_index; /* the last that was given */
    uint32_t dropped;    /* rows that made room for others, and users for whom there was none */
    bool by_username;    /* their names are user names, where those are given */
    bool unsettled;      /* a session has ended that showed where a user is, who has others */
    int64_t seen_mono;   /* when the daemon last spoke while its clients were known; 0 never */
    int64_t seen_unix;
};

/* Takes key and bound from the configuration.  Over a new bound those go who were away longest. */
void users_configure(struct users *users, const struct instance_config *config);

void users_fini(struct users *users);

/* The first user with an index greater than that; NULL when there is none. */
const struct user *users_after(const struct users *users, uint32_t index);

/* Seconds connected, over all sessions, those that go on included; never falls. */
uint64_t users_seconds(const struct users *users, const struct user *user);

/* When the user was last known to be connected, in seconds since 1970. */
int64_t users_last_seen(const struct users *users, const struct user *user);

/* The daemon has said something while its clients are known: those that are online are there. */
void users_heard(struct users *users);

/*
 * The daemon says that the client is there.  One that is through counts for its user from now on, a
 * new row if need be, or is passed over (client->counted says that this was decided); its user's
 * texts are fresh.
 */
void users_see(struct users *users, struct client *client);

/* What a client has moved since it was last told counts for its user. */
void users_move(const struct client *client, uint64_t in, uint64_t out);

/* All rows of a status are there: who has lost the session shown is shown by another. */
void users_settle(struct users *users, const struct rows *clients);

/* The client has ended, at that time in seconds since 1970.  Returns its user's index, or 0. */
uint32_t users_leave(struct users *users, const struct client *client, int64_t ended);

/* Somebody who gave these names was not let in. */
void users_reject(struct users *users, const struct identity *who);

/*
 * For a memory that outlives the program.  All users one after the other in an order in which
 * users_restore() takes them: who was away longest first, those online last.  Beside what stands in
 * struct user above `spent`, users_seconds() and users_last_seen() are worth keeping, and
 * last_index and dropped of the users.
 */
const struct user *users_first(const struct users *users);
const struct user *users_next(const struct users *users, const struct user *user);

/*
 * Puts a user back, who is away.  index, name, connects, rejected, both byte counters, created, the
 * two last ones and the texts are as they were, spent has the milliseconds of all sessions, the
 * rest is zero.  Takes the user, whom malloc() gave, and who may go at once where there are more
 * than the bound.  False, with the user still the caller's, when memory is out, or the index or the
 * name is there, or 0 or NULL.
 */
bool users_restore(struct users *users, struct user *user);

/*
 * A client that was put back (clients_restore()) is a session of the user with that index; what it
 * has moved and lasted until the user was last seen was counted before.  Nothing happens when there
 * is no such user.
 */
void users_resume(struct users *users, struct client *client, uint32_t user_index);

#endif
