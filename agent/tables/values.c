#include "agent/tables/values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "model/instance.h"

void value_integer(struct value *value, int32_t integer)
{
    value->integer = integer;
}

void value_number(struct value *value, uint64_t number)
{
    value->number = number;
}

uint32_t value_word(enum value_type type, uint64_t number)
{
    return type == VALUE_GAUGE32 && number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

void value_known(struct value *value, bool known, uint64_t number)
{
    if (known)
        value_number(value, number);
    else
        value->absence = ABSENT_CELL;
}

void value_bytes(struct value *value, const void *bytes, size_t len)
{
    value->octets.at = bytes;
    value->octets.len = len;
}

void value_text(struct value *value, const char *text)
{
    value_bytes(value, text ? text : "", text ? strlen(text) : 0);
}

void value_truth(struct value *value, bool truth)
{
    value_integer(value, truth ? 1 : 2);
}

void value_switch(struct value *value, int setting)
{
    if (setting == SETTING_UNKNOWN)
        value_integer(value, TRUTH_UNKNOWN);
    else
        value_truth(value, setting != 0);
}

static void put_offset(unsigned char *at, long offset)
{
    long minutes = labs(offset) / 60;

    at[0] = offset < 0 ? '-' : '+';
    at[1] = (unsigned char)(minutes / 60);
    at[2] = (unsigned char)(minutes % 60);
}

void value_far_date(struct value *value, int64_t unix_time)
{
    unsigned char *at = value->scratch;
    time_t moment = (time_t)unix_time;
    struct tm local;

    memset(at, 0, 11);
    value_bytes(value, at, 8);
    if (unix_time <= 0 || !localtime_r(&moment, &local) || local.tm_year > 65535 - 1900)
        return;
    at[0] = (unsigned char)((local.tm_year + 1900) >> 8);
    at[1] = (unsigned char)((local.tm_year + 1900) & 0xff);
    at[2] = (unsigned char)(local.tm_mon + 1);
    at[3] = (unsigned char)local.tm_mday;
    at[4] = (unsigned char)local.tm_hour;
    at[5] = (unsigned char)local.tm_min;
    at[6] = (unsigned char)local.tm_sec;
    put_offset(at + 8, local.tm_gmtoff);
    value_bytes(value, at, 11);
}

void value_date(struct value *value, int64_t unix_time)
{
    value_far_date(value, unix_time <= UINT32_MAX ? unix_time : 0);
}

void value_unix(struct value *value, int64_t unix_time)
{
    value_number(value, unix_time > 0 && unix_time <= UINT32_MAX ? (uint64_t)unix_time : 0);
}

void value_seconds(struct value *value, int64_t from, int64_t to, bool more)
{
    if (from > 0)
        value_number(value, to > from ? (uint64_t)(to - from) : 0);
    else
        value->absence = more ? ABSENT_CELL : ABSENT_REST;
}

void value_age(struct value *value, int64_t mono)
{
    value_number(value, (uint64_t)((clock_mono() - mono) / 1000));
}

void value_timestamp(struct value *value, int64_t mono)
{
    value_number(value, mono == 0 ? 0 : vitals_uptime_at(mono));
}

void value_address_type(struct value *value, const struct address *address)
{
    value_integer(value, address->family == ADDRESS_IPV4   ? 1
                         : address->family == ADDRESS_IPV6 ? 2
                                                           : 0);
}

void value_address(struct value *value, const struct address *address)
{
    value_bytes(value, address->bytes, address_bytes(address));
}

void value_ipv4(struct value *value, const struct tunnel_addresses *tunnel)
{
    value_bytes(value, tunnel->ipv4, tunnel->has_ipv4 ? sizeof(tunnel->ipv4) : 0);
}

void value_ipv6(struct value *value, const struct tunnel_addresses *tunnel)
{
    value_bytes(value, tunnel->ipv6, tunnel->has_ipv6 ? sizeof(tunnel->ipv6) : 0);
}

void value_tunnel(struct value *value, const struct tunnel_addresses *tunnel)
{
    char *text = (char *)value->scratch;
    char *end = text;

    _Static_assert(sizeof("255.255.255.255, ") - 1 + INET6_ADDRSTRLEN <= VALUE_SCRATCH, "both fit");
    *text = '\0';
    if (tunnel->has_ipv4)
        inet_ntop(AF_INET, tunnel->ipv4, text, INET_ADDRSTRLEN);
    end += strlen(text);
    if (tunnel->has_ipv4 && tunnel->has_ipv6)
        end = stpcpy(end, ", ");
    if (tunnel->has_ipv6)
        inet_ntop(AF_INET6, tunnel->ipv6, end, INET6_ADDRSTRLEN);
    value_text(value, text);
}

void value_instance_name(const struct row *row, struct value *value)
{
    value_text(value, row->instance->name);
}

void value_bits(struct value *value, unsigned bits)
{
    unsigned char octet = 0;

    for (unsigned bit = 0; bit < 8; bit++)
        if (bits & (1u << bit))
            octet |= (unsigned char)(0x80 >> bit);
    value->scratch[0] = octet;
    value_bytes(value, value->scratch, 1);
}
