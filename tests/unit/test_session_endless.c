#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "office.h"
#include "protocol/lines.h"
#include "protocol/reply.h"

/* Answers that do not end, or are none. */

static const char news[] = "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n";

static void begin_status(void)
{
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_pass(10000);
    script_answer("load-stats\n", news);
}

/* What comes does not lengthen the time in which an answer has to be whole. */
static void test_an_answer_that_drips(void **state)
{
    (void)state;
    office_bring_up();
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS OFFICE_ALICE);
    for (int i = 0; i < 119; i++) {
        script_pass(1000);
        script_say(OFFICE_ALICE);
    }
    assert_true(script_is_open());
    script_pass(1000);
    assert_false(script_is_open());
    assert_int_equal(office->contact, CONTACT_DISCONNECTED);
    assert_string_equal(office->contact_error, "no end of an answer within 120 seconds");
    assert_int_equal(office->clients.count, 0);
}

/* Feeds lines as fast as they are read, until the session is dropped or the bytes are over. */
static size_t pour(const char *line, size_t bytes)
{
    size_t poured = 0;

    while (script_is_open() && poured < bytes) {
        script_say(line);
        poured += strlen(line);
    }
    return poured;
}

static void assert_endless(size_t poured)
{
    size_t rows = office_config.limits.client_max + office_config.limits.route_max;

    assert_false(script_is_open());
    assert_true(poured > rows * 512 + (16 << 20) && poured < rows * 512 + (17 << 20));
    assert_int_equal(office->contact, CONTACT_DISCONNECTED);
    assert_string_equal(office->contact_error, "the answer to a command has no end");
}

static void test_a_status_without_end(void **state)
{
    (void)state;
    begin_status();
    script_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS);
    assert_endless(pour(OFFICE_ALICE, 64 << 20));
    assert_int_equal(office->clients.count, 1);
}

static void test_lines_without_end_before_an_answer(void **state)
{
    char line[1000];

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 2, "\n", 2);
    office_bring_up();
    script_sent("load-stats\n");
    assert_endless(pour(line, 64 << 20));
}

static void test_real_time_lines_are_no_part_of_an_answer(void **state)
{
    (void)state;
    office_bring_up();
    script_sent("load-stats\n");
    pour(">LOG:1795453999,I,all is well\r\n", 20 << 20);
    assert_true(script_is_open());
    script_say(OFFICE_STATS);
    assert_int_equal(office->contact, CONTACT_UP);
}

static void test_lines_behind_the_end_of_a_status(void **state)
{
    (void)state;
    begin_status();
    script_answer("status 3\nload-stats\n",
                  STATUS_TITLE STATUS_HEADERS "END\r\n" OFFICE_ALICE "END\r\n");
    script_say(OFFICE_STATS);
    assert_int_equal(office->clients.count, 1);
    assert_int_equal(office->status_complete, TRUTH_FALSE);
    script_told(-1);
}

static void test_answers_to_nothing(void **state)
{
    (void)state;
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_say("SUCCESS: nothing\r\nERROR: nothing\r\nEND\r\nnothing\r\n\r\nENTER PASSWORD:\r\n");
    assert_int_equal(office->unknown_messages, 5);
    script_pass(10000);
    /* An answer to something else is none to this. */
    script_answer("load-stats\n", "SUCCESS: pid=5\r\n");
    assert_int_equal(office->unknown_messages, 6);
    script_say("SUCCESS: nclients=1,bytesin=300,bytesout=200\r\n");
    script_sent("status 3\nload-stats\n");
    assert_int_equal(office->bytes_in, 300);
    assert_int_equal(office->pid, 77);
    assert_int_equal(office->contact, CONTACT_UP);
}

static void test_a_stranger_without_lines(void **state)
{
    char bytes[LINES_MAX + 2];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    bytes[LINES_MAX] = '\0';
    script_say(bytes);
    assert_true(script_is_open());
    script_say("xx");
    assert_false(script_is_open());
    assert_int_equal(office->contact, CONTACT_REFUSED);
    assert_string_equal(office->contact_error,
                        "the peer does not speak OpenVPN's management protocol");
}

static void say_long(const char *begin, size_t len)
{
    static char line[LINES_MAX + 4];
    size_t said = strlen(begin);

    memcpy(line, begin, said);
    memset(line + said, 'x', len - said);
    memcpy(line + len, "\r\n", 3);
    script_say(line);
}

/* Of whatever kind they are; the count goes on in the next session. */
static void test_lines_that_are_cut(void **state)
{
    (void)state;
    office_bring_up();
    say_long(">LOG:1795453999,I,", LINES_MAX);
    assert_int_equal(office->lines_cut, 0);
    say_long(">LOG:1795453999,I,", LINES_MAX + 1);
    say_long("nothing", LINES_MAX + 1);
    assert_int_equal(office->lines_cut, 2);
    office_lose();
    office_return();
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED);
    script_answer("load-stats\n", news);
    script_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS);
    say_long("CLIENT_LIST\t", LINES_MAX + 1);
    script_say(OFFICE_ALICE "END\r\n");
    script_say(news);
    assert_int_equal(office->lines_cut, 3);
    assert_int_equal(office->rows_dropped, 1);
    assert_int_equal(office->clients.count, 1);
}

static void test_each_query_knows_its_answer(void **state)
{
    static const char *const words[] = {"pid", "hold", "verb", "mute", "auth-retry"};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        char line[16];
        char answer[16];

        snprintf(line, sizeof(line), "%s\n", words[i]);
        for (size_t j = 0; j < 5; j++) {
            snprintf(answer, sizeof(answer), "%s=1", words[j]);
            assert_int_equal(reply_fits(line, slice_of(answer)), i == j);
        }
    }
    assert_true(reply_fits("verb 5\n", slice_of("verb level changed")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_set_up, office_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_that_drips),
        TEST(test_a_status_without_end),
        TEST(test_lines_without_end_before_an_answer),
        TEST(test_real_time_lines_are_no_part_of_an_answer),
        TEST(test_lines_behind_the_end_of_a_status),
        TEST(test_answers_to_nothing),
        TEST(test_a_stranger_without_lines),
        TEST(test_lines_that_are_cut),
        TEST(test_each_query_knows_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
