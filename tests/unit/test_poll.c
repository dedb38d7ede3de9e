#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"
#include "office.h"

enum { INTERVAL = 10000, DAEMONS = 100 };

/* Up to the moment in which the daemon is asked next; returns the milliseconds until then. */
static int64_t pass_to_poll(void)
{
    int64_t begin = clock_mono();

    for (char sent[256] = ""; strcmp(sent, "load-stats\n") != 0; script_take(sent, sizeof(sent))) {
        assert_in_range(clock_mono() - begin, 0, 10 * INTERVAL);
        script_pass(1);
    }
    return clock_mono() - begin;
}

/* However many there are, and although all began together, each second has its share. */
static void test_each_has_its_moment(void **state)
{
    unsigned in_second[INTERVAL / 1000] = {0};

    for (uint32_t index = 1; index <= DAEMONS; index++) {
        office_end(state);
        office_begin();
        office->index = index;
        office_bring_up();
        office_status(OFFICE_ALICE);
        assert_in_range(pass_to_poll(), INTERVAL * 3 / 4, INTERVAL * 7 / 4);
        in_second[clock_mono() % INTERVAL / 1000]++;
        for (int more = 0; more < 2; more++) {
            script_say(OFFICE_STATS);
            assert_int_equal(pass_to_poll(), INTERVAL);
        }
    }
    for (size_t second = 0; second < INTERVAL / 1000; second++)
        assert_in_range(in_second[second], DAEMONS / 10 - 2, DAEMONS / 10 + 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, office_set_up, office_end)
    const struct CMUnitTest tests[] = {
        TEST(test_each_has_its_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
