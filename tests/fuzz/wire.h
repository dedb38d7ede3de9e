#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "connection/transport.h"

/*
 * A daemon that is played: a socket without a network, a clock that moves when it is told to, and
 * answers of a well-behaved daemon to what the session asks.
 */

/* Puts the clock in force at its start; wire_clock_stop() puts the system's back. */
void wire_clock_start(void);
void wire_clock_stop(void);

/* Time passes, and timers fire. */
void wire_pass(int64_t milliseconds);

/* The loop goes round, as it does by itself behind all that the daemon does. */
void wire_turn(void);

/* The transport for session_new(); one at a time. */
extern const struct transport_kind wire_kind;

/* Begins anew; the next opens fail with this errno, 0 for none. */
void wire_reset(void);
void wire_refuse(int error);

/* Whether commands may come that a manager has asked for; not at first. */
void wire_permit(bool managed);

bool wire_is_open(void);

/* The daemon accepts, says something (and accepts before it), closes. Nothing when not open. */
void wire_accept(void);
void wire_say(struct slice bytes);
void wire_hang_up(int error);

/* Bytes sent that wire_answer() has not taken yet. */
size_t wire_unanswered(void);

/* Forgets what was sent. */
void wire_ignore(void);

/* What the well-behaved daemon is like; texts of whole lines, each with its line end. */
struct polite {
    int64_t pid;
    const char *password; /* what it wants to be told first; NULL: nothing */
    const char *states;
    const char *log;
    const char *status; /* without its END */
    const char *plain; /* of `status 1`, without its END; the other is cut then.  NULL: it is not */
};

/* Greets, or asks for the password. */
void wire_greet(const struct polite *daemon);

/* Takes the first line that was sent and answers it; false when there is none. */
bool wire_answer(const struct polite *daemon);

#endif
