#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"
#include "config/config.h"
#include "model/event.h"
#include "model/instance.h"

/* When it is told that a certificate ends. */

enum { DAY = 86400, NOW = 1800000000 };

static char name[] = "office";
static char endpoint[] = "unix:/x";
static struct instance_config config = {.name = name,
                                        .management = {.text = endpoint},
                                        .limits = {10, 10, 10, 10, 10, 10, 10, 10},
                                        .expiry_days = {30, 14, 7, 1},
                                        .expiry_day_count = 4};

static int64_t wall = NOW;
static int64_t mono;
static struct instance *instance;
static unsigned told;
static uint32_t told_row;

static int64_t test_mono(void)
{
    return mono;
}

static int64_t test_wall(void)
{
    return wall;
}

static const struct clock_source source = {test_mono, test_wall, test_mono};

static void on_event(void *arg, const struct event *event)
{
    (void)arg;
    if (event->kind != EVENT_CERTIFICATE_EXPIRES)
        return;
    assert_ptr_equal(event->certificate, &instance->certificates.list[event->row - 1]);
    told++;
    told_row = event->row;
}

static struct observer observer = {.told = on_event};

static int set_up(void **state)
{
    (void)state;
    clock_use(&source);
    wall = NOW;
    told = 0;
    instance = instance_new(1, &config);
    observer_add(&observer);
    return instance ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    observer_remove(&observer);
    instance_free(instance);
    clock_use(NULL);
    return timers_next() == -1 ? 0 : -1;
}

static void add(struct certificates *list, enum certificate_role role, int64_t not_after)
{
    struct certificate *added = certificates_add(list);

    assert_non_null(added);
    added->role = role;
    added->subject = strdup("CN=x");
    added->not_before = 5;
    added->not_after = not_after;
}

/* One that ends so many seconds from now takes the place of all others. */
static void replace(int64_t left)
{
    struct certificates list = {0};

    add(&list, CERTIFICATE_OWN, wall + left);
    certificates_replace(instance, &list);
    assert_int_equal(list.count, 0);
}

/* Time goes on, a timer at a time. */
static void pass(int64_t seconds)
{
    while (seconds > 0) {
        int64_t step = timers_next() / 1000;

        assert_in_range(step, 1, 3600);
        step = step < seconds ? step : seconds;
        mono += step * 1000;
        wall += step;
        seconds -= step;
        timers_run();
    }
}

static void test_each_number_of_days_once(void **state)
{
    (void)state;
    replace(31 * DAY);
    assert_int_equal(told, 0);
    pass(DAY - 1);
    assert_int_equal(told, 0);
    pass(1);
    assert_int_equal(told, 1);
    pass(15 * DAY);
    assert_int_equal(told, 1);
    pass(DAY);
    assert_int_equal(told, 2);
    pass(14 * DAY - 1);
    assert_int_equal(told, 4);
    pass(1);
    assert_int_equal(told, 5);
    pass(3 * DAY);
    assert_int_equal(told, 5);
}

static void test_only_the_smallest_at_first(void **state)
{
    (void)state;
    replace(2 * DAY);
    assert_int_equal(told, 1);
    replace(-5);
    assert_int_equal(told, 2);
    pass(DAY);
    assert_int_equal(told, 2);
}

static void test_the_same_again_is_no_news(void **state)
{
    struct certificates list = {0};

    (void)state;
    replace(2 * DAY);
    replace(2 * DAY);
    assert_int_equal(told, 1);
    /* In another place, behind another. */
    add(&list, CERTIFICATE_CA, wall + 400 * DAY);
    add(&list, CERTIFICATE_OWN, wall + 2 * DAY);
    certificates_replace(instance, &list);
    assert_int_equal(told, 1);
    /* A new one. */
    replace(2 * DAY + 1);
    assert_int_equal(told, 2);
}

static void test_unknown_end(void **state)
{
    struct certificates list = {0};

    (void)state;
    add(&list, CERTIFICATE_CRL, 0);
    add(&list, CERTIFICATE_CRL, wall - 1);
    certificates_replace(instance, &list);
    assert_int_equal(told, 1);
    assert_int_equal(told_row, 2);
}

static void test_other_days(void **state)
{
    struct instance_config other = config;

    (void)state;
    replace(50 * DAY);
    other.expiry_days[0] = 60;
    instance_configure(instance, &other);
    assert_int_equal(told, 1);
    other.expiry_day_count = 0;
    instance_configure(instance, &other);
    pass(51 * DAY);
    assert_int_equal(told, 2);
}

/* A clock that is set is seen within an hour. */
static void test_clock_is_set(void **state)
{
    (void)state;
    replace(100 * DAY);
    wall += 90 * DAY;
    pass(3600);
    assert_int_equal(told, 1);
}

static void test_bound(void **state)
{
    struct certificates list = {0};

    (void)state;
    for (int i = 0; i < CERTIFICATES_MAX; i++)
        assert_non_null(certificates_add(&list));
    assert_null(certificates_add(&list));
    certificates_fini(&list);
}

static void test_clients_max(void **state)
{
    (void)state;
    assert_int_equal(instance_clients_max(instance), -1);
    instance->clients_max = 62;
    instance->clients_max_subnet = 253;
    assert_int_equal(instance_clients_max(instance), 62);
    instance_set_version(instance, slice_of("OpenVPN 2.6.14 x86_64"));
    assert_int_equal(instance_clients_max(instance), 62);
    instance_set_version(instance, slice_of("OpenVPN 2.7.0 x86_64"));
    assert_int_equal(instance_clients_max(instance), 253);
}

static void test_interface_needs_contact(void **state)
{
    (void)state;
    instance_set_interface(instance, 3, "tun0");
    assert_int_equal(instance_if_index(instance), 0);
    assert_null(instance_if_name(instance));
    instance_set_contact(instance, CONTACT_UP, NULL);
    assert_int_equal(instance_if_index(instance), 3);
    assert_string_equal(instance_if_name(instance), "tun0");
    instance_set_interface(instance, 0, NULL);
    assert_null(instance_if_name(instance));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_number_of_days_once),
        TEST(test_only_the_smallest_at_first),
        TEST(test_the_same_again_is_no_news),
        TEST(test_unknown_end),
        TEST(test_other_days),
        TEST(test_clock_is_set),
        TEST(test_bound),
        TEST(test_clients_max),
        TEST(test_interface_needs_contact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
