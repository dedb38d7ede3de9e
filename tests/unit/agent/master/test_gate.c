#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/master/gate.h"

enum { SESSION = 7, CONTEXT = 0x08 };

static uint32_t last_cut;
static int cuts;

static void cut(uint32_t transaction)
{
    last_cut = transaction;
    cuts++;
}

static int set_up(void **state)
{
    (void)state;
    cuts = 0;
    gate_open(SESSION, cut);
    return 0;
}

static struct wire_header header(enum wire_type type, uint32_t transaction, uint32_t packet)
{
    return (struct wire_header){
        .type = (uint8_t)type, .session = SESSION, .transaction = transaction, .packet = packet};
}

/* The verdict; an error is the verdict where it is refused. */
static int judge(struct wire_header pdu)
{
    enum wire_error error = 0;
    enum gate_verdict verdict = gate_judge(&pdu, &error);

    return verdict == GATE_REFUSE ? (int)error : (int)verdict;
}

static int ask(enum wire_type type, uint32_t transaction, uint32_t packet)
{
    return judge(header(type, transaction, packet));
}

static void test_a_set(void **state)
{
    static const enum wire_type ends[] = {WIRE_CLEANUP_SET, WIRE_UNDO_SET};

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        assert_int_equal(ask(WIRE_TEST_SET, i, 3 * i), GATE_TAKE);
        gate_answered(3 * i);
        assert_int_equal(ask(WIRE_COMMIT_SET, i, 3 * i + 1), GATE_TAKE);
        gate_answered(3 * i + 1);
        assert_int_equal(ask(ends[i % 2], i, 3 * i + 2), GATE_TAKE);
        gate_answered(3 * i + 2);
        assert_int_equal(ask(WIRE_CLEANUP_SET, i, 1u << 30), WIRE_PROCESSING_ERROR);
    }
    assert_int_equal(cuts, 0);
    assert_false(gate_leftover(&last_cut));
}

/* Under way or answered: a repetition may have been sent before its sender saw the answer. */
static void test_repetitions(void **state)
{
    static const enum wire_type types[] = {WIRE_GET,      WIRE_GET_NEXT,   WIRE_GET_BULK,
                                           WIRE_TEST_SET, WIRE_COMMIT_SET, WIRE_CLEANUP_SET};

    (void)state;
    for (uint32_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(ask(types[i], 5, i), GATE_TAKE);
        assert_int_equal(ask(types[i], 5, i), GATE_DROP);
        gate_answered(i);
        assert_int_equal(ask(types[i], 5, i), GATE_DROP);
    }
    assert_int_equal(cuts, 0);
}

static void test_not_repetitions(void **state)
{
    (void)state;
    assert_int_equal(ask(WIRE_GET_NEXT, 5, 1), GATE_TAKE);
    assert_int_equal(ask(WIRE_GET_NEXT, 5, 2), GATE_TAKE);
    assert_int_equal(ask(WIRE_GET_NEXT, 6, 1), GATE_TAKE);
    assert_int_equal(ask(WIRE_GET, 5, 1), GATE_TAKE);
    gate_open(SESSION, cut);
    assert_int_equal(ask(WIRE_GET, 5, 1), GATE_TAKE);
}

static void test_how_many_repetitions_are_known(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= GATE_REQUESTS_MAX; i++)
        assert_int_equal(ask(WIRE_GET, 1, i), GATE_TAKE);
    for (uint32_t i = 1; i <= GATE_REQUESTS_MAX; i++)
        assert_int_equal(ask(WIRE_GET, 1, i), GATE_DROP);
    assert_int_equal(ask(WIRE_GET, 1, 0), GATE_TAKE);
}

static void test_an_end_that_comes_early(void **state)
{
    static const enum wire_type ends[] = {WIRE_CLEANUP_SET, WIRE_UNDO_SET};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct wire_header kept;

        assert_int_equal(ask(WIRE_TEST_SET, i, 10), GATE_TAKE);
        gate_answered(10);
        assert_int_equal(ask(WIRE_COMMIT_SET, i, 11), GATE_TAKE);
        assert_int_equal(ask(ends[i], i, 12), GATE_DROP);
        assert_int_equal(cuts, i + 1);
        assert_int_equal(last_cut, i);
        assert_false(gate_waits());
        assert_false(gate_release(&kept));
        assert_int_equal(ask(WIRE_UNDO_SET, i, 13), WIRE_PROCESSING_ERROR);
        gate_answered(11);
        assert_true(gate_waits());
        assert_true(gate_release(&kept));
        assert_int_equal(kept.type, ends[i]);
        assert_int_equal(kept.packet, 12);
        assert_false(gate_waits());
        assert_int_equal(ask(WIRE_CLEANUP_SET, i, 14), WIRE_PROCESSING_ERROR);
        gate_answered(12);
    }
    assert_false(gate_leftover(&last_cut));
}

static void test_phases_out_of_order(void **state)
{
    (void)state;
    assert_int_equal(ask(WIRE_COMMIT_SET, 1, 1), WIRE_PROCESSING_ERROR);
    assert_int_equal(ask(WIRE_UNDO_SET, 1, 2), WIRE_PROCESSING_ERROR);
    assert_int_equal(ask(WIRE_TEST_SET, 1, 3), GATE_TAKE);
    assert_int_equal(ask(WIRE_COMMIT_SET, 1, 4), WIRE_PROCESSING_ERROR);
    assert_int_equal(ask(WIRE_TEST_SET, 1, 5), WIRE_PROCESSING_ERROR);
    gate_answered(3);
    assert_int_equal(ask(WIRE_TEST_SET, 1, 6), WIRE_PROCESSING_ERROR);
    assert_int_equal(ask(WIRE_UNDO_SET, 1, 7), GATE_TAKE);
    assert_int_equal(ask(WIRE_CLEANUP_SET, 1, 8), WIRE_PROCESSING_ERROR);
}

static void test_sets_without_an_end(void **state)
{
    bool seen[GATE_SETS_MAX] = {false};
    uint32_t transaction;

    (void)state;
    for (uint32_t i = 0; i < GATE_SETS_MAX; i++) {
        assert_int_equal(ask(WIRE_TEST_SET, i, i), GATE_TAKE);
        gate_answered(i);
    }
    assert_int_equal(ask(WIRE_TEST_SET, GATE_SETS_MAX, GATE_SETS_MAX), WIRE_PROCESSING_ERROR);
    for (uint32_t i = 0; i < GATE_SETS_MAX; i++) {
        assert_true(gate_leftover(&transaction));
        assert_in_range(transaction, 0, GATE_SETS_MAX - 1);
        assert_false(seen[transaction]);
        seen[transaction] = true;
    }
    assert_false(gate_leftover(&transaction));
}

static void test_others(void **state)
{
    struct wire_header pdu = header(WIRE_GET, 1, 1);

    (void)state;
    pdu.session = SESSION + 1;
    assert_int_equal(judge(pdu), WIRE_NOT_OPEN);
    pdu.type = WIRE_CLOSE;
    assert_int_equal(judge(pdu), GATE_DROP);
    pdu.session = SESSION;
    assert_int_equal(judge(pdu), GATE_END);
    pdu.type = WIRE_COMMIT_SET;
    pdu.flags = CONTEXT;
    assert_int_equal(judge(pdu), WIRE_UNSUPPORTED_CONTEXT);
    pdu = header(WIRE_GET, 1, 1);
    pdu.size = GATE_PDU_MAX - WIRE_HEADER_SIZE + 1;
    assert_int_equal(judge(pdu), WIRE_TOO_BIG);
    pdu.packet = 2;
    pdu.size--;
    assert_int_equal(judge(pdu), GATE_TAKE);
    for (int type = 0; type < 256; type++) {
        bool request = type >= WIRE_GET && type <= WIRE_CLEANUP_SET;

        if (!request && type != WIRE_CLOSE && type != WIRE_RESPONSE)
            assert_int_equal(ask((enum wire_type)type, 1, 3), GATE_DROP);
    }
    pdu = header(WIRE_RESPONSE, 1, 1);
    pdu.session = 0;
    assert_int_equal(judge(pdu), GATE_TAKE);
    assert_int_equal(judge(pdu), GATE_TAKE);
    pdu.size = UINT32_MAX;
    assert_int_equal(judge(pdu), GATE_DROP);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_a_set),
        TEST(test_repetitions),
        TEST(test_not_repetitions),
        TEST(test_how_many_repetitions_are_known),
        TEST(test_an_end_that_comes_early),
        TEST(test_phases_out_of_order),
        TEST(test_sets_without_an_end),
        TEST(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
