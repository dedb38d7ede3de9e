#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/wiring/options.h"

#define ARGS_MAX 8

/* What the last parse() wrote to stdout and to stderr. */
static char output[2048];
static char complaint[512];

/* Sends a stream of the program to a new file; returns the descriptor to put back. */
static int divert(FILE *stream, FILE **file)
{
    int saved;

    fflush(stream);
    saved = dup(fileno(stream));
    *file = tmpfile();
    assert_non_null(*file);
    assert_true(saved >= 0 && dup2(fileno(*file), fileno(stream)) >= 0);
    return saved;
}

static void restore(FILE *stream, FILE *file, int saved, char *text, size_t size)
{
    fflush(stream);
    dup2(saved, fileno(stream));
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* Parses a command line of words with one space between. */
static enum options_result parse(const char *line, struct options *options)
{
    static char copy[256];
    char *argv[ARGS_MAX + 2] = {(char[]){"openvpn-agentx"}};
    int argc = 1;
    FILE *out, *err;
    int saved_out, saved_err;
    enum options_result result;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word && argc <= ARGS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    saved_out = divert(stdout, &out);
    saved_err = divert(stderr, &err);
    result = options_parse(argc, argv, options);
    restore(stderr, err, saved_err, complaint, sizeof(complaint));
    restore(stdout, out, saved_out, output, sizeof(output));
    return result;
}

static void test_defaults(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse("", &options), OPTIONS_RUN);
    assert_non_null(strstr(options.config, "/openvpn-agentx/openvpn-agentx.conf"));
    assert_false(options.test_config);
    assert_false(options.daemon);
    assert_int_equal(options.log_level, LOG_LEVEL_NOTICE);
    assert_null(options.agentx);
    assert_string_equal(output, "");
    assert_string_equal(complaint, "");
}

static void test_all(void **state)
{
    static const char *const lines[] = {
        "-c /x.conf -t -d -l debug -x tcp:127.0.0.1:705",
        "--config=/x.conf --test-config --daemon --log-level=debug --agentx=tcp:127.0.0.1:705",
        "-tdc/x.conf --log-level debug --agentx tcp:127.0.0.1:705",
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(parse(lines[i], &options), OPTIONS_RUN);
        assert_string_equal(options.config, "/x.conf");
        assert_true(options.test_config);
        assert_true(options.daemon);
        assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
        assert_string_equal(options.agentx, "tcp:127.0.0.1:705");
        assert_string_equal(complaint, "");
    }
}

static void test_done(void **state)
{
    static const char *const names[] = {
        "--config", "--test-config", "--daemon", "--log-level", "--agentx", "--version", "--help",
        "  -c,",    "  -t,",         "  -d,",    "  -l,",       "  -x,",    "  -V,",     "  -h,"};
    struct options options;

    (void)state;
    assert_int_equal(parse("-V", &options), OPTIONS_DONE);
    assert_string_equal(output, "openvpn-agentx " PACKAGE_VERSION "\n");
    assert_int_equal(parse("--version", &options), OPTIONS_DONE);
    assert_int_equal(parse("-h", &options), OPTIONS_DONE);
    assert_int_equal(parse("--help", &options), OPTIONS_DONE);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(output, names[i]));
    assert_string_equal(complaint, "");
}

static void test_wrong(void **state)
{
    static const struct {
        const char *line;
        const char *complaint;
    } cases[] = {
        {"-z", "invalid option -- 'z'"},
        {"--colour", "unrecognized option '--colour'"},
        {"-c", "option requires an argument -- 'c'"},
        {"--daemon=yes", "option '--daemon' doesn't allow an argument"},
        {"-t extra", "openvpn-agentx: unexpected argument 'extra'"},
        {"-l loud", "--log-level: \"loud\" is not known (error, warning, notice, info, debug)"},
        {"-x tcp:localhost:705", "--agentx: \"tcp:localhost:705\": a numeric address is wanted"},
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].line, &options), OPTIONS_WRONG);
        assert_non_null(strstr(complaint, cases[i].complaint));
        assert_non_null(strstr(complaint, "Try 'openvpn-agentx --help'.\n"));
        assert_string_equal(output, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
