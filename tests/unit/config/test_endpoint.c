#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "config/endpoint.h"

#define TEN "123456789/"

/* The longest path that fits into a socket address, and one byte more. */
#define PATH_107 "/" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456"
#define PATH_108 PATH_107 "7"

static const char not_numeric[] = "a numeric address is wanted, such as 127.0.0.1 or [::1]";
static const char bad_port[] = "the port must be a number from 1 to 65535";
static const char too_long[] = "the path of a unix socket can have 107 bytes at most";

/* What connect() gets is the address that was written. */
static void assert_address(const struct endpoint *endpoint, int family, const char *where,
                           unsigned port)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&endpoint->address;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&endpoint->address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&endpoint->address;
    struct in6_addr bytes;

    assert_int_equal(endpoint->address.ss_family, family);
    if (family == AF_UNIX) {
        assert_int_equal(endpoint->address_len, sizeof(*un));
        assert_string_equal(un->sun_path, where);
        return;
    }
    assert_int_equal(inet_pton(family, where, &bytes), 1);
    if (family == AF_INET) {
        assert_int_equal(endpoint->address_len, sizeof(*in));
        assert_memory_equal(&in->sin_addr, &bytes, sizeof(in->sin_addr));
        assert_int_equal(ntohs(in->sin_port), port);
    } else {
        assert_int_equal(endpoint->address_len, sizeof(*in6));
        assert_memory_equal(&in6->sin6_addr, &bytes, sizeof(in6->sin6_addr));
        assert_int_equal(ntohs(in6->sin6_port), port);
    }
}

static void assert_unix(const char *text, const char *path)
{
    struct endpoint endpoint = {0};
    char why[256];

    assert_true(endpoint_parse(text, &endpoint, why, sizeof(why)));
    assert_string_equal(endpoint.text, text);
    assert_string_equal(endpoint.path, path);
    assert_null(endpoint.host);
    assert_address(&endpoint, AF_UNIX, path, 0);
    assert_true(endpoint_is_local(&endpoint));
    endpoint_fini(&endpoint);
    assert_null(endpoint.text);
}

static void assert_tcp(const char *text, const char *host, unsigned port, bool local)
{
    struct endpoint endpoint = {0};
    char why[256];

    assert_true(endpoint_parse(text, &endpoint, why, sizeof(why)));
    assert_string_equal(endpoint.text, text);
    assert_null(endpoint.path);
    assert_string_equal(endpoint.host, host);
    assert_int_equal(endpoint.port, port);
    if (strchr(host, ':'))
        assert_address(&endpoint, AF_INET6, host, port);
    else if (strspn(host, "0123456789.") == strlen(host))
        assert_address(&endpoint, AF_INET, host, port);
    else
        assert_int_equal(endpoint.address_len, 0);
    assert_int_equal(endpoint_is_local(&endpoint), local);
    endpoint_fini(&endpoint);
}

static void assert_refused(const char *text, const char *reason)
{
    struct endpoint endpoint = {0};
    char expected[512];
    char why[512];

    snprintf(expected, sizeof(expected), "\"%s\": %s", text, reason);
    assert_false(endpoint_parse(text, &endpoint, why, sizeof(why)));
    assert_string_equal(why, expected);
    assert_null(endpoint.text);
    assert_null(endpoint.path);
    assert_null(endpoint.host);
}

static void test_unix(void **state)
{
    (void)state;
    assert_int_equal(strlen(PATH_107), 107);
    assert_unix("unix:/run/a b.sock", "/run/a b.sock");
    assert_unix("unix:" PATH_107, PATH_107);
    assert_refused("unix:" PATH_108, too_long);
    assert_refused("unix:", "the path of a unix socket must be absolute");
    assert_refused("unix:run/a.sock", "the path of a unix socket must be absolute");
    assert_refused("unix:/run/a\nb", "a path cannot hold control characters");
    assert_refused("unix:/run/a.sock unix",
                   "the word unix behind the path belongs in OpenVPN's configuration alone");
    assert_refused("/run/a.sock", "a unix socket is written unix:/path");
}

static void test_tcp(void **state)
{
    (void)state;
    assert_tcp("tcp:127.0.0.1:7505", "127.0.0.1", 7505, true);
    assert_tcp("tcp:127.9.9.9:1", "127.9.9.9", 1, true);
    assert_tcp("tcp:192.0.2.1:65535", "192.0.2.1", 65535, false);
    assert_tcp("tcp:[::1]:7505", "::1", 7505, true);
    assert_tcp("tcp:[::ffff:127.0.0.1]:7505", "::ffff:127.0.0.1", 7505, true);
    assert_tcp("tcp:[::ffff:192.0.2.1]:7505", "::ffff:192.0.2.1", 7505, false);
    assert_tcp("tcp:[2001:db8::1]:7505", "2001:db8::1", 7505, false);
}

/* What it stands for is looked up when it is needed, and may change. */
static void test_names(void **state)
{
    char text[300] = "tcp:";

    (void)state;
    assert_tcp("tcp:localhost:7505", "localhost", 7505, true);
    assert_tcp("tcp:LocalHost:7505", "LocalHost", 7505, true);
    assert_tcp("tcp:vpn.localhost:7505", "vpn.localhost", 7505, true);
    assert_tcp("tcp:notlocalhost:7505", "notlocalhost", 7505, false);
    assert_tcp("tcp:openvpn:7505", "openvpn", 7505, false);
    assert_tcp("tcp:stack_open-vpn.1.example.org:1", "stack_open-vpn.1.example.org", 1, false);
    assert_tcp("tcp:127.example.org:1", "127.example.org", 1, false);
    assert_refused("tcp:-x:1", not_numeric);
    assert_refused("tcp:.x:1", not_numeric);
    assert_refused("tcp:a b:1", not_numeric);
    assert_refused("tcp:a/b:1", not_numeric);
    assert_refused("tcp:[localhost]:1", not_numeric);
    assert_refused("tcp:10:1", not_numeric);
    assert_refused("tcp:vpn.10:1", not_numeric);
    memset(text + 4, 'a', 254);
    strcpy(text + 4 + 254, ":1");
    assert_refused(text, not_numeric);
}

static void test_bad_tcp(void **state)
{
    (void)state;
    assert_refused("tcp::7505", not_numeric);
    assert_refused("tcp:[]:7505", not_numeric);
    assert_refused("tcp:[127.0.0.1]:7505", not_numeric);
    assert_refused("tcp:127.0.0.01:7505", not_numeric);
    assert_refused("tcp:[::1%lo]:7505", not_numeric);
    assert_refused("tcp:[fe80:1111:2222:3333:4444:5555:6666:7777:8888:9999]:1", not_numeric);
    assert_refused("tcp:::1:7505", "an IPv6 address stands in brackets, such as [::1]");
    assert_refused("tcp:127.0.0.1", "a port is missing");
    assert_refused("tcp:[::1]", bad_port);
    assert_refused("tcp:127.0.0.1:", bad_port);
    assert_refused("tcp:127.0.0.1:0", bad_port);
    assert_refused("tcp:127.0.0.1:65536", bad_port);
    assert_refused("tcp:127.0.0.1:7505x", bad_port);
    assert_refused("tcp:127.0.0.1:+7505", bad_port);
    assert_refused("listen:/run/x", "a daemon that connects is listened for at listen:unix:/path");
    assert_refused("listen:tcp:127.0.0.1:7505",
                   "a daemon that connects is listened for at a unix socket alone, which tells who "
                   "it is; written listen:unix:/path");
    assert_refused("listen:unix:run/x", "the path of a unix socket must be absolute");
    assert_refused("127.0.0.1:7505",
                   "an address is unix:/path, tcp:HOST:PORT, tcp:[v6]:PORT or listen:unix:/path");
    assert_refused("",
                   "an address is unix:/path, tcp:HOST:PORT, tcp:[v6]:PORT or listen:unix:/path");
}

static void assert_agentx(const char *text, const char *reason)
{
    struct endpoint endpoint = {0};
    char expected[256] = "";
    char why[256] = "";

    assert_int_equal(endpoint_parse_agentx(text, &endpoint, why, sizeof(why)), reason == NULL);
    if (!reason)
        assert_string_equal(endpoint.text, text);
    assert_int_equal(endpoint.address_len > 0, reason == NULL);
    endpoint_fini(&endpoint);
    if (reason)
        snprintf(expected, sizeof(expected), "\"%s\": %s", text, reason);
    assert_int_equal(endpoint_check_agentx(text, why, sizeof(why)), reason == NULL);
    assert_string_equal(why, expected);
}

static void test_agentx(void **state)
{
    static const char families[] = "IPv4 is written tcp:A.B.C.D:PORT, IPv6 tcp6:[v6]:PORT";

    (void)state;
    assert_agentx("unix:/var/agentx/master", NULL);
    assert_agentx("tcp:127.0.0.1:705", NULL);
    assert_agentx("tcp6:[::1]:705", NULL);
    assert_agentx("unix:" PATH_108, too_long);
    assert_agentx("/var/agentx/master", "a unix socket is written unix:/path");
    assert_agentx("tcp:localhost:705", not_numeric);
    assert_agentx("tcp:[::1]:705", families);
    assert_agentx("tcp6:127.0.0.1:705", families);
    assert_agentx("tcp:127.0.0.1", "a port is missing");
    assert_agentx("udp:127.0.0.1:705",
                  "an address is unix:/path, tcp:A.B.C.D:PORT or tcp6:[v6]:PORT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unix),    cmocka_unit_test(test_tcp),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_bad_tcp), cmocka_unit_test(test_agentx),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
