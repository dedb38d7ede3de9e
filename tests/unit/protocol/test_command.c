#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/command.h"

/*
 * What the daemon makes of a line, written from the rules of its input filter and its lexer
 * (management notes, Command Parsing): the words, or nothing when it refuses the line.
 */
enum { WORDS_MAX = 16, WORD_MAX = 255 };

struct words {
    int count; /* -1: refused */
    size_t len[WORDS_MAX];
    char text[WORDS_MAX][WORD_MAX + 1];
};

enum lexer_state { BETWEEN, BARE, DOUBLE, SINGLE };

static bool put(struct words *words, char byte)
{
    size_t *len = &words->len[words->count];

    if (*len == WORD_MAX)
        return false;
    words->text[words->count][(*len)++] = byte;
    return true;
}

/* The bytes that pass the filter of the input. */
static size_t filter(const char *line, size_t len, char *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)line[i];

        if (byte >= 0x20 && byte != 0x7f)
            out[kept++] = line[i];
    }
    return kept;
}

/* One byte of a word; false when the lexer refuses the line. */
static bool step(struct words *words, enum lexer_state *state, bool *escaped, char byte)
{
    if (*escaped) {
        *escaped = false;
        return (byte == '\\' || byte == '"' || byte == ' ') && put(words, byte);
    }
    if (byte == '\\' && *state != SINGLE) {
        *escaped = true;
        return true;
    }
    if ((*state == DOUBLE && byte == '"') || (*state == SINGLE && byte == '\'') ||
        (*state == BARE && byte == ' ')) {
        words->count++;
        *state = BETWEEN;
        return true;
    }
    return put(words, byte);
}

static void lex(const char *line, size_t len, struct words *words)
{
    char clean[COMMAND_MAX + 2];
    size_t count = filter(line, len, clean);
    enum lexer_state state = BETWEEN;
    bool escaped = false;

    memset(words, 0, sizeof(*words));
    for (size_t i = 0; i < count && words->count < WORDS_MAX; i++) {
        if (state == BETWEEN) {
            if (clean[i] == ' ')
                continue;
            if (clean[i] == ';' || clean[i] == '#')
                return;
            state = clean[i] == '"' ? DOUBLE : clean[i] == '\'' ? SINGLE : BARE;
            if (state != BARE)
                continue;
        }
        if (!step(words, &state, &escaped, clean[i])) {
            words->count = -1;
            return;
        }
    }
    if (state == BARE && !escaped)
        words->count++;
    else if (state != BETWEEN)
        words->count = -1;
}

static const struct command_dialect old_dialect = {false, false, false};
static const struct command_dialect dialect = {true, false, true};
static const struct command_dialect new_dialect = {true, true, true};

static void assert_line(const struct command *command, const char *line)
{
    assert_int_equal(command->len, strlen(line) + 1);
    assert_memory_equal(command->line, line, strlen(line));
    assert_int_equal(command->line[command->len - 1], '\n');
}

static void assert_word(const struct words *words, int number, struct slice wanted)
{
    assert_true(words->count > number);
    assert_int_equal(words->len[number], wanted.len);
    assert_memory_equal(words->text[number], wanted.at, wanted.len);
}

/* Any bytes, with many of those that mean something. */
static size_t random_text(char *text, size_t max)
{
    static const char special[] = "\"\\ '#;:\t\r\n\x7f\x00";
    size_t len = (size_t)rand() % (max + 1);
    bool tame = rand() % 4 > 0; /* else nearly every long text would hold a control character */

    for (size_t i = 0; i < len; i++) {
        int byte = rand() % 3 ? rand() % 256 : special[(size_t)rand() % sizeof(special)];

        if (tame && (byte < 0x20 || byte == 0x7f))
            byte = special[i % 6];
        text[i] = (char)byte;
    }
    return len;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
            return true;
    return false;
}

static enum command_error expected_error(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
            return COMMAND_CONTROL;
    return text.len > COMMAND_PARAMETER_MAX ? COMMAND_TOO_LONG : COMMAND_OK;
}

static void test_a_password_arrives_as_it_was(void **state)
{
    unsigned taken = 0;

    (void)state;
    srand(20261123);
    for (int i = 0; i < 100000; i++) {
        char bytes[300];
        struct slice text = {bytes, random_text(bytes, i % 7 ? 40 : sizeof(bytes))};
        struct command command;
        struct words words;

        enum command_error error =
            command_password(&command, dialect, slice_of("Private Key"), text);

        assert_int_equal(error, expected_error(text));
        if (error != COMMAND_OK)
            continue;
        taken++;
        assert_true(command.secret);
        assert_true(command.len <= COMMAND_MAX + 1);
        assert_ptr_equal(memchr(command.line, '\n', command.len), command.line + command.len - 1);
        lex(command.line, command.len, &words);
        assert_int_equal(words.count, 3);
        assert_word(&words, 0, slice_of("password"));
        assert_word(&words, 1, slice_of("Private Key"));
        assert_word(&words, 2, text);
    }
    assert_true(taken > 30000);
}

static void test_a_name_to_kill_arrives_as_it_was(void **state)
{
    unsigned taken = 0;

    (void)state;
    srand(4711);
    for (int i = 0; i < 100000; i++) {
        char bytes[140];
        struct slice text = {bytes, random_text(bytes, sizeof(bytes))};
        struct command command;
        struct words words;

        enum command_error error = command_kill_name(&command, new_dialect, text);

        if (text.len == 0)
            assert_int_equal(error, COMMAND_EMPTY);
        else if (memchr(text.at, ':', text.len))
            assert_int_equal(error, COMMAND_MISREAD);
        else if (text.len > 127)
            assert_int_equal(error, COMMAND_TOO_LONG);
        else if (has_control(text))
            assert_int_equal(error, COMMAND_CONTROL);
        else
            assert_int_equal(error, COMMAND_OK);
        if (error != COMMAND_OK)
            continue;
        taken++;
        lex(command.line, command.len, &words);
        assert_int_equal(words.count, 2);
        assert_word(&words, 1, text);
    }
    assert_true(taken > 1000);
}

/* The lexer of the test itself: without it refusing, the tests above would prove nothing. */
static void test_the_lexer(void **state)
{
    struct words words;

    (void)state;
    lex("kill a\\ b # c\n", 14, &words);
    assert_int_equal(words.count, 2);
    assert_word(&words, 1, slice_of("a b"));
    lex("kill \"a\nb\"\n", 11, &words); /* the filter drops the line feed */
    assert_word(&words, 1, slice_of("ab"));
    lex("kill a\\b\n", 9, &words);
    assert_int_equal(words.count, -1);
    lex("kill \"a\n", 8, &words);
    assert_int_equal(words.count, -1);
}

static void test_longest_line(void **state)
{
    char name[COMMAND_PARAMETER_MAX + 1];
    char text[COMMAND_PARAMETER_MAX + 1];
    struct command command;

    (void)state;
    memset(name, '"', sizeof(name));
    memset(text, '\\', sizeof(text));
    /* Quoting doubles both: 2 * 2 * 255 bytes and the command word are more than a line holds. */
    assert_int_equal(command_needstr(&command, dialect, (struct slice){name, sizeof(name) - 1},
                                     (struct slice){text, sizeof(text) - 1}),
                     COMMAND_TOO_LONG);
    assert_int_equal(
        command_needstr(&command, dialect, slice_of("n"), (struct slice){text, sizeof(text) - 1}),
        COMMAND_OK);
    assert_int_equal(
        command_needstr(&command, dialect, slice_of("n"), (struct slice){text, sizeof(text)}),
        COMMAND_TOO_LONG);
}

static void test_old_daemons_take_ascii(void **state)
{
    struct command command;

    (void)state;
    assert_int_equal(command_kill_name(&command, old_dialect, slice_of("gr\xc3\xbcn")),
                     COMMAND_EIGHT_BIT);
    assert_int_equal(command_kill_name(&command, dialect, slice_of("gr\xc3\xbcn")), COMMAND_OK);
    assert_line(&command, "kill \"gr\xc3\xbcn\"");
}

static void test_kill_by_address(void **state)
{
    struct command command;

    (void)state;
    assert_int_equal(command_kill_address(&command, dialect, slice_of("192.0.2.1:4000")),
                     COMMAND_OK);
    assert_line(&command, "kill 192.0.2.1:4000");
    assert_int_equal(
        command_kill_address(&command, new_dialect, slice_of("tcp4-server:192.0.2.1:4000")),
        COMMAND_OK);
    assert_line(&command, "kill tcp:192.0.2.1:4000");
    assert_int_equal(command_kill_address(&command, new_dialect, slice_of("udp4:192.0.2.1:4000")),
                     COMMAND_OK);
    assert_line(&command, "kill udp:192.0.2.1:4000");
    /* 2.7 would take it for the common name 192.0.2.1. */
    assert_int_equal(command_kill_address(&command, new_dialect, slice_of("192.0.2.1:4000")),
                     COMMAND_MISREAD);
    assert_int_equal(command_kill_address(&command, dialect, slice_of("2001:db8::1")),
                     COMMAND_MISREAD);
    assert_int_equal(command_kill_address(&command, dialect, slice_of("192.0.2.1")),
                     COMMAND_MISREAD);
    assert_int_equal(command_kill_address(&command, dialect, slice_of("")), COMMAND_EMPTY);
}

static void test_kill_by_id(void **state)
{
    struct command command;

    (void)state;
    assert_int_equal(command_client_kill(&command, dialect, 7, false), COMMAND_OK);
    assert_line(&command, "client-kill 7");
    assert_int_equal(command_client_kill(&command, dialect, 7, true), COMMAND_OK);
    assert_line(&command, "client-kill 7 HALT");
    assert_int_equal(command_client_kill(&command, dialect, -1, false), COMMAND_RANGE);
    assert_int_equal(command_client_kill(&command, old_dialect, 7, false), COMMAND_MISREAD);
}

static void test_plain_words(void **state)
{
    struct command command;

    (void)state;
    command_hold_release(&command);
    assert_line(&command, "hold release");
    command_signal(&command, DAEMON_SIGUSR1);
    assert_line(&command, "signal SIGUSR1");
    assert_int_equal(command.form, REPLY_MAYBE);
    command_status(&command, 3);
    assert_line(&command, "status 3");
    assert_false(command.raw_reply);
    command_status(&command, 1);
    assert_true(command.raw_reply);
    command_pkcs11_get(&command, 12);
    assert_line(&command, "pkcs11-id-get 12");
    command_load_stats(&command);
    assert_line(&command, "load-stats"); /* logged by the daemon when it is written otherwise */
}

static void test_answers(void **state)
{
    struct command command;

    (void)state;
    assert_int_equal(command_needok(&command, dialect, slice_of("token-insertion-request"), false),
                     COMMAND_OK);
    assert_line(&command, "needok \"token-insertion-request\" \"cancel\"");
    assert_false(command.secret);
    assert_int_equal(command_username(&command, dialect, slice_of("Auth"), slice_of("")),
                     COMMAND_EMPTY);
    assert_int_equal(command_password(&command, dialect, slice_of("Auth"), slice_of("")),
                     COMMAND_OK);
    assert_line(&command, "password \"Auth\" \"\"");
    assert_int_equal(command_login(&command, slice_of(" a \"raw\" \\ word")), COMMAND_OK);
    assert_line(&command, " a \"raw\" \\ word");
    assert_int_equal(command_login(&command, slice_of("two\nlines")), COMMAND_CONTROL);
}

static void test_dialects(void **state)
{
    const struct {
        const char *version;
        bool eight_bit, kill_by_proto, client_ids;
    } cases[] = {
        {"OpenVPN 2.1.4 x86_64", false, false, false}, {"OpenVPN 2.3.18 x", true, false, false},
        {"OpenVPN 2.4_rc1 x", true, false, true},      {"OpenVPN 2.6.14 x", true, false, true},
        {"OpenVPN 2.7_rc6 x", true, true, true},       {"OpenVPN 3.0", true, true, true},
        {"OpenVPN git", false, false, false},          {"", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command_dialect found = command_dialect_of(slice_of(cases[i].version));

        assert_int_equal(found.eight_bit, cases[i].eight_bit);
        assert_int_equal(found.kill_by_proto, cases[i].kill_by_proto);
        assert_int_equal(found.client_ids, cases[i].client_ids);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_arrives_as_it_was),
        cmocka_unit_test(test_a_name_to_kill_arrives_as_it_was),
        cmocka_unit_test(test_the_lexer),
        cmocka_unit_test(test_longest_line),
        cmocka_unit_test(test_old_daemons_take_ascii),
        cmocka_unit_test(test_kill_by_address),
        cmocka_unit_test(test_kill_by_id),
        cmocka_unit_test(test_plain_words),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_dialects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
