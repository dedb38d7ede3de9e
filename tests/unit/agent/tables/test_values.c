#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/model.h"

static void assert_text(const struct value *value, const char *text)
{
    assert_int_equal(value->octets.len, strlen(text));
    assert_memory_equal(value->octets.at, text, strlen(text));
}

static void test_addresses_for_people(void **state)
{
    static const struct {
        const char *ipv4;
        const char *ipv6;
        const char *text;
    } cases[] = {
        {"", "", ""},
        {"10.8.0.2", "", "10.8.0.2"},
        {"", "FD00:0:0::0002", "fd00::2"},
        {"10.8.0.2", "fd00::2", "10.8.0.2, fd00::2"},
        {"", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, /* the first of two runs */
        {"", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"0.0.0.0", "::", "0.0.0.0, ::"},
        {"255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "255.255.255.255, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct tunnel_addresses tunnel =
            address_parse_tunnel(slice_of(cases[i].ipv4), slice_of(cases[i].ipv6));
        struct value value = {0};

        value_tunnel(&value, &tunnel);
        assert_text(&value, cases[i].text);
    }
}

static const struct column *column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    fail_msg("%s has no %s", table->name, name);
    return NULL;
}

/* Managers that join nothing read the daemon's name in each row. */
static void test_name_of_the_daemon(void **state)
{
    static const struct table *const with_name[] = {&client_table, &session_table, &route_table};
    char name[] = "office";
    const struct instance instance = {.name = name};
    const struct row row = {.instance = &instance};

    (void)state;
    for (size_t i = 0; i < sizeof(with_name) / sizeof(with_name[0]); i++) {
        struct value value = {0};

        column(with_name[i], "InstanceName")->get(&row, &value);
        assert_text(&value, "office");
    }
}

static void test_a_client_behind_a_cut(void **state)
{
    struct client client = {.unconfirmed = true};
    const struct row row = {.item = &client};
    struct value value = {0};

    (void)state;
    column(&client_table, "Confirmed")->get(&row, &value);
    assert_int_equal(value.integer, TRUTH_FALSE);
    client.unconfirmed = false;
    column(&client_table, "Confirmed")->get(&row, &value);
    assert_int_equal(value.integer, TRUTH_TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_for_people),
        cmocka_unit_test(test_name_of_the_daemon),
        cmocka_unit_test(test_a_client_behind_a_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
