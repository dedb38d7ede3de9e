#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "base/interface.h"

/* The interfaces of the machine that runs the test, by what the system says of them otherwise. */

static void test_loopback(void **state)
{
    static const uint8_t local[] = {127, 0, 0, 1};
    static const uint8_t other[] = {192, 0, 2, 77};
    struct interface found;

    (void)state;
    assert_true(interface_with_address(local, sizeof(local), NULL, &found));
    assert_string_equal(found.name, "lo");
    assert_int_equal(found.index, if_nametoindex("lo"));
    assert_true(interface_with_address(local, sizeof(local), "lo", &found));
    assert_true(interface_with_address(local, sizeof(local), "tun0", &found));
    assert_false(interface_with_address(other, sizeof(other), "lo", &found));
}

/* With its name, in case several have the same address. */
static void test_each_address(void **state)
{
    struct ifaddrs *all;
    struct interface found;

    (void)state;
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        const void *address = at->ifa_addr;
        const uint8_t *bytes = NULL;

        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET)
            bytes = (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
        else if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
            bytes = (const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr;
        if (!bytes)
            continue;
        assert_true(interface_with_address(bytes, at->ifa_addr->sa_family == AF_INET ? 4 : 16,
                                           at->ifa_name, &found));
        assert_string_equal(found.name, at->ifa_name);
    }
    freeifaddrs(all);
}

static void test_names(void **state)
{
    struct interface found;

    (void)state;
    assert_true(interface_with_name("lo", &found));
    assert_int_equal(found.index, if_nametoindex("lo"));
    assert_false(interface_with_name("none.such", &found));
    assert_false(interface_with_name("a name that is much too long", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_loopback),
                                       cmocka_unit_test(test_each_address),
                                       cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
