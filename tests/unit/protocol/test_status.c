#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "protocol/status.h"

/* How often the text of a date was read. */
static unsigned dates;

char *__real_strptime(const char *text, const char *format, struct tm *broken);
char *__wrap_strptime(const char *text, const char *format, struct tm *broken);

char *__wrap_strptime(const char *text, const char *format, struct tm *broken)
{
    dates++;
    return __real_strptime(text, format, broken);
}

static struct status_reader reader;
static struct status_row row;

static int set_up(void **state)
{
    (void)state;
    dates = 0;
    status_begin(&reader);
    return 0;
}

static void read_lines(const char *const *lines)
{
    for (; *lines; lines++)
        status_line(&reader, slice_of(*lines), &row);
}

/* The text of a date costs more than all the rest of a row. */
static void test_numbers_go_before_dates(void **state)
{
    static const char *const client[] = {
        "TITLE\tOpenVPN 2.6.14",
        "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\t"
        "Connected Since\tConnected Since (time_t)",
        "CLIENT_LIST\talice\t192.0.2.1:1194\t1\t2\t2026-11-23 17:11:32\t1795453892",
        NULL,
    };
    static const char *const route[] = {
        "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\t"
        "Last Ref (time_t)",
        "ROUTING_TABLE\t10.8.0.2\talice\t192.0.2.1:1194\t2026-11-23 17:11:32\t1795453892",
        NULL,
    };

    (void)state;
    read_lines(client);
    assert_int_equal(row.kind, STATUS_CLIENT);
    assert_int_equal(row.client.since, 1795453892);
    read_lines(route);
    assert_int_equal(row.kind, STATUS_ROUTE);
    assert_int_equal(row.route.last_ref, 1795453892);
    assert_int_equal(dates, 0);
}

static void test_dates_where_there_are_no_numbers(void **state)
{
    static const char *const lines[] = {
        "OpenVPN CLIENT LIST",
        "Updated,2026-11-23 17:11:32",
        "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since",
        "alice,192.0.2.1:1194,1,2,Mon Nov 23 17:11:32 2026",
        NULL,
    };
    struct tm broken = {.tm_year = 126,
                        .tm_mon = 10,
                        .tm_mday = 23,
                        .tm_hour = 17,
                        .tm_min = 11,
                        .tm_sec = 32,
                        .tm_isdst = -1};

    (void)state;
    read_lines(lines);
    assert_int_equal(row.kind, STATUS_CLIENT);
    assert_int_equal(row.client.since, mktime(&broken));
    assert_true(dates > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_numbers_go_before_dates, set_up),
        cmocka_unit_test_setup(test_dates_where_there_are_no_numbers, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
