#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fixtures/manager.h"

/* A server asks its client for a second factor. */

#define QUESTION        ">INFOMSG:CR_TEXT:E,R:Enter the code\r\n"
#define PENDING(detail) ">STATE:1795453990,AUTH_PENDING," detail ",,,,,\r\n"
#define GET_CONFIG      ">STATE:1795453991,GET_CONFIG,,,,,,\r\n"
#define CONNECTED       ">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n"

static const struct request *request_at(uint32_t row)
{
    const struct request *request = history_at(&daemon_instance->requests, row);

    assert_non_null(request);
    return request;
}

static void test_asked(void **state)
{
    (void)state;
    peer_say(PENDING("timeout 57"));
    peer_say(QUESTION);
    peer_say(GET_CONFIG QUESTION);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_INPUT_NEEDED, EVENT_STATE, -1);
    assert_int_equal(daemon_instance->requests.count, 1);
    assert_int_equal(request_at(1)->kind, REQUEST_CHALLENGE);
    assert_string_equal(request_at(1)->name, "CR_TEXT");
    assert_string_equal(request_at(1)->prompt, "Enter the code");
    assert_true(request_at(1)->challenged && request_at(1)->echo);
    assert_int_equal(instance_state(daemon_instance), STATE_AUTH_PENDING);
    assert_null(daemon_instance->info);
    peer_say(CONNECTED);
    peer_told(EVENT_INPUT_ENDED, EVENT_STATE, EVENT_TUNNEL_UP, -1);
    assert_int_equal(request_at(1)->status, REQUEST_WITHDRAWN);
    assert_int_equal(instance_state(daemon_instance), STATE_CONNECTED);
}

static void assert_open_for(int seconds)
{
    peer_pass((int64_t)seconds * 1000 - 1);
    assert_true(requests_factor_open(daemon_instance));
    peer_pass(1);
    assert_false(requests_factor_open(daemon_instance));
    assert_int_equal(request_at(daemon_instance->requests.last)->status, REQUEST_WITHDRAWN);
}

static void test_the_time_is_over(void **state)
{
    (void)state;
    daemon_config.reply_timeout = 100000; /* nobody answers the polls */
    peer_say(PENDING("timeout 57") QUESTION);
    assert_open_for(57);
    /* What it told before counts no more. */
    peer_say(QUESTION);
    assert_open_for(FACTOR_SECONDS);
    peer_say(PENDING("x,timeout 100000") QUESTION);
    assert_open_for(FACTOR_SECONDS_MAX);
    peer_say(PENDING("timeout -1") QUESTION);
    assert_open_for(FACTOR_SECONDS);
    /* More time for what was asked already. */
    peer_say(QUESTION PENDING("timeout 600"));
    assert_open_for(600);
}

static void test_web_addresses(void **state)
{
    static const struct {
        const char *line;
        const char *name;
        const char *prompt;
    } asked[] = {
        {">INFOMSG:OPEN_URL:https://a.example/SECRET\r\n", "OPEN_URL", "https://a.example/***"},
        {">INFOMSG:WEB_AUTH:hidden:https://b.example?t=SECRET\r\n", "WEB_AUTH",
         "https://b.example/***"},
        {">INFOMSG:CR_TEXT:E:Look at your telephone\r\n", "CR_TEXT", "Look at your telephone"},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        peer_say(asked[i].line);
        assert_int_equal(request_at(i + 1)->kind, REQUEST_OTHER);
        assert_string_equal(request_at(i + 1)->name, asked[i].name);
        assert_string_equal(request_at(i + 1)->prompt, asked[i].prompt);
    }
    assert_null(daemon_instance->info);
    /* Anything else is news. */
    peer_say(">INFOMSG:CR_TEXT\r\n");
    assert_string_equal(daemon_instance->info, "CR_TEXT");
    assert_int_equal(daemon_instance->requests.count, 3);
}

/* The daemon goes on while its server waits: it may be sent a signal. */
static void test_the_daemon_is_not_blocked(void **state)
{
    (void)state;
    peer_say(PENDING("timeout 57") QUESTION);
    manager_add(CHANGE_SIGNAL, DAEMON_SIGUSR1);
    assert_true(plan_check(plan));
}

static void test_answered(void **state)
{
    (void)state;
    peer_say(PENDING("timeout 57") QUESTION);
    peer_told(EVENT_STATE, EVENT_TUNNEL_DOWN, EVENT_INPUT_NEEDED, -1);
    manager_add_text(CHANGE_RESPONSE, 1, "123456");
    manager_run();
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("cr-response MTIzNDU2\n", "SUCCESS: cr-response command succeeded\r\n");
    manager_ended(PLAN_OK, PLAN_OK);
    manager_last("cr-response ***", RESULT_SUCCESS, "cr-response command succeeded");
    peer_told(EVENT_INPUT_ENDED, -1);
    assert_int_equal(request_at(1)->status, REQUEST_ANSWERED);
}

static void test_refused(void **state)
{
    static const char text[190 + 1] = {[0 ... 189] = 'x'};

    (void)state;
    peer_say(QUESTION);
    for (int i = 0; i < 4; i++) {
        plan_free(plan);
        plan = plan_new();
        assert_non_null(plan);
        manager_add_text(i == 0   ? CHANGE_USERNAME
                         : i == 1 ? CHANGE_PASSWORD
                                  : CHANGE_RESPONSE,
                         1, i == 2 ? "" : text);
        manager_refused(PLAN_INCONSISTENT);
        if (i > 1)
            manager_last("cr-response ***", RESULT_REJECTED,
                         i == 2 ? "an empty text cannot be sent"
                                : "too long for the management interface");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, manager_set_up, manager_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_asked),         TEST(test_the_time_is_over),
        TEST(test_web_addresses), TEST(test_the_daemon_is_not_blocked),
        TEST(test_answered),      TEST(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
