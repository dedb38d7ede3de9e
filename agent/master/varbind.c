#include "agent/master/varbind.h"

#include "agent/tables/values.h"

/* An AgentX object identifier and octet string (RFC 2741 sections 5.1 and 5.3). */
static size_t oid_size(size_t len)
{
    return 4 + 4 * len;
}

static size_t octets_size(size_t len)
{
    return 4 + ((len + 3) & ~(size_t)3);
}

static bool set_octets(netsnmp_variable_list *varbind, u_char type, const struct value *value)
{
    const void *at = value->octets.len > 0 ? value->octets.at : "";

    return snmp_set_var_typed_value(varbind, type, at, value->octets.len) == 0;
}

static bool set_unsigned(netsnmp_variable_list *varbind, u_char type, uint32_t number)
{
    return snmp_set_var_typed_value(varbind, type, &number, sizeof(number)) == 0;
}

static bool set_counter64(netsnmp_variable_list *varbind, uint64_t number)
{
    struct counter64 counter = {.high = (u_long)(number >> 32), .low = (u_long)(uint32_t)number};

    return snmp_set_var_typed_value(varbind, ASN_COUNTER64, &counter, sizeof(counter)) == 0;
}

bool varbind_set(netsnmp_variable_list *varbind, enum value_type type, const struct value *value)
{
    switch (type) {
    case VALUE_INTEGER:
        return snmp_set_var_typed_value(varbind, ASN_INTEGER, &value->integer,
                                        sizeof(value->integer)) == 0;
    case VALUE_OCTETS:
        return set_octets(varbind, ASN_OCTET_STR, value);
    case VALUE_OBJECT_ID:
        return value->octets.len > 0 && value->octets.len <= MAX_OID_LEN * sizeof(oid) &&
               set_octets(varbind, ASN_OBJECT_ID, value);
    case VALUE_COUNTER32:
        return set_unsigned(varbind, ASN_COUNTER, value_word(type, value->number));
    case VALUE_GAUGE32:
        return set_unsigned(varbind, ASN_GAUGE, value_word(type, value->number));
    case VALUE_TIMETICKS:
        return set_unsigned(varbind, ASN_TIMETICKS, value_word(type, value->number));
    case VALUE_COUNTER64:
        return set_counter64(varbind, value->number);
    }
    return false;
}

size_t varbind_size(size_t name_len, enum value_type type, const struct value *value)
{
    size_t head = 4 + oid_size(name_len);

    switch (type) {
    case VALUE_OCTETS:
        return head + octets_size(value->octets.len);
    case VALUE_OBJECT_ID:
        return head + oid_size(value->octets.len / sizeof(oid));
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
    case VALUE_COUNTER64:
        break;
    }
    return head + sizeof(uint64_t);
}

size_t varbind_size_now(const netsnmp_variable_list *varbind)
{
    size_t head = 4 + oid_size(varbind->name_length);

    switch (varbind->type) {
    case ASN_OCTET_STR:
    case ASN_OPAQUE:
    case ASN_IPADDRESS:
        return head + octets_size(varbind->val_len);
    case ASN_OBJECT_ID:
        return head + oid_size(varbind->val_len / sizeof(oid));
    case ASN_NULL:
    case SNMP_NOSUCHOBJECT:
    case SNMP_NOSUCHINSTANCE:
    case SNMP_ENDOFMIBVIEW:
        return head;
    default:
        return head + sizeof(uint64_t);
    }
}
