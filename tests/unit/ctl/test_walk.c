#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/walk.h"

static const enum object columns[] = {ovpnClientCommonName, ovpnClientBytesIn};

static struct walk_value number(int64_t value)
{
    return (struct walk_value){.type = WALK_NUMBER, .number = value};
}

static struct walk_value text(const char *value)
{
    return (struct walk_value){
        .type = WALK_OCTETS, .octets = (const unsigned char *)value, .size = strlen(value)};
}

/* Takes a value of the column's object, or of another, at index a.b; b 0 leaves it out. */
static enum walk_result take_of(struct walk *walk, size_t column, enum object object,
                                unsigned long a, unsigned long b, struct walk_value value)
{
    unsigned long name[OBJECTS_OID_MAX];
    size_t arcs = objects_oid(object, name);

    name[arcs++] = a;
    if (b > 0)
        name[arcs++] = b;
    return walk_take(walk, column, name, arcs, &value);
}

static enum walk_result take(struct walk *walk, size_t column, unsigned long a, unsigned long b,
                             struct walk_value value)
{
    return take_of(walk, column, columns[column], a, b, value);
}

static void test_rows_are_joined(void **state)
{
    struct walk walk;
    struct grid rows;

    (void)state;
    assert_true(walk_init(&walk, columns, 2, 2, 0, 0));
    assert_int_equal(take(&walk, 0, 1, 1, text("alice")), WALK_MORE);
    assert_int_equal(take(&walk, 0, 1, 7, text("b\033[31mob")), WALK_MORE);
    /* The second column lacks the first row and has one more. */
    assert_int_equal(take(&walk, 1, 1, 7, number(5)), WALK_MORE);
    assert_int_equal(take(&walk, 1, 2, 1, number(6)), WALK_MORE);
    assert_int_equal(take_of(&walk, 0, ovpnClientUsername, 1, 1, text("x")), WALK_DONE);
    assert_int_equal(take(&walk, 1, 0, 0, (struct walk_value){.type = WALK_END}), WALK_DONE);
    assert_true(walk_rows(&walk, &rows));
    walk_fini(&walk);
    assert_int_equal(rows.count, 3);
    assert_string_equal(cell_text(&rows.row[0].cells[0]), "alice");
    assert_false(rows.row[0].cells[1].there);
    assert_int_equal(rows.row[1].index[1], 7);
    assert_string_equal(cell_text(&rows.row[1].cells[0]), "b [31mob"); /* no escape goes through */
    assert_int_equal(cell_number(&rows.row[1].cells[1], -1), 5);
    assert_int_equal(rows.row[2].index[0], 2);
    assert_string_equal(cell_text(&rows.row[2].cells[0]), "");
    assert_int_equal(cell_number(&rows.row[2].cells[0], -1), -1);
    grid_fini(&rows);
}

static void test_next_name(void **state)
{
    unsigned long name[OBJECTS_OID_MAX];
    unsigned long own[OBJECTS_OID_MAX];
    size_t own_arcs = objects_oid(columns[0], own);
    struct walk walk;
    size_t arcs;

    (void)state;
    assert_true(walk_init(&walk, columns, 2, 2, 4, 17));
    assert_true(walk_next(&walk, 0, name, &arcs));
    assert_int_equal(arcs, own_arcs + 2);
    assert_int_equal(name[own_arcs], 4);
    assert_int_equal(name[own_arcs + 1], 17);
    assert_int_equal(take(&walk, 0, 4, 18, text("x")), WALK_MORE);
    assert_true(walk_next(&walk, 0, name, &arcs));
    assert_int_equal(name[own_arcs + 1], 18);
    /* Another daemon's row ends it. */
    assert_int_equal(take(&walk, 0, 5, 1, text("y")), WALK_DONE);
    assert_false(walk_next(&walk, 0, name, &arcs));
    assert_int_equal(take(&walk, 0, 4, 19, text("z")), WALK_DONE);
    walk_fini(&walk);
}

static void test_backward(void **state)
{
    struct walk walk;

    (void)state;
    assert_true(walk_init(&walk, columns, 2, 2, 0, 0));
    assert_int_equal(take(&walk, 0, 3, 1, text("a")), WALK_MORE);
    assert_int_equal(take(&walk, 0, 3, 1, text("a")), WALK_BACKWARD);
    assert_int_equal(take(&walk, 0, 2, 9, text("a")), WALK_BACKWARD);
    walk_fini(&walk);
}

static void test_strange_index(void **state)
{
    struct walk walk;

    (void)state;
    assert_true(walk_init(&walk, columns, 2, 2, 0, 0));
    assert_int_equal(take(&walk, 0, 3, 0, text("a")), WALK_STRANGE);
    walk_fini(&walk);
}

/* A value of another type than the object's is none. */
static void test_wrong_types(void **state)
{
    struct walk walk;
    struct grid rows;

    (void)state;
    assert_true(walk_init(&walk, columns, 2, 2, 0, 0));
    assert_int_equal(take(&walk, 0, 1, 1, number(1)), WALK_MORE);
    assert_int_equal(take(&walk, 1, 1, 1, text("many")), WALK_MORE);
    assert_int_equal(take(&walk, 1, 1, 2, (struct walk_value){.type = WALK_NOTHING}), WALK_MORE);
    assert_true(walk_rows(&walk, &rows));
    for (size_t i = 0; i < rows.count * rows.columns; i++)
        assert_false(rows.cells[i].there);
    grid_fini(&rows);
    walk_fini(&walk);
}

static void test_flags(void **state)
{
    static const unsigned char octets[] = {0x48, 0xff, 0xff};
    struct walk_value value = {.type = WALK_OCTETS, .octets = octets, .size = sizeof(octets)};
    enum object flags = ovpnLogFlags;
    struct walk walk;
    struct grid rows;

    (void)state;
    assert_true(walk_init(&walk, &flags, 1, 2, 0, 0));
    assert_int_equal(take_of(&walk, 0, flags, 1, 1, value), WALK_MORE);
    value.size = 0;
    assert_int_equal(take_of(&walk, 0, flags, 1, 2, value), WALK_MORE);
    assert_true(walk_rows(&walk, &rows));
    assert_string_equal(cell_text(&rows.row[0].cells[0]), "FD");
    assert_string_equal(cell_text(&rows.row[1].cells[0]), "");
    grid_fini(&rows);
    walk_fini(&walk);
}

/* Long texts are asked for in smaller numbers. */
static void test_repetitions(void **state)
{
    static const enum object small[] = {ovpnClientBytesIn};
    static const enum object large[] = {ovpnLogMessage, ovpnCommandReply};
    struct walk walk;

    (void)state;
    assert_true(walk_init(&walk, small, 1, 2, 0, 0));
    assert_int_equal(walk_repetitions(&walk), 100);
    walk_fini(&walk);
    assert_true(walk_init(&walk, large, 2, 2, 0, 0));
    assert_in_range(walk_repetitions(&walk), 20, 30);
    walk_fini(&walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_joined), cmocka_unit_test(test_next_name),
        cmocka_unit_test(test_backward),        cmocka_unit_test(test_strange_index),
        cmocka_unit_test(test_wrong_types),     cmocka_unit_test(test_flags),
        cmocka_unit_test(test_repetitions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
