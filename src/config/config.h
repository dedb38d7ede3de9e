#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * The configuration file (libconfig syntax), read whole and checked whole.  openvpn-agentx.conf(5)
 * says what each key means.
 */

/*
 * What may be asked of a daemon by SET: the words of the key `allow` ("signal" alone is an error),
 * and a bit ALLOW_... for each.
 */
#define ALLOW_WORDS(WORD)                                                                          \
    WORD(HOLD, "hold")                                                                             \
    WORD(KILL, "kill")                                                                             \
    WORD(VERB, "verb")                                                                             \
    WORD(MUTE, "mute")                                                                             \
    WORD(SIGHUP, "signal:SIGHUP")                                                                  \
    WORD(SIGTERM, "signal:SIGTERM")                                                                \
    WORD(SIGUSR1, "signal:SIGUSR1")                                                                \
    WORD(SIGUSR2, "signal:SIGUSR2")                                                                \
    WORD(AUTH_RETRY, "auth-retry")                                                                 \
    WORD(PASSWORDS, "passwords")                                                                   \
    WORD(CONFIRM, "confirm")                                                                       \
    WORD(REFRESH, "refresh")                                                                       \
    WORD(NET, "net")                                                                               \
    WORD(SESSION, "session")

/* What only a guest of a share may do: the words of the share's own `allow`, beside those. */
#define ALLOW_GUEST_WORDS(WORD)                                                                    \
    WORD(CLIENTS, "clients")                                                                       \
    WORD(SIGN, "sign")                                                                             \
    WORD(REMOTE, "remote")                                                                         \
    WORD(PUSH, "push")

#define ALLOW_PLACE(name, word) PERMISSION_##name,
enum permission_place {
    ALLOW_WORDS(ALLOW_PLACE) PERMISSIONS,
    PERMISSION_LAST_OF_SET = PERMISSIONS - 1,
    ALLOW_GUEST_WORDS(ALLOW_PLACE) PERMISSIONS_OF_GUESTS
};
#define ALLOW_BIT(name, word) ALLOW_##name = 1 << PERMISSION_##name,
enum permission {
    ALLOW_WORDS(ALLOW_BIT) ALLOW_GUEST_WORDS(ALLOW_BIT) ALLOW_ALL = (1 << PERMISSIONS) - 1,
    ALLOW_GUESTS_ALL = ((1 << PERMISSIONS_OF_GUESTS) - 1) & ~ALLOW_SESSION
};

/* The bit of a word of either, 0 when it is none; and the word of a bit. */
unsigned config_permission(const char *word);
const char *config_permission_word(enum permission_place place);

/* Which notifications are sent (key `notify`), a bit each. */
enum notify_kind {
    NOTIFY_CONTACT = 1 << 0,
    NOTIFY_STATE = 1 << 1,     /* the tunnel has come up, or gone down */
    NOTIFY_STATE_ALL = 1 << 2, /* every state */
    NOTIFY_FATAL = 1 << 3,
    NOTIFY_HOLD = 1 << 4,
    NOTIFY_INPUT = 1 << 5,
    NOTIFY_AUTH = 1 << 6,
    NOTIFY_CLIENT = 1 << 7,
    NOTIFY_LOG = 1 << 8, /* lines with one of log_alert_flags */
    NOTIFY_ECHO = 1 << 9,
    NOTIFY_REJECT = 1 << 10,
    NOTIFY_EXPIRY = 1 << 11,
    NOTIFY_ALL = (1 << 12) - 1
};

/* The largest name of an instance, in bytes. */
#define CONFIG_NAME_MAX 32

/*
 * Where a management interface, or the AgentX master, listens: an address that is ready for
 * connect(), or a name that somebody has to look up first.  With a name address_len is 0.
 */
struct endpoint {
    char *text; /* as configured, shown in the MIB: "unix:/run/x.sock", "listen:unix:/run/x.sock" */
    char *path; /* unix socket; NULL for TCP */
    char *host; /* TCP: IPv4 or IPv6 address, or a host name, as written; NULL for unix */
    uint16_t port;
    bool listen; /* the daemon connects to the agent, which listens at path */
    struct sockaddr_storage address;
    socklen_t address_len;
};

/* Rows kept of each table; 0 leaves that stream off. */
struct limits {
    uint32_t log_lines;     /* 0..100000, default 250 */
    uint32_t state_lines;   /* 0..100000, default 100 */
    uint32_t echo_lines;    /* 0..100000, default 100 */
    uint32_t session_lines; /* 0..1000000, default 1000 */
    uint32_t command_lines; /* 0..100000, default 100 */
    uint32_t request_lines; /* 1..10000, default 100 */
    uint32_t client_max;    /* 1..1000000, default 100000 */
    uint32_t route_max;     /* 0..1000000, default 100000 */
    uint32_t user_lines;    /* 1..1000000, default 10000 */
};

/* The key `expiry_days`: how many numbers it has at most, and the largest. */
#define EXPIRY_DAYS_MAX 16
#define EXPIRY_DAY_MAX  3650

/* Shares of an instance, guests of a share, and its commands in a second. */
#define SHARES_MAX       16
#define SHARE_GUESTS_MAX 64
#define SHARE_RATE_MAX   1000

/* A socket at which guests share the daemon's one management session: of the list `share`. */
struct share_config {
    struct endpoint listen; /* a unix socket, or a numeric loopback address */
    unsigned mode;          /* of the unix socket, default 0600 */
    bool has_group;         /* it gets that group */
    uint32_t group;         /* a group id */
    unsigned allow;         /* of enum permission, default none */
    uint32_t guests;        /* 1..SHARE_GUESTS_MAX, default 8 */
    uint32_t rate;       /* commands of all its guests in a second, 1..SHARE_RATE_MAX, default 20 */
    char *password_file; /* NULL: guests are asked for no password; never NULL with TCP */
    unsigned line;       /* of the file, for messages */
};

struct instance_config {
    char *name;
    uint32_t index; /* 1..2147483647, 0 when the file gives none */
    struct endpoint management;
    bool peer_checked;        /* only peer_user may be at the other end of the unix socket */
    uint32_t peer_user;       /* a user id, 0..4294967294 */
    char *password_file;      /* NULL: the daemon asks for no management password */
    unsigned status_interval; /* seconds, 1..3600, default 10 */
    unsigned command_timeout; /* milliseconds, 100..900, default 800 */
    unsigned reply_timeout;   /* seconds, 10..3600, default 120 */
    struct limits limits;
    bool by_username;         /* users are known by user names, where those are given */
    unsigned allow;           /* of enum permission, default none */
    unsigned notify;          /* of enum notify_kind */
    unsigned log_alert_flags; /* of enum log_flag (protocol/state.h has the same bits) */
    unsigned notify_rate;     /* notifications of one kind in a minute, 1..100000, default 60 */
    char *openvpn_config;     /* absolute path of the daemon's own file; NULL when not given */
    uint16_t expiry_days[EXPIRY_DAYS_MAX]; /* 1..EXPIRY_DAY_MAX, default 30, 14, 7, 1 */
    size_t expiry_day_count;
    struct share_config *shares;
    size_t share_count; /* at most SHARES_MAX */
    unsigned line;      /* of the file, for messages */
};

struct config {
    char *file;
    char *agentx;  /* "unix:/var/agentx/master" by default */
    char **listen; /* where managers are listened for, by ourselves; else NULL */
    size_t listen_count;
    char *snmp_config; /* users and what they may, in the syntax of snmpd.conf; with listen only */
    char *state_dir; /* what is kept over restarts: LOCALSTATEDIR/lib/openvpn-agentx; "": nothing */
    struct instance_config *instances;
    size_t count;
};

/* Faults of a file that are kept. */
#define CONFIG_FAULTS_MAX 20

/* What is wrong with the file: the first faults in its order, each with file, line and key. */
struct config_error {
    char text[CONFIG_FAULTS_MAX][512]; /* "FILE:LINE: instances[0].name: ..." */
    size_t count;                      /* all of them, those that are not kept too */
};

/*
 * Reads a file (the name config_read() is libconfig's own).  Returns the configuration, which the
 * caller frees with config_free(), or NULL with *error filled in.  A fault of the syntax is the
 * only one: what stands behind it is not looked at.  With warn, what is allowed but unwise (an
 * instance without index) is reported to it, one call each.
 */
struct config *config_load(const char *file, struct config_error *error,
                           void (*warn)(const char *text));

/* Frees it; NULL is allowed. */
void config_free(struct config *config);

/* The default of the key `notify`: state, fatal, hold, contact, input, auth, expiry. */
#define NOTIFY_DEFAULT                                                                             \
    (NOTIFY_CONTACT | NOTIFY_STATE | NOTIFY_FATAL | NOTIFY_HOLD | NOTIFY_INPUT | NOTIFY_AUTH |     \
     NOTIFY_EXPIRY)

/*
 * Reads a management password: the first line of the file, without its line end.  The file must be
 * a regular file that group and others cannot write and others cannot read.  Returns the length,
 * which is at most size - 1, or -1 with a text for people in error.
 */
int config_read_password(const char *file, char *password, size_t size, char *error,
                         size_t error_size);

/*
 * Reads every password file once, as a login would, and forgets it.  Returns false with *error
 * filled in for those that cannot be used.  The files may be mended without a reload, so this
 * is for checks only.
 */
bool config_check_passwords(const struct config *config, struct config_error *error);

#endif
