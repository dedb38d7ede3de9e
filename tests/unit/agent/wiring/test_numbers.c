#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/wiring/numbers.h"

/* The indexes of instances that have none in the file. */

enum { MANY = 50000 };

static int forget(void **state)
{
    (void)state;
    numbers_forget();
    return 0;
}

/* Gives numbers to instances; each word is a name, or NAME=INDEX.  Returns them as text. */
static const char *give(const char *words)
{
    static char text[256];
    struct instance_config instances[16] = {{0}};
    struct config config = {.instances = instances};
    uint32_t indexes[16];
    char copy[256];
    char *rest;
    size_t len = 0;

    strcpy(copy, words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(word, '=');

        if (equals)
            *equals++ = '\0';
        instances[config.count].name = word;
        instances[config.count++].index = equals ? (uint32_t)strtoul(equals, NULL, 10) : 0;
    }
    assert_true(numbers_give(&config, indexes));
    text[0] = '\0';
    for (size_t i = 0; i < config.count; i++)
        len += (size_t)sprintf(text + len, "%s%u", i ? " " : "", indexes[i]);
    return text;
}

static void test_the_lowest_that_is_free(void **state)
{
    (void)state;
    assert_string_equal(give("a b c"), "1 2 3");
    numbers_forget();
    assert_string_equal(give("a b=1 c d=3 e=2147483647 f"), "2 1 4 3 2147483647 5");
    numbers_forget();
    assert_string_equal(give("a=2 b=1 c=7"), "2 1 7");
}

static void test_a_name_keeps_its_number(void **state)
{
    (void)state;
    assert_string_equal(give("a b c"), "1 2 3");
    assert_string_equal(give("c b"), "3 2");
    assert_string_equal(give("d c"), "4 3"); /* a may come back */
    assert_string_equal(give("a d"), "1 4");
    assert_string_equal(give("a=9 d"), "9 4");
}

static void test_a_number_that_the_file_gives_to_another(void **state)
{
    (void)state;
    assert_string_equal(give("a b c"), "1 2 3");
    assert_string_equal(give("a x=2 b c"), "1 2 4 3");
    assert_string_equal(give("a b c"), "1 4 3");
    assert_string_equal(give("y=1 z=4 a b"), "1 4 2 5");
}

/* Each look through all the others would take days. */
static void test_many(void **state)
{
    struct config config = {.instances = calloc(MANY, sizeof(struct instance_config)),
                            .count = MANY};
    uint32_t *indexes = calloc(MANY, sizeof(*indexes));
    char(*names)[12] = calloc(MANY, sizeof(*names));

    (void)state;
    assert_true(config.instances && indexes && names);
    for (size_t i = 0; i < MANY; i++) {
        sprintf(names[i], "d%zu", i);
        config.instances[i].name = names[i];
        config.instances[i].index = i % 2 ? (uint32_t)i : 0;
    }
    for (int turn = 0; turn < 2; turn++) {
        assert_true(numbers_give(&config, indexes));
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(indexes[i], i % 2 ? i : i + 2);
    }
    free(names);
    free(indexes);
    free(config.instances);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, forget)
    const struct CMUnitTest tests[] = {
        TEST(test_the_lowest_that_is_free),
        TEST(test_a_name_keeps_its_number),
        TEST(test_a_number_that_the_file_gives_to_another),
        TEST(test_many),
    };

    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
