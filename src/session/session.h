#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "config/config.h"
#include "connection/connection.h"
#include "connection/transport.h"
#include "model/instance.h"

/*
 * Keeps one instance of the model true: the start-up sequence on each new management session, the
 * polling, and what each real-time message changes.
 */
struct session;

/*
 * A session that is not started.  instance, config, kind and loop must outlive it.  NULL when
 * memory is out.
 */
struct session *session_new(struct instance *instance, const struct instance_config *config,
                            const struct transport_kind *kind, struct event_base *loop);

/*
 * Closes the socket (never by `exit`) and frees the session; the instance stays.  Who waits for an
 * answer is told before this returns, so it must not be called by one of them.
 */
void session_free(struct session *session);

/*
 * As session_free() at the end of the process, but where a service manager keeps the session for
 * the next one (base/keep.h) the daemon sees nothing of it.
 */
void session_leave(struct session *session);

/* Connects from the next turn of the loop on, and again whenever it is needed. */
void session_start(struct session *session);

/*
 * From now on another configuration of the same daemon holds: same endpoint, and same password
 * file where we connect.  A stream that is kept now, or no more, is turned on or off.  The old one
 * may be freed.
 */
void session_configure(struct session *session, const struct instance_config *config);

/*
 * Hands the daemon's only management session to others (CONTACT_DETACHED), when it has answered
 * what was asked last, see connection_close(); or takes it back, in the next turn of the loop. Both
 * are harmless when that is so already.
 */
void session_detach(struct session *session);
void session_attach(struct session *session);

/* Whether there is somebody at the other end, who may be no daemon. */
bool session_is_connected(const struct session *session);

/* Whether there is contact, and all is known that the session has to know: commands are taken. */
bool session_is_ready(const struct session *session);

/* Whether a command would have to wait: see connection_is_busy(). */
bool session_is_busy(const struct session *session);

/*
 * Commands on somebody's account, between those of the session's own: connection_ask(),
 * connection_ask_block() and connection_withdraw().  Refused unless session_is_ready().  Listeners
 * are called from the event loop and by session_free() alone.
 */
bool session_ask(struct session *session, const struct command *command,
                 const struct listener *listener);
bool session_ask_block(struct session *session, const struct command *command, struct slice block,
                       const struct listener *listener);
bool session_withdraw(struct session *session, const void *arg);

/*
 * What the daemon says once, as it wrote it: its greeting, NULL before contact; and the line of a
 * hold or of a question that is still open, NULL when there is none.  Valid until the next turn.
 */
const char *session_greeting(const struct session *session);
const char *session_question(const struct session *session);

/* Somebody who listens in on the session.  Both are called from the event loop alone. */
struct session_tap {
    /* From now on session_is_ready(), or no more. */
    void (*up)(void *arg, bool up);

    /* A real-time message as the daemon wrote it, the greeting first; the model knows it by now. */
    void (*line)(void *arg, struct slice line, const struct message *message);
};

/* There is one, who must outlive the session or be taken away by NULL. */
void session_set_tap(struct session *session, const struct session_tap *tap, void *arg);

/* What those who listen in want of the daemon, together. */
struct session_wants {
    bool log;
    bool echo;
    int bytecount;      /* seconds between byte counts, 0 for none */
    int client_version; /* the greatest that one of them has told; 0 for none */
    bool judges;        /* there is somebody who answers clients that wait (client-auth) */
};

/* The streams are turned on or off as that demands, where verb allows it. */
void session_want(struct session *session, const struct session_wants *wants);

/* The seconds between byte counts, and the client version, that the daemon was told last. */
int session_bytecount(const struct session *session);
int session_client_version(const struct session *session);

/* Who answers what the daemon asks: for all that would. */
struct answers *session_answers(struct session *session);

/*
 * A command that changes verb is about to be asked for: the stream of the log goes off in time.
 * Returns false when that cannot be: the command must not be sent then.  After true, whatever has
 * become of the command is told once, when the instance's verb is right: the stream goes on again
 * where it may.
 */
bool session_expect_verb(struct session *session, int verb);
void session_verb_settled(struct session *session);

/*
 * Asks for the status now rather than at the next interval, but no sooner than the time that the
 * last one took allows; one under way is as good.
 */
void session_refresh(struct session *session);

#endif
