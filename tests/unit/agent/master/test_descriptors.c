#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>

#include "agent/master/descriptors.h"

/* The library is played: it wants to read the ends of some pairs of sockets. */

enum { PAIRS = 3 };

static struct event_base *base;
static int ours[PAIRS]; /* what the library reads */
static int peers[PAIRS];
static int reads[PAIRS];
static void (*when_read)(void);

/* The linker puts these two in the place of the library's. */
int __wrap_snmp_sess_select_info2_flags(void *session, int *count, netsnmp_large_fd_set *set,
                                        struct timeval *wait, int *block, int flags);
int __wrap_snmp_sess_select_info2_flags(void *session, int *count, netsnmp_large_fd_set *set,
                                        struct timeval *wait, int *block, int flags)
{
    (void)session;
    (void)wait;
    (void)block;
    (void)flags;
    for (int i = 0; i < PAIRS; i++) {
        NETSNMP_LARGE_FD_SET(ours[i], set);
        if (ours[i] >= *count)
            *count = ours[i] + 1;
    }
    return PAIRS;
}

void __wrap_snmp_read2(netsnmp_large_fd_set *set);
void __wrap_snmp_read2(netsnmp_large_fd_set *set)
{
    char byte;

    for (int i = 0; i < PAIRS; i++) {
        if (!NETSNMP_LARGE_FD_ISSET(ours[i], set))
            continue;
        assert_int_equal(recv(ours[i], &byte, 1, MSG_DONTWAIT), 1);
        reads[i]++;
    }
    if (when_read)
        when_read();
}

static int set_up(void **state)
{
    (void)state;
    base = event_base_new();
    when_read = NULL;
    for (int i = 0; i < PAIRS; i++) {
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        ours[i] = pair[0];
        peers[i] = pair[1];
        reads[i] = 0;
    }
    descriptors_init(base);
    assert_int_equal(descriptors_update(true), -1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    descriptors_fini();
    for (int i = 0; i < PAIRS; i++) {
        close(ours[i]);
        close(peers[i]);
    }
    event_base_free(base);
    return 0;
}

static void say(int which, const char *bytes)
{
    size_t len = strlen(bytes);

    assert_int_equal(send(peers[which], bytes, len, MSG_NOSIGNAL), len);
}

static void assert_reads(int first, int second, int third)
{
    assert_int_equal(reads[0], first);
    assert_int_equal(reads[1], second);
    assert_int_equal(reads[2], third);
}

/* They end the loop's sleep, and nothing is read before its turn. */
static void test_events(void **state)
{
    (void)state;
    say(1, "xx");
    event_base_loop(base, EVLOOP_ONCE);
    assert_reads(0, 0, 0);
    descriptors_drain();
    assert_reads(0, 2, 0);
}

/* So much comes at once that others would wait. */
static void test_drain_has_an_end(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        say(1, "xxxxxxxxxx");
    descriptors_drain();
    assert_in_range(reads[1], 1, 50);
    event_base_loop(base, EVLOOP_ONCE); /* wakes again for the rest */
    for (int i = 0; i < 10; i++)
        descriptors_drain();
    assert_reads(0, 100, 0);
}

/* All that waits, and nothing else. */
static void test_drain(void **state)
{
    (void)state;
    say(0, "abc");
    say(2, "x");
    descriptors_drain();
    assert_reads(3, 0, 1);
    descriptors_drain();
    assert_reads(3, 0, 1);
}

/* A session may end, or begin, deep in what is read: its descriptors are no more then. */
static void test_forgotten_while_drained(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++)
        say(i, "xx");
    when_read = descriptors_forget;
    descriptors_drain();
    assert_reads(1, 1, 1);
    when_read = NULL;
    descriptors_update(true);
    descriptors_drain();
    assert_reads(2, 2, 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_events),
        TEST(test_drain),
        TEST(test_drain_has_an_end),
        TEST(test_forgotten_while_drained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
