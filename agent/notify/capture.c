#include "agent/notify/capture.h"

#include <stdlib.h>
#include <string.h>

/* Stands before the sub-identifiers and the octets of each varbind. */
struct head {
    uint64_t number;
    int32_t integer;
    uint32_t type;
    uint32_t oid_len;
    uint32_t octets_len;
};

void capture_fini(struct capture *capture)
{
    free(capture->bytes);
    *capture = (struct capture){0};
}

static bool has_octets(enum value_type type)
{
    return type == VALUE_OCTETS || type == VALUE_OBJECT_ID;
}

/* Room for size more bytes; cuts when there is none. */
static unsigned char *reserve_room(struct capture *capture, size_t size)
{
    unsigned char *at;

    if (size > CAPTURE_MAX || capture->len + size > CAPTURE_MAX) {
        capture->cut = true;
        return NULL;
    }
    if (capture->len + size > capture->room) {
        size_t room = capture->len + size + capture->len / 2;
        unsigned char *bytes = realloc(capture->bytes, room);

        if (!bytes) {
            capture->cut = true;
            return NULL;
        }
        capture->bytes = bytes;
        capture->room = room;
    }
    at = capture->bytes + capture->len;
    capture->len += size;
    return at;
}

void capture_value(struct capture *capture, const unsigned long *oid, size_t oid_len,
                   enum value_type type, const struct value *value)
{
    size_t octets_len = has_octets(type) ? value->octets.len : 0;
    struct head head = {.number = value->number,
                        .integer = value->integer,
                        .type = (uint32_t)type,
                        .oid_len = (uint32_t)oid_len,
                        .octets_len = (uint32_t)octets_len};
    size_t name_size = oid_len * sizeof(*oid);
    unsigned char *at;

    if (octets_len > CAPTURE_MAX || oid_len > WALKER_OID_MAX) {
        capture->cut = true;
        return;
    }
    at = reserve_room(capture, sizeof(head) + name_size + octets_len);
    if (!at)
        return;
    memcpy(at, &head, sizeof(head));
    memcpy(at + sizeof(head), oid, name_size);
    if (octets_len > 0)
        memcpy(at + sizeof(head) + name_size, value->octets.at, octets_len);
}

void capture_cell(struct capture *capture, const struct walker *walker, const struct table *table,
                  const struct column *column, const struct row *row)
{
    unsigned long oid[WALKER_OID_MAX];
    size_t len = walker_oid(walker, table, column, row->index, oid);
    struct value value = {0};

    column->get(row, &value);
    capture_value(capture, oid, len, column->type, &value);
}

bool capture_next(const struct capture *capture, size_t *offset, struct capture_varbind *varbind)
{
    const unsigned char *at;
    struct head head;

    if (*offset == capture->len)
        return false;
    at = capture->bytes + *offset;
    memcpy(&head, at, sizeof(head));
    at += sizeof(head);
    varbind->type = (enum value_type)head.type;
    varbind->value.number = head.number;
    varbind->value.integer = head.integer;
    varbind->oid_len = head.oid_len;
    memcpy(varbind->oid, at, head.oid_len * sizeof(*varbind->oid));
    at += head.oid_len * sizeof(*varbind->oid);
    varbind->value.octets.at = at;
    varbind->value.octets.len = head.octets_len;
    *offset = (size_t)(at - capture->bytes) + head.octets_len;
    return true;
}
