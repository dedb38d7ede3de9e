#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>

#include "agent/notify/outbox.h"
#include "agent/notify/triggers.h"
#include "agent/tables/tables.h"
#include "agent/wiring/fleet.h"
#include "base/log.h"
#include "base/timers.h"
#include "tests/unit/fixtures/failing_memory.h"
#include "tests/unit/fixtures/folder.h"

/* The instances of a configuration when memory is out: what is there is whole. */

/* More allocations than a configuration takes. */
enum { RUNS_MAX = 2000, INSTANCES = 3 };

static const char first_text[] =
    "instances = (\n"
    "{ name = \"a\"; index = 1; management = \"unix:/nowhere/a\"; },\n"
    "{ name = \"b\"; management = \"unix:/nowhere/b\"; },\n"
    "{ name = \"c\"; index = 3; management = \"unix:/nowhere/c\"; } );\n";
/* One stays, one goes, one has another endpoint, one comes. */
static const char second_text[] =
    "instances = (\n"
    "{ name = \"a\"; index = 1; management = \"unix:/nowhere/a\"; },\n"
    "{ name = \"b\"; management = \"unix:/nowhere/other\"; },\n"
    "{ name = \"d\"; index = 4; management = \"unix:/nowhere/d\"; } );\n";

static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 99};
static struct model model;
static struct walker walker = {root, sizeof(root) / sizeof(root[0]), NULL, 0, &model};
static struct event_base *base;
static unsigned posted; /* notifications: each instance loses contact at once */

bool outbox_post(const unsigned long *trap, size_t len, int64_t mono, struct capture *capture)
{
    (void)trap;
    (void)len;
    (void)mono;
    capture_fini(capture);
    posted++;
    return true;
}

static struct config *load(const char *text)
{
    struct config_error error;
    struct config *config;

    write_text(main_file, text);
    config = config_load(main_file, &error, NULL);
    assert_non_null(config);
    return config;
}

/* The turns of the loop in which the instances try to connect. */
static void turn(void)
{
    while (timers_next() == 0)
        timers_run();
}

/* The allocation with that number fails, if there are so many; *failed tells. */
static bool configure(const char *text, long number, bool *failed)
{
    struct config *config = load(text);
    bool whole;

    memory_fail_at(number);
    whole = fleet_configure(config);
    turn();
    *failed = memory_has_failed();
    memory_fail_at(0);
    return whole;
}

static void begin(void)
{
    posted = 0;
    triggers_start(&walker);
    fleet_start(&model, base);
}

static void end(void)
{
    fleet_stop();
    triggers_stop();
}

static bool has(uint32_t index, const char *name, const char *endpoint)
{
    const struct instance *instance = model_at(&model, index);

    return instance && strcmp(instance->name, name) == 0 &&
           strcmp(instance->endpoint, endpoint) == 0;
}

static bool is_first(void)
{
    return model.count == INSTANCES && has(1, "a", "unix:/nowhere/a") &&
           has(2, "b", "unix:/nowhere/b") && has(3, "c", "unix:/nowhere/c");
}

static bool is_second(void)
{
    return model.count == INSTANCES && has(1, "a", "unix:/nowhere/a") &&
           has(2, "b", "unix:/nowhere/other") && has(4, "d", "unix:/nowhere/d");
}

/* Each that is there has told of the contact that it has not. */
static void test_start(void **state)
{
    long number = 1;
    unsigned refusals = 0;
    bool failed = true;

    (void)state;
    for (; failed && number < RUNS_MAX; number++) {
        long blocks = memory_blocks();
        bool whole;

        begin();
        whole = configure(first_text, number, &failed);
        refusals += !whole;
        assert_true(whole || failed);
        assert_int_equal(whole, is_first());
        assert_int_equal(posted, model.count);
        end();
        assert_int_equal(memory_blocks(), blocks);
    }
    assert_in_range(number, 10, RUNS_MAX - 1);
    assert_in_range(refusals, 10, number);
}

/* What was not taken, or not as a whole, is when it is tried again. */
static void test_reload(void **state)
{
    long number = 1;
    bool failed = true;

    (void)state;
    for (; failed && number < RUNS_MAX; number++) {
        bool whole;
        bool none;

        begin();
        assert_true(configure(first_text, 0, &none));
        whole = configure(second_text, number, &failed);
        assert_true(whole || failed);
        assert_int_equal(whole, is_second());
        assert_true(number > 1 || is_first());
        assert_true(configure(second_text, 0, &none));
        assert_true(is_second());
        assert_int_equal(posted, INSTANCES + 2);
        end();
    }
    assert_in_range(number, 10, RUNS_MAX - 1);
}

static int set_up(void **state)
{
    log_set_level(LOG_LEVEL_ERROR);
    walker.tables = tables;
    walker.table_count = table_count;
    base = event_base_new();
    return base ? folder_set_up(state) : -1;
}

static int tear_down(void **state)
{
    event_base_free(base);
    return folder_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_reload),
    };

    return cmocka_run_group_tests_name("fleet", tests, set_up, tear_down);
}
