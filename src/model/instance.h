#ifndef MODEL_INSTANCE_H
#define MODEL_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/history.h"
#include "base/timers.h"
#include "config/config.h"
#include "model/certificates.h"
#include "model/clients.h"
#include "model/course.h"
#include "model/ondemand.h"
#include "model/reasons.h"
#include "model/records.h"
#include "model/requests.h"
#include "model/routes.h"
#include "model/shares.h"
#include "model/users.h"
#include "protocol/command.h"
#include "protocol/settings.h"
#include "protocol/state.h"

/* The management session, seen from outside. */
enum contact {
    CONTACT_DISCONNECTED = 1,
    CONTACT_CONNECTING,
    CONTACT_AUTHENTICATING,
    CONTACT_SYNCHRONIZING,
    CONTACT_UP,
    CONTACT_STALE,    /* connected, but an answer is overdue */
    CONTACT_REFUSED,  /* the daemon or the system turns us away; contact_error says why */
    CONTACT_DETACHED, /* handed to somebody else by a manager */
    CONTACT_AWAITED   /* the daemon connects by itself, and has not come */
};

enum truth { TRUTH_TRUE = 1, TRUTH_FALSE, TRUTH_UNKNOWN };

enum daemon_mode { MODE_UNKNOWN = 1, MODE_SERVER, MODE_CLIENT, MODE_PEER_TO_PEER };

/* What EVENT_TUNNEL_UP and _DOWN have told of the tunnel. */
struct tunnel {
    bool up;
    bool renewed; /* another process has taken the daemon's place since: it comes up anew */
    bool doomed;  /* the daemon has said that it ends: with contact the tunnel is gone */
};

/* A line of `help`. */
struct capability {
    char *command;
    char *summary;
};

/*
 * One OpenVPN daemon: all that the agent knows of it.  The session writes, the SNMP side reads.
 * Texts are clean, owned here, NULL when not known.  Times are clock_mono() milliseconds (_mono)
 * or seconds since 1970 (_unix), 0 when not known.  What is true only while there is contact is
 * read through the functions below.
 */
struct instance {
    uint32_t index;
    char *name;
    char *endpoint;
    bool reverse; /* the daemon connects to us */

    enum contact contact;
    int64_t contact_mono;
    int64_t contact_unix;
    int64_t lost_unix;    /* when the last contact ended, 0 when none has yet */
    char *contact_error;  /* what is wrong, NULL while nothing is */
    bool loss_told;       /* EVENT_CONTACT_LOST was told and no _RESTORED since */
    bool state_untold;    /* what was found out while synchronizing is told when contact is up */
    struct tunnel tunnel; /* as it was told */
    uint32_t contacts;
    int64_t heard_mono; /* when the daemon last said anything, else when the agent began to try */

    char *version;
    int management_version; /* 0 when not known */
    int64_t pid;            /* 0 when not known */
    enum daemon_mode mode;
    struct course course; /* of its states */
    struct command_dialect dialect;

    struct state_record state; /* the tunnel's, as last known */
    int64_t state_mono;        /* when it last changed; 0 never */

    int settings[SETTINGS]; /* by enum setting; SETTING_UNKNOWN when not known */
    bool hold_waiting;
    bool hold_told; /* EVENT_HOLD_WAITING was told and no _ENDED since */
    int hold_hint;  /* seconds */

    struct rows clients;
    struct rows peers; /* of the clients, those whose block was seen; rows_select() */
    struct rows routes;
    uint32_t client_max; /* rows kept at most */
    uint32_t route_max;
    uint32_t anonymous;    /* clients without an id, of a daemon that has ids (snapshot.h) */
    uint32_t clients_old;  /* clients up to this index are known from a former management session */
    bool clients_known;    /* there was a status: who is new from now on has just come */
    uint32_t client_total; /* that are through, by load-stats and what was told since */
    uint32_t clients_peak; /* the highest client_total */
    uint32_t pending_clients;
    uint32_t client_dated;    /* the last of the clients whose start is known; 0 when none is */
    uint32_t departure_dated; /* likewise of the departures */
    uint32_t logins_accepted; /* clients that came through */
    uint32_t logins_rejected; /* and that went before they were */
    struct reasons reasons;   /* why they were rejected, by the log */
    struct users users;

    bool load_told; /* load-stats, by this process: what comes from it is known */
    uint64_t bytes_in;
    uint64_t bytes_out;
    unsigned numbers_told; /* by a status of this process: bits 1 << enum status_number */
    uint64_t tun_read, tun_write, link_read, link_write, auth_read;
    uint32_t bcast_queue_max;
    enum truth dco;
    int64_t started_mono; /* bytes_in and bytes_out count from here */
    int64_t tunnel_mono;  /* tun_, link_ and auth_ counters count from here */

    int64_t status_mono; /* of the last one; before it, since when one is waited for */
    int64_t status_unix;
    bool status_seen;           /* in this session */
    enum truth status_complete; /* false: the last status was cut or had rows dropped */

    uint32_t fatals, errors, warnings;
    char *fatal_message;
    int64_t fatal_unix;
    char *info;
    uint32_t unknown_messages;
    uint32_t rows_dropped; /* of statuses, blocks and histories: unreadable or over a bound */
    uint32_t lines_cut;    /* that were longer than LINES_MAX */

    struct history states;     /* struct state_record */
    struct history log;        /* struct log_record */
    struct history echo;       /* struct log_record */
    struct history departures; /* struct departure_record */
    struct history commands;   /* struct command_record */
    struct history requests;   /* struct request */
    struct open_requests open_requests;
    struct timer factor_timer; /* ends what a server asks */
    int factor_seconds;        /* that AUTH_PENDING told it has; 0 when not told, or no more */

    struct command_record last_command; /* also where the history keeps none (model/asked.h) */
    uint32_t last_command_sequence;
    int serial; /* of the advisory lock for writers, 0..2147483647 */
    struct net_lines net;
    struct pkcs11_list pkcs11;

    struct capability *capabilities;
    size_t capability_count;

    struct shares shares; /* of its management session */

    /* The tunnel's interface on this host; read through instance_interface(). */
    uint32_t if_index;
    char *if_name;

    /* By the daemon's own configuration file (setup/follower.h). */
    int64_t clients_max;        /* -1 when not known; read through instance_clients_max() */
    int64_t clients_max_subnet; /* the same since OpenVPN 2.7 */
    char *device;               /* the name of the tunnel's interface, where it is given */
    char *config_error;         /* what is wrong with the file, NULL when nothing is */
    struct certificates certificates;
    uint16_t expiry_days[EXPIRY_DAYS_MAX];
    size_t expiry_day_count;
    struct timer expiry_timer; /* of the next certificate that has so few days left */
};

/*
 * A new instance, about which nothing is known yet; name, endpoint and bounds come from the
 * configuration, which is not kept.  NULL when memory is out.
 */
struct instance *instance_new(uint32_t index, const struct instance_config *config);

/* Takes new bounds and endpoint from the configuration; rows over a bound go, oldest first. */
void instance_configure(struct instance *instance, const struct instance_config *config);

/*
 * Indexes of clients, users, routes and requests that are given from now on are greater than this
 * one.  No request must have been asked yet.
 */
void instance_number_behind(struct instance *instance, uint32_t index);

void instance_free(struct instance *instance);

/*
 * Contact has changed; error, which may be NULL, says what is wrong.  Tells EVENT_CONTACT_LOST when
 * the daemon cannot be reached (any more), EVENT_CONTACT_RESTORED when it can be again, and behind
 * it what the start of the session has brought: a last state that is not the one known before, a
 * hold, open requests.
 */
void instance_set_contact(struct instance *instance, enum contact contact, const char *error);

/* A number that is another one whenever the contact of an instance has changed. */
unsigned instance_contact_changes(void);

/* A management session begins: nothing of what is known was said in it. */
void instance_begin_session(struct instance *instance);

/* The daemon has said something: moves `heard_mono`. */
void instance_heard(struct instance *instance);

/*
 * The daemon told its version, or its process id.  Another process id than before means another
 * process.
 */
void instance_set_version(struct instance *instance, struct slice version);
void instance_set_pid(struct instance *instance, int64_t pid);

/*
 * Another process answers than before: what was known of the old one, its last state and its
 * clients among it, ended when contact did.
 */
void instance_forget_process(struct instance *instance);

/*
 * A state, told in real time: kept in the history, EVENT_STATE.  One that is not the tunnel's
 * (model/course.h) is kept only.  A restart ends the sessions of a server's clients.
 */
void instance_state_told(struct instance *instance, const struct state_line *line);

/* Makes a copy of the record the last known state; its history and events are the caller's. */
void instance_set_state(struct instance *instance, const struct state_record *record);

/* EVENT_STATE, and what it means for the tunnel, now or when contact is up. */
void instance_tell_state(struct instance *instance);

/* Replaces the capabilities; takes the list, which malloc() gave, and its texts. */
void instance_set_capabilities(struct instance *instance, struct capability *list, size_t count);

/* A line of the log or echo stream: kept in the history and told as an event. */
void instance_log_told(struct instance *instance, const struct log_line *line);
void instance_echo_told(struct instance *instance, const struct log_line *line);

/* >HOLD; waiting is false when the hold has ended.  Events when that changes, once in contact. */
void instance_set_hold(struct instance *instance, bool waiting, int seconds);

void instance_fatal_told(struct instance *instance, struct slice text);

/* >INFO, >NOTIFY, >INFOMSG: kept as the last one.  Secrets are masked here as in all free text. */
void instance_info_told(struct instance *instance, struct slice text);

/*
 * load-stats was told: link bytes since the daemon started.  Those that the kernel counts (DCO) are
 * not in it: there they are ignored.
 */
void instance_set_bytes(struct instance *instance, uint64_t in, uint64_t out);

/*
 * Whether the kernel counts: then the link bytes are the sum over the clients, those that have
 * ended among them.
 */
void instance_set_dco(struct instance *instance, bool dco);

/* A client has moved that since it was last told. */
void instance_count_client(struct instance *instance, uint64_t in, uint64_t out);

/* Whether what the daemon said last may be taken as true now: contact is up or stale. */
static inline bool instance_in_contact(const struct instance *instance)
{
    return instance->contact == CONTACT_UP || instance->contact == CONTACT_STALE;
}

/* Where the tunnel's interface is; index 0 and a name of NULL when that is not known. */
void instance_set_interface(struct instance *instance, uint32_t index, const char *name);

/* How many clients the daemon lets in at once; -1 when not known. */
int64_t instance_clients_max(const struct instance *instance);

/* These read as unknown, 0 or no row when there is no contact. */
enum state instance_state(const struct instance *instance);
enum truth instance_hold_waiting(const struct instance *instance);
bool instance_counts_clients(const struct instance *instance);    /* or it is not known how many */
uint32_t instance_client_count(const struct instance *instance);  /* those that are through */
uint32_t instance_pending_count(const struct instance *instance); /* those that are not */
uint32_t instance_request_count(const struct instance *instance); /* pending ones */
uint32_t instance_if_index(const struct instance *instance);
const char *instance_if_name(const struct instance *instance);

#endif
