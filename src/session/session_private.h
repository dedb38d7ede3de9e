#ifndef SESSION_SESSION_PRIVATE_H
#define SESSION_SESSION_PRIVATE_H

#include <net/if.h>
#include <stdbool.h>

#include "base/timers.h"
#include "connection/connection.h"
#include "model/clients.h"
#include "model/replay.h"
#include "model/snapshot.h"
#include "protocol/status.h"
#include "session/answers.h"
#include "session/session.h"

/* Blocks that may come before the daemon has told its version. */
enum { EARLY_BLOCKS_MAX = 16 };

/* Shared by the files of this folder only. */
struct session {
    struct instance *instance;
    const struct instance_config *config;
    struct connection *connection;

    /* session/wants.c */
    const struct session_tap *tap;
    void *tap_arg;
    struct session_wants wants;
    int bytecount;      /* of wants, what the daemon was told last */
    int client_version; /* likewise, in any session of this agent */

    /* session/said.c */
    char *greeting; /* as the daemon wrote it, NULL before contact */
    char *question; /* the hold or the question told last, likewise */
    bool question_is_hold;
    bool question_kept; /* the process behind this one would know it */

    /* session/events.c and whoever answers */
    struct answers answers;

    /* session/startup.c */
    bool started; /* the sequence of this session has begun */
    bool synchronized;
    bool state_known; /* the states that there were were told */
    bool refresh_due; /* startup_refresh() had no room for all of it */
    unsigned step;
    void (*startup_version)(struct session *session);
    void (*startup_done)(struct session *session);
    struct timer retry;          /* a request that there was no memory for */
    enum setting settings_asked; /* the next one to ask for */
    bool hold_unconfirmed;       /* a hold of before that the daemon has not told again */
    struct replay replay;
    struct capability *capabilities;
    size_t capability_count;

    /* session/streams.c */
    bool log_on; /* the stream was asked for */
    bool echo_on;
    bool turning_on;        /* one of them, and its replay, is on its way */
    unsigned verbs_awaited; /* commands that change verb and are on their way */

    /* session/poll.c */
    struct timer poll;
    bool polling;        /* a poll is under way */
    bool status_refused; /* until the daemon goes on to another state */
    bool cut_seen;       /* the last status was cut, and that was logged */
    struct snapshot snapshot;
    struct status_reader reader;
    uint64_t stats_clients; /* load-stats at the last complete status */
    uint64_t stats_in;
    uint64_t stats_out;
    int64_t asked;  /* clock_mono() when the status was asked for */
    int64_t took;   /* milliseconds that the daemon took for the last one */
    bool aligned;   /* the poll has found its own moment in the interval */
    unsigned skips; /* polls since the last status */

    /* session/events.c */
    struct established block;
    bool in_block;
    bool version_told; /* in this session */
    struct established early[EARLY_BLOCKS_MAX];
    size_t early_count;
    bool client_auth_seen;
    char relayed[120];    /* what is odd about who has connected; empty when nothing is */
    bool filter_reset;    /* `env-filter 0` was sent in this session */
    bool status_seen;     /* there was a whole one in this session */
    uint32_t first_index; /* of clients in it, the last */
    bool login_waits;     /* that was there and still is */
    bool logins_work;     /* nobody has to answer them */
    bool restarted;       /* RECONNECTING was told, and nothing since */
    bool hold_doubted;    /* a hold was told, and whether holds are on is asked */
    int hold_seconds;     /* that it told; -1 when the daemon has gone on since */
    /* session/tunnel.c */
    char device[IF_NAMESIZE]; /* the name of the tunnel's interface by the log; empty: not told */
    /* session/ending.c */
    char *end_reason; /* the best explanation of an end that may come */
    bool end_guessed; /* it is a line of the log: a daemon that goes on has not meant it */
};

/*
 * session/ending.c: what explains the end of the daemon that may come, in the daemon's words behind
 * our own; the last one counts.
 */
void ending_told(struct session *session, const char *what, struct slice text);

/* The same of a line of the log, which a daemon that goes on has not meant. */
void ending_guessed(struct session *session, struct slice text);

/* It goes on: what was told, or only what was guessed, explains nothing. */
void ending_forget(struct session *session);
void ending_doubt(struct session *session);

/*
 * session/startup.c: asks all that a new session has to know; calls version when the daemon has
 * told its version, or does not, and done at the end.
 */
void startup_begin(struct session *session, void (*version)(struct session *session),
                   void (*done)(struct session *session));
void startup_abort(struct session *session);

/*
 * Asks again for the settings that a restart of the daemon's tunnel may have changed.  What there
 * is no room or memory for is asked at the next poll.
 */
void startup_refresh(struct session *session);

/* session/said.c */

/* The daemon has said something by itself, which the model knows by now. */
void said_heard(struct session *session, struct slice line, const struct message *message);

/* A question may be open no more. */
void said_look(struct session *session);

/* What was said was of a session that has ended. */
void said_forget(struct session *session);

/* session/wants.c */

/* Tells who listens in. */
void tap_up(const struct session *session, bool up);
void tap_line(const struct session *session, struct slice line, const struct message *message);

/* A new session begins. */
void wants_begin(struct session *session);

/* Tells the daemon what it was not told yet; what there is no room for is told at the next poll. */
void wants_follow(struct session *session);

/* session/streams.c */

/* Whether the stream may be on, by who wants it and as the daemon's verb is now. */
bool streams_allow_log(const struct session *session);
bool streams_allow_echo(const struct session *session);

/* Turns the streams on or off as that demands, and those of session/wants.c. */
void streams_follow(struct session *session);

/* Whether the daemon does nothing any more but log its own logging. */
bool streams_are_endless(const struct session *session);

/* session/poll.c */
void poll_start(struct session *session);
void poll_stop(struct session *session);

/* The daemon has gone on: what refused a status before may answer it now. */
void poll_soon(struct session *session);

/*
 * A status is wanted without waiting for the interval; one that took long is not asked for again as
 * soon as one that did not.
 */
void poll_now(struct session *session);

/*
 * session/waiting.c: clients wait for an answer of the agent; a client has asked for one, or a
 * whole status was taken, in which one that waits shows.
 */
void waiting_told(struct session *session);
void waiting_status(struct session *session);

/* The daemon has said its process id: whether it is the process that has connected. */
void waiting_peer(struct session *session, int64_t pid);

/* What is wrong may be so no more, or is now: it is told where that is news. */
void waiting_look(struct session *session);

/* What is wrong although there is contact, NULL when nothing is. */
const char *waiting_fault(const struct session *session);

/* session/tunnel.c: finds the tunnel's interface, where the daemon runs on this host. */
void tunnel_follow(struct session *session);

/* The log may tell its name, now or in what it has kept. */
void tunnel_log_told(struct session *session, struct slice text);
void tunnel_log_replayed(struct session *session);

/* session/events.c: a real-time message changes the model. */
void events_take(struct session *session, const struct message *message);

/* Blocks that came before the version was told are taken. */
void events_version_told(struct session *session);

/* Drops a block that was not completed, and those that wait for the version. */
void events_reset(struct session *session);

#endif
