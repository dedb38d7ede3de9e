#include "store/fields.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "protocol/address.h"

static void write_signed(struct output *output, int64_t number)
{
    if (number < 0)
        output_text(output, "-");
    output_number(output, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void write_time(struct output *output, int64_t time)
{
    if (time < 0)
        time = 0;
    output_number(output, (uint64_t)(time < FIELD_TIME_MAX ? time : FIELD_TIME_MAX));
}

static void write_ip(struct output *output, bool there, int family, const uint8_t *bytes)
{
    char text[INET6_ADDRSTRLEN];

    if (there && inet_ntop(family, bytes, text, sizeof(text)))
        output_text(output, text);
}

static void write_address(struct output *output, const struct address *address)
{
    output_number(output, address->proto);
    output_text(output, "\t");
    output_number(output, address->port);
    output_text(output, "\t");
    write_ip(output, address->family != ADDRESS_NONE,
             address->family == ADDRESS_IPV4 ? AF_INET : AF_INET6, address->bytes);
}

static void write_tunnel(struct output *output, const struct tunnel_addresses *tunnel)
{
    write_ip(output, tunnel->has_ipv4, AF_INET, tunnel->ipv4);
    output_text(output, "\t");
    write_ip(output, tunnel->has_ipv6, AF_INET6, tunnel->ipv6);
}

static void write_field(struct output *output, enum field_type type, const void *member)
{
    switch (type) {
    case FIELD_U32:
        output_number(output, *(const uint32_t *)member);
        break;
    case FIELD_U64:
        output_number(output, *(const uint64_t *)member);
        break;
    case FIELD_I64:
        write_signed(output, *(const int64_t *)member);
        break;
    case FIELD_TIME:
        write_time(output, *(const int64_t *)member);
        break;
    case FIELD_ENUM:
        output_number(output, *(const unsigned *)member);
        break;
    case FIELD_BOOL:
        output_number(output, *(const bool *)member);
        break;
    case FIELD_TEXT:
        output_text(output, *(char *const *)member);
        break;
    case FIELD_ADDRESS:
        write_address(output, member);
        break;
    case FIELD_TUNNEL:
        write_tunnel(output, member);
        break;
    }
}

void fields_write(struct output *output, const struct field *fields, size_t count,
                  const void *structure)
{
    for (size_t i = 0; i < count; i++) {
        output_text(output, "\t");
        write_field(output, fields[i].type, (const char *)structure + fields[i].offset);
    }
    output_text(output, "\n");
}

/* The next field; false when there is none. */
static bool cut_field(struct slice *rest, struct slice *field)
{
    if (!rest->at)
        return false;
    *field = slice_cut(rest, '\t');
    return true;
}

static bool read_small(struct slice text, uint32_t last, uint32_t *number)
{
    uint64_t value;

    if (!slice_to_u64(text, &value) || value > last)
        return false;
    *number = (uint32_t)value;
    return true;
}

/* Text that cleaning changes was not written by us. */
static bool is_clean(struct slice text, uint32_t last)
{
    char clean[TEXT_MAX + 1];
    size_t len = text_clean(clean, last, text);

    return text.len <= last && slice_equal((struct slice){clean, len}, text);
}

static bool read_address(struct slice proto, struct slice *rest, struct address *address)
{
    struct slice port;
    struct slice ip;
    uint32_t numbers[2];

    if (!read_small(proto, PROTO_TCP, &numbers[0]) || !cut_field(rest, &port) ||
        !read_small(port, UINT16_MAX, &numbers[1]) || !cut_field(rest, &ip))
        return false;
    if (ip.len > 0 && !address_parse_pair(ip, (struct slice){NULL, 0}, address))
        return false;
    address->proto = numbers[0];
    address->port = (uint16_t)numbers[1];
    return true;
}

static bool read_tunnel(struct slice ipv4, struct slice *rest, struct tunnel_addresses *tunnel)
{
    struct slice ipv6;

    if (!cut_field(rest, &ipv6))
        return false;
    *tunnel = address_parse_tunnel(ipv4, ipv6);
    return tunnel->has_ipv4 == (ipv4.len > 0) && tunnel->has_ipv6 == (ipv6.len > 0);
}

static bool read_member(struct slice *rest, const struct field *field, void *member)
{
    struct slice text;

    if (!cut_field(rest, &text))
        return false;
    switch (field->type) {
    case FIELD_U32:
        return read_small(text, UINT32_MAX, member);
    case FIELD_U64:
        return slice_to_u64(text, member);
    case FIELD_I64:
        return slice_to_i64(text, member);
    case FIELD_TIME:
        return slice_to_u64(text, member) && *(uint64_t *)member <= FIELD_TIME_MAX;
    case FIELD_ENUM:
        return read_small(text, field->last, member);
    case FIELD_BOOL:
        *(bool *)member = slice_is(text, "1");
        return *(bool *)member || slice_is(text, "0");
    case FIELD_TEXT:
        *(struct slice *)member = text;
        return is_clean(text, field->last);
    case FIELD_ADDRESS:
        return read_address(text, rest, member);
    case FIELD_TUNNEL:
        return read_tunnel(text, rest, member);
    }
    return false;
}

/* A value between the line and its member. */
union read_value {
    uint64_t number;
    bool truth;
    struct slice text;
    struct address address;
    struct tunnel_addresses tunnel;
};

static const size_t sizes[] = {
    [FIELD_U32] = sizeof(uint32_t),
    [FIELD_U64] = sizeof(uint64_t),
    [FIELD_I64] = sizeof(int64_t),
    [FIELD_TIME] = sizeof(int64_t),
    [FIELD_ENUM] = sizeof(unsigned),
    [FIELD_BOOL] = sizeof(bool),
    [FIELD_ADDRESS] = sizeof(struct address),
    [FIELD_TUNNEL] = sizeof(struct tunnel_addresses),
};

static bool keep_value(const struct field *field, const union read_value *value, char *structure)
{
    char *member = structure + field->offset;

    if (field->type == FIELD_TEXT)
        return text_set((char **)member, field->last, value->text);
    memcpy(member, value, sizes[field->type]);
    return true;
}

bool fields_read(struct slice line, const struct field *fields, size_t count, void *structure)
{
    for (size_t i = 0; i < count; i++) {
        union read_value value = {0};

        if (!read_member(&line, &fields[i], &value) ||
            (structure && !keep_value(&fields[i], &value, structure)))
            return false;
    }
    return line.at == NULL;
}

void fields_fini(const struct field *fields, size_t count, void *structure)
{
    for (size_t i = 0; i < count; i++) {
        char **text = (char **)((char *)structure + fields[i].offset);

        if (fields[i].type != FIELD_TEXT)
            continue;
        free(*text);
        *text = NULL;
    }
}
