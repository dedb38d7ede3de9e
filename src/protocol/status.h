#ifndef PROTOCOL_STATUS_H
#define PROTOCOL_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Reads the reply of `status`, `status 1`, `status 2` and `status 3` line by line: server mode in
 * all three formats, client and point-to-point mode.  Columns go by the names in the HEADER rows.
 */
enum status_kind {
    STATUS_OTHER,  /* title of a section, header, unknown row: nothing to do */
    STATUS_SERVER, /* the reply is one of a server; text is its version (formats 2, 3) or empty */
    STATUS_TUNNEL, /* the reply is one of a client or a point-to-point end */
    STATUS_TIME,   /* time */
    STATUS_CLIENT, /* client */
    STATUS_ROUTE,  /* route */
    STATUS_NUMBER, /* name and number: GLOBAL_STATS, byte counters */
    STATUS_BAD,    /* a row with the wrong number of fields or an unreadable one: drop it */
    STATUS_END
};

/* Counters and global values by meaning. */
enum status_number {
    STATUS_BCAST_QUEUE, /* Max bcast/mcast queue length */
    STATUS_DCO,         /* dco_enabled */
    STATUS_TUN_READ,    /* TUN/TAP read bytes */
    STATUS_TUN_WRITE,
    STATUS_LINK_READ, /* TCP/UDP read bytes */
    STATUS_LINK_WRITE,
    STATUS_AUTH_READ,
    STATUS_OTHER_NUMBER /* pre-compress bytes and what comes later */
};

/* A connected client; empty slices and -1 are "this version does not tell". */
struct status_client {
    struct slice common_name;
    struct slice real_address;
    struct slice virtual_ipv4;
    struct slice virtual_ipv6;
    struct slice username; /* empty also for "UNDEF" */
    struct slice cipher;
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t since; /* seconds since 1970, 0 when not told */
    int64_t cid;
    int64_t peer_id;
};

struct status_route {
    struct slice address; /* as written, without the mark of a cached route */
    bool cached;
    struct slice common_name;
    struct slice real_address;
    int64_t last_ref; /* seconds since 1970, 0 when not told */
};

/* What is not of the kind is not set, but for the text. */
struct status_row {
    enum status_kind kind;
    struct slice text;
    union {
        int64_t time;
        struct {
            enum status_number number;
            uint64_t value;
        };
        struct status_client client;
        struct status_route route;
    };
};

/* More columns than any version has; a header with more makes its rows STATUS_BAD. */
enum { STATUS_COLUMNS = 32 };

/* Where we are in a reply. */
struct status_reader {
    char separator; /* ',' or TAB; 0 before the first line */
    int section;
    unsigned client_fields; /* number of columns that the header gave, 0 before it */
    unsigned route_fields;
    signed char client_columns[STATUS_COLUMNS]; /* meaning of each column */
    signed char route_columns[STATUS_COLUMNS];
};

void status_begin(struct status_reader *reader);

/* Reads the next line of the reply. */
void status_line(struct status_reader *reader, struct slice line, struct status_row *row);

#endif
