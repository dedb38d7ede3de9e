#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/reasons.h"

static struct reasons reasons;

static int tear_down(void **state)
{
    (void)state;
    reasons_fini(&reasons);
    return 0;
}

static void log_at(int64_t time, const char *text)
{
    const struct log_line line = {time, 0, slice_of(text)};

    reasons_log_told(&reasons, &line);
}

static const char *reason_of(const char *address, int64_t since)
{
    struct address from;

    assert_true(address_parse(slice_of(address), &from));
    return reasons_find(&reasons, &from, since);
}

#define WRONG "TLS Auth Error: Auth Username/Password verification failed for peer"
#define HANDS "TLS Error: TLS handshake failed"

static void test_by_address(void **state)
{
    (void)state;
    log_at(100, "192.0.2.9:4000 " WRONG);
    log_at(101, "dora/192.0.2.8:4000 " WRONG " again");
    log_at(101,
           "udp6:[2001:db8::9]:4000 VERIFY ERROR: depth=0, error=certificate revoked: CN=dora");
    log_at(102, "udp4:192.0.2.7:4000 " HANDS);
    assert_string_equal(reason_of("192.0.2.9:4000", 100), WRONG);
    assert_string_equal(reason_of("192.0.2.8:4000", 90), WRONG " again");
    assert_string_equal(reason_of("udp6:[2001:db8::9]:4000", 90),
                        "VERIFY ERROR: depth=0, error=certificate revoked: CN=dora");
    assert_string_equal(reason_of("udp4:192.0.2.7:4000", 90), HANDS);
    assert_null(reason_of("tcp4-server:192.0.2.7:4000", 90));
    assert_null(reason_of("192.0.2.9:4001", 100));
    /* It was said before this client came, or nobody knows when that was. */
    assert_null(reason_of("192.0.2.9:4000", 101));
    assert_null(reason_of("192.0.2.9:4000", 0));
}

static void test_what_says_more_stays(void **state)
{
    (void)state;
    log_at(100, "192.0.2.9:4000 VERIFY ERROR: depth=0, error=CRL has expired: CN=dora");
    log_at(100, "192.0.2.9:4000 OpenSSL: error:0A000086:SSL routines::certificate verify failed");
    log_at(100, "192.0.2.9:4000 TLS Error: TLS object -> incoming plaintext read error");
    log_at(100, "192.0.2.9:4000 " HANDS);
    assert_string_equal(reason_of("192.0.2.9:4000", 100),
                        "VERIFY ERROR: depth=0, error=CRL has expired: CN=dora");
    log_at(160, "192.0.2.9:4000 " HANDS); /* of the next one with that address */
    assert_string_equal(reason_of("192.0.2.9:4000", 150), HANDS);
}

/* A name may be anything: what it says of an address is not the daemon's word. */
static void test_no_claim_where_it_is_not_sure(void **state)
{
    static const char *const lines[] = {
        "192.0.2.9:4000 " WRONG "/192.0.2.6:5000 TLS: soft reset",
        "x/192.0.2.9:4000 " WRONG "/192.0.2.6:5000 TLS: soft reset",
        "192.0.2.9:4000 x " WRONG,
        "mallory 192.0.2.9:4000 " WRONG,
        "192.0.2.9 " WRONG,
        "2001:db8::9 " WRONG, /* which of those behind it? */
        WRONG,
        "192.0.2.9:4000",
        "192.0.2.9:4000 ",
        "/192.0.2.9:4000 " WRONG,
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        log_at(100, lines[i]);
    for (size_t i = 0; i < REASONS_MAX; i++)
        assert_null(reasons.list[i].text);
}

static void test_bound(void **state)
{
    char text[200];

    (void)state;
    for (int i = 0; i < 3 * REASONS_MAX; i++) {
        snprintf(text, sizeof(text), "192.0.2.9:%d " WRONG, 4000 + i);
        log_at(100, text);
        log_at(100, text); /* takes no second place */
    }
    snprintf(text, sizeof(text), "192.0.2.9:%d", 4000 + 2 * REASONS_MAX - 1);
    assert_null(reason_of(text, 100));
    snprintf(text, sizeof(text), "192.0.2.9:%d", 4000 + 2 * REASONS_MAX);
    assert_non_null(reason_of(text, 100));
}

static void test_text_is_clean(void **state)
{
    char line[4096];

    (void)state;
    snprintf(line, sizeof(line), "192.0.2.9:4000 VERIFY ERROR: CN=a\tb\xff%0*d", 3000, 0);
    log_at(100, line);
    assert_memory_equal(reason_of("192.0.2.9:4000", 100), "VERIFY ERROR: CN=a b\xef\xbf\xbd", 23);
    assert_true(strlen(reason_of("192.0.2.9:4000", 100)) <= 1024);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_by_address),
        TEST(test_what_says_more_stays),
        TEST(test_no_claim_where_it_is_not_sure),
        TEST(test_bound),
        TEST(test_text_is_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
