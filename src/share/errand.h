#ifndef SHARE_ERRAND_H
#define SHARE_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection/listener.h"
#include "share/asks.h"
#include "share/bucket.h"

struct session;

/* What a guest is told of its errand; the guest may be freed by either. */
struct errand_listener {
    /* A line of the daemon's answer. */
    void (*raw)(void *arg, struct slice line);

    /* It is over.  answer is what the guest is to be told where the daemon was not asked, or NULL.
     */
    void (*done)(void *arg, enum outcome outcome, const char *answer);
};

/*
 * One command of a guest on its way to the daemon and back.  It goes on when the guest has gone, so
 * that what the daemon did is known.
 */
struct errand {
    struct ask ask;
    char *block; /* the lines that belong to it, END included; NULL without */
    size_t block_len;
    struct bucket *bucket;          /* of its share; not looked at any more when it is under way */
    char source[CHANGE_SOURCE_MAX]; /* who wants it, for people */
    const void *owner;              /* the same, for session/answers.h */

    const struct errand_listener *listener; /* NULL when the guest has gone */
    void *arg;

    uint64_t ticket; /* of its command among the shown ones (model/asked.h), 0: not shown */
    int64_t begun;   /* clock_mono() */
    bool verb;       /* the session was told of a verb */
    struct errand *next;
};

/* A copy of ask and of the lines that belong to it.  NULL when memory is out. */
struct errand *errand_new(const struct ask *ask, struct slice block);

/* Wipes and frees it. */
void errand_free(struct errand *errand);

/*
 * It is about to be sent.  False when it must not be: answer is what the guest is told then.  After
 * true errand_end() is due.
 */
bool errand_begin(struct errand *errand, struct session *session, struct instance *instance,
                  char answer[VERB_TEXT_MAX]);

/* The daemon has answered, or will not: the model is changed accordingly. */
void errand_end(struct errand *errand, struct session *session, struct instance *instance,
                const struct reply *reply);

#endif
