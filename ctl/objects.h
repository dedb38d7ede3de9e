#ifndef CTL_OBJECTS_H
#define CTL_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generated/mib-objects.h"

/*
 * The objects and notifications of OPENVPN-MANAGEMENT-MIB.  They come from the module itself, when
 * the program is built (scripts/mib-objects), with the root that configure was told.
 */

/* What a value is, whatever the type on the wire. */
enum objects_kind {
    OBJECTS_NUMBER,
    OBJECTS_ENUM,  /* a number with labels */
    OBJECTS_FLAGS, /* BITS */
    OBJECTS_TEXT,
    OBJECTS_OCTETS,
    OBJECTS_OID
};

/* All that can be read or written, in the module's order and with its names. */
enum object {
#define OBJECT(name, ...) name,
    OBJECTS_ALL(OBJECT)
#undef OBJECT
        OBJECTS_COUNT
};

/* The most arcs of an object, an index of two numbers included: configure takes roots up to 100. */
#define OBJECTS_OID_MAX 110

const char *objects_name(enum object object);
enum objects_kind objects_kind(enum object object);

/* The most bytes that a value of the object takes in a message. */
size_t objects_longest(enum object object);

/* Writes the object's identifier without an index into out[OBJECTS_OID_MAX]; returns its arcs. */
size_t objects_oid(enum object object, unsigned long *out);

/*
 * Finds the object that an identifier begins with, and how many arcs of it that takes; the rest is
 * the index.  Returns false when it is none of ours.
 */
bool objects_find(const unsigned long *name, size_t arcs, enum object *object, size_t *taken);

/* The label of a value of an enumeration, or of a bit of FLAGS; NULL when it has none. */
const char *objects_label(enum object object, int64_t value);

/* The value of a label, -1 when there is none. */
int objects_value(enum object object, const char *label);

/* A kind of notification. */
struct objects_notification {
    const char *name;
    unsigned number; /* its arc below ovpnNotifications */
    const char
        *severity; /* as in the module: INFORMATIONAL, NORMAL, WARNING, MINOR, MAJOR, CRITICAL */
    const char *words; /* with a %s for each argument */
    enum object arguments[4];
    size_t argument_count;
};

/* The notification of that identifier, the value of snmpTrapOID.0; NULL when it is none of ours. */
const struct objects_notification *objects_notification(const unsigned long *name, size_t arcs);

#endif
