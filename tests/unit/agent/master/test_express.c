#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/master/express.h"
#include "agent/master/wire.h"
#include "tests/unit/fixtures/walker_fixture.h"

enum { ROOM = 65536, GONE = 130, NO_INSTANCE = 129, NO_OBJECT = 128, GAUGE = 66 };

/* A request in network byte order. */
static unsigned char asked[ROOM];
static size_t asked_len;

static void put32(uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        asked[asked_len++] = (unsigned char)(number >> shift);
}

static void ask(enum wire_type type)
{
    memcpy(asked, (unsigned char[]){1, (unsigned char)type, 0x10, 0}, 4);
    asked_len = 4;
    put32(7);
    put32(1);
    put32(2);
    put32(0);
}

static void ask_bulk(unsigned non_repeaters, unsigned repetitions)
{
    ask(WIRE_GET_BULK);
    put32(non_repeaters << 16 | repetitions);
}

/* Below the fixture's root; no numbers at all is no object identifier. */
static void put_place(const struct oid *place, bool include)
{
    asked[asked_len++] = (unsigned char)(place->len > 0 ? ROOT_LEN - 5 + place->len : 0);
    asked[asked_len++] = place->len > 0 ? 4 : 0; /* 1.3.6.1.4 */
    asked[asked_len++] = include;
    asked[asked_len++] = 0;
    for (size_t i = 5; place->len > 0 && i < ROOT_LEN; i++)
        put32((uint32_t)fixture_root[i]);
    for (size_t i = 0; i < place->len; i++)
        put32((uint32_t)place->at[i]);
}

static void put_range(struct oid from, bool include, struct oid to)
{
    put_place(&from, include);
    put_place(&to, false);
}

/* What is answered. */
static struct {
    unsigned error, index;
    size_t count;
    struct {
        unsigned type;
        struct oid name; /* below the root */
        uint32_t value;
    } varbinds[300];
} got;

static uint32_t number(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const unsigned char *take_varbind(const unsigned char *at)
{
    size_t skip = ROOT_LEN - 5;

    assert_in_range(got.count, 0, 299);
    got.varbinds[got.count].type = number(at) >> 16;
    assert_int_equal(at[5], 4);
    assert_true(at[4] >= skip);
    got.varbinds[got.count].name.len = at[4] - skip;
    for (size_t i = skip; i < at[4]; i++)
        got.varbinds[got.count].name.at[i - skip] = number(at + 8 + 4 * i);
    at += 8 + 4 * at[4];
    if (got.varbinds[got.count].type == GAUGE) {
        got.varbinds[got.count].value = number(at);
        at += 4;
    }
    got.count++;
    return at;
}

static void answer(void)
{
    const unsigned char *bytes;
    const unsigned char *end;
    size_t len;

    asked[18] = (unsigned char)((asked_len - 20) >> 8);
    asked[19] = (unsigned char)(asked_len - 20);
    bytes = express_answer(asked, asked_len, &len);
    assert_int_equal(bytes[1], WIRE_RESPONSE);
    assert_memory_equal(bytes + 4, asked + 4, 12);
    assert_int_equal(number(bytes + 16), len - 20);
    assert_int_equal(number(bytes + 20), 0);
    got.error = number(bytes + 24) >> 16;
    got.index = number(bytes + 24) & 0xffff;
    got.count = 0;
    end = bytes + len;
    for (bytes += 28; bytes < end;)
        bytes = take_varbind(bytes);
    assert_ptr_equal(bytes, end);
}

static void check_varbind(size_t which, unsigned type, struct oid name)
{
    assert_true(which < got.count);
    assert_int_equal(got.varbinds[which].type, type);
    assert_int_equal(got.varbinds[which].name.len, name.len);
    assert_memory_equal(got.varbinds[which].name.at, name.at, name.len * sizeof(name.at[0]));
}

static const struct oid none;
static const struct oid cell = {5, {1, 2, 1, 2, 40}};
static const struct oid following = {5, {1, 2, 1, 3, 1}};

static void test_get(void **state)
{
    (void)state;
    ask(WIRE_GET);
    put_range(cell, false, none);
    put_range((struct oid){5, {1, 2, 1, 2, 41}}, true, none);
    put_range((struct oid){5, {1, 2, 1, 1, 1}}, false, none);
    put_range((struct oid){6, {2, 5, 1, 2, 1, 2}}, false, none);  /* absent */
    put_range((struct oid){6, {1, 3, 1, 2, 40, 1}}, false, cell); /* a Get has no end */
    answer();
    assert_int_equal(got.error, 0);
    assert_int_equal(got.count, 5);
    check_varbind(0, GAUGE, cell);
    assert_int_equal(got.varbinds[0].value, 40);
    check_varbind(1, NO_INSTANCE, (struct oid){5, {1, 2, 1, 2, 41}});
    check_varbind(2, NO_OBJECT, (struct oid){5, {1, 2, 1, 1, 1}});
    check_varbind(3, NO_INSTANCE, (struct oid){6, {2, 5, 1, 2, 1, 2}});
    check_varbind(4, GAUGE, (struct oid){6, {1, 3, 1, 2, 40, 1}});
}

static void test_get_next(void **state)
{
    const struct oid behind = {6, {1, 2, 1, 3, 1, 0}};

    (void)state;
    ask(WIRE_GET_NEXT);
    put_range(cell, false, none);
    put_range(cell, true, none);
    put_range(cell, false, following); /* the end is not in the range */
    put_range(cell, false, behind);
    put_range(cell, true, cell);
    put_range((struct oid){5, {1, 2, 1, 2, 39}}, true, none); /* there is none */
    put_range((struct oid){7, {3, 1, 1, 1, 3, UINT32_MAX, UINT32_MAX}}, false, none);
    put_range((struct oid){1, {1}}, false, (struct oid){1, {1}});
    answer();
    assert_int_equal(got.error, 0);
    assert_int_equal(got.count, 8);
    check_varbind(0, GAUGE, following);
    check_varbind(1, GAUGE, cell);
    check_varbind(2, GONE, cell);
    check_varbind(3, GAUGE, following);
    check_varbind(4, GONE, cell);
    check_varbind(5, GAUGE, cell);
    check_varbind(6, GONE, (struct oid){7, {3, 1, 1, 1, 3, UINT32_MAX, UINT32_MAX}});
    check_varbind(7, GONE, (struct oid){1, {1}});
}

/* With the whole root as the question, the walk is the list of all cells. */
static void test_walk(void **state)
{
    struct oid at = {1, {0}};

    (void)state;
    fixture_list(&fixture_model);
    for (size_t i = 0; i < fixture_cell_count; i++) {
        ask(WIRE_GET_NEXT);
        put_range(at, false, none);
        answer();
        assert_int_equal(got.varbinds[0].type, GAUGE);
        at = got.varbinds[0].name;
        assert_int_equal(at.len + ROOT_LEN, fixture_cells[i].len);
        assert_memory_equal(at.at, fixture_cells[i].at + ROOT_LEN, at.len * sizeof(at.at[0]));
    }
}

static void test_bulk(void **state)
{
    const struct oid last = {5, {2, 4, 1, 3, 5}}; /* one cell of the column is behind it */

    (void)state;
    ask_bulk(1, 3);
    put_range(cell, true, none); /* once */
    put_range((struct oid){5, {1, 2, 1, 2, 1}}, true, none);
    put_range(last, false, (struct oid){3, {2, 4, 2}});
    answer();
    assert_int_equal(got.error, 0);
    assert_int_equal(got.count, 7);
    check_varbind(0, GAUGE, cell);
    check_varbind(1, GAUGE, (struct oid){5, {1, 2, 1, 2, 1}});
    check_varbind(2, GAUGE, (struct oid){5, {2, 4, 1, 3, UINT32_MAX}});
    check_varbind(3, GAUGE, (struct oid){5, {1, 2, 1, 2, 2}});
    check_varbind(4, GONE, (struct oid){5, {2, 4, 1, 3, UINT32_MAX}});
    check_varbind(5, GAUGE, cell);
    check_varbind(6, GONE, (struct oid){5, {2, 4, 1, 3, UINT32_MAX}});
}

static void test_bulk_ends(void **state)
{
    (void)state;
    ask_bulk(0, 1000); /* where nothing follows, no round comes behind that */
    put_range(cell, false, following);
    put_range(following, false, following);
    answer();
    assert_int_equal(got.count, 2);
    check_varbind(0, GONE, cell);

    ask_bulk(0, UINT16_MAX);
    put_range(cell, true, (struct oid){5, {1, 2, 1, 3, 2}});
    answer();
    assert_int_equal(got.count, 3);
    check_varbind(1, GAUGE, following);
    check_varbind(2, GONE, following);

    ask_bulk(1, 0);
    put_range(cell, true, none);
    put_range(cell, true, none);
    answer();
    assert_int_equal(got.count, 1);

    ask_bulk(9, 9);
    put_range(cell, true, none);
    put_range(cell, true, none);
    answer();
    assert_int_equal(got.count, 2);

    ask_bulk(0, 9);
    answer();
    assert_int_equal(got.count, 0);
}

static void test_bulk_is_cut(void **state)
{
    (void)state;
    ask_bulk(0, 1000);
    for (int i = 0; i < 33; i++)
        put_range((struct oid){1, {1}}, false, none);
    answer();
    assert_int_equal(got.count, EXPRESS_VALUES_MAX / 33 * 33);

    ask_bulk(0, 1000); /* one round there is */
    for (int i = 0; i < 2 * EXPRESS_VALUES_MAX; i++)
        put_range((struct oid){1, {1}}, false, none);
    answer();
    assert_int_equal(got.count, 2 * EXPRESS_VALUES_MAX);
}

static void test_broken(void **state)
{
    static const enum wire_type types[] = {WIRE_GET, WIRE_GET_NEXT, WIRE_GET_BULK};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        ask(types[i]);
        if (types[i] == WIRE_GET_BULK)
            put32(1);
        put_range(cell, false, none);
        put_range(cell, false, none);
        asked_len -= 4;
        answer();
        assert_int_equal(got.error, WIRE_PARSE_ERROR);
        assert_int_equal(got.index, 0);
        assert_int_equal(got.count, 0);
    }
    ask(WIRE_GET_BULK);
    answer();
    assert_int_equal(got.error, WIRE_PARSE_ERROR);
}

static bool find_texts(const struct table *table, const struct model *model, const uint32_t *index,
                       bool exact, struct row *row)
{
    (void)table;
    (void)model;
    row->index[0] = exact ? index[0] : index[0] + 1;
    return row->index[0] < 1000;
}

static void get_long(const struct row *row, struct value *value)
{
    static const char text[1024];

    (void)row;
    value->octets.at = text;
    value->octets.len = sizeof(text);
}

static void get_wrong(const struct row *row, struct value *value)
{
    (void)row;
    (void)value;
}

/* What does not fit, and what is no value, is the error of its varbind, and all there is. */
static void test_errors(void **state)
{
    static const struct column columns[] = {{1, VALUE_OCTETS, NULL, get_long, "Long"},
                                            {2, VALUE_OBJECT_ID, NULL, get_wrong, "Wrong"}};
    const struct table texts = {
        .arity = 1, .find = find_texts, TABLE_PATH(1, 1), TABLE_COLUMNS(columns)};
    const struct table *const tables[] = {&texts};
    const struct walker walker = {fixture_root, ROOT_LEN, tables, 1, &fixture_model};
    static const enum wire_type types[] = {WIRE_GET, WIRE_GET_NEXT};
    unsigned fit = WIRE_ANSWER_MAX / (4 + 4 + 4 * 6 + 4 + 1024);

    (void)state;
    express_start(&walker);
    for (size_t i = 0; i < 2; i++) {
        ask(types[i]);
        for (unsigned row = 1; row <= fit + 5; row++)
            put_range((struct oid){4, {1, 1, 1, row}}, false, none);
        answer();
        assert_int_equal(got.error, WIRE_TOO_BIG);
        assert_int_equal(got.index, fit + 1);
        assert_int_equal(got.count, 0);
    }
    ask(WIRE_GET);
    put_range((struct oid){4, {1, 1, 3, 1}}, false, none);
    put_range((struct oid){4, {1, 1, 2, 1}}, false, none);
    answer();
    assert_int_equal(got.error, WIRE_GEN_ERR);
    assert_int_equal(got.index, 2);
}

static void test_types(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 30; type++)
        assert_int_equal(express_takes(type), type >= WIRE_GET && type <= WIRE_GET_BULK);
    express_stop();
    assert_false(express_takes(WIRE_GET));
}

static int set_up(void **state)
{
    static struct walker walker;

    (void)state;
    walker = fixture_walker(&fixture_model);
    express_start(&walker);
    return 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_get),    TEST(test_get_next),  TEST(test_walk),
        TEST(test_bulk),   TEST(test_bulk_ends), TEST(test_bulk_is_cut),
        TEST(test_broken), TEST(test_errors),    TEST(test_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
