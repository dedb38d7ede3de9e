#include "agent/master/pdu.h"

#include <string.h>

#include "agent/tables/values.h"

/* Section 6.1: flags, and places in the header and in a Response. */
enum { NETWORK_ORDER = 0x10, AT_SESSION = 4, AT_PAYLOAD = 16, AT_STATUS = 24, AT_WHICH = 26 };

/* Section 5.1: what a prefix stands for, but for its last number. */
static const unsigned long internet[] = {1, 3, 6, 1};

enum { INTERNET_LEN = sizeof(internet) / sizeof(internet[0]) };

static uint32_t number_at(const unsigned char *bytes, size_t size, bool network_order)
{
    uint32_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[network_order ? i : size - 1 - i];
    return number;
}

bool pdu_request_begin(struct pdu_request *request, const unsigned char *bytes, size_t size)
{
    if (size < WIRE_HEADER_SIZE || !wire_read_header(bytes, &request->header) ||
        request->header.size != size - WIRE_HEADER_SIZE)
        return false;
    request->network_order = request->header.flags & NETWORK_ORDER;
    request->at = bytes + WIRE_HEADER_SIZE;
    request->end = bytes + size;
    request->non_repeaters = request->repetitions = 0;
    if (request->header.type != WIRE_GET_BULK)
        return request->header.type == WIRE_GET || request->header.type == WIRE_GET_NEXT;
    if (size - WIRE_HEADER_SIZE < 4)
        return false;
    request->non_repeaters = (uint16_t)number_at(request->at, 2, request->network_order);
    request->repetitions = (uint16_t)number_at(request->at + 2, 2, request->network_order);
    request->at += 4;
    return true;
}

bool pdu_request_more(const struct pdu_request *request)
{
    return request->at < request->end;
}

/*
 * Reads an object identifier (section 5.1) of at most size octets; returns those that it has, 0
 * when it is none.
 */
static size_t read_oid(const unsigned char *bytes, size_t size, bool network_order,
                       unsigned long *oid, size_t *oid_len)
{
    size_t count = size > 0 ? bytes[0] : 0;
    size_t len = 0;

    if (size < 4 + 4 * count)
        return 0;
    if (bytes[1] != 0) {
        memcpy(oid, internet, sizeof(internet));
        len = INTERNET_LEN;
        oid[len++] = bytes[1];
    }
    if (len + count > WALKER_OID_MAX)
        return 0;
    for (size_t i = 1; i <= count; i++)
        oid[len++] = number_at(bytes + 4 * i, 4, network_order);
    *oid_len = len;
    return 4 + 4 * count;
}

static bool take_oid(struct pdu_request *request, unsigned long *oid, size_t *len)
{
    size_t size = read_oid(request->at, (size_t)(request->end - request->at),
                           request->network_order, oid, len);

    request->at += size;
    return size > 0;
}

bool pdu_request_next(struct pdu_request *request, struct pdu_range *range)
{
    const unsigned char *begin = request->at;

    if (!take_oid(request, range->from, &range->from_len) ||
        !take_oid(request, range->to, &range->to_len))
        return false;
    range->include = begin[2] != 0;
    return true;
}

static void put_number(struct pdu_response *response, uint64_t number, size_t size)
{
    unsigned char *at = response->bytes + response->len;

    for (size_t i = 0; i < size; i++) {
        at[response->network_order ? size - 1 - i : i] = (unsigned char)number;
        number >>= 8;
    }
    response->len += size;
}

void pdu_response_begin(struct pdu_response *response, const struct pdu_request *request)
{
    const struct wire_header *header = &request->header;

    response->network_order = request->network_order;
    memset(response->bytes, 0, WIRE_RESPONSE_SIZE); /* also the uptime, which nobody looks at */
    response->bytes[0] = 1;
    response->bytes[1] = WIRE_RESPONSE;
    response->bytes[2] = request->network_order ? NETWORK_ORDER : 0;
    response->len = AT_SESSION;
    put_number(response, header->session, 4);
    put_number(response, header->transaction, 4);
    put_number(response, header->packet, 4);
    response->len = WIRE_RESPONSE_SIZE;
}

static bool is_internet(const unsigned long *oid, size_t len)
{
    return len > INTERNET_LEN && memcmp(oid, internet, sizeof(internet)) == 0 &&
           oid[INTERNET_LEN] > 0 && oid[INTERNET_LEN] <= UINT8_MAX;
}

static void put_oid(struct pdu_response *response, const unsigned long *oid, size_t len)
{
    size_t skipped = is_internet(oid, len) ? INTERNET_LEN + 1 : 0;

    put_number(response, len - skipped, 1);
    put_number(response, skipped > 0 ? oid[INTERNET_LEN] : 0, 1);
    put_number(response, 0, 2);
    for (size_t i = skipped; i < len; i++)
        put_number(response, oid[i], 4);
}

static void put_octets(struct pdu_response *response, const void *octets, size_t len)
{
    put_number(response, len, 4);
    if (len > 0)
        memcpy(response->bytes + response->len, octets, len);
    response->len += len;
    put_number(response, 0, -len & 3);
}

/* Whether there is room for a varbind whose value is at most that many octets. */
static bool fits(const struct pdu_response *response, size_t name_len, size_t value_size)
{
    return 4 + 4 + 4 * name_len + value_size <= sizeof(response->bytes) - response->len;
}

static void put_name(struct pdu_response *response, unsigned type, const unsigned long *oid,
                     size_t len)
{
    put_number(response, type, 2);
    put_number(response, 0, 2);
    put_oid(response, oid, len);
}

/* Octets of a value, at most. */
static size_t value_size_max(enum value_type type, const struct value *value)
{
    switch (type) {
    case VALUE_OCTETS:
        return 4 + value->octets.len + 3;
    case VALUE_OBJECT_ID:
        return 4 + value->octets.len / sizeof(unsigned long) * 4;
    default:
        return sizeof(uint64_t);
    }
}

static void put_value(struct pdu_response *response, enum value_type type,
                      const struct value *value)
{
    switch (type) {
    case VALUE_INTEGER:
        put_number(response, (uint32_t)value->integer, 4);
        break;
    case VALUE_OCTETS:
        put_octets(response, value->octets.at, value->octets.len);
        break;
    case VALUE_OBJECT_ID:
        put_oid(response, value->octets.at, value->octets.len / sizeof(unsigned long));
        break;
    case VALUE_COUNTER64:
        put_number(response, value->number, 8);
        break;
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
        put_number(response, value_word(type, value->number), 4);
        break;
    }
}

enum wire_error pdu_response_add(struct pdu_response *response, const struct walker_cell *cell)
{
    static const unsigned char types[] = {
        [VALUE_INTEGER] = 2,    [VALUE_OCTETS] = 4,   [VALUE_OBJECT_ID] = 6,
        [VALUE_COUNTER32] = 65, [VALUE_GAUGE32] = 66, [VALUE_TIMETICKS] = 67,
        [VALUE_COUNTER64] = 70,
    };
    enum value_type type = cell->column->type;

    if (type == VALUE_OBJECT_ID &&
        (cell->value.octets.len == 0 ||
         cell->value.octets.len > WALKER_OID_MAX * sizeof(unsigned long)))
        return WIRE_GEN_ERR;
    if (!fits(response, cell->oid_len, value_size_max(type, &cell->value)))
        return WIRE_TOO_BIG;
    put_name(response, types[type], cell->oid, cell->oid_len);
    put_value(response, type, &cell->value);
    return WIRE_NO_ERROR;
}

enum wire_error pdu_response_add_none(struct pdu_response *response, const unsigned long *oid,
                                      size_t len, enum pdu_exception exception)
{
    if (!fits(response, len, 0))
        return WIRE_TOO_BIG;
    put_name(response, exception, oid, len);
    return WIRE_NO_ERROR;
}

size_t pdu_response_name(const struct pdu_response *response, size_t len, unsigned long *oid)
{
    size_t oid_len = 0;

    read_oid(response->bytes + len + 4, response->len - len - 4, response->network_order, oid,
             &oid_len);
    return oid_len;
}

void pdu_response_fail(struct pdu_response *response, enum wire_error error, size_t index)
{
    response->len = AT_STATUS;
    put_number(response, error, 2);
    put_number(response, index, 2);
}

void pdu_response_end(struct pdu_response *response)
{
    size_t len = response->len;

    response->len = AT_PAYLOAD;
    put_number(response, len - WIRE_HEADER_SIZE, 4);
    response->len = len;
}
