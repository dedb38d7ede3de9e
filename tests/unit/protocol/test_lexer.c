#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/lexer.h"

/* The words of a line with '|' between them, or what is wrong with it. */
static const char *split(const char *line)
{
    static char text[2 * COMMAND_MAX];
    struct lexer_words words;
    const char *fault = lexer_split(slice_of(line), &words);
    size_t len = 0;

    if (fault)
        return fault;
    text[0] = '\0';
    for (size_t i = 0; i < words.count; i++) {
        assert_int_equal(words.word[i].at[words.word[i].len], '\0');
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? "|" : "",
                                words.word[i].at);
    }
    return text;
}

static void test_words(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } lines[] = {
        {"", ""},
        {"   ", ""},
        {"# pid", ""},
        {"  ;pid", ""},
        {"status 3", "status|3"},
        {"  status   3  ", "status|3"},
        {"kill \"a b\"", "kill|a b"},
        {"kill 'a \"b\\'", "kill|a \"b\\"},
        {"kill \"a\\\"b\\\\c\\ d\"", "kill|a\"b\\c d"},
        {"kill a\\ b", "kill|a b"},
        {"kill a\"b'c", "kill|a\"b'c"},
        {"kill \\\"a", "kill|\"a"},
        {"kill \"a\"b", "kill|a|b"},
        {"kill a#b c;d", "kill|a#b|c;d"},
        {"kill a #b", "kill|a"},
        {"kill a \\#b", "kill|a"},
        {"kill a \\  b", "kill|a|b"},
        {"password Auth \"\"", "password|Auth|"},
        {"password Auth ''", "password|Auth|"},
        {"kill \xc3\xbc", "kill|\xc3\xbc"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 \"", "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_string_equal(split(lines[i].line), lines[i].words);
}

static void test_faults(void **state)
{
    (void)state;
    assert_string_equal(split("kill \"a"), "Options error: No closing quotation (\") in TCP:0");
    assert_string_equal(split("kill 'a"),
                        "Options error: No closing single quotation (') in TCP:0");
    assert_string_equal(split("kill a\\"), "Options error: Residual parse state (2) in TCP:0");
    assert_string_equal(split("kill \\a"), "Options warning: Bad backslash ('\\') usage in TCP:0");
    assert_string_equal(split("kill \"\\'\""),
                        "Options warning: Bad backslash ('\\') usage in TCP:0");
}

static void test_long_word(void **state)
{
    char line[COMMAND_MAX + 1] = "kill ";
    struct lexer_words words;

    (void)state;
    memset(line + 5, 'x', LEXER_WORD_MAX);
    assert_null(lexer_split(slice_of(line), &words));
    assert_int_equal(words.word[1].len, LEXER_WORD_MAX);
    line[5 + LEXER_WORD_MAX] = 'x';
    assert_string_equal(split(line),
                        "Options error: Parameter at TCP:0 is too long (256 chars max)");
}

/* One that is as long as a line may be, of as many words as there may be. */
static void test_long_line(void **state)
{
    struct lexer_words words;
    char line[COMMAND_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(line); i++)
        line[i] = i % 60 == 59 ? ' ' : 'x';
    assert_null(lexer_split((struct slice){line, sizeof(line)}, &words));
    assert_int_equal(words.count, LEXER_WORDS_MAX);
}

static void test_clean(void **state)
{
    char line[] = "a\tb\rc\x01 \x7f"
                  "d\xc3\xbc";
    size_t len = lexer_clean(line, sizeof(line) - 1, true);

    (void)state;
    assert_true(slice_is((struct slice){line, len}, "abc d\xc3\xbc"));
    len = lexer_clean(line, len, false);
    assert_true(slice_is((struct slice){line, len}, "abc d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),     cmocka_unit_test(test_faults),
        cmocka_unit_test(test_long_word), cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
