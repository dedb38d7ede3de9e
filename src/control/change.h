#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "control/verdict.h"
#include "protocol/command.h"

struct instance;

/*
 * One thing that a manager wants: what it is of which daemon, and the commands that do it.  The
 * values are those of the model and of protocol/command.h; nobody here knows SNMP.  All that is
 * particular to a kind is its row in change.c.
 */
enum change_kind {
    CHANGE_SERIAL,       /* number: must be the lock's value */
    CHANGE_SESSION,      /* number: enum session_wish */
    CHANGE_HOLD_FLAG,    /* number: 1 or 0 */
    CHANGE_HOLD_RELEASE, /* no value */
    CHANGE_VERB,         /* number */
    CHANGE_MUTE,         /* number */
    CHANGE_SIGNAL,       /* number: enum daemon_signal */
    CHANGE_KILL_NAME,    /* text */
    CHANGE_KILL_ADDRESS, /* text */
    CHANGE_AUTH_RETRY,   /* number: enum auth_retry */
    CHANGE_FORGET,
    CHANGE_REFRESH,
    CHANGE_NET_REFRESH,
    CHANGE_PKCS11_REFRESH,
    CHANGE_KILL_CLIENT, /* row: of the client; number: enum client_end */
    CHANGE_CONFIRM,     /* row: of the request; number: enum confirm_answer */
    CHANGE_USERNAME,    /* row, text; these four are secret */
    CHANGE_PASSWORD,
    CHANGE_RESPONSE,
    CHANGE_STRING,
    CHANGE_KINDS
};

enum session_wish { SESSION_ATTACHED = 1, SESSION_DETACHED };
enum client_end { CLIENT_KILL, CLIENT_HALT }; /* it comes back, or is told to stay away */
enum confirm_answer { CONFIRM_OK, CONFIRM_CANCEL };

/* What can be done about a change that was made. */
enum change_class {
    CLASS_LOCK = 1, /* an advisory lock of the agent's */
    CLASS_SETTING,  /* reversible: read before it is written, and put back when the rest fails */
    CLASS_ACTION,   /* irreversible */
    CLASS_REFRESH   /* reads again; runs when all the rest has succeeded */
};

enum { CHANGE_TEXT_MAX = 255, CHANGE_SOURCE_MAX = 128 };

struct change {
    enum change_kind kind;
    uint32_t instance;              /* index of the daemon */
    uint32_t row;                   /* index of a client or request, else 0 */
    bool idle;                      /* the value that does nothing */
    char source[CHANGE_SOURCE_MAX]; /* who wants it, for people: "snmp" */
    int32_t number;
    size_t len; /* of text */
    char text[CHANGE_TEXT_MAX];
};

enum change_class change_class(enum change_kind kind);

/* False when there is something that its row should say and does not. */
bool change_is_complete(enum change_kind kind);

/* Whether its text must never be shown. */
bool change_is_secret(enum change_kind kind);

/*
 * The words of the key `allow` (enum permission) that open the object, one of which is enough, and
 * those that open it for this value, which must not be the idle one.
 */
unsigned change_allow(enum change_kind kind);
unsigned change_allow_value(const struct change *change);

/* False for what is the agent's own affair. */
bool change_needs_daemon(enum change_kind kind);

/* Whether it answers a request, so that several of one row are one action. */
bool change_is_credential(enum change_kind kind);

/* Whether its row is that of a request, which it answers. */
bool change_answers(enum change_kind kind);

/* Its text, valid as long as the change; empty for NULL. */
struct slice change_text(const struct change *change);

/* Overwrites the text, so that nothing secret stays in memory. */
void change_wipe(struct change *change);

/*
 * The change in the words of a command, clean and without secrets, for logs and tables.  instance
 * must be the change's.
 */
enum { CHANGE_SHOWN_MAX = 400 };
void change_show(const struct change *change, const struct instance *instance,
                 char text[CHANGE_SHOWN_MAX]);

/*
 * Whether it makes sense now, of a daemon that is in contact where it needs one, and can be said in
 * words that the daemon understands; *why says in words for people why not.  Not for idle changes.
 */
enum control_verdict change_check(const struct change *change, const struct instance *instance,
                                  const char **why);

/* The command that reads what a setting (CLASS_SETTING) is now. */
void change_query(enum change_kind kind, struct command *command);

/* Reads the answer to change_query(); false when it cannot be understood. */
bool change_read_answer(enum change_kind kind, struct slice text, int32_t *number)
    __attribute__((warn_unused_result));

/*
 * The command of a setting or action; not for credentials (control/credentials.h), nor for what is
 * no command.  instance must be the change's.
 */
enum command_error change_command(const struct change *change, const struct instance *instance,
                                  struct command *command);

/* The daemon has accepted it: the model is changed accordingly. */
void change_accepted(const struct change *change, struct instance *instance);

#endif
