#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/notify/outbox.h"
#include "agent/notify/triggers.h"
#include "agent/tables/tables.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/timers.h"
#include "config/config.h"
#include "model/event.h"
#include "model/model.h"

enum { STATE_CHANGE = 7, FATAL = 8, ECHO = 19, MUTED = 20, RATE = 3, WINDOW = 60000 };

static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 99};

enum { ROOT_LEN = sizeof(root) / sizeof(root[0]) };

static char name[] = "office";
static char endpoint[] = "unix:/x";

static struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {10, 10, 10, 10, 10, 10, 10, 10},
    .notify = NOTIFY_STATE_ALL | NOTIFY_FATAL | NOTIFY_ECHO,
    .notify_rate = RATE,
};

static int64_t now;
static struct model model;
static struct instance *daemon_instance;
static struct walker walker;

/* A queue of the test's own: what was posted, and the last ovpnNotificationsMuted of it. */
static struct {
    unsigned posted[MUTED + 1];
    uint64_t sequence;
    int64_t mono;
    uint64_t unix_time;
    unsigned long what[ROOT_LEN + 2]; /* ovpnMutedNotification */
    size_t what_len;
    uint64_t count; /* ovpnMutedCount */
} queue;

static void expect_name(const struct capture_varbind *varbind, const unsigned long *end, size_t len)
{
    assert_int_equal(varbind->oid_len, ROOT_LEN + len);
    assert_memory_equal(varbind->oid, root, sizeof(root));
    assert_memory_equal(varbind->oid + ROOT_LEN, end, len * sizeof(*end));
}

/* The fourth and fifth varbind, and that there is no sixth. */
static void take_muted(const struct capture *capture, size_t offset)
{
    static const unsigned long what_end[] = {1, 10, 3, 0};
    static const unsigned long count_end[] = {1, 10, 4, 0};
    struct capture_varbind varbind;

    assert_true(capture_next(capture, &offset, &varbind));
    expect_name(&varbind, what_end, 4);
    assert_int_equal(varbind.type, VALUE_OBJECT_ID);
    queue.what_len = varbind.value.octets.len / sizeof(unsigned long);
    assert_in_range(queue.what_len, 1, ROOT_LEN + 2);
    memcpy(queue.what, varbind.value.octets.at, varbind.value.octets.len);
    assert_true(capture_next(capture, &offset, &varbind));
    expect_name(&varbind, count_end, 4);
    assert_int_equal(varbind.type, VALUE_GAUGE32);
    queue.count = varbind.value.number;
    assert_false(capture_next(capture, &offset, &varbind));
}

/* What all begin with: sequence number, time, name of the instance. */
static size_t take_head(const struct capture *capture)
{
    static const unsigned long sequence_end[] = {1, 10, 1, 0};
    static const unsigned long time_end[] = {1, 10, 2, 0};
    static const unsigned long name_end[] = {1, 2, 1, 2, 7};
    struct capture_varbind varbind;
    size_t offset = 0;

    assert_true(capture_next(capture, &offset, &varbind));
    expect_name(&varbind, sequence_end, 4);
    assert_true(varbind.value.number > queue.sequence);
    queue.sequence = varbind.value.number;
    assert_true(capture_next(capture, &offset, &varbind));
    expect_name(&varbind, time_end, 4);
    queue.unix_time = varbind.value.number;
    assert_true(capture_next(capture, &offset, &varbind));
    expect_name(&varbind, name_end, 5);
    assert_int_equal(varbind.value.octets.len, 6);
    assert_memory_equal(varbind.value.octets.at, "office", 6);
    return offset;
}

bool outbox_post(const unsigned long *trap, size_t len, int64_t mono, struct capture *capture)
{
    size_t offset = take_head(capture);

    assert_int_equal(len, ROOT_LEN + 2);
    assert_memory_equal(trap, root, sizeof(root));
    assert_int_equal(trap[ROOT_LEN], 0);
    assert_in_range(trap[ROOT_LEN + 1], 1, MUTED);
    queue.posted[trap[ROOT_LEN + 1]]++;
    queue.mono = mono;
    if (trap[ROOT_LEN + 1] == MUTED)
        take_muted(capture, offset);
    capture_fini(capture);
    return true;
}

static int64_t test_mono(void)
{
    return now;
}

static int64_t test_wall(void)
{
    return 1700000000 + now / 1000;
}

static int set_up(void **state)
{
    static const struct clock_source source = {test_mono, test_wall, test_mono};

    (void)state;
    memset(&queue, 0, sizeof(queue));
    now = 1000000;
    clock_use(&source);
    daemon_instance = instance_new(7, &config);
    assert_non_null(daemon_instance);
    assert_true(model_add(&model, daemon_instance));
    walker = (struct walker){root, ROOT_LEN, tables, table_count, &model};
    assert_null(triggers_check());
    triggers_start(&walker);
    assert_true(triggers_configure(7, &config));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    triggers_stop();
    assert_int_equal(timers_next(), -1);
    model_fini(&model);
    clock_use(NULL);
    return 0;
}

static void happen(enum event_kind kind, unsigned count)
{
    static const struct log_record line = {.time = 1, .message = name};

    for (unsigned i = 0; i < count; i++)
        event_tell(kind, daemon_instance, kind == EVENT_ECHO ? 1 : 0,
                   kind == EVENT_ECHO ? &line : NULL);
}

static void pass(int64_t milliseconds)
{
    now += milliseconds;
    timers_run();
}

static void expect_muted(unsigned number, uint64_t count)
{
    assert_int_equal(queue.what_len, ROOT_LEN + 2);
    assert_memory_equal(queue.what, root, sizeof(root));
    assert_int_equal(queue.what[ROOT_LEN], 0);
    assert_int_equal(queue.what[ROOT_LEN + 1], number);
    assert_int_equal(queue.count, count);
}

static void test_within_the_rate(void **state)
{
    uint32_t before = vitals.notifications_suppressed;

    (void)state;
    for (unsigned window = 1; window <= 3; window++) {
        happen(EVENT_STATE, RATE);
        assert_int_equal(queue.posted[STATE_CHANGE], window * RATE);
        assert_int_equal(timers_next(), -1);
        pass(WINDOW);
    }
    assert_int_equal(queue.posted[MUTED], 0);
    assert_int_equal(vitals.notifications_suppressed, before);
}

static void test_a_burst_is_cut_and_reported(void **state)
{
    uint32_t before = vitals.notifications_suppressed;

    (void)state;
    happen(EVENT_STATE, RATE);
    pass(20000);
    happen(EVENT_STATE, 5);
    assert_int_equal(queue.posted[STATE_CHANGE], RATE);
    assert_int_equal(vitals.notifications_suppressed - before, 5);
    assert_int_equal(timers_next(), WINDOW - 20000);
    pass(WINDOW - 20000 - 1);
    assert_int_equal(queue.posted[MUTED], 0);
    pass(1);
    assert_int_equal(queue.posted[MUTED], 1);
    expect_muted(STATE_CHANGE, 5);
    assert_int_equal(queue.mono, now);
    assert_int_equal(queue.unix_time, test_wall());
    pass(10 * WINDOW);
    assert_int_equal(queue.posted[MUTED], 1);
    assert_int_equal(vitals.notifications_suppressed - before, 5);
}

static void test_a_new_window_begins(void **state)
{
    (void)state;
    happen(EVENT_STATE, RATE + 1);
    pass(WINDOW);
    happen(EVENT_STATE, RATE + 2);
    assert_int_equal(queue.posted[STATE_CHANGE], 2 * RATE);
    pass(WINDOW);
    assert_int_equal(queue.posted[MUTED], 2);
    expect_muted(STATE_CHANGE, 2);
}

/* An event that comes before the timer of a window that is over. */
static void test_the_report_comes_before_what_follows(void **state)
{
    (void)state;
    happen(EVENT_STATE, RATE + 4);
    now += WINDOW;
    happen(EVENT_STATE, 1);
    assert_int_equal(queue.posted[MUTED], 1);
    expect_muted(STATE_CHANGE, 4);
    assert_int_equal(queue.posted[STATE_CHANGE], RATE + 1);
    timers_run();
    pass(WINDOW);
    assert_int_equal(queue.posted[MUTED], 1);
}

static void test_kinds_are_counted_apart(void **state)
{
    (void)state;
    happen(EVENT_STATE, RATE + 1);
    pass(30000);
    happen(EVENT_ECHO, RATE + 2);
    happen(EVENT_FATAL, RATE);
    assert_int_equal(queue.posted[ECHO], RATE);
    assert_int_equal(queue.posted[FATAL], RATE);
    pass(30000);
    assert_int_equal(queue.posted[MUTED], 1);
    expect_muted(STATE_CHANGE, 1);
    assert_int_equal(timers_next(), 30000);
    pass(30000);
    assert_int_equal(queue.posted[MUTED], 2);
    expect_muted(ECHO, 2);
    assert_int_equal(timers_next(), -1);
}

static void test_what_is_not_wanted_is_not_counted(void **state)
{
    uint32_t before = vitals.notifications_suppressed;

    (void)state;
    happen(EVENT_HOLD_WAITING, 2 * RATE);
    pass(WINDOW);
    for (unsigned number = 0; number <= MUTED; number++)
        assert_int_equal(queue.posted[number], 0);
    assert_int_equal(vitals.notifications_suppressed, before);
}

static void test_an_instance_that_is_gone(void **state)
{
    (void)state;
    happen(EVENT_STATE, RATE + 1);
    triggers_forget(7);
    assert_int_equal(timers_next(), -1);
    happen(EVENT_STATE, 1);
    assert_int_equal(queue.posted[STATE_CHANGE], RATE);
}

#define ALERTS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALERTS_TEST(test_within_the_rate),
        ALERTS_TEST(test_a_burst_is_cut_and_reported),
        ALERTS_TEST(test_a_new_window_begins),
        ALERTS_TEST(test_the_report_comes_before_what_follows),
        ALERTS_TEST(test_kinds_are_counted_apart),
        ALERTS_TEST(test_what_is_not_wanted_is_not_counted),
        ALERTS_TEST(test_an_instance_that_is_gone),
    };

    return cmocka_run_group_tests_name("alerts", tests, NULL, NULL);
}
