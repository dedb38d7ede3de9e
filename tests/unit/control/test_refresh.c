#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixtures/failing_manager.h"

/* What is read only when a manager asks for it, and what is said of it (control/refresh.c). */

static void prepare(enum change_kind kind)
{
    plan_free(plan);
    plan = plan_new();
    manager_add(kind, 0);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
}

static void begin(enum change_kind kind)
{
    prepare(kind);
    plan_commit(plan);
}

/* The allocation with that number behind the script's own fails. */
static void say_without_memory(long number, const char *text)
{
    memory_fail_at(1 + number);
    peer_say(text);
    assert_true(memory_has_failed());
    memory_fail_at(0);
}

static void read_net(void)
{
    begin(CHANGE_NET_REFRESH);
    peer_answer("net\nload-stats\n", "one\r\ntwo\r\nEND\r\n" DAEMON_STATS);
    manager_last("net", RESULT_SUCCESS, "");
}

static void assert_old_net(void)
{
    assert_int_equal(daemon_instance->net.count, 2);
    assert_string_equal(daemon_instance->net.lines[1], "two");
}

static void test_net_without_memory(void **state)
{
    (void)state;
    read_net();
    for (long number = 1; number <= 2; number++) {
        begin(CHANGE_NET_REFRESH);
        peer_sent("net\nload-stats\n");
        peer_say("three\r\n");
        say_without_memory(number, "four\r\n");
        peer_say("five\r\nEND\r\n" DAEMON_STATS);
        manager_last("net", RESULT_ERROR, "the agent is out of memory");
        assert_old_net();
    }
    read_net();
    assert_old_net();
}

static void test_net_without_end(void **state)
{
    (void)state;
    read_net();
    begin(CHANGE_NET_REFRESH);
    peer_answer("net\nload-stats\n", "three\r\n" DAEMON_STATS);
    manager_last("net", RESULT_ERROR, "the answer has no end");
    assert_old_net();
}

static void test_net_that_is_not_sent(void **state)
{
    (void)state;
    prepare(CHANGE_NET_REFRESH);
    memory_fail_from(1);
    plan_commit(plan);
    memory_fail_at(0);
    peer_sent("");
    assert_int_equal(daemon_instance->last_command.result, RESULT_REJECTED);
}

static void read_certificate(void)
{
    begin(CHANGE_PKCS11_REFRESH);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("pkcs11-id-count\nload-stats\n", ">PKCS11ID-COUNT:1\r\n" DAEMON_STATS);
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_sent("pkcs11-id-get 0\nload-stats\n");
}

static void test_certificates_without_memory(void **state)
{
    static const char entry[] = ">PKCS11ID-ENTRY:'0', ID:'new', BLOB:'eA=='\r\n";

    (void)state;
    read_certificate();
    peer_say(">PKCS11ID-ENTRY:'0', ID:'old', BLOB:'eA=='\r\n" DAEMON_STATS);
    manager_last("pkcs11-id-count", RESULT_SUCCESS, "");
    /* For the list, the id and the bytes. */
    for (long number = 1; number <= 3; number++) {
        read_certificate();
        say_without_memory(number, entry);
        peer_say(DAEMON_STATS);
        manager_last("pkcs11-id-count", RESULT_ERROR, "the agent is out of memory");
        assert_int_equal(daemon_instance->pkcs11.count, 1);
        assert_non_null(daemon_instance->pkcs11.certificates[0].id);
        assert_int_equal(daemon_instance->pkcs11.certificates[0].blob_len, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAILING_MANAGER_TEST(test_net_without_memory),
        FAILING_MANAGER_TEST(test_net_without_end),
        FAILING_MANAGER_TEST(test_net_that_is_not_sent),
        FAILING_MANAGER_TEST(test_certificates_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
