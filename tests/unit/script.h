#ifndef TESTS_UNIT_SCRIPT_H
#define TESTS_UNIT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection/transport.h"
#include "model/event.h"

/*
 * A socket that the test plays (struct transport_kind), a clock that the test moves, and a record
 * of the events.  There is one of each; only the newest transport can be spoken to.
 */
extern const struct transport_kind script_transport;

/* Starts anew: fake clock, nothing sent, no event; script_end() fails on what was left behind. */
void script_begin(void);
void script_end(void);

/* Lets time pass; timers fire at their moments. */
void script_pass(int64_t milliseconds);

/*
 * The loop goes round: what was put off to the next turn is done, and what that puts off in turn.
 * It does so by itself behind all that the peer does.
 */
void script_turn(void);

/* Moves the wall clock alone. */
void script_shift_wall(int64_t seconds);

/* Of the next connects: 0 for good ones, else the errno that they fail with at once. */
void script_refuse(int error);

/* The newest transport is open, and how many there were. */
bool script_is_open(void);
int script_opened(void);

/* What the peer does.  Bytes come in segments of that size; 0, the default, is all at once. */
void script_connect(void);
extern int64_t script_peer; /* who listens; TRANSPORT_PEER_UNKNOWN at the start */
void script_close(int error);
void script_segments(size_t size);
void script_random_segments(uint32_t seed);
void script_say(const char *text);

/* Fails unless exactly this was sent since the last call, or since the connect. */
void script_sent(const char *expected);

/* Takes what was sent since the last call or since the connect, not to be too long for copy. */
void script_take(char *copy, size_t size);

/* Whether what send() was last given has been overwritten; its memory must still be there. */
bool script_wiped(void);

/* script_sent(), then script_say(). */
void script_answer(const char *expected, const char *answer);

/* Fails unless exactly these events were told since the last call; ends with -1. */
void script_told(int first, ...);

/* Forgets the events that were told. */
void script_forget(void);

/* The lines of log and echo are left out of the record. */
void script_watch_lines(bool watch);

/*
 * What the daemon answered to a command in a capture of tests/captures; valid until the next but
 * seven calls.  The command NULL is the connect.
 */
const char *script_capture(const char *capture, const char *command);

#define SCRIPT_GREETING                                                                            \
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n"

#endif
