#include "agent/master/wire.h"

#include <string.h>

/* RFC 2741 section 6.1. */
enum { VERSION = 1, FLAG_CONTEXT = 0x08, FLAG_NETWORK_ORDER = 0x10 };

/* Places in a Response, section 6.2.16. */
enum { AT_SIZE = 16, AT_ERROR = 24, AT_INDEX = 26 };

static uint32_t read_number(const unsigned char *bytes, bool network_order)
{
    uint32_t number = 0;

    for (int i = 0; i < 4; i++)
        number = number << 8 | bytes[network_order ? i : 3 - i];
    return number;
}

static void write_number(unsigned char *bytes, uint32_t number, bool network_order)
{
    for (int i = 0; i < 4; i++) {
        bytes[network_order ? 3 - i : i] = (unsigned char)number;
        number >>= 8;
    }
}

bool wire_read_header(const unsigned char *bytes, struct wire_header *header)
{
    bool network_order = bytes[2] & FLAG_NETWORK_ORDER;

    header->type = bytes[1];
    header->flags = bytes[2];
    header->session = read_number(bytes + 4, network_order);
    header->transaction = read_number(bytes + 8, network_order);
    header->packet = read_number(bytes + 12, network_order);
    header->size = read_number(bytes + 16, network_order);
    return bytes[0] == VERSION;
}

unsigned wire_read_error(const unsigned char *response)
{
    bool network_order = response[2] & FLAG_NETWORK_ORDER;
    unsigned first = response[AT_ERROR];
    unsigned second = response[AT_ERROR + 1];

    return network_order ? first << 8 | second : second << 8 | first;
}

void wire_write_header(unsigned char *bytes, const struct wire_header *header)
{
    bytes[0] = VERSION;
    bytes[1] = header->type;
    bytes[2] = header->flags | FLAG_NETWORK_ORDER;
    bytes[3] = 0;
    write_number(bytes + 4, header->session, true);
    write_number(bytes + 8, header->transaction, true);
    write_number(bytes + 12, header->packet, true);
    write_number(bytes + 16, header->size, true);
}

void wire_write_refusal(unsigned char *bytes, const struct wire_header *request,
                        enum wire_error error)
{
    struct wire_header header = *request;

    header.type = WIRE_RESPONSE;
    header.flags = 0;
    header.size = WIRE_RESPONSE_SIZE - WIRE_HEADER_SIZE;
    wire_write_header(bytes, &header);
    /* The master agent does not look at a subagent's uptime. */
    memset(bytes + WIRE_HEADER_SIZE, 0, WIRE_RESPONSE_SIZE - WIRE_HEADER_SIZE);
    bytes[AT_ERROR] = (unsigned char)(error >> 8);
    bytes[AT_ERROR + 1] = (unsigned char)error;
    bytes[AT_INDEX + 1] = error == WIRE_TOO_BIG; /* without one snmpd makes it genErr */
}

bool wire_write_bare(unsigned char *bytes, const unsigned char *response, size_t size)
{
    if (size <= WIRE_RESPONSE_SIZE || (response[AT_ERROR] == 0 && response[AT_ERROR + 1] == 0))
        return false;
    memcpy(bytes, response, WIRE_RESPONSE_SIZE);
    write_number(bytes + AT_SIZE, WIRE_RESPONSE_SIZE - WIRE_HEADER_SIZE,
                 response[2] & FLAG_NETWORK_ORDER);
    return true;
}

bool wire_has_context(const struct wire_header *header)
{
    return header->flags & FLAG_CONTEXT;
}
