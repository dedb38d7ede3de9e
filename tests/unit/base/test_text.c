#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define BYTES(literal) ((struct slice){literal, sizeof(literal) - 1})
#define FFFD           "\xef\xbf\xbd"

/* Cleans into a buffer of exactly the promised size, so that a sanitizer sees a byte too many. */
static void assert_clean(size_t limit, struct slice src, const char *expected)
{
    char *dst = malloc(limit + 1);

    assert_non_null(dst);
    memset(dst, 'x', limit + 1);
    assert_int_equal(text_clean(dst, limit, src), strlen(expected));
    assert_string_equal(dst, expected);
    free(dst);
}

static void test_plain(void **state)
{
    (void)state;
    assert_clean(100, slice_of(""), "");
    assert_clean(100, slice_of(NULL), "");
    assert_clean(100, slice_of("plain text ~"), "plain text ~");
    assert_clean(100, (struct slice){"not all", 3}, "not");
}

static void test_controls(void **state)
{
    (void)state;
    assert_clean(100,
                 BYTES("a\0b\tc\r\nd\x1f"
                       "e\x7f"),
                 "a b c  d e ");
    assert_clean(100, slice_of("\xc2\x80\xc2\x9f\xc2\xa0"), "  \xc2\xa0");
}

/* Separators, embeddings, overrides and isolates; what stands beside them is text like other text.
 */
static void test_lines_and_directions(void **state)
{
    (void)state;
    assert_clean(100,
                 slice_of("a\xe2\x80\xa8"
                          "b\xe2\x80\xa9"
                          "c"),
                 "a b c");
    assert_clean(100, slice_of("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"),
                 "     ");
    assert_clean(100, slice_of("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"), "    ");
    assert_clean(100, slice_of("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"),
                 "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
    assert_clean(100, slice_of("\xe2\x80\x8f\xd7\x90\xe3\x80\xae\xe2\x82\xa8"),
                 "\xe2\x80\x8f\xd7\x90\xe3\x80\xae\xe2\x82\xa8");
    assert_clean(3, slice_of("\xe2\x80\xae\xe2\x80\xae\xe2\x80\xae"), "   ");
}

static void test_valid_borders(void **state)
{
    /* The first and the last character of each length, and the neighbours of the surrogates. */
    static const char *const valid[] = {"\xc2\xa0",         "\xdf\xbf",         "\xe0\xa0\x80",
                                        "\xe0\xbf\xbf",     "\xed\x80\x80",     "\xed\x9f\xbf",
                                        "\xee\x80\x80",     "\xef\xbf\xbf",     "\xf0\x90\x80\x80",
                                        "\xf0\xbf\xbf\xbf", "\xf1\x80\x80\x80", "\xf4\x80\x80\x80",
                                        "\xf4\x8f\xbf\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
        assert_clean(100, slice_of(valid[i]), valid[i]);
}

/* Each byte of it is no part of a character. */
static void assert_all_wrong(const char *bytes)
{
    char expected[64] = "a";

    for (size_t i = 0; i < strlen(bytes); i++)
        strcat(expected, FFFD);
    strcat(expected, "z");
    {
        char src[16];

        assert_true(strlen(bytes) + 2 < sizeof(src));
        strcpy(src, "a");
        strcat(src, bytes);
        strcat(src, "z");
        assert_clean(100, slice_of(src), expected);
    }
}

static void test_invalid(void **state)
{
    static const char *const wrong[] = {"\x80",
                                        "\xbf",
                                        "\xc2",
                                        "\xe2\x82", /* incomplete */
                                        "\xf0\x9f\x98",
                                        "\xc0\x80",
                                        "\xc0\xaf",
                                        "\xc1\xbf", /* overlong */
                                        "\xe0\x80\xaf",
                                        "\xe0\x9f\xbf",
                                        "\xf0\x80\x80\xaf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf", /* surrogates */
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xfe",
                                        "\xff", /* too large */
                                        "\xfc\x84\x80\x80\x80\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_all_wrong(wrong[i]);
}

static void test_incomplete_at_the_end(void **state)
{
    (void)state;
    assert_clean(100, slice_of("a\xc3"), "a" FFFD);
    assert_clean(100, slice_of("\xe2\x82"), FFFD FFFD);
    /* The missing byte lies behind the slice and does not count. */
    assert_clean(100, (struct slice){"\xe2\x82\xac", 2}, FFFD FFFD);
    assert_clean(100, (struct slice){"\xf0\x9f\x98\x80", 3}, FFFD FFFD FFFD);
}

/* What text_clean() must give for src, which is valid UTF-8, said in another way. */
static void cut_reference(char *dst, size_t limit, const char *src)
{
    size_t len = strlen(src);

    strcpy(dst, src);
    if (len <= limit)
        return;
    len = limit - 3;
    while (((unsigned char)src[len] & 0xc0) == 0x80)
        len--;
    strcpy(dst + len, "...");
}

static void test_cut_at_every_limit(void **state)
{
    /* Characters of one to four bytes in several orders, so that each limit meets each border. */
    static const char *const sources[] = {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
                                          "b\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9",
                                          "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
                                          "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
                                          "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "abcdefgh"};
    char expected[64];

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        for (size_t limit = 3; limit < strlen(sources[i]) + 3; limit++) {
            cut_reference(expected, limit, sources[i]);
            assert_clean(limit, slice_of(sources[i]), expected);
        }
    }
}

static void test_cut_counts_replacements(void **state)
{
    (void)state;
    assert_clean(6, slice_of("\xff\xff"), FFFD FFFD);
    assert_clean(6, slice_of("\xff\xff\xff"), FFFD "...");
    assert_clean(5, slice_of("\xff\xff"), "...");
    assert_clean(4, slice_of("\x01\x02\x03\x04\x05"), " ...");
    assert_clean(3, slice_of("abcd"), "...");
    assert_clean(3, slice_of("abc"), "abc");
}

static void test_new(void **state)
{
    char source[3000];
    char *text;

    (void)state;
    text = text_new(TEXT_MAX, slice_of("short"));
    assert_string_equal(text, "short");
    free(text);
    text = text_new(TEXT_MAX, slice_of(NULL));
    assert_string_equal(text, "");
    free(text);
    text = text_new(4, slice_of("\xff"));
    assert_string_equal(text, FFFD);
    free(text);

    /* Every length around a third of the limit, where the size of the buffer changes. */
    memset(source, '\xff', sizeof(source));
    for (size_t len = 0; len < 60; len++) {
        char *expected = malloc(91);

        text_clean(expected, 90, (struct slice){source, len});
        text = text_new(90, (struct slice){source, len});
        assert_string_equal(text, expected);
        free(text);
        free(expected);
    }

    memset(source, 'a', sizeof(source));
    text = text_new(TEXT_MAX, (struct slice){source, sizeof(source)});
    assert_int_equal(strlen(text), TEXT_MAX);
    assert_string_equal(text + TEXT_MAX - 4, "a...");
    free(text);
}

static void test_set(void **state)
{
    char *where = NULL;

    (void)state;
    assert_true(text_set(&where, ADMIN_MAX, slice_of("one")));
    assert_string_equal(where, "one");
    assert_true(text_set(&where, ADMIN_MAX, slice_of(where))); /* its own text */
    assert_string_equal(where, "one");
    assert_true(text_set(&where, 3, slice_of("four")));
    assert_string_equal(where, "...");
    assert_true(text_set(&where, ADMIN_MAX, slice_of("")));
    assert_null(where);
    assert_string_equal(text_or_empty(where), "");
    assert_string_equal(text_or_empty("x"), "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_lines_and_directions),
        cmocka_unit_test(test_valid_borders),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_incomplete_at_the_end),
        cmocka_unit_test(test_cut_at_every_limit),
        cmocka_unit_test(test_cut_counts_replacements),
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_set),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
