#ifndef AGENT_TABLES_VALUES_H
#define AGENT_TABLES_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/tables/table.h"
#include "protocol/address.h"

/*
 * Fills a prepared value of agent/tables/table.h in the forms that the MIB uses: the bodies of the
 * getters. Texts and bytes are borrowed; what has no memory of its own goes into the value's
 * scratch.
 */
void value_integer(struct value *value, int32_t integer);
void value_number(struct value *value, uint64_t number);
void value_text(struct value *value, const char *text); /* NULL is empty */
void value_bytes(struct value *value, const void *bytes, size_t len);

/* What a manager sees of a number of 32 bits: a Gauge32 stays at its highest value, others wrap. */
uint32_t value_word(enum value_type type, uint64_t number);

/* TruthValue-like OvpnTruth: true(1), false(2). */
void value_truth(struct value *value, bool truth);

/* The same of a setting (protocol/settings.h), which may be unknown(3). */
void value_switch(struct value *value, int setting);

/*
 * DateAndTime (RFC 2579) of seconds since 1970, local time with its offset; eight zeros for what
 * value_unix() makes 0.
 */
void value_date(struct value *value, int64_t unix_time);

/* The same of a time that OvpnUnixTime may not be able to tell. */
void value_far_date(struct value *value, int64_t unix_time);

/* OvpnUnixTime: seconds since 1970, 0 for what does not fit. */
void value_unix(struct value *value, int64_t unix_time);

/* The number where it is known; else the cell is absent. */
void value_known(struct value *value, bool known, uint64_t number);

/*
 * Seconds between two times of day in seconds since 1970; absent when the first is not known (0).
 * more: a row of the same instance further behind may have one that is.
 */
void value_seconds(struct value *value, int64_t from, int64_t to, bool more);

/* Whole seconds from a moment of clock_mono() until now. */
void value_age(struct value *value, int64_t mono);

/* TimeStamp (RFC 2579): sysUpTime at a moment of clock_mono(), 0 for the moment 0. */
void value_timestamp(struct value *value, int64_t mono);

/* InetAddressType unknown(0), ipv4(1), ipv6(2); InetAddress; the textual conventions of tunnels. */
void value_address_type(struct value *value, const struct address *address);
void value_address(struct value *value, const struct address *address);
void value_ipv4(struct value *value, const struct tunnel_addresses *tunnel);
void value_ipv6(struct value *value, const struct tunnel_addresses *tunnel);

/* Both addresses for people, IPv6 as RFC 5952 has it: "10.8.0.2, fd00::2"; empty without any. */
void value_tunnel(struct value *value, const struct tunnel_addresses *tunnel);

/* A getter: the name of the row's instance. */
void value_instance_name(const struct row *row, struct value *value);

/* BITS of up to eight: the bits, from the lowest on, in the order of RFC 2578 section 7.1.4. */
void value_bits(struct value *value, unsigned bits);

#endif
