#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/tables/tables.h"
#include "agent/tables/walker.h"
#include "base/clock.h"
#include "config/config.h"
#include "model/model.h"
#include "model/snapshot.h"
#include "tests/unit/fixtures/status_headers.h"

/*
 * What is not known shows as such, in all tables: a number that could be taken for a true one has
 * no instance.
 */

enum { START = 5000 }; /* clock_mono() at the start */

static int64_t seconds; /* since then */

static int64_t mono(void)
{
    return START + seconds * 1000;
}

static int64_t wall(void)
{
    return 1800000000 + seconds;
}

static const struct clock_source clock_source = {mono, wall, mono};

static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 99};
static struct model model;
static struct walker walker = {root, 7, tables, 0, &model};
static struct instance *office;

static int set_up(void **state)
{
    static char name[] = "office";
    static char endpoint[] = "unix:/run/office";
    struct instance_config config = {
        .name = name,
        .management.text = endpoint,
        .limits = {10, 10, 10, 10, 10, 10, 10, 10, 10},
    };

    (void)state;
    walker.table_count = table_count;
    seconds = 0;
    clock_use(&clock_source);
    office = instance_new(1, &config);
    return model_add(&model, office) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    model_fini(&model);
    clock_use(NULL);
    return 0;
}

/* Names and values of the numbers in a table that are there, enumerations and times left out. */
static const char *numbers_of(const struct table *table)
{
    static char text[4096];
    struct walker_cell cell = {.oid_len = 0};
    size_t len = 0;

    text[0] = '\0';
    while (walker_next(&walker, cell.oid, cell.oid_len, NULL, 0, &cell) == WALKER_FOUND) {
        const char *name = cell.column->name;
        enum value_type type = cell.column->type;

        if (cell.table != table || strstr(name, "Unix") || strstr(name, "Port") ||
            (type != VALUE_GAUGE32 && type != VALUE_COUNTER32 && type != VALUE_COUNTER64))
            continue;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%llu", len > 0 ? " " : "",
                                name, (unsigned long long)cell.value.number);
    }
    return text;
}

#define LOGINS "LoginsAccepted=0 LoginsRejected=0 "

/* What the agent itself counts, and what is 0 when it is not known: see the descriptions. */
#define COUNTED                                                                                    \
    " Fatals=0 Errors=0 Warnings=0 UnknownMessages=0 LogLast=0 StateLast=0 EchoLast=0 "            \
    "SessionLast=0 RowsDropped=0 LinesCut=0 UsersDropped=0"

static void test_before_contact(void **state)
{
    (void)state;
    seconds = 7;
    assert_string_equal(
        numbers_of(&instance_table),
        "Contacts=0 Age=7 ManagementVersion=0 Pid=0 HoldWaitHint=0 ClientsPeak=0 " LOGINS
        "StatusAge=7" COUNTED);
}

static void feed(const char *text)
{
    struct snapshot snapshot;
    struct status_reader reader;
    struct slice rest = slice_of(text);

    status_begin(&reader);
    snapshot_begin(&snapshot, office, false);
    while (rest.at) {
        struct slice line = slice_cut(&rest, '\n');
        struct status_row row;

        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        status_line(&reader, line, &row);
        snapshot_row(&snapshot, &row);
    }
    assert_true(snapshot_commit(&snapshot));
}

static void test_server(void **state)
{
    (void)state;
    instance_set_contact(office, CONTACT_UP, NULL);
    assert_string_equal(
        numbers_of(&instance_table),
        "Contacts=1 Age=0 ManagementVersion=0 Pid=0 HoldWaitHint=0 ClientsPeak=0 " LOGINS
        "StatusAge=0 PendingRequests=0" COUNTED);
    clients_set_total(office, 0);
    instance_set_bytes(office, 0, 0);
    feed(STATUS_TITLE STATUS_HEADERS "GLOBAL_STATS\tMax bcast/mcast queue length\t0\r\nEND");
    assert_string_equal(numbers_of(&instance_table),
                        "Contacts=1 Age=0 ManagementVersion=0 Pid=0 HoldWaitHint=0 Clients=0 "
                        "ClientsPeak=0 PendingClients=0 " LOGINS
                        "BytesIn=0 BytesOut=0 BcastQueueMax=0 "
                        "StatusAge=0 PendingRequests=0" COUNTED);
    /* Counters stand still without contact; who is there now is not known. */
    instance_set_contact(office, CONTACT_DISCONNECTED, "gone");
    assert_string_equal(
        numbers_of(&instance_table),
        "Contacts=1 Age=0 ManagementVersion=0 Pid=0 HoldWaitHint=0 ClientsPeak=0 " LOGINS
        "BytesIn=0 BytesOut=0 BcastQueueMax=0 StatusAge=0" COUNTED);
}

static void test_tunnel(void **state)
{
    (void)state;
    instance_set_contact(office, CONTACT_UP, NULL);
    instance_set_pid(office, 7);
    clients_set_total(office, 0);
    instance_set_bytes(office, 5, 6);
    feed("OpenVPN STATISTICS\nUpdated,2026-11-28 08:00:00\nTUN/TAP read bytes,1\n"
         "TUN/TAP write bytes,2\nTCP/UDP read bytes,3\nTCP/UDP write bytes,4\nAuth read bytes,0\n"
         "END");
    assert_string_equal(numbers_of(&instance_table),
                        "Contacts=1 Age=0 ManagementVersion=0 Pid=7 HoldWaitHint=0 Clients=0 "
                        "ClientsPeak=0 PendingClients=0 " LOGINS
                        "BytesIn=5 BytesOut=6 TunReadBytes=1 "
                        "TunWriteBytes=2 LinkReadBytes=3 LinkWriteBytes=4 AuthReadBytes=0 "
                        "StatusAge=0 PendingRequests=0" COUNTED);
    /* Another process has told nothing yet. */
    seconds = 9;
    instance_set_pid(office, 8);
    assert_string_equal(
        numbers_of(&instance_table),
        "Contacts=1 Age=9 ManagementVersion=0 Pid=8 HoldWaitHint=0 ClientsPeak=0 " LOGINS
        "StatusAge=0 PendingRequests=0" COUNTED);
}

#define CLIENT(name, since, cid)                                                                   \
    "CLIENT_LIST\t" name "\t192.0.2.1:" cid "\t10.8.0.2\t\t1\t2\tx\t" since "\tu\t" cid            \
    "\t1\tAES\r\n"

static void test_client_without_a_start(void **state)
{
    (void)state;
    instance_set_contact(office, CONTACT_UP, NULL);
    feed(STATUS_TITLE STATUS_HEADERS CLIENT("alice", "0", "1") CLIENT("bob", "1799999990", "2")
             CLIENT("carol", "0", "3") "END");
    assert_string_equal(
        numbers_of(&client_table),
        "UserIndex=1 UserIndex=2 UserIndex=3 BytesIn=1 BytesIn=1 BytesIn=1 BytesOut=2 "
        "BytesOut=2 BytesOut=2 ConnectedSeconds=10");
    clients_end_all(office);
    assert_string_equal(numbers_of(&session_table),
                        "UserIndex=1 UserIndex=2 UserIndex=3 BytesIn=1 BytesIn=1 BytesIn=1 "
                        "BytesOut=2 BytesOut=2 BytesOut=2 Seconds=10 "
                        "ClientIndex=1 ClientIndex=2 ClientIndex=3");
}

/* Who is there now is not known without contact; what was counted is. */
static void test_users(void **state)
{
    (void)state;
    instance_set_contact(office, CONTACT_UP, NULL);
    feed(STATUS_TITLE STATUS_HEADERS CLIENT("alice", "0", "1") CLIENT("bob", "0", "2") "END");
    assert_string_equal(numbers_of(&user_table),
                        "Sessions=1 Sessions=1 Connects=1 Connects=1 Rejected=0 Rejected=0 "
                        "BytesIn=1 BytesIn=1 BytesOut=2 BytesOut=2 Seconds=0 Seconds=0");
    instance_set_contact(office, CONTACT_DISCONNECTED, "gone");
    assert_string_equal(numbers_of(&user_table),
                        "Connects=1 Connects=1 Rejected=0 Rejected=0 BytesIn=1 BytesIn=1 "
                        "BytesOut=2 BytesOut=2 Seconds=0 Seconds=0");
}

/* Whether the time beside a date is known; dates are followed by it. */
static void check_dates(void)
{
    struct walker_cell cell = {.oid_len = 0};
    size_t dates = 0;

    while (walker_next(&walker, cell.oid, cell.oid_len, NULL, 0, &cell) == WALKER_FOUND) {
        const struct column *beside = cell.column + 1;
        char name[64];
        struct value value = {0};

        snprintf(name, sizeof(name), "%sUnix", cell.column->name);
        if (cell.column->type != VALUE_OCTETS ||
            beside == cell.table->columns + cell.table->column_count ||
            strcmp(beside->name, name) != 0)
            continue;
        beside->get(&cell.row, &value);
        assert_int_equal(cell.value.octets.len, value.number == 0 ? 8 : 11);
        dates++;
    }
    assert_true(dates > 0);
}

static void test_dates(void **state)
{
    static const int64_t times[] = {-1, 0, 1, 1800000000, 4294967295, 4294967296, INT64_MAX};
    struct log_line line = {.text = slice_of("text")};

    (void)state;
    check_dates();
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        line.time = times[i];
        instance_log_told(office, &line);
    }
    instance_set_contact(office, CONTACT_UP, NULL);
    feed(STATUS_TITLE STATUS_HEADERS CLIENT("alice", "0", "1") CLIENT("bob", "5000000000", "2")
             CLIENT("carol", "1799999990", "3") "END");
    check_dates();
    clients_end_all(office);
    check_dates();
}

/* No number says "not known" by being the greatest there is. */
static void test_no_greatest_number(void **state)
{
    struct walker_cell cell = {.oid_len = 0};

    (void)state;
    while (walker_next(&walker, cell.oid, cell.oid_len, NULL, 0, &cell) == WALKER_FOUND)
        assert_true(cell.value.number < UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_before_contact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tunnel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_without_a_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_users, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_greatest_number, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
