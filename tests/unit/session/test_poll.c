#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"
#include "tests/unit/fixtures/daemon.h"

enum { INTERVAL = 10000, DAEMONS = 100 };

/* Up to the moment in which the daemon is asked next; returns the milliseconds until then. */
static int64_t pass_to_poll(void)
{
    int64_t begin = clock_mono();

    for (char sent[256] = ""; strcmp(sent, "load-stats\n") != 0; peer_take(sent, sizeof(sent))) {
        assert_in_range(clock_mono() - begin, 0, 10 * INTERVAL);
        peer_pass(1);
    }
    return clock_mono() - begin;
}

/* However many there are, and although all began together, each second has its share. */
static void test_each_has_its_moment(void **state)
{
    unsigned in_second[INTERVAL / 1000] = {0};

    for (uint32_t index = 1; index <= DAEMONS; index++) {
        daemon_end(state);
        daemon_begin();
        daemon_instance->index = index;
        daemon_bring_up();
        daemon_status(DAEMON_ALICE);
        assert_in_range(pass_to_poll(), INTERVAL * 3 / 4, INTERVAL * 7 / 4);
        in_second[clock_mono() % INTERVAL / 1000]++;
        for (int more = 0; more < 2; more++) {
            peer_say(DAEMON_STATS);
            assert_int_equal(pass_to_poll(), INTERVAL);
        }
    }
    for (size_t second = 0; second < INTERVAL / 1000; second++)
        assert_in_range(in_second[second], DAEMONS / 10 - 2, DAEMONS / 10 + 2);
}

/* A status; returns the milliseconds from its end to the next poll. */
static int64_t poll_with(void (*pass)(int64_t), int64_t milliseconds)
{
    peer_say("SUCCESS: nclients=2,bytesin=9,bytesout=9\r\n");
    peer_sent("status 3\nload-stats\n");
    pass(milliseconds);
    peer_say(STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n" DAEMON_STATS);
    return pass_to_poll();
}

/* A daemon that takes long is asked less often, one that had to wait for the agent is not. */
static void test_only_what_the_daemon_took_counts(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    pass_to_poll();
    assert_in_range(poll_with(peer_pass_at_work, 4000), 0, INTERVAL);
    assert_int_equal(poll_with(peer_pass, 4000), 4000 * 20);
    assert_int_equal(poll_with(peer_pass_at_work, 4000), INTERVAL);
}

/* Nor does what other commands of ours took before it. */
static void test_a_queue_of_ours_does_not_count(void **state)
{
    const struct listener listener = {.done = listener_ignore};
    struct command command;

    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    pass_to_poll();
    settings_query(SETTING_VERB, &command);
    assert_true(session_ask(daemon_session, &command, &listener));
    peer_say("SUCCESS: nclients=2,bytesin=9,bytesout=9\r\n");
    peer_sent("verb\n");
    peer_pass(4000);
    peer_say("SUCCESS: verb=3\r\n");
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n" DAEMON_STATS);
    assert_in_range(pass_to_poll(), 0, INTERVAL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, daemon_set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_each_has_its_moment),
        TEST(test_only_what_the_daemon_took_counts),
        TEST(test_a_queue_of_ours_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
