#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/serve/repeats.h"
#include "base/clock.h"

static int64_t now = 1000000;

static int64_t test_mono(void)
{
    return now;
}

static int64_t test_wall(void)
{
    return 1700000000;
}

static char source[] = "127.0.0.1:4000";
static char community[] = "private";

/* A SET of two objects; borrows the texts above. */
static netsnmp_pdu *make(long version, long request, long value)
{
    static const oid name[] = {1, 3, 6, 1, 4, 1, 99, 3, 1};
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);

    assert_non_null(pdu);
    pdu->version = version;
    pdu->reqid = request;
    pdu->transport_data = source;
    pdu->transport_data_length = sizeof(source);
    pdu->community = (u_char *)community;
    pdu->community_len = strlen(community);
    snmp_pdu_add_variable(pdu, name, OID_LENGTH(name), ASN_INTEGER, &value, sizeof(value));
    snmp_pdu_add_variable(pdu, name, OID_LENGTH(name), ASN_OCTET_STR, "x", 1);
    return pdu;
}

static void discard(netsnmp_pdu *pdu)
{
    pdu->transport_data = NULL;
    pdu->community = NULL;
    snmp_free_pdu(pdu);
}

static struct repeat_key key_of(long version, long request, long value)
{
    netsnmp_pdu *pdu = make(version, request, value);
    struct repeat_key key = repeats_key(pdu);

    discard(pdu);
    return key;
}

static bool is_known(struct repeat_key key)
{
    size_t which;
    int status;

    return repeats_find(&key, &status, &which);
}

static void add(struct repeat_key key)
{
    repeats_add(&key, SNMP_ERR_COMMITFAILED, 1);
}

static void test_the_same(void **state)
{
    struct repeat_key key = key_of(SNMP_VERSION_2c, 7, 3);
    size_t which = 0;
    int status = 0;

    (void)state;
    assert_false(is_known(key));
    add(key);
    key = key_of(SNMP_VERSION_2c, 7, 3);
    assert_true(repeats_find(&key, &status, &which));
    assert_int_equal(status, SNMP_ERR_COMMITFAILED);
    assert_int_equal(which, 1);
    now += REPEATS_MS - 1;
    assert_true(is_known(key));
    now += 1;
    assert_false(is_known(key));
}

static void test_others(void **state)
{
    (void)state;
    add(key_of(SNMP_VERSION_2c, 7, 3));
    assert_false(is_known(key_of(SNMP_VERSION_2c, 8, 3)));
    assert_false(is_known(key_of(SNMP_VERSION_2c, 7, 4)));
    assert_false(is_known(key_of(SNMP_VERSION_1, 7, 3)));
    source[0] = '2';
    assert_false(is_known(key_of(SNMP_VERSION_2c, 7, 3)));
    source[0] = '1';
    community[0] = 'P';
    assert_false(is_known(key_of(SNMP_VERSION_2c, 7, 3)));
    community[0] = 'p';
    assert_true(is_known(key_of(SNMP_VERSION_2c, 7, 3)));
}

/* What comes from a master agent tells nothing of its source. */
static void test_without_a_source(void **state)
{
    enum { AGENTX = 0xc0 };
    struct repeat_key key = key_of(AGENTX, 7, 3);
    netsnmp_pdu *pdu = make(SNMP_VERSION_2c, 7, 3);

    (void)state;
    add(key);
    assert_false(is_known(key));
    pdu->transport_data = NULL;
    key = repeats_key(pdu);
    discard(pdu);
    add(key);
    assert_false(is_known(key));
}

static void test_bound(void **state)
{
    (void)state;
    for (long i = 0; i <= REPEATS_MAX; i++)
        add(key_of(SNMP_VERSION_2c, 100 + i, 3));
    assert_false(is_known(key_of(SNMP_VERSION_2c, 100, 3)));
    assert_true(is_known(key_of(SNMP_VERSION_2c, 101, 3)));
    assert_true(is_known(key_of(SNMP_VERSION_2c, 100 + REPEATS_MAX, 3)));
}

int main(void)
{
    static const struct clock_source clock = {test_mono, test_wall, test_mono};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_without_a_source),
        cmocka_unit_test(test_bound),
    };

    clock_use(&clock);
    return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
