#ifndef MODEL_RECORDS_H
#define MODEL_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/identity.h"
#include "protocol/address.h"
#include "protocol/state.h"

/*
 * The records that histories keep (base/history.h).  Their texts are clean (base/text.h), owned by
 * the record and may be NULL, which reads as empty.
 */
struct state_record {
    int64_t time; /* seconds since 1970, the daemon's clock */
    enum state state;
    char *name;
    char *reason;
    struct tunnel_addresses tunnel;
    struct address remote;
    struct address local;
    char *remote_text;
    char *local_text;
};

struct log_record { /* log and echo */
    int64_t time;
    unsigned flags; /* of enum log_flag */
    char *message;
};

struct departure_record { /* a client session that has ended */
    uint32_t client_index;
    uint32_t user_index; /* 0 when it counted for none */
    struct identity who;
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t connected; /* seconds since 1970, 0 when not known */
    int64_t ended;
};

enum command_result {
    RESULT_PENDING = 1,
    RESULT_SUCCESS,
    RESULT_ERROR,
    RESULT_TIMED_OUT,
    RESULT_REJECTED
};

struct command_record {
    int64_t time;
    uint64_t ticket; /* grows with each command of a daemon (model/asked.h) */
    char *command;   /* secrets as *** */
    enum command_result result;
    char *reply;
    uint32_t milliseconds;
};

void state_record_fini(void *record);
void log_record_fini(void *record);
void departure_record_fini(void *record);
void command_record_fini(void *record);

/* Makes the record, which may hold texts of its own, a copy; the two must not be the same. */
void state_record_copy(struct state_record *to, const struct state_record *from);

/* Fills a zeroed record from a line; what memory is missing for stays empty. */
void state_record_fill(struct state_record *record, const struct state_line *line);
void log_record_fill(struct log_record *record, const struct log_line *line);
void echo_record_fill(struct log_record *record, const struct log_line *line);

/*
 * "address" or "address:port", IPv6 in brackets when there is a port: a new string, which the
 * caller frees; NULL without an address.
 */
char *record_address(struct slice ip, struct slice port);

/* Same event, told twice. */
bool state_record_equal(const struct state_record *a, const struct state_record *b);
bool log_record_equal(const struct log_record *a, const struct log_record *b);

#endif
