#ifndef MODEL_CLIENT_H
#define MODEL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "model/identity.h"
#include "model/rows.h"

struct user;

/* What an >CLIENT:ESTABLISHED block told of the peer; NULL texts are "not told". */
struct peer {
    char *version;          /* IV_VER */
    char *platform;         /* IV_PLAT */
    char *gui;              /* IV_GUI_VER */
    char *sso;              /* IV_SSO */
    char *platform_version; /* IV_PLAT_VER */
    char *hardware;         /* IV_HWADDR */
    char *ssl;              /* IV_SSL */
    char *variables;        /* UV_*: "UV_A=x, UV_B=y" */
};

void peer_fini(struct peer *peer);

/*
 * A connected client.  A status that shows it again changes it when all of the status is there
 * (model/census.h), an ESTABLISHED block at once.
 */
struct client {
    struct row_base base;
    struct hash_node address; /* by the real one, for a status that is being read */
    struct identity who;      /* the texts and the cipher are in the piece of memory at texts */
    char *cipher;
    char *texts;
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t since;     /* seconds since 1970, 0 when not known */
    int64_t cid;       /* -1 when not told */
    int64_t peer_id;   /* -1 when not told */
    int64_t last_ref;  /* latest of its routes, seconds since 1970, 0 when none */
    int64_t seen_mono; /* clock_mono() from which it counts: it was new, or a counter fell */
    bool pending;      /* not known to be through: see snapshot.h */
    bool ambiguous;    /* in the status another one has the same name and real address */
    bool unconfirmed;  /* the last status was cut, and it may stand behind the cut */
    bool counted;      /* among the sessions of its user, or there was no room for one (users.h) */
    struct peer *peer; /* NULL when no block was seen */
    struct user *user; /* NULL when there is none */
    int64_t start;     /* clock_mono() from which it counts for the user */
};

/* Of a client, clean or not. */
struct client_texts {
    struct slice common_name;
    struct slice username;
    struct slice real_text;
    struct slice cipher;
};

/*
 * Gives it these texts, cleaned, of which some may be its own; empty ones become NULL.  False, and
 * nothing changes, when memory is out.
 */
bool client_set_texts(struct client *client, const struct client_texts *texts);

/* A new one, without peer and user, in no table; NULL when memory is out. */
struct client *client_copy(const struct client *client);

/* What a counter has grown by; one that fell has begun anew. */
static inline uint64_t counter_growth(uint64_t now, uint64_t before)
{
    return now < before ? now : now - before;
}

/* How the client with that id, which is not negative, and that start is looked for. */
struct client_id {
    int64_t cid;
    int64_t since;
};
struct row_key client_key(const struct client_id *id);

void client_free(void *client);
extern const struct rows_type client_rows;

#endif
