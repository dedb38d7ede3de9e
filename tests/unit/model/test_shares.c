#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "model/instance.h"
#include "model/model.h"

static char name[] = "office";
static char endpoint[] = "unix:/x";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {10, 10, 10, 10, 10, 10, 10, 10, 10},
};
static struct model model;
static struct instance *instance;

static int set_up(void **state)
{
    (void)state;
    instance = instance_new(1, &config);
    return instance && model_add(&model, instance) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    model_fini(&model);
    model = (struct model){0};
    return 0;
}

static void test_guests(void **state)
{
    struct share_row *one = shares_add(instance, "unix:/a");
    struct share_row *other = shares_add(instance, "unix:/b");
    struct guest_row *first = shares_guest_came(instance, one, "uid 1000 pid 1\n");
    struct guest_row *second = shares_guest_came(instance, other, "127.0.0.1:5");

    (void)state;
    assert_int_equal(one->base.index, 1);
    assert_int_equal(other->base.index, 2);
    assert_string_equal(first->peer, "uid 1000 pid 1 ");
    assert_int_equal(one->guests, 1);
    assert_int_equal(one->connects, 1);
    assert_ptr_equal(shares_guest_after(instance, 0), first);
    assert_ptr_equal(shares_guest_after(instance, 1), second);
    shares_commanded(second, "password Auth ***");
    shares_denied(second, "kill");
    assert_string_equal(second->last_command, "password Auth ***");
    assert_int_equal(other->commands, 1);
    assert_int_equal(other->denied, 1);
    assert_string_equal(other->last_denied, "kill");
    shares_guest_left(instance, first);
    assert_int_equal(one->guests, 0);
    assert_int_equal(one->connects, 1);
    first = shares_guest_came(instance, one, "x");
    assert_int_equal(first->base.index, 3);
    shares_remove(instance, other);
    assert_ptr_equal(shares_guest_after(instance, 0), first);
    assert_null(shares_guest_after(instance, 3));
    assert_ptr_equal(shares_after(instance, 0), one);
    assert_null(shares_after(instance, 1));
}

static void test_allow(void **state)
{
    struct share_row *one = shares_add(instance, "unix:/a");

    (void)state;
    shares_configure(one, ALLOW_CLIENTS | ALLOW_HOLD | ALLOW_SIGUSR1, 8);
    assert_string_equal(one->allow_text, "hold, signal:SIGUSR1, clients");
    shares_configure(one, 0, 4);
    assert_null(one->allow_text);
    assert_int_equal(one->guests_max, 4);
    shares_configure(one, ALLOW_GUESTS_ALL, 4);
    assert_int_equal(strlen(one->allow_text), strlen("hold, kill, verb, mute, signal:SIGHUP, "
                                                     "signal:SIGTERM, signal:SIGUSR1, "
                                                     "signal:SIGUSR2, auth-retry, passwords, "
                                                     "confirm, refresh, net, clients, sign, "
                                                     "remote, push"));
}

/* After four thousand million guests numbers begin anew, and those that are there stay. */
static void test_numbers_used_up(void **state)
{
    struct share_row *share = shares_add(instance, "unix:/a");
    struct guest_row *old = shares_guest_came(instance, share, "a");
    struct guest_row *new;

    (void)state;
    instance->shares.guests.last_index = UINT32_MAX;
    new = shares_guest_came(instance, share, "b");
    assert_non_null(new);
    assert_int_equal(old->base.index, 1);
    assert_int_equal(new->base.index, 2);
    shares_guest_left(instance, old);
    assert_ptr_equal(shares_guest_after(instance, 0), new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_guests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_allow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_used_up, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
