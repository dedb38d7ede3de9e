#ifndef STORE_FIELDS_H
#define STORE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/output.h"

/*
 * Members of a structure as a line of text and back: each behind a tab, in the order of a table.
 * Numbers are decimal; texts stand as they are, for clean text (base/text.h) has neither tab nor
 * line end, and an empty one is NULL.
 */
enum field_type {
    FIELD_U32,
    FIELD_U64,
    FIELD_I64,
    FIELD_TIME, /* int64_t, from 0 to FIELD_TIME_MAX; what is beyond is written as the next to it */
    FIELD_ENUM, /* unsigned int, up to `last` */
    FIELD_BOOL,
    FIELD_TEXT,    /* char *, heap, at most `last` bytes */
    FIELD_ADDRESS, /* struct address: protocol, port, IP address */
    FIELD_TUNNEL   /* struct tunnel_addresses: both IP addresses, empty where there is none */
};

/* So that sums and differences of times have room. */
#define FIELD_TIME_MAX (INT64_C(1) << 51)

struct field {
    enum field_type type;
    size_t offset;
    uint32_t last;
};

void fields_write(struct output *output, const struct field *fields, size_t count,
                  const void *structure);

/*
 * Reads them from what stands behind the first tab of a line, strictly.  The structure is zeroed
 * before; it may be NULL, and then the line is only looked at, which takes no memory.  False when
 * the line is wrong or memory is out; then too fields_fini() is the caller's.
 */
bool fields_read(struct slice line, const struct field *fields, size_t count, void *structure);

/* Frees the texts. */
void fields_fini(const struct field *fields, size_t count, void *structure);

#endif
