#ifndef TESTS_UNIT_CALLER_H
#define TESTS_UNIT_CALLER_H

#include "config/config.h"
#include "connection/connection.h"
#include "protocol/settings.h"
#include "script.h"

/*
 * A connection (to what script.h plays) whose owner writes down all that it is told, one line each:
 *   connecting   authenticating   open   stale: WHY   refused: WHY   disconnected: WHY   closed
 *   >TYPE TEXT                             a real-time message
 *   - TEXT                                 any other message
 *   | LINE                                 a line of a reply
 *   success TEXT   error TEXT   cut TEXT   lost, with " + MARKER" where there was a marker
 */
extern struct instance_config caller_config;
extern struct connection *caller;

/* The usual configuration, opened and connected; the greeting is still to come. */
int caller_set_up(void **state);
int caller_end(void **state);

/* Fails unless exactly this was told since the last call. */
void caller_told(const char *expected);

/* The same for the end of what was told. */
void caller_ends(const char *expected);

/* Copies what was told, and forgets it. */
void caller_copy(char *copy, size_t size);

/* Greets; what that tells is checked and forgotten. */
void caller_greet(void);

/* Asks, with a listener that writes down; fails when that is refused. */
void caller_ask(void (*build)(struct command *command));
void caller_ask_setting(enum setting setting);
void caller_ask_command(const struct command *command);

/*
 * Is called once, when a line with this text has been written down (NULL: never); "heard" and "cut"
 * stand for the callbacks of that name, which are not written down.
 */
void caller_when(const char *line, void (*act)(void));

#endif
