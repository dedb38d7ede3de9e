#ifndef CONNECTION_QUEUE_H
#define CONNECTION_QUEUE_H

#include <stdbool.h>

#include "connection/listener.h"

struct command;
struct exchange;

/* The commands of a connection in their order; the first may be on its way. */
struct queue {
    struct exchange *first; /* NULL when there is none */
    struct exchange *last;
    unsigned count;
};

/* Adds a copy of the command and its block, which may be empty.  False when memory is out. */
bool queue_add(struct queue *queue, const struct command *command, struct slice block,
               const struct listener *listener);

/* Takes the first out and frees it; its listener is told, unless it knows its end already. */
void queue_finish_first(struct queue *queue, const struct reply *reply);

/* The same with all of them: they are OUTCOME_LOST. */
void queue_lose(struct queue *queue);

/*
 * As connection_withdraw().  One that is EXCHANGE_FENCED stays until the answer to the fence is
 * read; it is marked as told.
 */
bool queue_withdraw(struct queue *queue, const void *arg);

#endif
