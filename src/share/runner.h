#ifndef SHARE_RUNNER_H
#define SHARE_RUNNER_H

#include <stdbool.h>

#include "share/desk.h"
#include "share/filter.h"

/*
 * What one guest says, and what becomes of it: what the daemon keeps for each management session is
 * kept here and answered here, the rest becomes errands, one at a time.
 */

/* Told to whom the runner belongs, who may stop it. */
struct runner_host {
    /* A line for the guest: of the answer to its command. */
    void (*say)(void *arg, struct slice line);

    /* The command is over: the next line may be given. */
    void (*idle)(void *arg);

    /* What it wants to hear is another than before. */
    void (*changed)(void *arg);
};

struct runner {
    struct site *site;
    struct guest_row *row;
    const struct runner_host *host;
    void *arg;

    struct filter filter;
    int client_version;    /* that it has told; 0 none */
    bool deaf;             /* it hears nothing any more: reads are left out */
    struct errand *errand; /* under way */

    /* Of `state`, `log` and `echo`, which take one word after the other. */
    const struct verb *stream;          /* that runs, NULL for another command */
    char next_word[LEXER_WORD_MAX + 1]; /* the second one, until its turn */
    bool turn_on;                       /* at the end of the list */

    /* Of a command with lines of its own, while they come. */
    struct ask ask;
    char *block; /* of CONNECTION_BLOCK_MAX bytes; NULL while there is none */
    size_t block_len;
    unsigned block_lines;
    bool block_bad; /* there was one that must not be sent */
};

/* For a guest that was greeted; all must outlive the runner, which is also what answers belong to.
 */
void runner_begin(struct runner *runner, struct site *site, struct guest_row *row,
                  const struct runner_host *host, void *arg);

/* The guest goes, whatever is under way. */
void runner_end(struct runner *runner);

/* Another configuration holds. */
void runner_follow(struct runner *runner);

/* Whether a command is under way: no line may be given then. */
bool runner_is_busy(const struct runner *runner);

/* Takes a clean line of at most COMMAND_MAX bytes.  False when the guest wants to leave. */
bool runner_line(struct runner *runner, struct slice line);

/* The same of a line that was too long. */
void runner_long_line(struct runner *runner);

/* Whether the stream of that verb will be on for it when the list that it asked for has come. */
bool runner_awaits(const struct runner *runner, enum verb_kind kind);

/* Whether a real-time message goes to it. */
bool runner_hears(struct runner *runner, const struct message *message);

#endif
