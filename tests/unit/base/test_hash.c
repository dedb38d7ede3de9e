#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hash.h"
#include "tests/unit/fixtures/failing_memory.h"

struct item {
    struct hash_node node;
    int number;
};

enum { ITEMS = 1000 };

static struct item items[ITEMS];

/* Few hashes, so that many share one. */
static void number_items(uint32_t hashes)
{
    for (int i = 0; i < ITEMS; i++)
        items[i] = (struct item){.node.hash = (uint32_t)i % hashes * 37, .number = i};
}

static bool is_there(const struct hash_table *table, const struct item *item)
{
    int found = 0;

    for (const struct hash_node *node = hash_first(table, item->node.hash); node;
         node = hash_next(node)) {
        assert_int_equal(node->hash, item->node.hash);
        found += ((const struct item *)node)->number == item->number;
    }
    assert_true(found <= 1);
    return found == 1;
}

/* Each byte counts, and how many there are. */
static void test_hashes(void **state)
{
    static const size_t lengths[] = {0, 1, 3, 4, 5, 8, 255, 256, 257, 599};
    char bytes[600] = {0};

    (void)state;
    assert_int_equal(hash_text("alice"), hash_bytes("alice", 5));
    assert_int_equal(hash_text(NULL), hash_text(""));
    for (size_t at = 0; at < sizeof(lengths) / sizeof(lengths[0]); at++) {
        size_t len = lengths[at];
        uint32_t hash = hash_bytes(bytes, len);

        assert_int_equal(hash, hash_bytes(bytes, len));
        assert_int_not_equal(hash, hash_bytes(bytes, len + 1));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = 1;
            assert_int_not_equal(hash, hash_bytes(bytes, len));
            bytes[i] = 0;
        }
    }
    for (uint64_t bit = 1; bit > 0; bit <<= 1)
        assert_int_not_equal(hash_number(0), hash_number(bit));
}

/* Numbers that are alike, as client ids are, spread over the places of a table. */
static void test_spread(void **state)
{
    unsigned used[1024] = {0};
    unsigned places = 0;

    (void)state;
    for (uint64_t number = 0; number < 1024; number++)
        places += used[hash_number(number) % 1024]++ == 0;
    assert_true(places > 300);
}

static void come_and_go(uint32_t hashes)
{
    struct hash_table table = {0};

    number_items(hashes);
    assert_false(is_there(&table, &items[0]));
    hash_remove(&table, &items[0].node);
    for (int i = 0; i < ITEMS; i++)
        assert_true(hash_add(&table, &items[i].node));
    for (int i = 0; i < ITEMS; i += 3) {
        hash_remove(&table, &items[i].node);
        hash_remove(&table, &items[i].node); /* is not there any more */
    }
    assert_int_equal(table.count, ITEMS - (ITEMS + 2) / 3);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(is_there(&table, &items[i]), i % 3 != 0);
    hash_clear(&table);
    assert_int_equal(table.count, 0);
    assert_int_equal(memory_blocks(), 0);
}

static void test_coming_and_going(void **state)
{
    (void)state;
    come_and_go(ITEMS);
    come_and_go(7);
    come_and_go(1);
}

/* Room that is there already is not asked for again. */
static void test_reserve(void **state)
{
    struct hash_table table = {0};

    (void)state;
    number_items(ITEMS);
    assert_true(hash_reserve(&table, ITEMS));
    memory_fail_at(1);
    for (int i = 0; i < ITEMS; i++)
        assert_true(hash_add(&table, &items[i].node));
    assert_false(memory_has_failed());
    memory_fail_at(0);
    hash_clear(&table);
}

/* The first node needs memory; those behind it find a place without. */
static void test_without_memory(void **state)
{
    struct hash_table table = {0};

    (void)state;
    number_items(ITEMS);
    memory_fail_at(1);
    assert_false(hash_add(&table, &items[0].node));
    memory_fail_at(0);
    assert_true(hash_add(&table, &items[0].node));
    for (int i = 1; i < ITEMS; i++) {
        memory_fail_at(1);
        assert_true(hash_add(&table, &items[i].node));
        memory_fail_at(0);
    }
    for (int i = 0; i < ITEMS; i++)
        assert_true(is_there(&table, &items[i]));
    hash_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),           cmocka_unit_test(test_spread),
        cmocka_unit_test(test_coming_and_going), cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
