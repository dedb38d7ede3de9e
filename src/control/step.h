#ifndef CONTROL_STEP_H
#define CONTROL_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "control/change.h"

struct control;

/*
 * One change on its way: the commands that make it, one at a time, what they came to, and what puts
 * it back.  What it asks is shown among the daemon's commands and logged.
 *
 * No function here calls back: where a command cannot be sent, the state says so at once.  Else the
 * state is STEP_RUNNING until told() tells another.
 */

enum step_state {
    STEP_NEW, /* also what was given up before anything was changed */
    STEP_RUNNING,
    STEP_READ,    /* what a setting was is known: it may be written */
    STEP_DONE,    /* the daemon has accepted it */
    STEP_FAILED,  /* the daemon has refused it, or does not know of it */
    STEP_UNKNOWN, /* it was sent, and not answered by the deadline; or it could not be put back */
    STEP_UNDONE   /* accepted, and put back */
};

/* Which of its commands is out: sent, or in the queue of the session. */
enum step_command {
    STEP_NOTHING,
    STEP_QUERY,  /* what the setting is */
    STEP_CHANGE, /* the change itself */
    STEP_RESTORE /* the setting as it was */
};

struct step {
    struct change change;
    uint64_t control; /* control_id(), set by its owner; 0: none */
    enum step_state state;

    /* Of control/step.c alone. */
    enum step_command out;
    bool username;   /* the command that is out is a user name */
    bool verb;       /* the session was told of it: session_expect_verb() */
    bool unattended; /* nobody waits for the command that is out: control_unattended_begin() */
    int32_t before;  /* the setting, as it was read */
    char *shown;     /* the command that is out, as it may be shown */
    uint64_t ticket; /* of it, for asked_end() */
    int64_t begun;   /* clock_mono() when it was asked for */
    void (*told)(void *arg, struct step *step);
    void *arg;
};

/*
 * A step with a copy of the change; NULL when memory is out.  told is called from the event loop
 * when STEP_RUNNING has come to its end, and may do anything, step_free() included.
 */
struct step *step_new(const struct change *change, void (*told)(void *arg, struct step *step),
                      void *arg);

/*
 * Its owner is done with it, and is told nothing more; NULL is fine.  A change that is on its way
 * to the daemon is followed to its end before the memory goes.
 */
void step_free(struct step *step);

/* The controls of its daemon, NULL when they are gone. */
struct control *step_control(const struct step *step);

/* Asks what a setting is, for STEP_READ. */
void step_read(struct step *step);

/* Writes a setting that was read, or leaves it as it is because another change has failed. */
void step_write(struct step *step);
void step_leave(struct step *step);

/* Sends a command of an action, behind a check that it still makes sense. */
void step_act(struct step *step, const struct command *command, bool username);

/*
 * Puts a setting that is STEP_DONE back.  Unattended it is STEP_UNKNOWN at once, and until the
 * answer comes the controls are busy.
 */
void step_restore(struct step *step, bool unattended);

/*
 * The deadline of a running step has come: what is not sent is withdrawn, what is out is unknown.
 * An answer that comes all the same is shown, and a setting that it says was made is put back.
 */
void step_expire(struct step *step);

#endif
