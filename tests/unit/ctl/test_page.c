#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctl/page.h"

#define AE    "\xc3\xa4"
#define WIDE  "\xe4\xb8\xad"     /* two columns */
#define SMILE "\xf0\x9f\x98\x80" /* two columns */
#define ACUTE "\xcc\x81"         /* none: it stands on the character before */

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(page_width(""), 0);
    assert_int_equal(page_width("abc"), 3);
    assert_int_equal(page_width(AE WIDE SMILE), 5);
    assert_int_equal(page_width("e" ACUTE), 1);
    assert_int_equal(page_width("\xff\xc3"), 2); /* not UTF-8 */
}

static void assert_put(bool ascii, const char *text, size_t columns, bool right,
                       const char *expected)
{
    struct page page = {.ascii = ascii};
    char *got = NULL;
    size_t size = 0;

    page.out = open_memstream(&got, &size);
    assert_non_null(page.out);
    page_put(&page, text, columns, right);
    fclose(page.out);
    assert_string_equal(got, expected);
    free(got);
}

static void test_put(void **state)
{
    (void)state;
    assert_put(false, "abc", 5, false, "abc  ");
    assert_put(false, "abc", 5, true, "  abc");
    assert_put(false, "abcdef", 6, false, "abcdef");
    assert_put(false, "abcdefg", 6, false, "abc...");
    assert_put(false, "abcdefg", 2, false, "..");
    assert_put(false, "abcdefg", 0, false, "");
    assert_put(false, WIDE WIDE WIDE, 5, false, WIDE "...");
    assert_put(false, WIDE WIDE WIDE, 4, false, "... "); /* half a character does not fit */
    assert_put(false, "e" ACUTE "f", 4, false, "e" ACUTE "f  ");
}

/* A terminal that takes bytes from 0x80 on for controls never sees one. */
static void test_ascii(void **state)
{
    (void)state;
    assert_put(true, "a" AE "b" WIDE "\xff", 8, false, "a?b???  ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_ascii),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
