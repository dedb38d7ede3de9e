#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/notice.h"
#include "ctl/refusal.h"

/* The kind of that number, found as a receiver finds it. */
static const struct objects_notification *kind_of(unsigned long number)
{
    unsigned long name[OBJECTS_OID_MAX];
    size_t arcs = objects_oid(ovpnAgentVersion, name) - 3;

    name[arcs] = 0;
    name[arcs + 1] = number;
    return objects_notification(name, arcs + 2);
}

static void add_text(struct notice *notice, enum object object, const char *text)
{
    struct cell cell = {.there = true, .text = strdup(text)};

    assert_true(notice_add(notice, object, cell));
}

static void assert_words(struct notice *notice, const char *expected)
{
    char words[200];

    notice_words(notice, words, sizeof(words));
    assert_string_equal(words, expected);
    notice_fini(notice);
}

static void test_words(void **state)
{
    struct notice notice;

    (void)state;
    notice_init(&notice, kind_of(6));
    assert_string_equal(notice.kind->name, "ovpnTunnelDown");
    assert_string_equal(notice.kind->severity, "MAJOR");
    add_text(&notice, ovpnInstanceName, "office");
    add_text(&notice, ovpnNotificationReason, "ping-restart");
    assert_words(&notice, "The tunnel of office is down: ping-restart");
}

static void test_without_a_reason(void **state)
{
    struct notice notice;

    (void)state;
    notice_init(&notice, kind_of(6));
    add_text(&notice, ovpnInstanceName, "office");
    add_text(&notice, ovpnNotificationReason, "");
    assert_words(&notice, "The tunnel of office is down");
    notice_init(&notice, kind_of(6));
    assert_words(&notice, "The tunnel of ? is down");
}

static void test_labels_and_numbers(void **state)
{
    struct notice notice;
    struct cell cell = {.there = true};

    (void)state;
    notice_init(&notice, kind_of(12));
    add_text(&notice, ovpnInstanceName, "branch");
    add_text(&notice, ovpnRequestName, "Auth");
    cell.number = objects_value(ovpnRequestStatus, "answered");
    assert_true(notice_add(&notice, ovpnRequestStatus, cell));
    assert_non_null(notice_find(&notice, ovpnRequestStatus));
    assert_null(notice_find(&notice, ovpnRequestKind));
    assert_words(&notice, "A question of branch has ended: Auth");
    notice_init(&notice, kind_of(1));
    add_text(&notice, ovpnAgentVersion, "1.0");
    cell.number = 3;
    assert_true(notice_add(&notice, ovpnAgentInstances, cell));
    assert_words(&notice, "Agent 1.0 started: 3 daemons");
}

static void test_bounds(void **state)
{
    struct notice notice;
    struct cell cell = {.there = true};
    char words[8];

    (void)state;
    notice_init(&notice, kind_of(1));
    for (size_t i = 0; i < NOTICE_VALUES_MAX; i++)
        assert_true(notice_add(&notice, ovpnAgentInstances, cell));
    assert_false(notice_add(&notice, ovpnAgentInstances, cell));
    notice_words(&notice, words, sizeof(words));
    assert_string_equal(words, "Agent ?");
    notice_fini(&notice);
    assert_null(kind_of(0));
    assert_null(kind_of(99));
}

/* All objects are found by their identifiers, and labels by their numbers. */
static void test_objects(void **state)
{
    unsigned long name[OBJECTS_OID_MAX];
    enum object found;
    size_t taken;

    (void)state;
    for (size_t i = 0; i < OBJECTS_COUNT; i++) {
        size_t arcs = objects_oid((enum object)i, name);

        name[arcs] = 1;
        assert_true(objects_find(name, arcs + 1, &found, &taken));
        assert_int_equal(found, i);
        assert_int_equal(taken, arcs);
        assert_false(objects_find(name, arcs - 1, &found, &taken));
    }
    assert_string_equal(objects_label(ovpnInstanceState, 8), "connected");
    assert_int_equal(objects_value(ovpnInstanceState, "connected"), 8);
    assert_null(objects_label(ovpnInstanceState, 0));
    assert_null(objects_label(ovpnInstanceState, -1));
    assert_null(objects_label(ovpnInstanceState, INT64_MAX));
    assert_int_equal(objects_value(ovpnInstanceState, "nowhere"), -1);
}

static void assert_refused(int status, const char *reply, bool raced, enum outcome outcome,
                           const char *words)
{
    const struct refusal_context context = {"a kill", "kill", "office", reply, raced};
    struct fault fault;

    refusal_of_setting(status, &context, &fault);
    assert_int_equal(fault.outcome, outcome);
    assert_non_null(strstr(fault.text, words));
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused(6, "", false, OUTCOME_DENIED, "view");
    assert_refused(16, "", false, OUTCOME_DENIED, "authorizationError");
    assert_refused(17, "", false, OUTCOME_DENIED, "\"kill\"");
    assert_refused(12, "nothing is held", false, OUTCOME_REFUSED, "nothing is held");
    assert_refused(12, "", true, OUTCOME_REFUSED, "somebody else");
    assert_refused(12, "", false, OUTCOME_REFUSED, "a kill is not possible");
    assert_refused(13, "", false, OUTCOME_REFUSED, "earlier command");
    assert_refused(14, "unknown name", false, OUTCOME_REFUSED, "said no: unknown name");
    assert_refused(14, "", false, OUTCOME_REFUSED, "in time; nothing has changed");
    assert_refused(15, "", false, OUTCOME_UNCERTAIN, "look before");
    assert_refused(11, "", false, OUTCOME_NOT_FOUND, "gone");
    assert_refused(10, "", false, OUTCOME_REFUSED, "cannot be told");
    assert_refused(5, "", false, OUTCOME_UNCERTAIN, "genErr");
    assert_refused(99, "", false, OUTCOME_FAILED, "error 99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_without_a_reason),
        cmocka_unit_test(test_labels_and_numbers),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
