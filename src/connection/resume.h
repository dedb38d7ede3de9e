#ifndef CONNECTION_RESUME_H
#define CONNECTION_RESUME_H

#include <stdbool.h>

#include "base/slice.h"

struct instance_config;
struct keep;
struct queue;

/*
 * A management session that goes on over a restart of the agent (base/keep.h): what the next
 * process has to know of it, since the daemon does not say it twice.
 */
struct resume {
    struct keep *keep; /* NULL while the session would end with the process */
    int fd;            /* of a session that is to be taken over; -1 without one */
    char *words;
    struct slice greeting; /* of words: the line */
    struct slice question; /* of words: the line of a hold or a question; empty without one */
    bool torn;             /* the process before may have read the first part of a line */
};

void resume_init(struct resume *resume);

/* Looks whether a process before has left a session with the daemon of that configuration. */
void resume_find(struct resume *resume, const struct instance_config *config);

/* Whether there is one, which was not taken over yet. */
bool resume_waits(const struct resume *resume);

/* A daemon has connected by itself: its socket is taken as such a session's, without words. */
void resume_give(struct resume *resume, int fd);

/* The socket of that session, which is the caller's from now on. */
int resume_take(struct resume *resume);

/* The words are not needed any more. */
void resume_done(struct resume *resume);

/* A session has begun, or goes on: the next process can have it. */
void resume_put(struct resume *resume, const struct instance_config *config, int fd);

/* The lines that the next process has to know; question may be NULL. */
void resume_note(struct resume *resume, const struct instance_config *config, const char *greeting,
                 const char *question, bool torn);

/* The session ends, for the daemon too.  Harmless without one. */
void resume_drop(struct resume *resume);

/* The process ends, and the session may go on. */
void resume_leave(struct resume *resume);

/*
 * Puts first into the queue what finds the border between the answers to a process before and ours:
 * its streams are turned off, and all answers are swallowed up to that of a `load-stats` which that
 * of a `pid` follows.  Returns false when memory is out.
 */
bool resume_ask(struct queue *queue);

#endif
