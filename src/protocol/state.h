#ifndef PROTOCOL_STATE_H
#define PROTOCOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Connection states (management notes, COMMAND -- state; AUTH_PENDING since 2.6). */
enum state {
    STATE_UNKNOWN,
    STATE_CONNECTING,
    STATE_WAIT,
    STATE_AUTH,
    STATE_GET_CONFIG,
    STATE_ASSIGN_IP,
    STATE_ADD_ROUTES,
    STATE_CONNECTED,
    STATE_RECONNECTING,
    STATE_EXITING,
    STATE_RESOLVE,
    STATE_TCP_CONNECT,
    STATE_AUTH_PENDING
};

/* A state line: of ">STATE:" or of a list reply.  Slices point into the line. */
struct state_line {
    int64_t time; /* seconds since 1970 */
    enum state state;
    struct slice name;   /* as the daemon wrote it */
    struct slice detail; /* reason; may hold commas */
    struct slice tunnel_ipv4;
    struct slice tunnel_ipv6;
    struct slice remote_addr;
    struct slice remote_port;
    struct slice local_addr;
    struct slice local_port;
};

/*
 * Reads `time,NAME[,detail[,tun-ip4[,remote[,port,local,port[,tun-ip6]]]]]`: 2 to 9 fields.
 * Returns false when there is no time or no name.
 */
bool state_parse(struct slice line, struct state_line *out);

/* The seconds in the detail of AUTH_PENDING, `timeout 57`; 0 when it tells none. */
int state_pending_seconds(struct slice detail);

enum state state_from_name(struct slice name);

/* Log flags (management notes, COMMAND -- log), a bit each. */
enum log_flag {
    LOG_FLAG_INFO = 1 << 0,
    LOG_FLAG_FATAL = 1 << 1,
    LOG_FLAG_NONFATAL = 1 << 2,
    LOG_FLAG_WARNING = 1 << 3,
    LOG_FLAG_DEBUG = 1 << 4
};

/* A log line `time,FLAGS,text` or an echo line `time,text` (flags 0). */
struct log_line {
    int64_t time;
    unsigned flags; /* of enum log_flag */
    struct slice text;
};

bool log_line_parse(struct slice line, struct log_line *out);
bool echo_line_parse(struct slice line, struct log_line *out);

#endif
