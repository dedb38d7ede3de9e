#ifndef CONNECTION_EXCHANGE_H
#define CONNECTION_EXCHANGE_H

#include <stdbool.h>

#include "base/slice.h"
#include "connection/listener.h"
#include "protocol/command.h"
#include "protocol/message.h"

/*
 * One command and its reply.  Knows how each form of reply ends (protocol/command.h); sends nothing
 * itself.
 */

struct limits;

/* How far it is. */
enum exchange_stage {
    EXCHANGE_WAITING, /* in the queue */
    EXCHANGE_FENCED,  /* a load-stats went out in front of it */
    EXCHANGE_SENT
};

/* The longest text of a SUCCESS or ERROR that is kept until the marker comes; the rest is cut. */
enum { EXCHANGE_TEXT_MAX = 511 };

struct exchange {
    struct command command; /* wiped when it was sent, if it is secret */
    enum reply_form form;
    bool raw;    /* lines of the reply may begin with '>' */
    char *block; /* lines that go out behind the command; wiped when they are sent */
    size_t block_len;
    struct listener listener;
    enum exchange_stage stage;
    bool told;      /* the listener knows the end already, or has withdrawn the command */
    bool body;      /* the list has begun */
    bool ended;     /* a marked one has had its END, SUCCESS or ERROR */
    bool failed;    /* that was an ERROR */
    bool spilled;   /* lines came behind its END */
    uint64_t bytes; /* of the reply, so far */
    int64_t idle;   /* clock_idle() when it was sent */

    /* Of that SUCCESS or ERROR. */
    char text[EXCHANGE_TEXT_MAX + 1];
    struct exchange *next;
};

/* A new one, with a copy of the command and its block.  NULL when memory is out. */
struct exchange *exchange_new(const struct command *command, struct slice block,
                              const struct listener *listener);

/* Wipes and frees it. */
void exchange_free(struct exchange *exchange);

/* The block was sent. */
void exchange_wipe_block(struct exchange *exchange);

/* The command goes out now. */
void exchange_sent(struct exchange *exchange);

/* Whether a load-stats must be sent behind the command at once. */
bool exchange_is_marked(const struct exchange *exchange);

/*
 * Whether the line is one of the reply: it may begin with '>' and be one, and a SUCCESS that does
 * not fit the command is none.
 */
bool exchange_wants(const struct exchange *exchange, const struct message *message);

enum exchange_result {
    EXCHANGE_GOES_ON,
    EXCHANGE_VERDICT, /* *reply is what the listener may be told now; the marker is still to come */
    EXCHANGE_MARK,    /* a load-stats must be sent now: the reply ends with its answer */
    EXCHANGE_WHOLE    /* *reply is the end; its slices are valid as long as exchange and line */
};

/*
 * Takes a line of the reply to a command that was sent, or to its fence.  Lines of a list go to the
 * listener.
 */
enum exchange_result exchange_take(struct exchange *exchange, struct slice line,
                                   const struct message *message, struct reply *reply);

/* Whether the reply is longer than any that a daemon of those limits gives. */
bool exchange_is_endless(const struct exchange *exchange, const struct limits *limits);

#endif
