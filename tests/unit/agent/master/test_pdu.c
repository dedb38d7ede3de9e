#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/master/pdu.h"

/* From network byte order to the other, for what is numbers of four octets from some place on. */
static void turn(unsigned char *bytes, size_t from, size_t to)
{
    for (size_t at = from; at < to; at += 4) {
        unsigned char four[] = {bytes[at + 3], bytes[at + 2], bytes[at + 1], bytes[at]};

        memcpy(bytes + at, four, 4);
    }
}

static void check_oid(const unsigned long *oid, size_t len, const unsigned long *wanted,
                      size_t wanted_len)
{
    assert_int_equal(len, wanted_len);
    assert_memory_equal(oid, wanted, wanted_len * sizeof(*wanted));
}

/*
 * A GetNext for what RFC 2741 shows in section 5.2, 1.3.6.1.2.1.25.2 with itself up to
 * 1.3.6.1.2.1.25.2.1, and for sysDescr.0 and 1.2.3.4 of section 5.1 without an end.
 */
static const unsigned char get_next[] = {
    1, 6, 0x10, 0, 0, 0, 0, 7, 0, 0, 1, 0,  0, 0, 0, 9, 0, 0, 0, 84,             /* header */
    3, 2, 1,    0, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2,                          /* start */
    4, 2, 0,    0, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1,              /* end */
    4, 2, 0,    0, 0, 0, 0, 1, 0, 0, 0, 1,  0, 0, 0, 1, 0, 0, 0, 0,  0, 0, 0, 0, /* sysDescr.0 */
    4, 0, 0,    0, 0, 0, 0, 1, 0, 0, 0, 2,  0, 0, 0, 3, 0, 0, 0, 4,  0, 0, 0, 0, /* 1.2.3.4 */
};

static void turn_get_next(unsigned char *bytes)
{
    memcpy(bytes, get_next, sizeof(get_next));
    bytes[2] = 0;
    turn(bytes, 4, 20);
    turn(bytes, 24, 36);
    turn(bytes, 40, 56);
    turn(bytes, 60, 76);
    turn(bytes, 84, 100);
}

static void check_get_next(const unsigned char *bytes)
{
    struct pdu_request request;
    struct pdu_range range;

    assert_true(pdu_request_begin(&request, bytes, sizeof(get_next)));
    assert_int_equal(request.header.type, WIRE_GET_NEXT);
    assert_int_equal(request.header.transaction, 256);
    assert_true(pdu_request_next(&request, &range));
    assert_true(range.include);
    check_oid(range.from, range.from_len, (unsigned long[]){1, 3, 6, 1, 2, 1, 25, 2}, 8);
    check_oid(range.to, range.to_len, (unsigned long[]){1, 3, 6, 1, 2, 1, 25, 2, 1}, 9);
    assert_true(pdu_request_next(&request, &range));
    assert_false(range.include);
    check_oid(range.from, range.from_len, (unsigned long[]){1, 3, 6, 1, 2, 1, 1, 1, 0}, 9);
    assert_int_equal(range.to_len, 0);
    assert_true(pdu_request_more(&request));
    assert_true(pdu_request_next(&request, &range));
    check_oid(range.from, range.from_len, (unsigned long[]){1, 2, 3, 4}, 4);
    assert_false(pdu_request_more(&request));
}

static void test_ranges(void **state)
{
    unsigned char little[sizeof(get_next)];

    (void)state;
    check_get_next(get_next);
    turn_get_next(little);
    check_get_next(little);
}

static void test_bulk(void **state)
{
    unsigned char bulk[] = {1, 7, 0x10, 0, 0, 0, 0, 7, 0, 0, 0, 1,
                            0, 0, 0,    1, 0, 0, 0, 4, 0, 2, 1, 0};
    struct pdu_request request;

    (void)state;
    assert_true(pdu_request_begin(&request, bulk, sizeof(bulk)));
    assert_int_equal(request.non_repeaters, 2);
    assert_int_equal(request.repetitions, 256);
    assert_false(pdu_request_more(&request));
    bulk[2] = 0;
    turn(bulk, 16, 20);
    assert_true(pdu_request_begin(&request, bulk, sizeof(bulk)));
    assert_int_equal(request.non_repeaters, 512);
    assert_int_equal(request.repetitions, 1);
}

/* Cut anywhere, nothing behind the end is read; the sanitizer sees to that. */
static void test_broken(void **state)
{
    unsigned char bytes[sizeof(get_next)];
    struct pdu_request request;
    struct pdu_range range;

    (void)state;
    for (size_t size = 0; size < sizeof(bytes); size++) {
        bool whole = true;

        memcpy(bytes, get_next, size);
        bytes[19] = (unsigned char)(size - WIRE_HEADER_SIZE);
        if (!pdu_request_begin(&request, bytes, size)) {
            assert_true(size < WIRE_HEADER_SIZE);
            continue;
        }
        while (whole && pdu_request_more(&request))
            whole = pdu_request_next(&request, &range);
        assert_int_equal(whole, size == 20 || size == 56 || size == 80);
    }
    memcpy(bytes, get_next, sizeof(bytes));
    assert_false(pdu_request_begin(&request, bytes, sizeof(bytes) - 1));
    bytes[1] = WIRE_TEST_SET;
    assert_false(pdu_request_begin(&request, bytes, sizeof(bytes)));
    bytes[1] = WIRE_GET_BULK;
    bytes[19] = 3;
    assert_false(pdu_request_begin(&request, bytes, 23));
}

/* 128 numbers are an object identifier, one more is none, with the prefix or without. */
static void test_long_oids(void **state)
{
    static unsigned char bytes[20 + 2 * (4 + 4 * 129)] = {1, 5, 0x10};
    struct pdu_request request;
    struct pdu_range range;

    (void)state;
    for (int prefix = 0; prefix < 2; prefix++) {
        for (size_t count = 120; count < 130; count++) {
            size_t len = count + (prefix ? 5 : 0);
            size_t size = 20 + 4 + 4 * count + 4;

            bytes[18] = (unsigned char)((size - 20) >> 8);
            bytes[19] = (unsigned char)(size - 20);
            bytes[20] = (unsigned char)count;
            bytes[21] = prefix ? 4 : 0;
            assert_true(pdu_request_begin(&request, bytes, size));
            assert_int_equal(pdu_request_next(&request, &range), len <= WALKER_OID_MAX);
            if (len <= WALKER_OID_MAX)
                assert_int_equal(range.from_len, len);
        }
    }
}

static struct pdu_response response;

static void begin(bool network_order)
{
    unsigned char little[sizeof(get_next)];
    struct pdu_request request;

    turn_get_next(little);
    assert_true(pdu_request_begin(&request, network_order ? get_next : little, sizeof(get_next)));
    pdu_response_begin(&response, &request);
}

static enum wire_error add(enum value_type type, const struct value *value)
{
    const struct column column = {.type = type};
    struct walker_cell cell = {.column = &column, .value = *value, .oid = {1, 3, 6, 1, 4, 1, 99}};

    cell.oid_len = 7;
    return pdu_response_add(&response, &cell);
}

/* What the answer has behind what is there before a varbind: type, then name, then the value. */
static void check_added(unsigned type, const unsigned char *value, size_t len)
{
    const unsigned char name[] = {2, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 99};
    unsigned char wanted[100] = {0, (unsigned char)type, 0, 0};

    memcpy(wanted + 4, name, sizeof(name));
    if (len > 0)
        memcpy(wanted + 16, value, len);
    pdu_response_end(&response);
    assert_int_equal(response.len, 28 + 16 + len);
    assert_memory_equal(response.bytes + 28, wanted, 16 + len);
    assert_int_equal(response.bytes[19], 8 + 16 + len);
}

static void test_values(void **state)
{
    static const unsigned long oid[] = {1, 3, 6, 1, 2, 1, 7};
    const struct {
        enum value_type type;
        struct value value;
        unsigned number;
        unsigned char octets[12];
        size_t len;
    } cases[] = {
        {VALUE_INTEGER, {.integer = -2}, 2, {255, 255, 255, 254}, 4},
        {VALUE_OCTETS, {.octets = {"abcde", 5}}, 4, {0, 0, 0, 5, 'a', 'b', 'c', 'd', 'e'}, 12},
        {VALUE_OCTETS, {.octets = {NULL, 0}}, 4, {0}, 4},
        {VALUE_OBJECT_ID,
         {.octets = {oid, sizeof(oid)}},
         6,
         {2, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7},
         12},
        {VALUE_COUNTER32, {.number = UINT64_C(0x501020304)}, 65, {1, 2, 3, 4}, 4},
        {VALUE_GAUGE32, {.number = UINT64_C(0x501020304)}, 66, {255, 255, 255, 255}, 4},
        {VALUE_GAUGE32, {.number = 258}, 66, {0, 0, 1, 2}, 4},
        {VALUE_TIMETICKS, {.number = UINT64_C(0x501020304)}, 67, {1, 2, 3, 4}, 4},
        {VALUE_COUNTER64, {.number = UINT64_C(0x102030405060708)}, 70, {1, 2, 3, 4, 5, 6, 7, 8}, 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(true);
        assert_int_equal(add(cases[i].type, &cases[i].value), WIRE_NO_ERROR);
        check_added(cases[i].number, cases[i].octets, cases[i].len);
    }
}

static void test_other_byte_order(void **state)
{
    const unsigned char wanted[] = {
        1,  18, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0, 9,  0, 0, 0, 32, 0, 0, 0, /* header */
        0,  0,  0, 0, 0, 0, 0, 0,                                       /* uptime, no error */
        70, 0,  0, 0, 2, 4, 0, 0, 1, 0, 0, 0, 99, 0, 0, 0,              /* Counter64 and name */
        8,  7,  6, 5, 4, 3, 2, 1,
    };
    unsigned long oid[WALKER_OID_MAX];

    (void)state;
    begin(false);
    assert_int_equal(add(VALUE_COUNTER64, &(struct value){.number = UINT64_C(0x102030405060708)}),
                     WIRE_NO_ERROR);
    pdu_response_end(&response);
    assert_int_equal(response.len, sizeof(wanted));
    assert_memory_equal(response.bytes, wanted, sizeof(wanted));
    check_oid(oid, pdu_response_name(&response, 28, oid), (unsigned long[]){1, 3, 6, 1, 4, 1, 99},
              7);
}

static void test_exceptions(void **state)
{
    static const unsigned long oid[] = {1, 3, 6, 1, 4, 1, 99};
    static const enum pdu_exception all[] = {PDU_NO_OBJECT, PDU_NO_INSTANCE, PDU_END_OF_VIEW};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        begin(true);
        assert_int_equal(pdu_response_add_none(&response, oid, 7, all[i]), WIRE_NO_ERROR);
        check_added(128 + i, NULL, 0);
    }
}

static void test_room(void **state)
{
    static const unsigned char text[1024];
    const struct value value = {.octets = {text, sizeof(text)}};
    static const unsigned long oid[WALKER_OID_MAX];
    size_t count = 0;
    size_t len;

    (void)state;
    begin(true);
    while (add(VALUE_OCTETS, &value) == WIRE_NO_ERROR)
        count++;
    assert_int_equal(count, WIRE_ANSWER_MAX / (16 + 4 + 1024));
    len = response.len;
    assert_int_equal(add(VALUE_OCTETS, &value), WIRE_TOO_BIG);
    assert_int_equal(response.len, len);
    while (pdu_response_add_none(&response, oid, WALKER_OID_MAX, PDU_NO_OBJECT) == WIRE_NO_ERROR)
        ;
    assert_true(response.len <= sizeof(response.bytes));
    assert_int_equal(add(VALUE_OBJECT_ID, &(struct value){0}), WIRE_GEN_ERR);

    pdu_response_fail(&response, WIRE_TOO_BIG, 258);
    pdu_response_end(&response);
    assert_int_equal(response.len, WIRE_RESPONSE_SIZE);
    assert_memory_equal(response.bytes + 16,
                        ((unsigned char[]){0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 1, 2}), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),     cmocka_unit_test(test_bulk),
        cmocka_unit_test(test_broken),     cmocka_unit_test(test_long_oids),
        cmocka_unit_test(test_values),     cmocka_unit_test(test_other_byte_order),
        cmocka_unit_test(test_exceptions), cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
