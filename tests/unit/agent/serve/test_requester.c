#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/serve/requester.h"

static char admin[] = "admin\n";
static u_char community[] = "secret";

static void assert_text(netsnmp_pdu *pdu, const char *expected)
{
    char text[REQUESTER_TEXT_MAX];

    assert_string_equal(requester_text(pdu, text), expected);
}

static void test_version_3(void **state)
{
    netsnmp_indexed_addr_pair pair = {0};
    netsnmp_pdu pdu = {.version = SNMP_VERSION_3,
                       .securityName = admin,
                       .transport_data = &pair,
                       .transport_data_length = sizeof(pair)};

    (void)state;
    pair.remote_addr.sin.sin_family = AF_INET;
    inet_pton(AF_INET, "192.0.2.7", &pair.remote_addr.sin.sin_addr);
    assert_text(&pdu, "snmp admin @192.0.2.7"); /* clean text */
    pair.remote_addr.sin6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, "2001:db8::1", &pair.remote_addr.sin6.sin6_addr);
    assert_text(&pdu, "snmp admin @2001:db8::1");
    pdu.transport_data_length = 1;
    assert_text(&pdu, "snmp");
}

/* A community that the configuration gives no name is not told. */
static void test_community(void **state)
{
    netsnmp_indexed_addr_pair pair = {0};
    netsnmp_pdu pdu = {.version = SNMP_VERSION_2c,
                       .community = community,
                       .community_len = sizeof(community) - 1,
                       .transport_data = &pair,
                       .transport_data_length = sizeof(pair)};

    (void)state;
    pair.remote_addr.sin.sin_family = AF_INET;
    inet_pton(AF_INET, "192.0.2.7", &pair.remote_addr.sin.sin_addr);
    assert_text(&pdu, "snmp 192.0.2.7");
}

static void test_through_a_master_agent(void **state)
{
    netsnmp_pdu pdu = {.version = 0xc0};

    (void)state;
    assert_false(requester_known(&pdu));
    assert_text(&pdu, "snmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_3),
        cmocka_unit_test(test_community),
        cmocka_unit_test(test_through_a_master_agent),
    };

    return cmocka_run_group_tests_name("requester", tests, NULL, NULL);
}
