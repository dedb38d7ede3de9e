#include "connection/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "protocol/reply.h"

static bool copy_block(struct exchange *exchange, struct slice block)
{
    if (block.len == 0)
        return true;
    exchange->block = malloc(block.len);
    if (!exchange->block)
        return false;
    memcpy(exchange->block, block.at, block.len);
    exchange->block_len = block.len;
    return true;
}

struct exchange *exchange_new(const struct command *command, struct slice block,
                              const struct listener *listener)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange || !copy_block(exchange, block)) {
        free(exchange);
        return NULL;
    }
    exchange->command = *command;
    exchange->form = command->form;
    exchange->raw = command->raw_reply;
    exchange->listener = *listener;
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    command_wipe(&exchange->command);
    exchange_wipe_block(exchange);
    free(exchange);
}

void exchange_wipe_block(struct exchange *exchange)
{
    if (exchange->block)
        explicit_bzero(exchange->block, exchange->block_len);
    free(exchange->block);
    exchange->block = NULL;
    exchange->block_len = 0;
}

void exchange_sent(struct exchange *exchange)
{
    exchange->stage = EXCHANGE_SENT;
    exchange->idle = clock_idle();
}

bool exchange_is_marked(const struct exchange *exchange)
{
    return exchange->form == REPLY_MARKED || exchange->form == REPLY_MAYBE;
}

/* The answers of pkcs11-id-* only look like real-time messages. */
static bool is_realtime(const struct message *message)
{
    return message->type.len > 0 && message->kind != MESSAGE_PKCS11_COUNT &&
           message->kind != MESSAGE_PKCS11_ENTRY;
}

bool exchange_wants(const struct exchange *exchange, const struct message *message)
{
    if (exchange->stage == EXCHANGE_WAITING)
        return false;
    if (message->kind == MESSAGE_SUCCESS && exchange->stage == EXCHANGE_SENT &&
        !reply_fits(exchange->command.line, message->text))
        return false;
    return !is_realtime(message) || (exchange->raw && exchange->body && !exchange->ended);
}

static void give_raw(const struct exchange *exchange, struct slice line)
{
    if (exchange->listener.raw && !exchange->told)
        exchange->listener.raw(exchange->listener.arg, line);
}

static void give_line(struct exchange *exchange, struct slice line, const struct message *message)
{
    exchange->body = true;
    if (exchange->listener.line && !exchange->told)
        exchange->listener.line(exchange->listener.arg, line, message);
}

/* Keeps the first SUCCESS or ERROR of a marked reply until the marker comes. */
static void keep_verdict(struct exchange *exchange, const struct message *message)
{
    size_t len = message->text.len;

    if (exchange->ended)
        return;
    exchange->ended = true;
    exchange->failed = message->kind == MESSAGE_ERROR;
    if (message->kind == MESSAGE_END)
        return;
    if (len >= sizeof(exchange->text))
        len = sizeof(exchange->text) - 1;
    memcpy(exchange->text, message->text.at, len);
}

static struct reply verdict(const struct exchange *exchange)
{
    return (struct reply){.outcome = !exchange->ended || exchange->spilled ? OUTCOME_CUT
                                     : exchange->failed                    ? OUTCOME_ERROR
                                                                           : OUTCOME_SUCCESS,
                          .text = slice_of(exchange->text)};
}

static enum exchange_result marked_line(struct exchange *exchange, struct slice line,
                                        const struct message *message, struct reply *reply)
{
    struct load_stats stats;
    bool is_verdict = message->kind == MESSAGE_SUCCESS || message->kind == MESSAGE_ERROR;

    if (message->kind == MESSAGE_SUCCESS && reply_load_stats(message->text, &stats)) {
        *reply = verdict(exchange);
        reply->marker = message->text;
        return EXCHANGE_WHOLE;
    }
    give_raw(exchange, line);
    if (message->kind != MESSAGE_END && (!is_verdict || (exchange->raw && exchange->body))) {
        exchange->spilled |= exchange->ended;
        give_line(exchange, line, message);
        return EXCHANGE_GOES_ON;
    }
    keep_verdict(exchange, message);
    if (exchange->form != REPLY_MAYBE || exchange->told)
        return EXCHANGE_GOES_ON;
    *reply = verdict(exchange);
    return EXCHANGE_VERDICT;
}

/*
 * Where the daemon was not waiting for the block, each of its lines has run as a command and has an
 * answer of its own: of those the first tells, and the others are nobody's.
 */
static enum exchange_result block_line(struct exchange *exchange, struct slice line,
                                       const struct message *message, struct reply *reply)
{
    struct load_stats stats;

    if (exchange->ended) {
        if (message->kind != MESSAGE_SUCCESS || !reply_load_stats(message->text, &stats))
            return EXCHANGE_GOES_ON;
        *reply = verdict(exchange);
        reply->marker = message->text;
        return EXCHANGE_WHOLE;
    }
    give_raw(exchange, line);
    if (message->kind != MESSAGE_SUCCESS && message->kind != MESSAGE_ERROR) {
        give_line(exchange, line, message);
        return EXCHANGE_GOES_ON;
    }
    keep_verdict(exchange, message);
    return EXCHANGE_MARK;
}

/* Answers to whom was there before come first, and an answer to a load-stats may be one of them. */
static enum exchange_result resync_line(struct exchange *exchange, const struct message *message,
                                        struct reply *reply)
{
    struct load_stats stats;
    int64_t pid;

    if (message->kind == MESSAGE_SUCCESS && exchange->ended &&
        reply_number(message->text, "pid", &pid)) {
        *reply = (struct reply){.outcome = OUTCOME_SUCCESS};
        return EXCHANGE_WHOLE;
    }
    exchange->ended = message->kind == MESSAGE_SUCCESS && reply_load_stats(message->text, &stats);
    return EXCHANGE_GOES_ON;
}

static enum exchange_result fence_line(const struct message *message, struct reply *reply)
{
    struct load_stats stats;

    if (message->kind != MESSAGE_SUCCESS || !reply_load_stats(message->text, &stats))
        return EXCHANGE_GOES_ON;
    *reply = (struct reply){.outcome = OUTCOME_SUCCESS};
    return EXCHANGE_WHOLE;
}

static enum exchange_result take_reply_line(struct exchange *exchange, struct slice line,
                                            const struct message *message, struct reply *reply)
{
    bool list = exchange->form == REPLY_LIST || (exchange->form == REPLY_COMBO && exchange->body);

    exchange->bytes += line.len;
    if (exchange->stage == EXCHANGE_FENCED)
        return fence_line(message, reply);
    if (exchange_is_marked(exchange))
        return marked_line(exchange, line, message, reply);
    if (exchange->form == REPLY_BLOCK)
        return block_line(exchange, line, message, reply);
    if (exchange->form == REPLY_RESYNC)
        return resync_line(exchange, message, reply);
    give_raw(exchange, line);
    *reply = (struct reply){.text = message->text};
    if (message->kind == MESSAGE_ERROR) {
        reply->outcome = OUTCOME_ERROR;
        return EXCHANGE_WHOLE;
    }
    if (message->kind == (list ? MESSAGE_END : MESSAGE_SUCCESS)) {
        reply->outcome = OUTCOME_SUCCESS;
        if (list)
            reply->text = (struct slice){NULL, 0};
        if (exchange->form != REPLY_COMBO || list)
            return EXCHANGE_WHOLE;
        exchange->body = true;
        return EXCHANGE_GOES_ON;
    }
    give_line(exchange, line, message);
    return EXCHANGE_GOES_ON;
}

enum exchange_result exchange_take(struct exchange *exchange, struct slice line,
                                   const struct message *message, struct reply *reply)
{
    enum exchange_result result = take_reply_line(exchange, line, message, reply);

    reply->took = clock_idle() - exchange->idle;
    return result;
}

bool exchange_is_endless(const struct exchange *exchange, const struct limits *limits)
{
    return exchange->bytes > reply_max((uint64_t)limits->client_max + limits->route_max);
}
