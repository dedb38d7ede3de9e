#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/output.h"

#define NOW 1795694400

static const struct output_field fields[] = {
    {"daemon", "DAEMON", OUTPUT_TEXT, 6, 0}, {"name", "NAME", OUTPUT_TEXT, 4, 0},
    {"since", NULL, OUTPUT_TIME, 0, 0},      {NULL, "AGO", OUTPUT_AGO, 0, 2},
    {"bytes", "IN", OUTPUT_BYTES, 0, 0},     {"rate", "RATE", OUTPUT_RATE, 0, 1},
};

static void add_row(struct output *output, const char *daemon, const char *name, int64_t since,
                    int64_t bytes, int64_t rate)
{
    output_text(output, daemon, COLOUR_NONE);
    output_text(output, name, COLOUR_BAD);
    output_number(output, since, COLOUR_NONE);
    output_number(output, since, COLOUR_NONE);
    output_number(output, bytes, COLOUR_NONE);
    if (rate < 0)
        output_nothing(output);
    else
        output_number(output, rate, COLOUR_NONE);
}

static char *print(const struct output *output, struct page page, const char *none)
{
    char *text = NULL;
    size_t size = 0;

    page.out = open_memstream(&text, &size);
    assert_non_null(page.out);
    assert_true(output_print(output, &page, none));
    fclose(page.out);
    return text;
}

static void assert_printed(const struct output *output, struct page page, const char *expected)
{
    char *text = print(output, page, "nobody");

    assert_string_equal(text, expected);
    free(text);
}

static void two_rows(struct output *output)
{
    output_init(output, fields, sizeof(fields) / sizeof(fields[0]), NOW);
    add_row(output, "office", "alice", NOW - 60, 1500, 10);
    add_row(output, "branch", "a \"long\" name, longer than the page", 0, 5, -1);
}

static void test_table(void **state)
{
    struct output output;

    (void)state;
    two_rows(&output);
    assert_printed(&output, (struct page){.width = 80},
                   "DAEMON  NAME                                  AGO       IN    RATE\n"
                   "office  alice                                1m0s  1.50 kB  10 B/s\n"
                   "branch  a \"long\" name, longer than the page     -      5 B       -\n");
    output_fini(&output);
}

/* Texts are cut first, and then the dull fields go. */
static void test_narrow(void **state)
{
    struct output output;

    (void)state;
    two_rows(&output);
    assert_printed(&output, (struct page){.width = 40},
                   "DAEMON  NAME        AGO       IN    RATE\n"
                   "office  alice      1m0s  1.50 kB  10 B/s\n"
                   "branch  a \"lon...     -      5 B       -\n");
    assert_printed(&output, (struct page){.width = 26},
                   "DAEMON  NAME            IN\n"
                   "office  alice      1.50 kB\n"
                   "branch  a \"lon...      5 B\n");
    output_fini(&output);
}

static void test_colours(void **state)
{
    struct output output;
    char *text;

    (void)state;
    two_rows(&output);
    text = print(&output, (struct page){.width = 80, .colour = true}, NULL);
    assert_non_null(strstr(text, "\033[1;31malice"));
    free(text);
    output_fini(&output);
}

static void test_json(void **state)
{
    struct output output;

    (void)state;
    two_rows(&output);
    assert_printed(
        &output, (struct page){.format = PAGE_JSON},
        "[{\"daemon\": \"office\", \"name\": \"alice\", \"since\": 1795694340, \"bytes\": "
        "1500, \"rate\": 10},\n"
        " {\"daemon\": \"branch\", \"name\": \"a \\\"long\\\" name, longer than the "
        "page\", \"since\": null, \"bytes\": 5, \"rate\": null}]\n");
    output_fini(&output);
}

static void test_json_text(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    output_json_text(out, "\"\\\n\x7f\xc3\xa4/");
    fclose(out);
    assert_string_equal(text, "\"\\\"\\\\\\u000a\\u007f\xc3\xa4/\"");
    free(text);
}

static void test_csv(void **state)
{
    struct output output;

    (void)state;
    two_rows(&output);
    assert_printed(&output, (struct page){.format = PAGE_CSV},
                   "daemon,name,since,bytes,rate\r\n"
                   "office,alice,1795694340,1500,10\r\n"
                   "branch,\"a \"\"long\"\" name, longer than the page\",,5,\r\n");
    output_fini(&output);
}

static void test_nothing(void **state)
{
    struct output output;

    (void)state;
    output_init(&output, fields, sizeof(fields) / sizeof(fields[0]), NOW);
    assert_printed(&output, (struct page){.width = 80}, "nobody\n");
    assert_printed(&output, (struct page){.format = PAGE_JSON}, "[]\n");
    assert_printed(&output, (struct page){.format = PAGE_CSV}, "daemon,name,since,bytes,rate\r\n");
    output_fini(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_colours),   cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_text), cmocka_unit_test(test_csv),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
