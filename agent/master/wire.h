#ifndef AGENT_MASTER_WIRE_H
#define AGENT_MASTER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AgentX PDUs as octets, as far as the agent looks at them itself (RFC 2741 section 6). */

enum wire_type {
    WIRE_CLOSE = 2,
    WIRE_REGISTER = 3,
    WIRE_GET = 5,
    WIRE_GET_NEXT = 6,
    WIRE_GET_BULK = 7,
    WIRE_TEST_SET = 8,
    WIRE_COMMIT_SET = 9,
    WIRE_UNDO_SET = 10,
    WIRE_CLEANUP_SET = 11,
    WIRE_NOTIFY = 12,
    WIRE_ADD_AGENT_CAPS = 16,
    WIRE_RESPONSE = 18
};

/* res.error of a Response (section 6.2.16). */
enum wire_error {
    WIRE_NO_ERROR = 0,
    WIRE_TOO_BIG = 1,
    WIRE_GEN_ERR = 5,
    WIRE_NOT_OPEN = 257,
    WIRE_UNSUPPORTED_CONTEXT = 262,
    WIRE_DUPLICATE_REGISTRATION = 263,
    WIRE_PARSE_ERROR = 266,
    WIRE_REQUEST_DENIED = 267,
    WIRE_PROCESSING_ERROR = 268
};

enum { WIRE_HEADER_SIZE = 20, WIRE_RESPONSE_SIZE = 28 };

/*
 * Octets of the varbinds in an answer.  The master agent drops a subagent whose answer is over
 * 65536 octets; what is left is for the headers, and for what the library adds to unanswered
 * varbinds.
 */
#define WIRE_ANSWER_MAX 60000

/* Section 6.1. */
struct wire_header {
    uint8_t type;
    uint8_t flags;
    uint32_t session;
    uint32_t transaction;
    uint32_t packet;
    uint32_t size; /* octets behind the header */
};

/* Reads WIRE_HEADER_SIZE octets in either byte order; false when they are not AgentX version 1. */
bool wire_read_header(const unsigned char *bytes, struct wire_header *header);

/* The error in the WIRE_RESPONSE_SIZE octets at the beginning of a Response. */
unsigned wire_read_error(const unsigned char *response);

/* Writes WIRE_HEADER_SIZE octets, in network byte order whatever the flags say. */
void wire_write_header(unsigned char *bytes, const struct wire_header *header);

/* Writes WIRE_RESPONSE_SIZE octets: the answer to a request of which nothing was done. */
void wire_write_refusal(unsigned char *bytes, const struct wire_header *request,
                        enum wire_error error);

/*
 * Writes WIRE_RESPONSE_SIZE octets: a Response without its varbinds.  False when it has none, or
 * says no error, and so must stay as it is.
 */
bool wire_write_bare(unsigned char *bytes, const unsigned char *response, size_t size);

/* Whether the request names a context (section 6.1.1). */
bool wire_has_context(const struct wire_header *header);

#endif
