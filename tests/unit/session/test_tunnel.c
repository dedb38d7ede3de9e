#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* Where the tunnel's interface is.  The loopback device plays it, which each machine has. */

static void assert_interface(const char *name)
{
    assert_string_equal(text_or_empty(instance_if_name(daemon_instance)), name);
    assert_int_equal(instance_if_index(daemon_instance) != 0, name[0] != '\0');
}

#define CONNECTED(address) ">STATE:1795453891,CONNECTED,SUCCESS," address ",,,127.0.0.1,1194\r\n"
#define RECONNECTING       ">STATE:1795453892,RECONNECTING,SIGUSR1,,,,,\r\n"

static void test_by_its_address(void **state)
{
    (void)state;
    daemon_bring_up();
    assert_interface("");
    peer_say(RECONNECTING CONNECTED("127.0.0.1"));
    assert_interface("lo");
    peer_say(RECONNECTING);
    assert_interface("");
    peer_say(CONNECTED("127.0.0.1"));
    assert_interface("lo");
    /* Without contact nobody knows. */
    daemon_lose();
    assert_interface("");
}

static void test_by_its_name_in_the_log(void **state)
{
    (void)state;
    daemon_bring_up();
    /* An address that is nowhere here is another host's, whatever the device is called. */
    peer_say(">LOG:1795453891,I,TUN/TAP device lo opened\r\n" RECONNECTING CONNECTED("192.0.2.77"));
    assert_interface("");
    peer_say(RECONNECTING CONNECTED(""));
    assert_interface("lo");
    peer_say(">LOG:1795453891,I,TUN/TAP device none.such opened\r\n" RECONNECTING CONNECTED(""));
    assert_interface("");
}

static void test_by_its_name_in_the_configuration(void **state)
{
    (void)state;
    daemon_bring_up();
    text_set(&daemon_instance->device, ADMIN_MAX, slice_of("lo"));
    peer_say(RECONNECTING CONNECTED(""));
    assert_interface("lo");
}

static void test_a_daemon_elsewhere(void **state)
{
    static char host[] = "openvpn.example";
    struct endpoint here = daemon_config.management;

    (void)state;
    daemon_bring_up();
    daemon_config.management.host = host;
    peer_say(RECONNECTING CONNECTED("127.0.0.1"));
    assert_interface("");
    daemon_config.management = here;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_by_its_address),
        TEST(test_by_its_name_in_the_log),
        TEST(test_by_its_name_in_the_configuration),
        TEST(test_a_daemon_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
