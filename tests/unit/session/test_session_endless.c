#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/lines.h"
#include "protocol/reply.h"
#include "tests/unit/fixtures/daemon.h"

/* Answers that do not end, or are none. */

static const char news[] = "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n";

static void begin_status(void)
{
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_pass(10000);
    peer_answer("load-stats\n", news);
}

/* What comes does not lengthen the time in which an answer has to be whole. */
static void test_an_answer_that_drips(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS DAEMON_ALICE);
    for (int i = 0; i < 119; i++) {
        peer_pass(1000);
        peer_say(DAEMON_ALICE);
    }
    assert_true(peer_is_open());
    peer_pass(1000);
    assert_false(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_DISCONNECTED);
    assert_string_equal(daemon_instance->contact_error, "no end of an answer within 120 seconds");
    assert_int_equal(daemon_instance->clients.count, 0);
}

/* Feeds lines as fast as they are read, until the session is dropped or the bytes are over. */
static size_t pour(const char *line, size_t bytes)
{
    size_t poured = 0;

    while (peer_is_open() && poured < bytes) {
        peer_say(line);
        poured += strlen(line);
    }
    return poured;
}

static void assert_endless(size_t poured)
{
    size_t rows = daemon_config.limits.client_max + daemon_config.limits.route_max;

    assert_false(peer_is_open());
    assert_true(poured > rows * 512 + (16 << 20) && poured < rows * 512 + (17 << 20));
    assert_int_equal(daemon_instance->contact, CONTACT_DISCONNECTED);
    assert_string_equal(daemon_instance->contact_error, "the answer to a command has no end");
}

static void test_a_status_without_end(void **state)
{
    (void)state;
    begin_status();
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS);
    assert_endless(pour(DAEMON_ALICE, 64 << 20));
    assert_int_equal(daemon_instance->clients.count, 1);
}

static void test_lines_without_end_before_an_answer(void **state)
{
    char line[1000];

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 2, "\n", 2);
    daemon_bring_up();
    peer_sent("load-stats\n");
    assert_endless(pour(line, 64 << 20));
}

static void test_real_time_lines_are_no_part_of_an_answer(void **state)
{
    (void)state;
    daemon_bring_up();
    peer_sent("load-stats\n");
    pour(">LOG:1795453999,I,all is well\r\n", 20 << 20);
    assert_true(peer_is_open());
    peer_say(DAEMON_STATS);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
}

static void test_lines_behind_the_end_of_a_status(void **state)
{
    (void)state;
    begin_status();
    peer_answer("status 3\nload-stats\n",
                STATUS_TITLE STATUS_HEADERS "END\r\n" DAEMON_ALICE "END\r\n");
    peer_say(DAEMON_STATS);
    assert_int_equal(daemon_instance->clients.count, 1);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    peer_told(-1);
}

static void test_answers_to_nothing(void **state)
{
    (void)state;
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    peer_say("SUCCESS: nothing\r\nERROR: nothing\r\nEND\r\nnothing\r\n\r\nENTER PASSWORD:\r\n");
    assert_int_equal(daemon_instance->unknown_messages, 5);
    peer_pass(10000);
    /* An answer to something else is none to this. */
    peer_answer("load-stats\n", "SUCCESS: pid=5\r\n");
    assert_int_equal(daemon_instance->unknown_messages, 6);
    peer_say("SUCCESS: nclients=1,bytesin=300,bytesout=200\r\n");
    peer_sent("status 3\nload-stats\n");
    assert_int_equal(daemon_instance->bytes_in, 300);
    assert_int_equal(daemon_instance->pid, 77);
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
}

static void test_a_stranger_without_lines(void **state)
{
    char bytes[LINES_MAX + 2];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    bytes[LINES_MAX] = '\0';
    peer_say(bytes);
    assert_true(peer_is_open());
    peer_say("xx");
    assert_false(peer_is_open());
    assert_int_equal(daemon_instance->contact, CONTACT_REFUSED);
    assert_string_equal(daemon_instance->contact_error,
                        "the peer does not speak OpenVPN's management protocol");
}

static void say_long(const char *begin, size_t len)
{
    static char line[LINES_MAX + 4];
    size_t said = strlen(begin);

    memcpy(line, begin, said);
    memset(line + said, 'x', len - said);
    memcpy(line + len, "\r\n", 3);
    peer_say(line);
}

/* Of whatever kind they are; the count goes on in the next session. */
static void test_lines_that_are_cut(void **state)
{
    (void)state;
    daemon_bring_up();
    say_long(">LOG:1795453999,I,", LINES_MAX);
    assert_int_equal(daemon_instance->lines_cut, 0);
    say_long(">LOG:1795453999,I,", LINES_MAX + 1);
    say_long("nothing", LINES_MAX + 1);
    assert_int_equal(daemon_instance->lines_cut, 2);
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_answer("load-stats\n", news);
    peer_answer("status 3\nload-stats\n", STATUS_TITLE STATUS_HEADERS);
    say_long("CLIENT_LIST\t", LINES_MAX + 1);
    peer_say(DAEMON_ALICE "END\r\n");
    peer_say(news);
    assert_int_equal(daemon_instance->lines_cut, 3);
    assert_int_equal(daemon_instance->rows_dropped, 1);
    assert_int_equal(daemon_instance->clients.count, 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, daemon_set_up, daemon_end)

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
