#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/*
 * Addresses as people write them.  Host names are refused: a look-up would block, and what a name
 * stands for may change.
 */

/*
 * Reads "unix:/path", "tcp:A.B.C.D:PORT" or "tcp:[v6]:PORT" into a zeroed endpoint.  Returns true;
 * or false with words for people in why, and the endpoint as it was.
 */
bool endpoint_parse(const char *text, struct endpoint *endpoint, char *why, size_t why_size);

/*
 * The same for an address of an AgentX master in the spelling of Net-SNMP: "unix:/path",
 * "tcp:A.B.C.D:PORT" or "tcp6:[v6]:PORT".
 */
bool endpoint_parse_agentx(const char *text, struct endpoint *endpoint, char *why, size_t why_size);

/* Whether endpoint_parse_agentx() takes it; returns false with words for people in why. */
bool endpoint_check_agentx(const char *text, char *why, size_t why_size);

/* Frees what the functions above made. */
void endpoint_fini(struct endpoint *endpoint);

/* Whether traffic to it stays on this machine; nobody knows that of a name. */
bool endpoint_is_local(const struct endpoint *endpoint);

#endif
