#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/flight.h"
#include "agent/master/link.h"
#include "agent/master/ping.h"
#include "agent/master/subagent.h"
#include "agent/notify/outbox.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"

/* A session and a master agent of the test's own: what was sent last waits for an answer. */
static struct {
    bool up;
    bool full; /* nothing more can be sent */
    bool deaf; /* sending fails */
    unsigned generation;
    uint64_t pings_sent;
    uint64_t pings_answered;
    unsigned sendings;
    unsigned drops;
    int (*answered)(int, netsnmp_session *, int, netsnmp_pdu *, void *);
    void *magic;
    uint32_t number; /* of the notification that was sent last */
    uint32_t uptime; /* and its sysUpTime */
} master;

static int64_t now;

bool subagent_is_up(void)
{
    return master.up;
}

unsigned subagent_generation(void)
{
    return master.generation;
}

struct snmp_pdu *subagent_request(int command)
{
    return master.up && !master.full ? snmp_pdu_create(command) : NULL;
}

static void assert_varbind(const netsnmp_variable_list *varbind, const oid *name, size_t len,
                           u_char type)
{
    assert_non_null(varbind);
    assert_int_equal(snmp_oid_compare(varbind->name, varbind->name_length, name, len), 0);
    assert_int_equal(varbind->type, type);
}

static const oid uptime_name[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const oid trap_name[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const oid number_name[] = {1, 3, 6, 1, 4, 1, 99, 0, 1, 0};

bool subagent_send(struct snmp_pdu *pdu,
                   int (*answered)(int, netsnmp_session *, int, netsnmp_pdu *, void *),
                   uintptr_t magic)
{
    const netsnmp_variable_list *uptime = pdu->variables;
    const netsnmp_variable_list *trap = uptime->next_variable;
    const netsnmp_variable_list *number = trap->next_variable;

    if (master.deaf) {
        snmp_free_pdu(pdu);
        return false;
    }
    assert_int_equal(pdu->command, 12);
    assert_varbind(uptime, uptime_name, OID_LENGTH(uptime_name), ASN_TIMETICKS);
    assert_varbind(trap, trap_name, OID_LENGTH(trap_name), ASN_OBJECT_ID);
    assert_varbind(number, number_name, OID_LENGTH(number_name), ASN_GAUGE);
    assert_null(number->next_variable);
    master.uptime = (uint32_t)*uptime->val.integer;
    master.number = (uint32_t)*number->val.integer;
    master.sendings++;
    master.answered = answered;
    master.magic = (void *)magic;
    snmp_free_pdu(pdu);
    return true;
}

void subagent_drop(void)
{
    master.drops++;
}

uint64_t ping_mark(void)
{
    return master.pings_sent;
}

bool ping_answered_after(uint64_t mark)
{
    return master.pings_answered > mark;
}

static void answer_with(int operation, long status)
{
    netsnmp_pdu pdu = {.errstat = status};

    master.answered(operation, NULL, 0, &pdu, master.magic);
}

static void answer(long status)
{
    answer_with(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, status);
}

/* The session's ping, sent and answered. */
static void ping(void)
{
    master.pings_answered = ++master.pings_sent;
}

static void session_ends(void)
{
    master.up = false;
}

static void session_begins(void)
{
    master.up = true;
    master.generation++;
}

static int64_t test_mono(void)
{
    return now;
}

static int64_t test_wall(void)
{
    return 1700000000;
}

static int set_up(void **state)
{
    static const struct clock_source source = {test_mono, test_wall, test_mono};
    static const struct link_kind kind = {
        .is_up = subagent_is_up,
        .generation = subagent_generation,
        .notification = flight_new,
        .notify = flight_send,
        .notified = flight_outcome,
    };

    (void)state;
    memset(&master, 0, sizeof(master));
    vitals = (struct vitals){0};
    now = 1000000;
    clock_use(&source);
    link_use(&kind);
    log_set_level(LOG_LEVEL_ERROR);
    outbox_start(4);
    session_begins();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_stop();
    clock_use(NULL);
    return 0;
}

static void post(uint32_t number)
{
    static const unsigned long trap[] = {1, 3, 6, 1, 4, 1, 99, 0, 7};
    struct value value = {.number = number};
    struct capture capture = {0};

    capture_value(&capture, number_name, OID_LENGTH(number_name), VALUE_GAUGE32, &value);
    assert_true(outbox_post(trap, OID_LENGTH(trap), now, &capture));
    assert_null(capture.bytes);
}

/* That so many notifications were sent so far, the last of them with that number. */
static void turn_expecting(unsigned sendings, uint32_t number)
{
    outbox_turn();
    assert_int_equal(master.sendings, sendings);
    assert_int_equal(master.number, number);
}

static void expect_counters(size_t waiting, uint32_t sent, uint32_t dropped)
{
    outbox_turn();
    assert_int_equal(outbox_waiting(), waiting);
    assert_int_equal(vitals.notifications_sent, sent);
    assert_int_equal(vitals.notifications_dropped, dropped);
}

static void test_one_in_flight(void **state)
{
    (void)state;
    post(1);
    post(2);
    assert_int_equal(master.sendings, 0); /* only in a turn */
    turn_expecting(1, 1);
    turn_expecting(1, 1);
    answer(0);
    expect_counters(1, 1, 0);
    turn_expecting(2, 2);
    answer(0);
    answer(0); /* twice: not for anything that waits */
    expect_counters(0, 2, 0);
    turn_expecting(2, 2);
}

static void test_time_of_event(void **state)
{
    (void)state;
    session_ends();
    post(1);
    now += 60000;
    session_begins();
    turn_expecting(1, 1);
    assert_int_equal(master.uptime, 100000);
}

static void test_no_session(void **state)
{
    (void)state;
    session_ends();
    post(1);
    turn_expecting(0, 0);
    session_begins();
    turn_expecting(1, 1);
    answer(0);
    expect_counters(0, 1, 0);
}

static void test_sent_again_in_next_session(void **state)
{
    (void)state;
    post(1);
    post(2);
    turn_expecting(1, 1);
    session_ends();
    turn_expecting(1, 1);
    session_begins();
    turn_expecting(2, 1);
    answer(0);
    turn_expecting(3, 2);
    session_ends(); /* and back before the next turn */
    session_begins();
    turn_expecting(4, 2);
    answer(0);
    expect_counters(0, 2, 0);
}

/* A time-out at a master agent that sleeps is no reason to send again. */
static void test_time_out(void **state)
{
    (void)state;
    post(1);
    post(2);
    turn_expecting(1, 1);
    answer_with(NETSNMP_CALLBACK_OP_TIMED_OUT, 0);
    turn_expecting(1, 1);
    expect_counters(2, 0, 0);
    ping(); /* awake, and its answer went nowhere */
    turn_expecting(2, 1);
    answer(0);
    turn_expecting(3, 2);
}

static void test_ping_from_before(void **state)
{
    (void)state;
    master.pings_sent = 1;
    post(1);
    turn_expecting(1, 1);
    master.pings_answered = 1;
    turn_expecting(1, 1);
    answer(0);
    expect_counters(0, 1, 0);
}

/* A late answer to an earlier sending is not taken for the next notification's. */
static void test_late_answer(void **state)
{
    void *first;

    (void)state;
    post(1);
    post(2);
    turn_expecting(1, 1);
    first = master.magic;
    ping();
    turn_expecting(2, 1);
    answer(0);
    turn_expecting(3, 2);
    master.magic = first;
    answer(0);
    expect_counters(1, 1, 0);
}

static void test_never_answered(void **state)
{
    (void)state;
    post(1);
    post(2);
    for (unsigned i = 1; master.number != 2; i++) {
        assert_in_range(i, 1, 100);
        outbox_turn();
        ping();
    }
    expect_counters(1, 0, 1);
    answer(0);
    expect_counters(0, 1, 1);
}

static void test_refused(void **state)
{
    (void)state;
    post(1);
    post(2);
    turn_expecting(1, 1);
    answer(268);
    expect_counters(1, 0, 1);
    turn_expecting(2, 2);
    answer(0);
    expect_counters(0, 1, 1);
}

/* notOpen: the master agent has forgotten the session. */
static void test_session_unknown(void **state)
{
    (void)state;
    post(1);
    turn_expecting(1, 1);
    answer(257);
    assert_int_equal(master.drops, 1);
    expect_counters(1, 0, 0);
    turn_expecting(1, 1);
    session_ends();
    session_begins();
    turn_expecting(2, 1);
    answer(0);
    expect_counters(0, 1, 0);
}

static void test_bound(void **state)
{
    (void)state;
    session_ends();
    for (uint32_t i = 1; i <= 6; i++)
        post(i);
    expect_counters(4, 0, 2);
    session_begins();
    turn_expecting(1, 3);
    post(7);
    expect_counters(4, 0, 3); /* 4 went, for 3 is on its way */
    answer(0);
    turn_expecting(2, 5);
    answer(0);
    turn_expecting(3, 6);
    answer(0);
    turn_expecting(4, 7);
    answer(0);
    expect_counters(0, 4, 3);
    post(8);
    turn_expecting(5, 8);
}

/* What is on its way keeps its place. */
static void test_bound_in_flight(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 4; i++)
        post(i);
    turn_expecting(1, 1);
    post(5);
    post(6);
    expect_counters(4, 0, 2);
    session_ends();
    session_begins();
    turn_expecting(2, 1);
    answer(0);
    turn_expecting(3, 4);
}

static void test_cut_capture(void **state)
{
    static const unsigned long trap[] = {1, 3};
    struct capture capture = {.cut = true};

    (void)state;
    assert_false(outbox_post(trap, 2, now, &capture));
    expect_counters(0, 0, 1);
}

static void pass(int64_t milliseconds)
{
    now += milliseconds;
    timers_run();
}

static void test_cannot_send(void **state)
{
    (void)state;
    post(1);
    master.full = true;
    turn_expecting(0, 0);
    master.full = false;
    turn_expecting(0, 0); /* not in every turn */
    assert_in_range(timers_next(), 1, 5000);
    pass(timers_next());
    turn_expecting(1, 1);
}

/* As an unreachable receiver makes it: the rest of the time is for others. */
static void test_answers_take_long(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 4; i++)
        post(i);
    turn_expecting(1, 1);
    pass(6000);
    answer(0);
    turn_expecting(2, 2); /* once may be chance */
    pass(5000);
    answer(0);
    turn_expecting(2, 2);
    pass(5000 * 4 - 1);
    turn_expecting(2, 2);
    pass(1);
    turn_expecting(3, 3);
    pass(499);
    answer(0);
    turn_expecting(4, 4);
    answer(0);
    expect_counters(0, 4, 0);
}

static void test_answers_take_too_long(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 4; i++)
        post(i);
    for (uint32_t i = 1; i <= 2; i++) {
        turn_expecting(i, i);
        pass(60000);
        answer(0);
    }
    turn_expecting(2, 2);
    pass(29999);
    turn_expecting(2, 2);
    pass(1);
    turn_expecting(3, 3);
    answer(0);
    turn_expecting(4, 4);
}

/* Another master agent is another matter. */
static void test_answers_took_long(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 4; i++)
        post(i);
    for (uint32_t i = 1; i <= 2; i++) {
        turn_expecting(i, i);
        pass(6000);
        answer(0);
    }
    turn_expecting(2, 2);
    session_ends();
    session_begins();
    turn_expecting(3, 3);
    pass(6000);
    answer(0);
    turn_expecting(4, 4);
}

/* What was never sent is not given up for want of an answer, and does not count when it is sent. */
static void test_sending_fails(void **state)
{
    (void)state;
    post(1);
    master.deaf = true;
    for (unsigned i = 0; i < 20; i++) {
        turn_expecting(0, 0);
        pass(timers_next());
    }
    master.deaf = false;
    for (unsigned i = 1; i <= 10; i++) {
        turn_expecting(i, 1);
        ping();
    }
    turn_expecting(10, 1);
    expect_counters(0, 0, 1);
}

#define NOTIFY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTIFY_TEST(test_one_in_flight),
        NOTIFY_TEST(test_time_of_event),
        NOTIFY_TEST(test_no_session),
        NOTIFY_TEST(test_sent_again_in_next_session),
        NOTIFY_TEST(test_time_out),
        NOTIFY_TEST(test_ping_from_before),
        NOTIFY_TEST(test_late_answer),
        NOTIFY_TEST(test_never_answered),
        NOTIFY_TEST(test_refused),
        NOTIFY_TEST(test_session_unknown),
        NOTIFY_TEST(test_bound),
        NOTIFY_TEST(test_bound_in_flight),
        NOTIFY_TEST(test_cut_capture),
        NOTIFY_TEST(test_cannot_send),
        NOTIFY_TEST(test_answers_take_long),
        NOTIFY_TEST(test_answers_take_too_long),
        NOTIFY_TEST(test_answers_took_long),
        NOTIFY_TEST(test_sending_fails),
    };

    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
