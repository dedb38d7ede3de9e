#ifndef CONTROL_PLAN_PRIVATE_H
#define CONTROL_PLAN_PRIVATE_H

#include "base/timers.h"
#include "connection/connection.h"
#include "control/plan.h"

struct control;
struct credentials;

/* Shared by the files of this folder only. */

enum step_state {
    STEP_NEW, /* also what was given up before anything was changed, because another has failed */
    STEP_RUNNING,
    STEP_DONE,    /* the daemon has accepted it */
    STEP_FAILED,  /* the daemon has refused it, or does not know of it */
    STEP_UNKNOWN, /* it was sent, and not answered by the deadline */
    STEP_UNDONE   /* accepted, and put back */
};

/* One change on its way.  It is the listener of its commands. */
struct step {
    struct plan *plan;
    uint64_t control;     /* control_id(): never another daemon than the one that was checked */
    struct change change; /* its text is wiped when the plan has run */
    enum plan_error error;
    enum step_state state;
    bool reading;    /* the command that is out only reads the setting */
    bool restoring;  /* the command that is out puts the setting back */
    bool username;   /* the command that is out is a user name */
    bool verb;       /* the session was told of it: session_expect_verb() */
    bool owed;       /* the command that is out is waited for by nobody: control_owes() */
    int32_t before;  /* the setting, as it was read */
    char *shown;     /* the command that is out, as it may be shown */
    uint64_t ticket; /* of it, for commands_end() */
    int64_t begun;   /* clock_mono() when it was asked for */
};

enum plan_stage { PLAN_NEW, PLAN_SETTING, PLAN_ACTING, PLAN_RAN, PLAN_UNDOING, PLAN_OVER };

struct plan {
    struct step *steps;
    size_t count;
    enum plan_stage stage;
    bool inside;      /* plan_run() or plan_undo() is on the stack */
    bool going;       /* so is go_on() */
    bool expiring;    /* so is the deadline */
    bool failed;      /* a step has failed: no other is begun */
    bool freed;       /* plan_free() was called while answers were to come */
    unsigned waiting; /* commands whose answer is to come */
    int64_t deadline; /* clock_mono() */
    struct timer timer;
    void (*done)(void *arg);
    void *arg;

    /* The commands of an action, in their order. */
    struct command commands[2];
    struct step *actors[2];
    size_t action_count;
    size_t action_next;
};

/* control/step.c */

/* Begins a setting: reads it, then writes it.  Its end is told by plan_step_ended(). */
void step_set(struct step *step);

/* Sends a command of an action, behind a check that it still makes sense. */
void step_act(struct step *step, const struct command *command, bool username);

/* Puts a setting back; unattended when nobody waits for it. */
void step_restore(struct step *step, bool unattended);

/* The controls of its daemon, NULL when they are gone. */
struct control *step_control(const struct step *step);

/*
 * The deadline has come: what is not sent is withdrawn, what is out is unknown.  A setting is put
 * back all the same.
 */
void step_expire(struct step *step);

/* control/plan.c: the state of a step has changed for good. */
void plan_step_ended(struct plan *plan, struct step *step);

/* Those changes of a plan that answer the same question as one of them. */
void plan_gather_credentials(const struct plan *plan, const struct change *of,
                             struct credentials *given);

/* Frees a plan that was given up when its last answer has come. */
void plan_answered(struct plan *plan);

#endif
