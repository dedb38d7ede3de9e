#include <stdbool.h>
#include <string.h>

#include "agent/master/express.h"
#include "agent/master/gate.h"
#include "agent/master/wire.h"
#include "agent/tables/walker.h"
#include "fuzz.h"

/*
 * What managers read, through a master agent: any octets get a whole answer, and a request that can
 * be read gets the same in either byte order, what the walker finds.
 */

enum { NUMBERS_MAX = 12, RANGES = 40, ROOT_SIZE = 7, TEXT_SIZE = 900, ROWS = 4 };
enum { GENERATED = 0x80 }; /* in the first octet of an input: the rest says what to ask for */

static const unsigned long root[ROOT_SIZE] = {1, 3, 6, 1, 4, 1, 99};

static bool find_row(const struct table *table, const struct model *model, const uint32_t *index,
                     bool exact, struct row *row)
{
    (void)table;
    (void)model;
    row->index[0] = index[0];
    row->index[1] = index[1];
    if (!exact && row->index[1] < ROWS) {
        row->index[1]++;
    } else if (!exact) {
        row->index[0] += row->index[0] < UINT32_MAX;
        row->index[1] = 0;
    }
    return row->index[0] < ROWS && row->index[1] <= ROWS;
}

static void get_integer(const struct row *row, struct value *value)
{
    value->integer = -(int32_t)row->index[1];
    value->absence = row->index[1] == 2 ? ABSENT_CELL : ABSENT_NOT;
}

static void get_number(const struct row *row, struct value *value)
{
    value->number = UINT64_C(0x40000000) * row->index[0] * row->index[1];
}

static void get_text(const struct row *row, struct value *value)
{
    static const char text[TEXT_SIZE];

    value->octets.at = text;
    value->octets.len = row->index[0] == 3 ? sizeof(text) : row->index[1];
}

static void get_name(const struct row *row, struct value *value)
{
    value->octets.at = root;
    value->octets.len = row->index[1] * sizeof(root[0]);
    value->absence = row->index[0] == 2 ? ABSENT_REST : ABSENT_NOT;
}

static const struct column columns[] = {
    {1, VALUE_INTEGER, NULL, get_integer, "A"},  {2, VALUE_OCTETS, NULL, get_text, "B"},
    {3, VALUE_OBJECT_ID, NULL, get_name, "C"},   {5, VALUE_COUNTER32, NULL, get_number, "E"},
    {6, VALUE_GAUGE32, NULL, get_number, "F"},   {7, VALUE_TIMETICKS, NULL, get_number, "G"},
    {9, VALUE_COUNTER64, NULL, get_number, "I"},
};

/* A request, as it is written in one byte order, and what is answered, in network byte order. */
struct talk {
    bool network_order;
    unsigned char asked[GATE_PDU_MAX];
    size_t asked_len;
    unsigned char answer[GATE_PDU_MAX];
    size_t len;
};

static void put(struct talk *talk, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t shift = 8 * (talk->network_order ? size - 1 - i : i);

        talk->asked[talk->asked_len++] = (unsigned char)(number >> shift);
    }
}

/* Moves a number of the answer on, turned round where it has to be. */
static uint64_t take(struct talk *talk, const unsigned char **at, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | (*at)[talk->network_order ? i : size - 1 - i];
    for (size_t i = 0; i < size; i++)
        talk->answer[talk->len++] = (unsigned char)(number >> 8 * (size - 1 - i));
    *at += size;
    return number;
}

static void take_oid(struct talk *talk, const unsigned char **at)
{
    size_t count = (size_t)take(talk, at, 1);

    take(talk, at, 1);
    REQUIRE(take(talk, at, 2) == 0);
    while (count-- > 0)
        take(talk, at, 4);
}

static void take_value(struct talk *talk, const unsigned char **at, unsigned type)
{
    size_t len;

    if (type == 4) {
        len = (size_t)take(talk, at, 4);
        while (len-- > 0)
            take(talk, at, 1);
        while (talk->len % 4 != 0)
            REQUIRE(take(talk, at, 1) == 0);
    } else if (type == 6) {
        take_oid(talk, at);
    } else if (type < 128) {
        take(talk, at, type == 70 ? 8 : 4);
    }
}

/* Has it answered; returns the varbinds. */
static size_t converse(struct talk *talk)
{
    size_t size = talk->asked_len;
    const unsigned char *at;
    const unsigned char *end;
    size_t varbinds = 0;

    talk->asked_len = 16;
    put(talk, (uint32_t)(size - WIRE_HEADER_SIZE), 4);
    at = express_answer(talk->asked, size, &size);
    end = at + size;
    talk->len = 0;
    for (int i = 0; i < 4; i++)
        take(talk, &at, 1);
    talk->answer[2] = 0;
    for (int i = 0; i < 5; i++)
        take(talk, &at, 4);
    take(talk, &at, 2);
    take(talk, &at, 2);
    while (at < end) {
        unsigned type = (unsigned)take(talk, &at, 2);

        take(talk, &at, 2);
        take_oid(talk, &at);
        take_value(talk, &at, type);
        varbinds++;
    }
    REQUIRE(at == end && size == talk->len && size <= WIRE_RESPONSE_SIZE + WIRE_ANSWER_MAX);
    return varbinds;
}

static void begin(struct talk *talk, bool network_order, unsigned type)
{
    talk->network_order = network_order;
    memcpy(talk->asked, (unsigned char[]){1, (unsigned char)type, network_order ? 0x10 : 0, 0}, 4);
    talk->asked_len = 4;
    for (uint32_t i = 1; i < 5; i++)
        put(talk, i, 4);
}

static void put_oid(struct talk *talk, const unsigned long *oid, size_t len, bool include)
{
    put(talk, (uint32_t)len, 1);
    put(talk, 0, 1);
    put(talk, include, 1);
    put(talk, 0, 1);
    for (size_t i = 0; i < len; i++)
        put(talk, (uint32_t)oid[i], 4);
}

/* An object identifier that an input tells: how many numbers of the root, and which behind it. */
static size_t tell_oid(struct fuzz_input *input, unsigned long *oid)
{
    size_t len = 0;
    size_t count;

    if (input->len == 0)
        return 0;
    count = *input->at % 8;
    for (size_t i = 0; i < ROOT_SIZE && *input->at >= 16; i++)
        oid[len++] = root[i];
    input->at++;
    input->len--;
    for (; count > 0 && input->len > 0; count--, input->at++, input->len--)
        oid[len++] = *input->at < 250 ? *input->at : UINT32_MAX - 250 + *input->at;
    return len;
}

/* What one range of a Get or GetNext must get. */
static unsigned expected_type(unsigned kind, const unsigned long *from, size_t from_len,
                              bool include, const unsigned long *to, size_t to_len,
                              const struct walker *walker)
{
    static const unsigned types[] = {2, 4, 6, 65, 66, 67, 70};
    struct walker_cell cell;
    enum walker_result result = walker_get(walker, from, from_len, &cell);

    if (kind == WIRE_GET && result != WALKER_FOUND)
        return result == WALKER_NO_OBJECT ? 128 : 129;
    if (kind == WIRE_GET_NEXT && !(include && result == WALKER_FOUND) &&
        walker_next(walker, from, from_len, NULL, 0, &cell) != WALKER_FOUND)
        return 130;
    if (kind == WIRE_GET_NEXT && to_len > 0 &&
        walker_compare(cell.oid, cell.oid_len, to, to_len) >= 0)
        return 130;
    return types[cell.column->type];
}

/* The type of the varbind that stands first in an answer. */
static unsigned first_type(const struct talk *talk)
{
    return (unsigned)talk->answer[WIRE_RESPONSE_SIZE] << 8 | talk->answer[WIRE_RESPONSE_SIZE + 1];
}

static void check_one(const struct talk *talk, size_t varbinds, unsigned wanted)
{
    unsigned error = talk->answer[25];

    REQUIRE(varbinds == (error == 0));
    if (error == 0)
        REQUIRE(first_type(talk) == wanted);
    else /* no object identifier is empty */
        REQUIRE(error == WIRE_GEN_ERR && wanted == 6 && talk->answer[27] == 1);
}

static void ask_generated(struct fuzz_input input, unsigned code, const struct walker *walker)
{
    static struct talk talks[2];
    unsigned long from[ROOT_SIZE + NUMBERS_MAX];
    unsigned long to[ROOT_SIZE + NUMBERS_MAX];
    unsigned kind = WIRE_GET + code % 3;
    size_t from_len = 0;
    size_t to_len = 0;
    size_t ranges = 0;
    size_t varbinds;

    for (size_t i = 0; i < 2; i++) {
        begin(&talks[i], i == 0, kind);
        if (kind == WIRE_GET_BULK) {
            put(&talks[i], code / 3 % 4, 2);
            put(&talks[i], code / 12 % 8, 2);
        }
    }
    for (; input.len > 0 && ranges < RANGES; ranges++) {
        from_len = tell_oid(&input, from);
        to_len = tell_oid(&input, to);
        for (size_t i = 0; i < 2; i++) {
            put_oid(&talks[i], from, from_len, code & 0x40);
            put_oid(&talks[i], to, to_len, false);
        }
    }
    varbinds = converse(&talks[0]);
    REQUIRE(varbinds == converse(&talks[1]));
    REQUIRE(talks[0].len == talks[1].len);
    REQUIRE(memcmp(talks[0].answer, talks[1].answer, talks[0].len) == 0);
    REQUIRE(kind == WIRE_GET_BULK || varbinds == ranges || talks[0].answer[25] != 0);
    REQUIRE(varbinds <= (ranges > EXPRESS_VALUES_MAX ? ranges : EXPRESS_VALUES_MAX + 3));
    if (ranges == 1 && kind != WIRE_GET_BULK)
        check_one(&talks[0], varbinds,
                  expected_type(kind, from, from_len, code & 0x40, to, to_len, walker));
}

static void ask_octets(const uint8_t *data, size_t size, unsigned code)
{
    static struct talk talk;

    begin(&talk, code & 0x40, WIRE_GET + code % 3);
    if (size > sizeof(talk.asked) - talk.asked_len)
        size = sizeof(talk.asked) - talk.asked_len;
    if (size > 0)
        memcpy(talk.asked + talk.asked_len, data, size);
    talk.asked_len += size;
    converse(&talk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct table table = {
        .arity = 2, .find = find_row, TABLE_PATH(1, 2), TABLE_COLUMNS(columns)};
    const struct table *const tables[] = {&table};
    const struct walker walker = {root, ROOT_SIZE, tables, 1, NULL};

    if (size == 0)
        return 0;
    express_start(&walker);
    if (data[0] & GENERATED)
        ask_generated((struct fuzz_input){data + 1, size - 1}, data[0] % GENERATED, &walker);
    else
        ask_octets(data + 1, size - 1, data[0]);
    express_stop();
    return 0;
}
