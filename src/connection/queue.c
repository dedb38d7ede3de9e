#include "connection/queue.h"

#include <stddef.h>

#include "connection/exchange.h"

bool queue_add(struct queue *queue, const struct command *command, struct slice block,
               const struct listener *listener)
{
    struct exchange *exchange = exchange_new(command, block, listener);

    if (!exchange)
        return false;
    if (queue->last)
        queue->last->next = exchange;
    else
        queue->first = exchange;
    queue->last = exchange;
    queue->count++;
    return true;
}

/* Takes out the one that stands there; before is the one before it, NULL for the first. */
static struct exchange *take_out(struct queue *queue, struct exchange **at, struct exchange *before)
{
    struct exchange *exchange = *at;

    *at = exchange->next;
    if (!*at)
        queue->last = before;
    queue->count--;
    return exchange;
}

void queue_finish_first(struct queue *queue, const struct reply *reply)
{
    struct exchange *exchange = take_out(queue, &queue->first, NULL);

    if (!exchange->told)
        exchange->listener.done(exchange->listener.arg, reply);
    exchange_free(exchange);
}

void queue_lose(struct queue *queue)
{
    struct reply lost = {.outcome = OUTCOME_LOST};

    while (queue->first) {
        lost.sent = queue->first->stage == EXCHANGE_SENT;
        queue_finish_first(queue, &lost);
    }
}

bool queue_withdraw(struct queue *queue, const void *arg)
{
    struct exchange **at = &queue->first;
    struct exchange *before = NULL;

    while (*at && ((*at)->listener.arg != arg || (*at)->told)) {
        before = *at;
        at = &before->next;
    }
    if (!*at || (*at)->stage == EXCHANGE_SENT)
        return false;
    if ((*at)->stage == EXCHANGE_FENCED)
        (*at)->told = true;
    else
        exchange_free(take_out(queue, at, before));
    return true;
}
