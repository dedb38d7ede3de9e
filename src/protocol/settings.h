#ifndef PROTOCOL_SETTINGS_H
#define PROTOCOL_SETTINGS_H

#include <stdbool.h>

#include "base/slice.h"
#include "protocol/command.h"

/*
 * What a daemon can be asked for and told by one word (management notes, COMMAND -- hold, verb,
 * mute and auth-retry): `NAME` is answered by `SUCCESS: NAME=VALUE`, `NAME VALUE` changes it.  All
 * that is particular to one of them is its row in settings.c; the model keeps their values, in the
 * order of this list, and a new session asks for them in that order too.
 *
 * Values are numbers from 0.
 */
enum setting {
    SETTING_HOLD,       /* 1 when the daemon holds at each start */
    SETTING_VERB,       /* 0 to 15 */
    SETTING_MUTE,       /* messages of one kind in a row, 0 for all */
    SETTING_AUTH_RETRY, /* enum auth_retry */
    SETTINGS
};

enum auth_retry { AUTH_RETRY_NONE, AUTH_RETRY_INTERACT, AUTH_RETRY_NOINTERACT };

/* In the place of a value. */
#define SETTING_UNKNOWN (-1)

/* The daemon's word for it. */
const char *settings_name(enum setting setting);

/* The greatest value. */
int settings_max(enum setting setting);

/* The command that asks for it. */
void settings_query(enum setting setting, struct command *command);

/*
 * Reads the text of a SUCCESS reply to settings_query().  False, with *value left alone, when it is
 * none, or is no value that settings_write() would write.
 */
bool settings_read(enum setting setting, struct slice text, int *value)
    __attribute__((warn_unused_result));

/* The command that changes it.  COMMAND_RANGE for what is no value of it. */
enum command_error settings_write(enum setting setting, int value, struct command *command);

/* Reads a value as settings_write() writes it, the text behind the name. */
bool settings_parse(enum setting setting, struct slice text, int *value)
    __attribute__((warn_unused_result));

/* A value as settings_write() writes it. */
enum { SETTINGS_SHOWN_MAX = 16 };
void settings_show(enum setting setting, int value, char text[SETTINGS_SHOWN_MAX]);

#endif
