#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "share/filter.h"

static bool passes_at(struct filter *filter, const char *line, unsigned wire, int64_t now)
{
    struct message message;

    message_parse(slice_of(line), &message);
    return filter_passes(filter, &message, wire, now);
}

static bool passes(struct filter *filter, const char *line)
{
    return passes_at(filter, line, 0, 0);
}

static void test_streams(void **state)
{
    static const struct {
        const char *verb;
        const char *line;
    } streams[] = {{"state", ">STATE:1,WAIT,,,,,,"}, {"log", ">LOG:1,N,x"}, {"echo", ">ECHO:1,x"}};
    struct filter filter = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        assert_false(passes(&filter, streams[i].line));
        *filter_flag(&filter, streams[i].verb) = true;
        assert_true(passes(&filter, streams[i].line));
        *filter_flag(&filter, streams[i].verb) = false;
    }
    assert_null(filter_flag(&filter, "status"));
}

/* What everybody hears, and what nobody does. */
static void test_all(void **state)
{
    static const char *const heard[] = {">HOLD:Waiting for hold release:0",
                                        ">FATAL:x",
                                        ">PASSWORD:Need 'Auth' username/password",
                                        ">PASSWORD:Verification Failed: 'Auth'",
                                        ">NEED-OK:Need 'a' confirmation MSG:x",
                                        ">RSA_SIGN:QUJD",
                                        ">REMOTE:a,1,udp",
                                        ">CLIENT:ADDRESS,1,10.0.0.1,1",
                                        ">NOTIFY:info,x,",
                                        ">INFOMSG:x",
                                        ">INFOMSG:CR_TEXT:R,E:code?",
                                        ">INFO:something",
                                        ">NEWS:x"};
    static const char *const unheard[] = {
        ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info",
        "SUCCESS: x",
        "ERROR: x",
        "END",
        "text behind a line feed",
        ">PKCS11ID-COUNT:1",
        ">CLIENT:ENV,a=b",
        ">CLIENT:ENV,END",
        ">CLIENT:SOMETHING,1",
        ">PASSWORD:else",
        ">PASSWORD:Auth-Token:secret",
        ">INFOMSG:WEB_AUTH::https://x",
        ">INFOMSG:OPEN_URL:x",
        ">BYTECOUNT:1,2"};
    struct filter filter = {.state = true, .log = true, .echo = true};

    (void)state;
    for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++)
        assert_true(passes(&filter, heard[i]));
    for (size_t i = 0; i < sizeof(unheard) / sizeof(unheard[0]); i++)
        assert_false(passes(&filter, unheard[i]));
    filter.sees_passwords = true;
    assert_true(passes(&filter, ">PASSWORD:Auth-Token:secret"));
    assert_true(passes(&filter, ">INFOMSG:WEB_AUTH::https://x"));
}

/* Others' commands hold their answers. */
static void test_traces(void **state)
{
    struct filter filter = {.log = true};
    const char *state_trace = ">LOG:1,,MANAGEMENT: >STATE:1,WAIT,,,,,,";

    (void)state;
    assert_false(passes(&filter, ">LOG:1,D,MANAGEMENT: CMD 'needstr \"a\" \"1234\"'"));
    assert_false(passes(&filter, ">LOG:1,,MANAGEMENT: Client disconnected"));
    assert_false(passes(&filter, state_trace));
    assert_false(filter_passes_listed(&filter, slice_of("1,D,MANAGEMENT: CMD 'username a b'")));
    assert_false(filter_passes_listed(&filter, slice_of(state_trace + 5)));
    filter.state = true;
    assert_true(passes(&filter, state_trace));
    assert_true(filter_passes_listed(&filter, slice_of(state_trace + 5)));
    assert_true(filter_passes_listed(&filter, slice_of("1,N,TLS Error")));
    assert_true(filter_passes_listed(&filter, slice_of("END")));
}

static void test_bytecount(void **state)
{
    struct filter filter = {0};
    unsigned count = 0;

    (void)state;
    assert_false(passes_at(&filter, ">BYTECOUNT:1,2", 2, 0));
    filter.bytecount = 6;
    for (int64_t now = 100; now < 160; now += 2)
        count += passes_at(&filter, ">BYTECOUNT_CLI:1,2,3", 2, now);
    assert_int_equal(count, 10);
    filter.bytecount = 2;
    assert_true(passes_at(&filter, ">BYTECOUNT:1,2", 2, 101));
}

static const char *const login[] = {
    ">CLIENT:CONNECT,0,1",         ">CLIENT:ENV,IV_VER=2.6.14",   ">CLIENT:ENV,n_clients=0",
    ">CLIENT:ENV,password=secret", ">CLIENT:ENV,X509_0_CN=alice", ">CLIENT:ENV,X509_0_O=x",
    ">CLIENT:ENV,tls_serial_0=1",  ">CLIENT:ENV,IV_PLAT=linux",   ">CLIENT:ENV,END"};

enum { LOGIN_LINES = sizeof(login) / sizeof(login[0]) };

static void assert_login(struct filter *filter, const char *passing)
{
    for (size_t i = 0; i < LOGIN_LINES; i++)
        assert_int_equal(passes(filter, login[i]), passing[i] == '1');
}

static void test_env_filter(void **state)
{
    struct filter filter = {0};

    (void)state;
    assert_login(&filter, "111011111");
    filter.sees_clients = true;
    assert_login(&filter, "111111111");
    filter.env_filter = 1;
    assert_login(&filter, "110111101");
    filter.env_filter = 2;
    assert_login(&filter, "110110101");
    filter.env_filter = 3;
    assert_login(&filter, "110000001");
    filter.env_filter = 0;
    assert_login(&filter, "111111111");
}

/* From its first line on, or not at all. */
static void test_half_block(void **state)
{
    struct filter filter = {.sees_clients = true};

    (void)state;
    for (size_t i = 1; i < LOGIN_LINES; i++)
        assert_false(passes(&filter, login[i]));
    assert_login(&filter, "111111111");
    assert_true(passes(&filter, ">UPDOWN:UP"));
    assert_true(passes(&filter, ">UPDOWN:ENV,dev=tun0"));
    assert_true(passes(&filter, ">UPDOWN:ENV,END"));
    assert_false(passes(&filter, ">UPDOWN:ENV,END"));
}

static void test_response(void **state)
{
    struct filter filter = {0};

    (void)state;
    assert_false(passes(&filter, ">CLIENT:CR_RESPONSE,0,1,c2VjcmV0"));
    assert_false(passes(&filter, ">CLIENT:ENV,a=b"));
    assert_false(passes(&filter, ">CLIENT:ENV,END"));
    filter.sees_clients = true;
    assert_true(passes(&filter, ">CLIENT:CR_RESPONSE,0,1,c2VjcmV0"));
    assert_true(passes(&filter, ">CLIENT:ENV,END"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),    cmocka_unit_test(test_all),
        cmocka_unit_test(test_traces),     cmocka_unit_test(test_bytecount),
        cmocka_unit_test(test_env_filter), cmocka_unit_test(test_half_block),
        cmocka_unit_test(test_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
