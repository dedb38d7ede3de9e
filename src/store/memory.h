#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/clients.h"
#include "model/model.h"
#include "model/records.h"
#include "model/users.h"
#include "store/output.h"

/*
 * What outlives the agent, as lines of a text file.  Pure: the model to bytes, and lines to
 * records.
 *
 * The first line says what the file is and its version, the last one the sum of all bytes before it
 * (store/output.h), so that a file that is not whole is seen.  Between them stand records, each a
 * word and its fields (store/fields.h): `agent`, then of each daemon `instance` and behind it what
 * belongs to it.  Another order, number or meaning of fields is another version.
 */
#define MEMORY_HEAD    "openvpn-agentx memory 1"
#define MEMORY_END     "end "
#define MEMORY_SUM_LEN 16 /* hexadecimal digits behind MEMORY_END */

enum memory_kind {
    MEMORY_AGENT,
    MEMORY_INSTANCE,
    MEMORY_STATE, /* the tunnel's last one */
    MEMORY_USER,
    MEMORY_CLIENT,
    MEMORY_DEPARTURE,
    MEMORY_KINDS
};

struct memory_agent {
    bool running;           /* written by an agent that went on: it knew more when it ended */
    uint32_t notifications; /* number of the last one */
};

/* A client session that goes on. */
struct memory_client {
    struct client client; /* its index, who, bytes, since, ids and whether it is pending */
    uint32_t user_index;  /* 0 when it counts for none */
};

struct memory_departure {
    uint32_t sequence;
    struct departure_record record;
};

struct memory_record {
    enum memory_kind kind;
    union {
        struct memory_agent agent;
        struct instance instance; /* name, process, numbers; lost_unix: its clients' last moment */
        struct state_record state;
        struct user user; /* last_seen, and milliseconds of all sessions in spent */
        struct memory_client client;
        struct memory_departure departure;
    };
};

/* Writes a whole file.  running: the agent goes on.  Returns whether all could be put. */
bool memory_write(struct output *output, const struct model *model, bool running);

/* The sum that memory_write() would put into the last line. */
uint64_t memory_sum(struct output *output, const struct model *model, bool running);

/* The records of one instance alone, without first and last line. */
bool memory_write_instance(struct output *output, const struct instance *instance);

/* Whether a line is a record; takes no memory. */
bool memory_check(struct slice line);

/*
 * Reads a record, whose texts are the caller's until memory_fini().  False when it is none or
 * memory is out; there is nothing to free then.
 */
bool memory_read(struct slice line, struct memory_record *record);

/* Frees the texts that are still there. */
void memory_fini(struct memory_record *record);

#endif
