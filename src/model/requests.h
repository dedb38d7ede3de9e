#ifndef MODEL_REQUESTS_H
#define MODEL_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/message.h"

struct instance;

/* Requests of a daemon that are open at once; the oldest is withdrawn for one more. */
enum { REQUESTS_OPEN_MAX = 16 };

/* Rows of the open ones, ascending, so that nobody has to look for them among the others. */
struct open_requests {
    uint32_t rows[REQUESTS_OPEN_MAX];
    size_t count;
};

/* What the daemon waits for (>PASSWORD:Need, >NEED-OK, >NEED-STR and the like). */
enum request_kind {
    REQUEST_UNKNOWN = 1,
    REQUEST_PASSWORD,
    REQUEST_USERNAME_PASSWORD,
    REQUEST_USERNAME,
    REQUEST_CONFIRM,
    REQUEST_STRING,
    REQUEST_OTHER,
    REQUEST_CHALLENGE /* a response alone */
};

/* A server's question is open no longer than it says, or an hour; five minutes where it doesn't. */
enum { FACTOR_SECONDS = 300, FACTOR_SECONDS_MAX = 3600 };

enum request_status { REQUEST_PENDING = 1, REQUEST_ANSWERED, REQUEST_FAILED, REQUEST_WITHDRAWN };

struct request {
    enum request_kind kind;
    char *name; /* the daemon's word: Auth, Private Key, ..., or RSA_SIGN and so on */
    char *prompt;
    char *reason;    /* of the last failure; challenge state masked */
    char *challenge; /* the dynamic challenge (CRV1) to be answered: secret, never shown */
    bool challenged; /* there is, or was, a challenge, static or dynamic */
    bool echo;       /* the response to it may be shown while it is typed */
    bool static_challenge;
    bool by_server; /* the server asks, for a second factor; the daemon itself goes on */
    bool concat;    /* the response is appended to the password */
    int64_t since;  /* seconds since 1970 */
    int64_t ended;  /* 0 while pending */
    enum request_status status;
    bool blocks;       /* the daemon does nothing else until it has the answer */
    bool certificate;  /* it asks which certificate of a token to take */
    bool told;         /* EVENT_INPUT_NEEDED was told */
    bool has_username; /* the daemon took one */
    bool has_answer;   /* the daemon took a password, or whatever else was asked for */
};

/*
 * The daemon asks.  A request that is open already, of the same kind and name, stays the same row;
 * else a row is added and EVENT_INPUT_NEEDED told.
 */
void requests_asked(struct instance *instance, const struct request_message *asked);
void requests_other(struct instance *instance, struct slice type, struct slice text);

/* A client waits for its login to be judged (management-client-auth): the daemon goes on. */
void requests_login(struct instance *instance, struct slice text);

/*
 * The server asks for a second factor.  Its question outlives the states in which the daemon waits
 * for the server, and ends with any other, or when its time is over.
 */
void requests_factor(struct instance *instance, const struct factor_message *factor);

/* Whether one of those is open. */
bool requests_factor_open(const struct instance *instance);

/*
 * The daemon has gone on to another state: open requests end, but for those of a server that still
 * waits.
 */
void requests_state_told(struct instance *instance, const struct state_line *line);

/* >PASSWORD:Verification Failed: EVENT_AUTH_FAILED; the request of that name has failed. */
void requests_failed(struct instance *instance, struct slice type, struct slice reason);

/*
 * >FATAL: of a wrong key passphrase 2.3 and 2.7 say nothing else, so that it is the failure of the
 * question for it, if there was one and nothing has said so before.
 */
void requests_fatal(struct instance *instance, struct slice text);

/*
 * The daemon took a user name, or another answer, for the request in that row: it has been answered
 * when nothing is missing.
 */
void requests_accepted(struct instance *instance, uint32_t row, bool username);

/* Changes how many are kept; those that no longer fit and are open are withdrawn. */
void requests_resize(struct instance *instance, uint32_t bound);

/* All open requests end: the daemon has gone on without an answer, or has ended. */
void requests_withdraw(struct instance *instance);

/* Dynamic challenges that came with a failure are for no request that is still to come. */
void requests_forget_challenges(struct instance *instance);

/* Tells EVENT_INPUT_NEEDED of what was asked before there was contact. */
void requests_tell(struct instance *instance);

/*
 * The first open request, or the first in a row behind after, and its number in *row; NULL when
 * there is none.
 */
struct request *requests_open(const struct instance *instance, uint32_t *row);
struct request *requests_open_after(const struct instance *instance, uint32_t after, uint32_t *row);

/* Whether the daemon goes on only when somebody has answered. */
bool requests_block(const struct instance *instance);

void request_fini(void *request);

#endif
