#ifndef AGENT_TABLES_TABLE_H
#define AGENT_TABLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/change.h"

struct client;
struct instance;
struct model;
struct table;

/*
 * A MIB table as data: which columns it has and how a cell is read.  The walker
 * (agent/tables/walker.h) finds cells in these, and neither knows Net-SNMP.  A group of scalars is
 * a table of one row whose index is 0.
 */

/* ASN.1 types of values (RFC 2578 section 7.1). */
enum value_type {
    VALUE_INTEGER,
    VALUE_OCTETS,
    VALUE_OBJECT_ID,
    VALUE_COUNTER32,
    VALUE_GAUGE32, /* Unsigned32 too */
    VALUE_TIMETICKS,
    VALUE_COUNTER64
};

enum { VALUE_SCRATCH = 64 };

/* Whether a cell is there. */
enum absence {
    ABSENT_NOT,
    ABSENT_CELL, /* it has no value: to a manager there is no such instance */
    ABSENT_REST  /* nor has any cell of its column in a row of the same instance behind it */
};

/* A value read from the model.  Prepared by {0}; an absent one stays so but for its absence. */
struct value {
    enum absence absence;
    int32_t integer;
    uint64_t number; /* all unsigned types */
    struct {
        const void *at; /* into the model or scratch; valid until the model changes */
        size_t len;
    } octets;
    unsigned char scratch[VALUE_SCRATCH];
};

/* A row: what the getters get. */
struct row {
    const struct model *model;
    const struct instance *instance; /* NULL for scalars */
    const void *item; /* what the table's rows are; the instance where it is one each */
    uint32_t index[2];
};

/* No value at all, in struct writer. */
#define WRITER_NONE INT32_MIN

/* In the place of a base: the value is a TruthValue, the change's number 1 or 0. */
#define WRITER_TRUTH INT32_MIN

/*
 * What a value that is written means.  Integers are judged by their number, octets by their length.
 */
struct writer {
    enum change_kind kind;
    int32_t min, max; /* what is of the object's syntax */
    int32_t refused;  /* a value of the syntax that cannot be written, or WRITER_NONE */
    int32_t idle;     /* the value that does nothing, or WRITER_NONE */
    int32_t base;     /* the change's number is the value less this, or WRITER_TRUTH */
};

struct column {
    unsigned number; /* last sub-identifier of the column, ascending in its table */
    enum value_type type;
    const struct writer *writer; /* NULL: read-only */
    void (*get)(const struct row *row, struct value *value); /* the value is prepared */
    const char *name; /* as in the MIB, without the table's prefix */
};

/*
 * The row with exactly that index (exact), or the first row behind it in index order.  index holds
 * arity numbers; the row's own index is written to row->index.  Returns false when there is none.
 */
typedef bool row_finder(const struct table *table, const struct model *model, const uint32_t *index,
                        bool exact, struct row *row);

/*
 * The row of an instance with the smallest number greater than after; its number goes to *found.
 * NULL when there is none.
 */
typedef const void *row_after(const struct instance *instance, uint32_t after, uint32_t *found);

struct table {
    const char *name;     /* prefix of the column names, "ovpnInstance" */
    const unsigned *path; /* sub-identifiers below the root that stand before the column */
    size_t path_len;
    size_t arity; /* sub-identifiers of the index: 1 or 2 */
    row_finder *find;
    const struct column *columns;
    size_t column_count;

    /* Of finder_rows() (agent/tables/finders.h): its rows, or where in the instance the history is.
     */
    row_after *after;
    size_t history;
};

#define TABLE_PATH(...)                                                                            \
    .path = (const unsigned[]){__VA_ARGS__},                                                       \
    .path_len = sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned)

#define TABLE_COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof((list)[0])

#endif
