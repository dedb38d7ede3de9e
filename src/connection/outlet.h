#ifndef CONNECTION_OUTLET_H
#define CONNECTION_OUTLET_H

#include "connection/transport.h"
#include "protocol/command.h"

struct exchange;

/* Where commands go out as bytes.  transport is NULL while there is none, and nothing is sent. */
struct outlet {
    const struct transport_kind *kind;
    struct transport *transport;
};

/* Sends a line, and wipes it when it is secret. */
void outlet_line(const struct outlet *outlet, struct command *command);

/* Sends a load-stats: its answer is the end of all that was said before it. */
void outlet_load_stats(const struct outlet *outlet);

/* Sends the command of an exchange, its block, and the marker where it needs one. */
void outlet_command(const struct outlet *outlet, struct exchange *exchange);

/* The same, or the fence in front of it where its listener has a check. */
void outlet_begin(const struct outlet *outlet, struct exchange *exchange);

#endif
