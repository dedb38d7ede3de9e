#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/logtext.h"

static struct log_line line_of(unsigned flags, const char *text)
{
    return (struct log_line){1795453999, flags, slice_of(text)};
}

static bool is_trace(unsigned flags, const char *text)
{
    struct log_line line = line_of(flags, text);

    return logtext_is_trace(&line);
}

static bool is_last(unsigned flags, const char *text)
{
    struct log_line line = line_of(flags, text);

    return logtext_is_last(&line);
}

static void test_traces(void **state)
{
    (void)state;
    assert_true(is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD 'status 3'"));
    assert_true(is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD 'username \"Auth\" \"a'b\"'"));
    assert_true(is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD 'password [...]'"));
    assert_true(is_trace(0, "MANAGEMENT: >STATE:1795453999,WAIT,,,,,,"));
    assert_true(
        is_trace(0, "MANAGEMENT: >STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,,,fd00::1"));
    assert_true(is_trace(0, "MANAGEMENT: Client connected from /run/openvpn/office.sock"));
    assert_true(is_trace(0, "MANAGEMENT: Client connected from [AF_INET]127.0.0.1:7505"));
    assert_true(is_trace(0, "MANAGEMENT: Client connected from 127.0.0.1:21025"));
    assert_true(is_trace(0, "MANAGEMENT: Client disconnected"));
}

static void test_no_traces(void **state)
{
    (void)state;
    assert_false(is_trace(0, "MANAGEMENT: CMD 'status 3'"));
    assert_false(is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD 'status 3"));
    assert_false(is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD '"));
    assert_false(is_trace(LOG_FLAG_DEBUG | LOG_FLAG_WARNING, "MANAGEMENT: CMD 'x'"));
    assert_false(is_trace(LOG_FLAG_WARNING, "MANAGEMENT: Client disconnected"));
    assert_false(is_trace(0, "MANAGEMENT: Client disconnected."));
    assert_false(is_trace(0, "MANAGEMENT: Client x"));
    assert_false(is_trace(0, "MANAGEMENT: >STATE:"));
    assert_false(is_trace(LOG_FLAG_INFO, "MANAGEMENT: >STATE:1795453999,WAIT,,,,,,"));
    assert_false(is_trace(0, "MANAGEMENT: TCP recv error: x"));
}

/* A client's common name stands at the beginning of its lines. */
static void test_names(void **state)
{
    (void)state;
    assert_false(is_trace(0, "MANAGEMENT: Client x/192.0.2.1:4000 TLS: soft reset"));
    assert_false(is_trace(0, "MANAGEMENT: Client connected from x/192.0.2.1:4000 MULTI: x"));
    assert_false(is_trace(0, "MANAGEMENT: Client connected from x/2001:db8::1 MULTI: x"));
    assert_false(is_trace(0, "MANAGEMENT: Client connected from x/udp4:192.0.2.1:4000 MULTI: x"));
    assert_false(is_trace(0, "MANAGEMENT: Client connected from x/udp6:[::1]:4000 MULTI: x"));
    assert_false(is_trace(0, "MANAGEMENT: >STATE:1,WAIT,/192.0.2.1:4000 MULTI: x"));
    assert_false(
        is_trace(LOG_FLAG_DEBUG, "MANAGEMENT: CMD 'x/192.0.2.1:4000 ENV [0] 'common_name=x'"));
}

static void test_last_words(void **state)
{
    (void)state;
    assert_true(is_last(0, "Options error: Unrecognized option or missing or extra parameter(s) in "
                           "/etc/openvpn/office.conf:16: no-such-option (2.6.14)"));
    assert_true(is_last(LOG_FLAG_FATAL, "TCP/UDP: Socket bind failed"));
    assert_false(is_last(LOG_FLAG_NONFATAL, "Options error: x"));
    assert_false(is_last(0, "Options error"));
    assert_false(is_last(0, "Options error: x/192.0.2.1:4000 TLS: soft reset"));
    assert_false(is_last(0, "alice/192.0.2.1:4000 Options error: x"));
}

static void assert_parts(const char *text, const char *first, const char *second)
{
    struct slice rest = slice_of(text);
    struct slice part;

    assert_true(logtext_next(&rest, &part));
    assert_true(slice_is(part, first));
    assert_int_equal(logtext_next(&rest, &part), second != NULL);
    assert_true(!second || slice_is(part, second));
    assert_false(logtext_next(&rest, &part));
}

static void test_parts(void **state)
{
    struct slice none = slice_of("");
    struct slice part;

    (void)state;
    assert_false(logtext_next(&none, &part));
    assert_parts("alice", "alice", NULL);
    assert_parts("alice/192.0.2.1:4000 x", "alice", "/192.0.2.1:4000 x");
    assert_parts("MULTI: Learn: 10.9.0.2 -> alice/192.0.2.1:4000",
                 "MULTI: Learn: 10.9.0.2 -> alice", "/192.0.2.1:4000");
    assert_parts("a/b/tcp4-server:192.0.2.1:1 x", "a/b", "/tcp4-server:192.0.2.1:1 x");
    assert_parts("/192.0.2.1:4000 x", "/192.0.2.1:4000 x", NULL);
    assert_parts("route 10.0.0.0/255.0.0.0 x", "route 10.0.0.0/255.0.0.0 x", NULL);
    assert_parts("10.0.0.0/24 a/x.conf:16: y", "10.0.0.0/24 a/x.conf:16: y", NULL);
}

static bool is_of(const char *text, const char *address, const char *said)
{
    struct address expected;
    struct address from;
    struct slice rest;

    return logtext_client(slice_of(text), &from, &rest) &&
           address_parse(slice_of(address), &expected) && expected.port == from.port &&
           expected.bytes[3] == from.bytes[3] && slice_is(rest, said);
}

static void test_clients(void **state)
{
    struct address from;
    struct slice rest;

    (void)state;
    assert_true(is_of("192.0.2.9:4000 TLS: x", "192.0.2.9:4000", "TLS: x"));
    assert_true(is_of("a/b c/192.0.2.9:4000 TLS: x", "192.0.2.9:4000", "TLS: x"));
    assert_true(is_of("alice/tcp4-server:192.0.2.9:4000 x", "192.0.2.9:4000", "x"));
    assert_true(is_of("alice/192.0.2.9:4000", "192.0.2.9:4000", ""));
    assert_false(logtext_client(slice_of("192.0.2.9:4000 x/192.0.2.8:4000 y"), &from, &rest));
    assert_false(logtext_client(slice_of("a/192.0.2.9:4000 x/192.0.2.8:4000 y"), &from, &rest));
    assert_false(logtext_client(slice_of("MANAGEMENT: Client disconnected"), &from, &rest));
    assert_false(logtext_client(slice_of(""), &from, &rest));
}

/* The daemon's own line, whole; not what a name makes of a client's. */
static void test_device(void **state)
{
    static const char *const others[] = {"TUN/TAP device tun0 opened/192.0.2.1:4000 x",
                                         "alice/192.0.2.1:4 TUN/TAP device x opened",
                                         "TUN/TAP device  opened",
                                         "TUN/TAP device a b opened",
                                         "TUN/TAP device tun0",
                                         ""};
    struct slice device;

    (void)state;
    assert_true(logtext_device(slice_of("TUN/TAP device tun0 opened"), &device));
    assert_true(slice_is(device, "tun0"));
    assert_true(logtext_device(slice_of("DCO device office opened"), &device));
    assert_true(slice_is(device, "office"));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (logtext_device(slice_of(others[i]), &device))
            fail_msg("%s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces), cmocka_unit_test(test_no_traces),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_clients),
        cmocka_unit_test(test_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
