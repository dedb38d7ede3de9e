#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"

static int64_t now;

static int64_t test_mono(void)
{
    return now;
}

static int64_t test_wall(void)
{
    return 1700000000 + now / 1000;
}

/* The names of the timers that fired, in order. */
static char fired[64];

struct named {
    struct timer timer;
    char name;
    struct timer *other; /* what the fire function acts on */
    int64_t delay;
};

static void note(void *arg)
{
    const struct named *named = arg;

    strncat(fired, &named->name, 1);
}

static void note_and_restart(void *arg)
{
    struct named *named = arg;

    note(named);
    timer_start(named->other, named->delay);
}

static void note_and_stop(void *arg)
{
    struct named *named = arg;

    note(named);
    timer_stop(named->other);
}

static void named_init(struct named *named, char name, void (*fire)(void *arg))
{
    *named = (struct named){.name = name};
    timer_init(&named->timer, fire, named);
}

static void run_expecting(const char *expected)
{
    fired[0] = '\0';
    timers_run();
    assert_string_equal(fired, expected);
}

static int use_test_clock(void **state)
{
    static const struct clock_source source = {test_mono, test_wall, test_mono};

    (void)state;
    now = 1000000;
    clock_use(&source);
    return timers_next() == -1 ? 0 : -1;
}

static int use_system_clock(void **state)
{
    (void)state;
    clock_use(NULL);
    return timers_next() == -1 ? 0 : -1;
}

static void test_clock(void **state)
{
    int64_t before;

    (void)state;
    assert_int_equal(clock_mono(), 1000000);
    now += 2000;
    assert_int_equal(clock_mono(), 1002000);
    assert_int_equal(clock_wall(), 1700001002);
    clock_use(NULL);
    before = clock_mono();
    assert_true(before != now);
    assert_true(clock_mono() >= before);
    assert_true(clock_wall() > 1700001002); /* the test clock stands in the past */
}

/* Only what passes between the two. */
static void test_idle_time(void **state)
{
    int64_t before;

    (void)state;
    clock_use(NULL);
    before = clock_idle();
    clock_idle_begin();
    for (int64_t begun = clock_mono(); clock_mono() < begun + 5;)
        ;
    assert_int_equal(clock_idle(), before);
    clock_idle_end();
    assert_true(clock_idle() >= before + 5);
    before = clock_idle();
    for (int64_t begun = clock_mono(); clock_mono() < begun + 5;)
        ;
    clock_idle_end();
    assert_int_equal(clock_idle(), before);
}

static void test_order(void **state)
{
    struct named timers[5];

    (void)state;
    for (int i = 0; i < 5; i++)
        named_init(&timers[i], (char)('a' + i), note);
    assert_int_equal(timers_next(), -1);
    timer_start(&timers[0].timer, 300);
    timer_start(&timers[1].timer, 100);
    timer_start(&timers[2].timer, 200);
    timer_start(&timers[3].timer, 100); /* equal times: the first started fires first */
    timer_start(&timers[4].timer, 0);
    assert_int_equal(timers_next(), 0);
    run_expecting("e");
    assert_int_equal(timers_next(), 100);
    now += 99;
    run_expecting("");
    assert_int_equal(timers_next(), 1);
    now += 1;
    run_expecting("bd");
    assert_false(timers[1].timer.armed);
    assert_true(timers[0].timer.armed);
    now += 1000;
    assert_int_equal(timers_next(), 0);
    run_expecting("ca");
    assert_int_equal(timers_next(), -1);
    run_expecting("");
}

static void test_move_and_stop(void **state)
{
    struct named a;
    struct named b;
    struct named c;

    (void)state;
    named_init(&a, 'a', note);
    named_init(&b, 'b', note);
    named_init(&c, 'c', note);
    timer_stop(&a.timer);
    timer_start(&a.timer, 10);
    timer_start(&b.timer, 20);
    timer_start(&c.timer, 30);
    timer_start(&a.timer, 40); /* moved behind the others */
    assert_int_equal(timers_next(), 20);
    timer_start(&c.timer, 5); /* and to the front */
    assert_int_equal(timers_next(), 5);
    timer_stop(&b.timer);
    timer_stop(&b.timer);
    assert_false(b.timer.armed);
    now += 50;
    run_expecting("ca");
    assert_int_equal(timers_next(), -1);
}

static void test_restart_itself(void **state)
{
    struct named a;

    (void)state;
    named_init(&a, 'a', note_and_restart);
    a.other = &a.timer;
    a.delay = 10;
    timer_start(&a.timer, 10);
    for (int i = 0; i < 3; i++) {
        now += 10;
        run_expecting("a");
        assert_int_equal(timers_next(), 10);
    }
    a.delay = 0; /* must not keep the loop busy for ever */
    now += 10;
    run_expecting("a");
    assert_int_equal(timers_next(), 0);
    run_expecting("a");
    timer_stop(&a.timer);
}

static void test_started_meanwhile(void **state)
{
    struct named a;
    struct named b;

    (void)state;
    named_init(&a, 'a', note_and_restart);
    named_init(&b, 'b', note);
    a.other = &b.timer;
    timer_start(&a.timer, 0);
    run_expecting("a");
    assert_true(b.timer.armed);
    run_expecting("b");
}

/* Nor does one that is armed meanwhile take the place of one that is stopped. */
static void stop_and_restart(void *arg)
{
    struct named *named = arg;
    struct named *others = (struct named *)named->other;

    note(named);
    timer_stop(&others[0].timer);
    timer_start(&others[1].timer, named->delay);
}

static void test_started_while_another_is_stopped(void **state)
{
    struct named a;
    struct named others[2];

    (void)state;
    for (int delay = 0; delay >= -100; delay -= 100) {
        named_init(&a, 'a', stop_and_restart);
        named_init(&others[0], 'b', note);
        named_init(&others[1], 'c', note);
        a.other = &others[0].timer;
        a.delay = delay;
        timer_start(&a.timer, 10);
        timer_start(&others[0].timer, 10);
        now += 10;
        run_expecting("a");
        assert_int_equal(timers_next(), 0);
        run_expecting("c");
    }
}

static void test_stopped_meanwhile(void **state)
{
    struct named a;
    struct named b;

    (void)state;
    named_init(&a, 'a', note_and_stop);
    named_init(&b, 'b', note);
    a.other = &b.timer;
    timer_start(&a.timer, 10);
    timer_start(&b.timer, 10);
    now += 10;
    run_expecting("a");
    assert_int_equal(timers_next(), -1);
}

static void test_moved_meanwhile(void **state)
{
    struct named a;
    struct named b;

    (void)state;
    named_init(&a, 'a', note_and_restart);
    named_init(&b, 'b', note);
    a.other = &b.timer;
    a.delay = 7;
    timer_start(&a.timer, 10);
    timer_start(&b.timer, 10);
    now += 10;
    run_expecting("a");
    assert_int_equal(timers_next(), 7);
    now += 7;
    run_expecting("b");
}

static void test_clock_jumps(void **state)
{
    struct named a;

    (void)state;
    named_init(&a, 'a', note);
    timer_start(&a.timer, 120000);
    assert_int_equal(timers_next(), 120000);
    now += INT64_C(1) << 40; /* a machine that slept for years */
    assert_int_equal(timers_next(), 0);
    run_expecting("a");
}

enum { CROWD = 300, STEPS = 30000 };

/* One of a crowd, and what it should do: due, and which start that was. */
struct member {
    struct timer timer;
    int64_t due; /* -1: not armed */
    int order;
};

static struct member crowd[CROWD];

/* The one that has to fire next; NULL when none is due. */
static struct member *first_due(void)
{
    struct member *first = NULL;

    for (size_t i = 0; i < CROWD; i++) {
        struct member *at = &crowd[i];

        if (at->due >= 0 && at->due <= now &&
            (!first || at->due < first->due || (at->due == first->due && at->order < first->order)))
            first = at;
    }
    return first;
}

static void fire_member(void *arg)
{
    struct member *member = arg;

    assert_ptr_equal(member, first_due());
    member->due = -1;
}

/* Starts, moves and stops at random: what fires is always the one that is due first. */
static void test_a_crowd(void **state)
{
    uint32_t chance = 1194;

    (void)state;
    for (size_t i = 0; i < CROWD; i++) {
        timer_init(&crowd[i].timer, fire_member, &crowd[i]);
        crowd[i].due = -1;
    }
    for (int step = 0; step < STEPS; step++) {
        struct member *member;

        chance = chance * 1664525 + 1013904223;
        member = &crowd[(chance >> 8) % CROWD];
        if (chance >> 30 == 0) {
            timer_stop(&member->timer);
            member->due = -1;
        } else {
            member->due = now + (chance >> 20) % 50;
            member->order = step;
            timer_start(&member->timer, member->due - now);
        }
        if (chance >> 28 != 5)
            continue;
        now += (chance >> 16) % 10;
        timers_run();
        assert_null(first_due());
    }
    now += 50;
    timers_run();
    for (size_t i = 0; i < CROWD; i++)
        assert_false(crowd[i].timer.armed);
}

#define ON_TEST_CLOCK(test) cmocka_unit_test_setup_teardown(test, use_test_clock, use_system_clock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TEST_CLOCK(test_clock),
        ON_TEST_CLOCK(test_idle_time),
        ON_TEST_CLOCK(test_order),
        ON_TEST_CLOCK(test_move_and_stop),
        ON_TEST_CLOCK(test_restart_itself),
        ON_TEST_CLOCK(test_started_meanwhile),
        ON_TEST_CLOCK(test_started_while_another_is_stopped),
        ON_TEST_CLOCK(test_stopped_meanwhile),
        ON_TEST_CLOCK(test_moved_meanwhile),
        ON_TEST_CLOCK(test_clock_jumps),
        ON_TEST_CLOCK(test_a_crowd),
    };

    return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
