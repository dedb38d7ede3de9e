#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/command.h"

struct instance;

/*
 * One thing that a manager wants: what it is of which daemon, and the commands that do it.  The
 * values are those of the model and of protocol/command.h; nobody here knows SNMP.
 */
enum change_kind {
    CHANGE_SERIAL,       /* number: must be the lock's value */
    CHANGE_SESSION,      /* number: enum session_wish */
    CHANGE_HOLD_FLAG,    /* number: enum truth */
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
    CHANGE_KILL_CLIENT, /* row: of the client */
    CHANGE_CONFIRM,     /* row: of the request; number: enum confirm_answer */
    CHANGE_USERNAME,    /* row, text; these four are secret */
    CHANGE_PASSWORD,
    CHANGE_RESPONSE,
    CHANGE_STRING
};

enum session_wish { SESSION_ATTACHED = 1, SESSION_DETACHED };
enum confirm_answer { CONFIRM_OK, CONFIRM_CANCEL };

/* What can be done about a change that was made. */
enum change_class {
    CLASS_LOCK,    /* an advisory lock of the agent's */
    CLASS_SETTING, /* reversible: read before it is written, and put back when the rest fails */
    CLASS_ACTION,  /* irreversible */
    CLASS_REFRESH  /* reads again; runs when all the rest has succeeded */
};

enum { CHANGE_TEXT_MAX = 255 };

struct change {
    enum change_kind kind;
    uint32_t instance; /* index of the daemon */
    uint32_t row;      /* index of a client or request, else 0 */
    bool idle;         /* the value that does nothing */
    int32_t number;
    size_t len; /* of text */
    char text[CHANGE_TEXT_MAX];
};

enum change_class change_class(enum change_kind kind);

/* Whether its text must never be shown. */
bool change_is_secret(enum change_kind kind);

/* Whether it answers a question, so that several of one row are one action. */
bool change_is_credential(enum change_kind kind);

/* Overwrites the text, so that nothing secret stays in memory. */
void change_wipe(struct change *change);

/* The change in the words of a command, clean and without secrets, for logs and tables. */
enum { CHANGE_SHOWN_MAX = 400 };
void change_show(const struct change *change, char text[CHANGE_SHOWN_MAX]);

/* The command that reads what a setting is now. */
void change_query(enum change_kind kind, struct command *command);

/* Reads the answer to change_query(); false when it cannot be understood. */
bool change_read_answer(enum change_kind kind, struct slice text, int32_t *number);

/*
 * The command of a setting or action; not for credentials (control/credentials.h), nor for what is
 * no command.  instance must be the change's.
 */
enum command_error change_command(const struct change *change, const struct instance *instance,
                                  struct command *command);

/* The daemon has accepted it: the model is changed accordingly. */
void change_accepted(const struct change *change, struct instance *instance);

#endif
