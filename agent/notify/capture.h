#ifndef AGENT_NOTIFY_CAPTURE_H
#define AGENT_NOTIFY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/tables/table.h"
#include "agent/tables/walker.h"

/*
 * Varbinds of a notification, copied when the event happens so that they stay as they were however
 * long the notification waits.  Knows neither Net-SNMP nor the model.
 */

/* What all varbinds may take in an AgentX PDU: the master agent drops us over 65536 bytes. */
enum { CAPTURE_MAX = 60000 };

/* Prepared by {0}; owns its bytes. */
struct capture {
    unsigned char *bytes;
    size_t len;
    size_t room;
    bool cut; /* a varbind is missing: memory was out, or all were too much */
};

/*
 * A captured varbind.  octets points into the capture; an OBJECT_ID is octets of unsigned long, not
 * aligned.
 */
struct capture_varbind {
    unsigned long oid[WALKER_OID_MAX];
    size_t oid_len;
    enum value_type type;
    struct value value;
};

void capture_fini(struct capture *capture);

/* Adds a copy of a value.  oid_len is at most WALKER_OID_MAX. */
void capture_value(struct capture *capture, const unsigned long *oid, size_t oid_len,
                   enum value_type type, const struct value *value);

/*
 * Adds a cell as its getter reads it now; its name is that of row->index below the walker's root.
 * One that is absent is there all the same: as 0, or empty.
 */
void capture_cell(struct capture *capture, const struct walker *walker, const struct table *table,
                  const struct column *column, const struct row *row);

/*
 * Reads the varbinds in the order they were added: *offset starts at 0 and moves on.  Returns false
 * behind the last.
 */
bool capture_next(const struct capture *capture, size_t *offset, struct capture_varbind *varbind);

#endif
