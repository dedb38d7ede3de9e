#ifndef AGENT_MASTER_REGISTRATION_H
#define AGENT_MASTER_REGISTRATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the master agent says to the registrations of a session (RFC 2741 section 7.1.4).  The
 * library registers each subtree when the session has begun, and does no more than log a refusal:
 * its PDUs and their answers are followed here as they pass by (incoming.h).
 */
enum registration {
    REGISTRATION_ASKED,  /* nothing was asked yet, or not all is answered */
    REGISTRATION_HELD,   /* the session has every subtree */
    REGISTRATION_REFUSED /* one at least is not given to it */
};

/* A session has begun. */
void registration_begin(void);

/* A Register with that packet goes out. */
void registration_asked(uint32_t packet);

/* An answer has come, to a Register or to something else; error is its res.error. */
void registration_answered(uint32_t packet, unsigned error);

enum registration registration_state(void);

/* Writes for people why the first one was refused; returns text. */
const char *registration_refusal(char *text, size_t size);

#endif
