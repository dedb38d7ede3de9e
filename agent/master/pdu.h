#ifndef AGENT_MASTER_PDU_H
#define AGENT_MASTER_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/master/wire.h"
#include "agent/tables/walker.h"

/*
 * Requests of AgentX that read, and their answers, as octets in either byte order (RFC 2741
 * sections 5 and 6.2): Get, GetNext and GetBulk, and the Response.  Nothing is allocated.
 */

/* What is asked for: an object, or what follows it (section 5.2). */
struct pdu_range {
    unsigned long from[WALKER_OID_MAX];
    size_t from_len;
    bool include;                     /* from itself is asked for too */
    unsigned long to[WALKER_OID_MAX]; /* what is asked for stands before it */
    size_t to_len;                    /* 0: no end */
};

/* A request that is read from its first range to its last. */
struct pdu_request {
    struct wire_header header;
    bool network_order;
    uint16_t non_repeaters, repetitions; /* of a GetBulk */
    const unsigned char *at, *end;       /* what is left; borrowed */
};

/* Begins to read a whole PDU; false when it cannot be one of the three. */
bool pdu_request_begin(struct pdu_request *request, const unsigned char *bytes, size_t size);

/* Whether there is another range. */
bool pdu_request_more(const struct pdu_request *request);

/* Reads the next range; false when it is none that can be read. */
bool pdu_request_next(struct pdu_request *request, struct pdu_range *range);

/* What stands in the place of a value (section 5.4). */
enum pdu_exception { PDU_NO_OBJECT = 128, PDU_NO_INSTANCE = 129, PDU_END_OF_VIEW = 130 };

/* An answer that is being written. */
struct pdu_response {
    unsigned char bytes[WIRE_RESPONSE_SIZE + WIRE_ANSWER_MAX];
    size_t len;
    bool network_order; /* as the request has it */
};

/* Begins the answer to a request. */
void pdu_response_begin(struct pdu_response *response, const struct pdu_request *request);

/* Adds a varbind; WIRE_NO_ERROR when it is in.  Another answer leaves out all of it. */
enum wire_error pdu_response_add(struct pdu_response *response, const struct walker_cell *cell);
enum wire_error pdu_response_add_none(struct pdu_response *response, const unsigned long *oid,
                                      size_t len, enum pdu_exception exception);

/* Reads back the name of the varbind that was added when the answer was len octets long. */
size_t pdu_response_name(const struct pdu_response *response, size_t len, unsigned long *oid);

/* Makes it the error of the varbind with that number, counted from 1, with no varbinds. */
void pdu_response_fail(struct pdu_response *response, enum wire_error error, size_t index);

/* The answer is whole: len octets are to be sent. */
void pdu_response_end(struct pdu_response *response);

#endif
