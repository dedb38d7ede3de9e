#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "setup/capacity.h"
#include "setup/directives.h"

/* The syntax of OpenVPN's configuration files, and what a server's pool is. */

/* Each directive as LINE:WORD|WORD, or LINE:WORD=BLOCK, or LINE!fault. */
static void assert_directives(const char *text, const char *expected)
{
    char found[1024] = "";
    size_t len = 0;
    struct directives directives;
    struct directive directive;
    const char *fault;

    directives_begin(&directives, slice_of(text));
    while (directives_next(&directives, &directive, &fault)) {
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%u%s", directive.line,
                                fault ? "!" : ":");
        if (fault)
            len += (size_t)snprintf(found + len, sizeof(found) - len, "%s", fault);
        for (size_t i = 0; i < directive.count; i++)
            len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%.*s", i ? "|" : "",
                                    (int)directive.words[i].len, directive.words[i].at);
        if (directive.is_block)
            len += (size_t)snprintf(found + len, sizeof(found) - len, "=%.*s",
                                    (int)directive.block.len, directive.block.at);
        len += (size_t)snprintf(found + len, sizeof(found) - len, "\n");
    }
    assert_string_equal(found, expected);
}

static void test_words(void **state)
{
    (void)state;
    assert_directives("", "");
    assert_directives("\n  \n# x\n;y\n\t# z", "");
    assert_directives("dev tun0\nport  1194 # why\n", "1:dev|tun0\n2:port|1194\n");
    assert_directives("\xef\xbb\xbf--proto udp\r\n", "1:proto|udp\n");
    assert_directives("a#b c;d e ;f", "1:a#b|c;d|e\n");
    assert_directives("cert \"my file\" 'c:\\x' a\\ b \"q\\\"\\\\\"",
                      "1:cert|my file|c:\\x|a b|q\"\\\n");
    assert_directives("push \"\" ''x", "1:push|||x\n");
    assert_directives("-- x", "1:--|x\n");
    assert_directives("a b c d e f g h i j k l m n o p q r", "1:a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p\n");
}

static void test_blocks(void **state)
{
    (void)state;
    assert_directives("<ca>\nA\n\nB\n  </ca>\ndev tun", "1:ca=A\n\nB\n\n6:dev|tun\n");
    assert_directives("<ca>\n</ca>", "1:ca=\n");
    assert_directives("<ca>\nX\n</cart>\n</ca>\n", "1:ca=X\n</cart>\n\n");
    assert_directives("<ca> x\n<>\n", "1:<ca>|x\n2:<>\n");
    /* A block's lines are no options. */
    assert_directives("<key>\nmax-clients 5\n</key>\n", "1:key=max-clients 5\n\n");
}

static void test_faults(void **state)
{
    char line[DIRECTIVE_LINE_MAX + 8];
    char expected[DIRECTIVE_LINE_MAX + 16];

    (void)state;
    assert_directives("a \"b\nc d", "1!a closing quote is missing\n2:c|d\n");
    assert_directives("a 'b\n", "1!a closing quote is missing\n");
    assert_directives("a b\\c\n", "1!a backslash stands before what it cannot escape\n");
    assert_directives("<ca>\nx", "1!the end of this block is missing\n");
    memset(line, 'x', sizeof(line));
    line[DIRECTIVE_LINE_MAX + 1] = '\0';
    assert_directives(line, "1!the line is too long\n");
    line[DIRECTIVE_LINE_MAX] = '\0';
    snprintf(expected, sizeof(expected), "1:%s\n", line);
    assert_directives(line, expected);
}

static int64_t clients(const char *text, bool subnet_default)
{
    struct capacity capacity = {0};
    struct directives directives;
    struct directive directive;
    const char *fault;

    directives_begin(&directives, slice_of(text));
    while (directives_next(&directives, &directive, &fault))
        capacity_take(&capacity, &directive);
    return capacity_clients(&capacity, subnet_default);
}

/* By what real daemons say: IFCONFIG POOL IPv4: base=... size=... */
static void test_pool(void **state)
{
    (void)state;
    assert_int_equal(clients("", false), -1);
    assert_int_equal(clients("client\nmax-clients 5", false), -1);
    assert_int_equal(clients("mode server", false), 1024);
    assert_int_equal(clients("mode server\nmax-clients 7", false), 7);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0", false), 62);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0", true), 253);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0\ntopology subnet", false),
                     253);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0\ntopology net30", true), 62);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0\ntopology p2p", true), 248);
    assert_int_equal(clients("dev tap\nserver 10.8.0.0 255.255.255.0", false), 253);
    assert_int_equal(clients("dev x\ndev-type tap\nserver 10.8.0.0 255.255.255.0", false), 253);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.248", false), 1);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.0.0\ntopology subnet", false), 1024);
    assert_int_equal(
        clients("dev tun\nserver 10.8.0.0 255.255.0.0\ntopology subnet\nmax-clients 70000", false),
        65533);
    assert_int_equal(clients("server 10.8.0.0 255.255.255.0 nopool", false), 1024);
    assert_int_equal(clients("server 10.8.0.0 255.255.255.0\nmax-clients 20", true), 20);
    assert_int_equal(
        clients("dev tap0\nserver-bridge 10.8.0.4 255.255.255.0 10.8.0.128 10.8.0.254", false),
        127);
    assert_int_equal(clients("dev tap\nserver-bridge", false), 1024);
    assert_int_equal(clients("dev tun\nserver 10.8.0.0 255.255.255.0 nopool\ntopology subnet\n"
                             "ifconfig-pool 10.8.0.10 10.8.0.19",
                             false),
                     10);
    assert_int_equal(clients("server-ipv6 fd00::/64", false), 1024);
    assert_int_equal(clients("server-ipv6 fd00::/64\nmax-clients 100000", false), 65536);
    assert_int_equal(clients("server-ipv6 fd00::/120", false), 254);
    assert_int_equal(clients("mode server\nifconfig-ipv6-pool fd00::/124", false), 15);
}

static void test_unreadable_values(void **state)
{
    static const char *const lines[] = {"server",
                                        "server 10.8.0.0 x",
                                        "max-clients 0",
                                        "max-clients many",
                                        "dev",
                                        "topology ring",
                                        "ifconfig-pool 10.0.0.9 10.0.0.1",
                                        "server-ipv6 fd00::",
                                        "dev averyveryverylongname",
                                        "dev-type null"};

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct capacity capacity = {0};
        struct directives directives;
        struct directive directive;
        const char *fault;

        directives_begin(&directives, slice_of(lines[i]));
        assert_true(directives_next(&directives, &directive, &fault));
        if (capacity_take(&capacity, &directive))
            fail_msg("%s", lines[i]);
    }
}

static void test_device(void **state)
{
    static const struct {
        const char *text, *device;
    } cases[] = {{"dev tun", ""}, {"dev tap", ""}, {"dev tun3", "tun3"}, {"dev office", "office"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct capacity capacity = {0};
        struct directives directives;
        struct directive directive;
        const char *fault;

        directives_begin(&directives, slice_of(cases[i].text));
        assert_true(directives_next(&directives, &directive, &fault));
        assert_true(capacity_take(&capacity, &directive));
        assert_string_equal(capacity.device, cases[i].device);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_unreadable_values),
        cmocka_unit_test(test_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
