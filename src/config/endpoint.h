#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Addresses as people write them. */

/* The longest host name (RFC 1123 section 2.1). */
#define HOST_NAME_BYTES_MAX 253

/*
 * Reads "unix:/path", "tcp:A.B.C.D:PORT", "tcp:[v6]:PORT", "tcp:NAME:PORT" or "listen:unix:/path"
 * into a zeroed endpoint.  A host name is not looked up.  Returns true;
 * or false with words for people in why, and the endpoint as it was.
 */
bool endpoint_parse(const char *text, struct endpoint *endpoint, char *why, size_t why_size);

/*
 * The same for an address of an AgentX master in the spelling of Net-SNMP: "unix:/path",
 * "tcp:A.B.C.D:PORT" or "tcp6:[v6]:PORT".  Host names are refused: the library would wait for their
 * look-up.
 */
bool endpoint_parse_agentx(const char *text, struct endpoint *endpoint, char *why, size_t why_size);

/* Whether endpoint_parse_agentx() takes it; returns false with words for people in why. */
bool endpoint_check_agentx(const char *text, char *why, size_t why_size);

/*
 * Whether managers can be listened for there: "udp:A.B.C.D:PORT" or "udp6:[v6]:PORT", as Net-SNMP
 * spells it.  Returns false with words for people in why.
 */
bool endpoint_check_listen(const char *text, char *why, size_t why_size);

/* Frees what the functions above made. */
void endpoint_fini(struct endpoint *endpoint);

/*
 * Orders addresses: 0 for the same.  An address may be written in several ways; names are compared
 * as they are written.
 */
int endpoint_compare(const struct endpoint *one, const struct endpoint *other);

/*
 * Whether traffic to it stays on this machine; of host names only localhost and what ends in
 * .localhost does (RFC 6761 section 6.3).
 */
bool endpoint_is_local(const struct endpoint *endpoint);

#endif
