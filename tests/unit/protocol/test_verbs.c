#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/verbs.h"

static const struct verb_manners plain = {false, false};
static const struct command_dialect dialect = {true, false, true};

static struct lexer_words words;
static struct verb_judgement judgement;

static enum verb_verdict judge(const char *line, struct verb_manners manners)
{
    assert_null(lexer_split(slice_of(line), &words));
    verbs_judge(&words, manners, &judgement);
    return judgement.verdict;
}

static void assert_wrong(const char *line, const char *text)
{
    assert_int_equal(judge(line, plain), LINE_WRONG);
    assert_string_equal(judgement.text, text);
}

static void test_rows(void **state)
{
    const struct verb *verb;

    (void)state;
    for (size_t i = 0; (verb = verbs_at(i)); i++) {
        assert_ptr_equal(verbs_find(slice_of(verb->name)), verb);
        assert_true((verb->access == VERB_READS) || verb->word);
        assert_true(verb->shown <= verb->least || verb->shown == 0);
        assert_int_equal(verb->block, verb->form == REPLY_BLOCK);
    }
    assert_null(verbs_find(slice_of("Status")));
    assert_null(verbs_find(slice_of("client-pf")));
    assert_null(verbs_find(slice_of("")));
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(judge("", plain), LINE_EMPTY);
    assert_int_equal(judge("# status", plain), LINE_EMPTY);
    assert_int_equal(judge("test 0", plain), LINE_EMPTY);
    assert_int_equal(judge("test x", plain), LINE_EMPTY);
}

/* Who needs which word; a query needs none. */
static void test_words_of_allow(void **state)
{
    static const struct {
        const char *line;
        enum verb_verdict verdict;
        const char *word;
    } lines[] = {
        {"status 3", LINE_READS, NULL},
        {"version 3", LINE_READS, NULL},
        {"log on all", LINE_READS, NULL},
        {"hold", LINE_READS, NULL},
        {"hold release", LINE_WRITES, "hold"},
        {"hold on", LINE_WRITES, "hold"},
        {"verb", LINE_READS, NULL},
        {"verb 4", LINE_WRITES, "verb"},
        {"mute", LINE_READS, NULL},
        {"mute 0", LINE_WRITES, "mute"},
        {"auth-retry", LINE_READS, NULL},
        {"auth-retry interact", LINE_WRITES, "auth-retry"},
        {"signal SIGUSR1", LINE_WRITES, "signal:SIGUSR1"},
        {"signal SIGHUP", LINE_WRITES, "signal:SIGHUP"},
        {"kill alice", LINE_WRITES, "kill"},
        {"client-kill 7 HALT", LINE_WRITES, "kill"},
        {"username Auth x", LINE_WRITES, "passwords"},
        {"needstr a b", LINE_WRITES, "passwords"},
        {"cr-response QUJD", LINE_WRITES, "passwords"},
        {"needok a ok", LINE_WRITES, "confirm"},
        {"client-auth-nt 1 0", LINE_WRITES, "clients"},
        {"client-deny 1 0 no", LINE_WRITES, "clients"},
        {"client-pending-auth 1 0 x 30", LINE_WRITES, "clients"},
        {"client-pending-auth 1 x", LINE_WRITES, "clients"},
        {"pk-sig", LINE_WRITES, "sign"},
        {"remote ACCEPT", LINE_WRITES, "remote"},
        {"push-update-broad x", LINE_WRITES, "push"},
        {"net", LINE_READS, "net"},
        {"pkcs11-id-count", LINE_READS, "refresh"},
        {"test 3", LINE_READS, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(judge(lines[i].line, plain), lines[i].verdict);
        if (lines[i].word)
            assert_string_equal(judgement.word, lines[i].word);
        else
            assert_null(judgement.word);
    }
}

static void test_wrong(void **state)
{
    (void)state;
    assert_wrong("statu", "ERROR: unknown command, enter 'help' for more options");
    assert_wrong("\"\"", "ERROR: unknown command, enter 'help' for more options");
    assert_wrong("kill", "ERROR: the 'kill' command requires 1 parameter");
    assert_wrong("username Auth", "ERROR: the 'username' command requires 2 parameters");
    assert_wrong("log", "ERROR: the 'log' command requires at least 1 parameter");
    assert_wrong("client-deny 1 0", "ERROR: the 'client-deny' command requires at least 3 "
                                    "parameters");
    assert_wrong("hold maybe", "ERROR: bad hold command parameter");
    assert_wrong("hold 1", "ERROR: bad hold command parameter");
    assert_wrong("verb 16", "ERROR: verb level is out of range");
    assert_wrong("verb abc", "ERROR: verb level is out of range");
    assert_wrong("mute -1", "ERROR: mute level is out of range");
    assert_wrong("auth-retry x",
                 "--auth-retry method must be 'interact', 'nointeract', or 'none'\r\n"
                 "ERROR: bad auth-retry parameter");
    assert_wrong("signal sigusr1", "ERROR: signal 'sigusr1' is not a known signal type");
    assert_wrong("kill \"\"", "ERROR: kill parse");
    assert_wrong("client-kill 1x", "ERROR: cannot parse CID");
    assert_wrong("client-auth -1 0", "ERROR: cannot parse CID");
    assert_wrong("client-auth 1 \" 0\"", "ERROR: cannot parse KID");
    assert_wrong("client-auth-nt 1 4294967296", "ERROR: cannot parse KID");
}

static void test_unknown_by_name(void **state)
{
    (void)state;
    assert_int_equal(judge("statu 3", (struct verb_manners){.names_unknown = true}), LINE_WRONG);
    assert_string_equal(judgement.text,
                        "ERROR: unknown command [statu], enter 'help' for more options");
}

/* The longest first word does not overflow what is said of it. */
static void test_long_name(void **state)
{
    char line[LEXER_WORD_MAX + 1] = "";

    (void)state;
    memset(line, 'x', LEXER_WORD_MAX);
    assert_int_equal(judge(line, (struct verb_manners){.names_unknown = true}), LINE_WRONG);
    assert_non_null(strstr(judgement.text, "], enter 'help'"));
}

static void test_forbidden(void **state)
{
    (void)state;
    assert_int_equal(judge("signal SIGINT", plain), LINE_FORBIDDEN);
    assert_string_equal(judgement.text, "ERROR: the 'signal' command is not allowed here");
    assert_int_equal(judge("test 1001", plain), LINE_FORBIDDEN);
}

static void test_kill_fields(void **state)
{
    char line[300] = "kill ";

    (void)state;
    memset(line + 5, 'x', 127);
    assert_int_equal(judge(line, plain), LINE_WRITES);
    line[5 + 127] = 'x';
    assert_wrong(line, "ERROR: kill parse");
    line[5 + 64] = ':';
    assert_int_equal(judge(line, plain), LINE_WRITES);
}

static void test_blocks(void **state)
{
    (void)state;
    assert_int_equal(judge("client-auth 1 0", plain), LINE_WRITES);
    assert_true(judgement.block);
    judge("client-auth-nt 1 0", plain);
    assert_false(judgement.block);
    assert_int_equal(judge("password Auth", plain), LINE_WRONG);
    assert_int_equal(judge("password Auth", (struct verb_manners){.password_blocks = true}),
                     LINE_WRITES);
    assert_true(judgement.block);
    judge("password Auth x", (struct verb_manners){.password_blocks = true});
    assert_false(judgement.block);
}

static void assert_written(const char *line, const char *written, const char *shown)
{
    struct command command;
    char text[COMMAND_SHOWN_MAX];

    judge(line, plain);
    assert_int_equal(verbs_write(&judgement, dialect, &words, &command), COMMAND_OK);
    assert_true(slice_is((struct slice){command.line, command.len}, written));
    command_show(&command, text);
    assert_string_equal(text, shown);
}

static void test_written(void **state)
{
    (void)state;
    assert_written("  status   3 ", "status 3\n", "status 3");
    assert_written("'kill' 'a b\"c\\'", "kill \"a b\\\"c\\\\\"\n", "kill \"a b\\\"c\\\\\"");
    assert_written("kill \\\"#x", "kill \"\\\"#x\"\n", "kill \"\\\"#x\"");
    assert_written("load-stats", "load-stats\n", "load-stats");
    assert_written("password \"Private Key\" 'se cret'", "password \"Private Key\" \"se cret\"\n",
                   "password \"Private Key\" ***");
    assert_written("password Auth \"\"", "password Auth \"\"\n", "password Auth ***");
    assert_written("cr-response QUJD", "cr-response QUJD\n", "cr-response ***");
    assert_written("client-pending-auth 1 0 WEB_AUTH::https://x 30",
                   "client-pending-auth 1 0 WEB_AUTH::https://x 30\n", "client-pending-auth 1 ***");
    assert_written("remote MOD h.example 1194 # x", "remote MOD h.example 1194\n",
                   "remote MOD h.example 1194");
}

static void test_stream(void **state)
{
    struct command command;

    (void)state;
    assert_int_equal(
        verbs_write_stream(verbs_find(slice_of("log")), dialect, slice_of("10"), &command),
        COMMAND_OK);
    assert_true(slice_is((struct slice){command.line, command.len}, "log 10\n"));
    assert_int_equal(command.form, REPLY_LIST);
}

static void test_raw_reply(void **state)
{
    static const struct {
        const char *line;
        bool raw;
    } lines[] = {{"status", true},    {"status 1", true},  {"status 2", false},
                 {"status 3", false}, {"status 3x", true}, {"pid", false}};
    struct command command;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        judge(lines[i].line, plain);
        assert_int_equal(verbs_write(&judgement, dialect, &words, &command), COMMAND_OK);
        assert_int_equal(command.raw_reply, lines[i].raw);
    }
}

static bool may_stand(const char *verb, const char *line)
{
    return verbs_block_line(verbs_find(slice_of(verb)), slice_of(line));
}

/* Where the block is not open the daemon runs its lines. */
static void test_block_lines(void **state)
{
    (void)state;
    assert_true(may_stand("client-auth", "push \"route 10.0.0.0 255.0.0.0\""));
    assert_true(may_stand("client-auth", ""));
    assert_true(may_stand("client-auth", "ifconfig-push 10.8.0.2 10.8.0.1"));
    assert_false(may_stand("client-auth", "signal SIGTERM"));
    assert_false(may_stand("client-auth", "  \"signal\" SIGTERM"));
    assert_false(may_stand("client-auth", "client-auth-nt 1 0"));
    assert_false(may_stand("client-auth", "client-pf 1"));
    assert_false(may_stand("client-auth", "quit"));
    assert_true(may_stand("pk-sig", "QUJD+/=="));
    assert_false(may_stand("pk-sig", "signal SIGTERM"));
    assert_false(may_stand("pk-sig", "QUJD; x"));
    assert_false(may_stand("pk-sig", "exit"));
    assert_false(may_stand("pk-sig", "quit"));
    assert_false(may_stand("pk-sig", "forget-passwords"));
    assert_false(may_stand("pk-sig", "certificate"));
    assert_true(may_stand("pk-sig", "kill"));
    assert_true(may_stand("certificate", "-----BEGIN CERTIFICATE-----"));
    assert_true(may_stand("certificate", "MIIB"));
    assert_false(may_stand("certificate", "load-stats"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_words_of_allow),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_unknown_by_name),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_kill_fields),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_raw_reply),
        cmocka_unit_test(test_block_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
