#ifndef PROTOCOL_COMMAND_H
#define PROTOCOL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Commands as the bytes of one line.  Each function checks its arguments, quotes them by the rules
 * of the daemon's lexer (management notes, Command Parsing) and refuses what the daemon would drop,
 * cut or take for something else.  A command never holds more than one line.
 */

/* A longer line is cut by the daemon and its rest runs as a new command: 1023 bytes is its limit.
 */
#define COMMAND_MAX 1000

/*
 * With a higher verb the daemon logs its keys and, from 8 on, that it writes to the management
 * session.
 */
#define COMMAND_VERB_LOG_MAX 6

/* A longer parameter is an error of the lexer, which repeats it. */
#define COMMAND_PARAMETER_MAX 255

/*
 * The daemon splits the argument of kill at ':' into fields of at most so many bytes, and takes one
 * with a ':' for an address or, in 2.7, cuts it there.
 */
#define KILL_FIELD_MAX 127

/* How the reply of a command ends. */
enum reply_form {
    REPLY_SINGLE, /* one SUCCESS or ERROR line; lines before it belong to it */
    REPLY_LIST,   /* lines and END, or one ERROR line */
    REPLY_COMBO,  /* a SUCCESS or ERROR line, then a list: `state on all` */
    REPLY_MAYBE,  /* one SUCCESS or ERROR line, or nothing; marked as the next */
    REPLY_MARKED, /* may lack its end, or all of it: `load-stats` is sent behind it as a marker */
    REPLY_BLOCK,  /* one SUCCESS or ERROR line behind the lines that belong to the command; then
                     perhaps one for each of those lines, and `load-stats` is sent to end them */
    REPLY_RESYNC  /* of commands that end with `load-stats` and `pid`: whatever comes, up to the
                     answers of these two */
};

enum command_error {
    COMMAND_OK,
    COMMAND_EMPTY,     /* an empty name or text: the daemon would not reply, or leave it open */
    COMMAND_CONTROL,   /* a control character or DEL: the daemon drops it silently */
    COMMAND_EIGHT_BIT, /* a byte above 0x7f: 2.1 and 2.2 drop it silently */
    COMMAND_TOO_LONG,
    COMMAND_RANGE,      /* a number out of range, a word that is not one of the command's */
    COMMAND_MISREAD,    /* the daemon would take it for something else, e.g. a name with ':' */
    COMMAND_UNSUPPORTED /* there is no such command for a client that it does not number */
};

/* What the daemon says of itself that changes how commands are written. */
struct command_dialect {
    bool eight_bit;     /* 2.3 and later: bytes above 0x7f pass */
    bool kill_by_proto; /* 2.7 and later: kill takes udp|tcp:IP:PORT */
    bool client_ids;    /* 2.4 and later: the status has client ids, client-kill takes them */
};

struct command {
    enum reply_form form;
    bool secret;    /* the line must be wiped after use and never shown */
    bool raw_reply; /* its reply may hold lines that begin with '>': names of clients */
    size_t shown;   /* of a secret one: the leading bytes of the line that are not secret */
    size_t len;     /* with its line end */
    char line[COMMAND_MAX + 2];
};

/* Room for the text of command_show(). */
#define COMMAND_SHOWN_MAX (COMMAND_MAX + 8)

/* The command as people may see it: without its line end, and *** in the place of a secret. */
void command_show(const struct command *command, char text[COMMAND_SHOWN_MAX]);

/* Reads `OpenVPN 2.6.14 ...` (of the `version` reply); an unreadable one gives the safest. */
struct command_dialect command_dialect_of(struct slice version);

/* Words that say what is wrong, for people. */
const char *command_error_text(enum command_error error);

/* Overwrites the line so that nothing secret stays in memory. */
void command_wipe(struct command *command);

/* Queries. */
void command_version(struct command *command);
void command_pid(struct command *command);
void command_help(struct command *command);
void command_load_stats(struct command *command);
void command_state_on_all(struct command *command);
void command_log_on_all(struct command *command);
void command_log_off(struct command *command);
void command_echo_on_all(struct command *command);
void command_echo_off(struct command *command);
void command_status(struct command *command, int format); /* format 1 to 3 */
void command_net(struct command *command);
void command_pkcs11_count(struct command *command);
void command_pkcs11_get(struct command *command, unsigned index);

/*
 * `NAME` and `NAME VALUE`, each answered by one line: the commands of protocol/settings.h, which
 * knows what the words may be.
 */
void command_query(struct command *command, const char *name);
void command_assign(struct command *command, const char *name, const char *value);

/*
 * Any words, the first of which is the name of a command: only the rest is quoted, where it needs
 * it.  Of one with secrets, `shown` is how many words may be shown, else 0.
 */
enum command_error command_words(struct command *command, struct command_dialect dialect,
                                 enum reply_form form, const struct slice *words, size_t count,
                                 size_t shown);

/* Actions. */
enum daemon_signal { DAEMON_SIGHUP, DAEMON_SIGTERM, DAEMON_SIGUSR1, DAEMON_SIGUSR2 };

/* The daemon's word for it. */
const char *command_signal_word(enum daemon_signal number);

void command_hold_release(struct command *command);
void command_signal(struct command *command, enum daemon_signal number);
void command_forget_passwords(struct command *command);

/*
 * kill: by common name, by address as the status shows it, by client id.  Only the last tells the
 * client: to come back, or with halt to exit.
 */
enum command_error command_kill_name(struct command *command, struct command_dialect dialect,
                                     struct slice name);
enum command_error command_kill_address(struct command *command, struct command_dialect dialect,
                                        struct slice address);
enum command_error command_client_kill(struct command *command, struct command_dialect dialect,
                                       int64_t cid, bool halt);

/* Answers to requests; type is the daemon's word ('Auth', 'Private Key', ...). */
enum command_error command_username(struct command *command, struct command_dialect dialect,
                                    struct slice type, struct slice username);
enum command_error command_password(struct command *command, struct command_dialect dialect,
                                    struct slice type, struct slice password);
enum command_error command_needok(struct command *command, struct command_dialect dialect,
                                  struct slice type, bool ok);
enum command_error command_needstr(struct command *command, struct command_dialect dialect,
                                   struct slice type, struct slice text);

/* `cr-response`, to a server that asks for a second factor (2.5 and later); text is in base64. */
enum command_error command_cr_response(struct command *command, struct slice base64);

/*
 * The management password is no command: it is compared raw, without lexer (1 to COMMAND_MAX bytes,
 * no control character).
 */
enum command_error command_login(struct command *command, struct slice password);

#endif
