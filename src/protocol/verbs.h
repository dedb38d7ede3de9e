#ifndef PROTOCOL_VERBS_H
#define PROTOCOL_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/command.h"
#include "protocol/lexer.h"

/*
 * The commands of the management interface, as somebody else's lines name them (management notes;
 * 2.1 to 2.7).  What is in no row here is never sent to a daemon.  All that is particular to one is
 * its row in verbs.c.
 */
enum verb_kind {
    /* Answered without the daemon, or taken apart by who runs them. */
    VERB_EXIT, /* `quit` too */
    VERB_STATE,
    VERB_LOG,
    VERB_ECHO,
    VERB_BYTECOUNT,
    VERB_ENV_FILTER,
    VERB_VERSION,

    /* Reads. */
    VERB_HELP,
    VERB_PID,
    VERB_NCLIENTS,
    VERB_LOAD_STATS,
    VERB_STATUS,
    VERB_REMOTE_ENTRY, /* -count and -get */
    VERB_TEST,
    VERB_NET,
    VERB_PKCS11, /* -id-count and -id-get: they end a daemon that has not begun yet */

    /* Reads without a parameter, writes with one. */
    VERB_HOLD,
    VERB_VERB,
    VERB_MUTE,
    VERB_AUTH_RETRY,

    /* Writes. */
    VERB_SIGNAL,
    VERB_KILL,
    VERB_CLIENT_KILL,
    VERB_FORGET,

    /* Writes that answer a question. */
    VERB_USERNAME,
    VERB_PASSWORD, /* with one parameter alone a block, since 2.7.2 */
    VERB_NEEDOK,
    VERB_NEEDSTR,
    VERB_CR_RESPONSE,
    VERB_REMOTE,
    VERB_PROXY,
    VERB_SIGN,        /* pk-sig, rsa-sig: a block */
    VERB_CERTIFICATE, /* a block */

    /* Writes that judge the login of a client, by its numbers. */
    VERB_CLIENT_AUTH, /* a block */
    VERB_CLIENT_AUTH_NT,
    VERB_CLIENT_DENY,
    VERB_CLIENT_PENDING,

    VERB_PUSH_UPDATE /* -broad and -cid */
};

/* What it does to the daemon. */
enum verb_access {
    VERB_READS,
    VERB_QUERIES, /* without a parameter; else it writes */
    VERB_WRITES
};

struct verb {
    const char *name;
    enum verb_kind kind;
    enum verb_access access;
    size_t least;     /* parameters */
    bool at_least;    /* so the daemon says when there are fewer */
    bool block;       /* lines up to END follow */
    const char *word; /* of a share's `allow`, which opens it (a query is open); NULL: none */
    size_t shown;     /* of one with secrets: the leading words that may be shown; else 0 */
    enum reply_form form;
};

/* The row of that name; NULL when there is none.  Rows are constant. */
const struct verb *verbs_find(struct slice name);

/* Rows in the order of the table, for the tests; NULL behind the last. */
const struct verb *verbs_at(size_t place);

/* What is to be done with a line. */
enum verb_verdict {
    LINE_EMPTY,     /* nothing, and there is no answer */
    LINE_WRONG,     /* `text` is the answer */
    LINE_FORBIDDEN, /* nobody may: `text` is the answer */
    LINE_READS,     /* to be run by who may: `word` */
    LINE_WRITES     /* likewise */
};

/* Room for what is said of a line. */
#define VERB_TEXT_MAX 400

struct verb_judgement {
    enum verb_verdict verdict;
    const struct verb *verb;  /* of the last three */
    bool block;               /* lines up to END belong to it */
    const char *word;         /* of a share's `allow` that opens it; NULL: open to all */
    char text[VERB_TEXT_MAX]; /* one line, or two with CRLF between them; no line end behind it */
};

/* How the daemon speaks with whom the line is from. */
struct verb_manners {
    bool names_unknown;   /* repeats the name of a command that it does not know: 2.7 and later */
    bool password_blocks; /* `password TYPE` begins a block: 2.7.2 and later, client version 5 */
};

/*
 * Judges words.  What the daemon answers to a missing or impossible parameter is answered in its
 * place, so that only what it can understand is sent to it.
 */
void verbs_judge(const struct lexer_words *words, struct verb_manners manners,
                 struct verb_judgement *out);

/* The answer to who may not: "ERROR: the 'X' command is not allowed here". */
void verbs_refuse(const struct verb *verb, char text[VERB_TEXT_MAX]);

/*
 * The command written anew from its words, whatever its line was like: the daemon reads the same
 * words, and nothing else.  Of a block it is the first line.
 */
enum command_error verbs_write(const struct verb_judgement *judgement,
                               struct command_dialect dialect, const struct lexer_words *words,
                               struct command *command);

/*
 * `state`, `log` and `echo` take one parameter after the other: this writes the command for one of
 * them, which is not `on` or `off`.  Without a parameter `state` is `state 1`.
 */
enum command_error verbs_write_stream(const struct verb *verb, struct command_dialect dialect,
                                      struct slice parameter, struct command *command);

/*
 * A number as a parameter of a command: digits alone.  -1 when it is none, or there is no such
 * word.
 */
int64_t verbs_number(const struct lexer_words *words, size_t place);

/*
 * Whether a line may stand in the block of a command, so that it can do no harm where the daemon
 * takes it for a command: of what it signs base64 and PEM alone; of a client's configuration
 * nothing that begins with a verb.
 */
bool verbs_block_line(const struct verb *verb, struct slice line);

#endif
