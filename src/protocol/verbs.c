#include "protocol/verbs.h"

#include <stdio.h>
#include <string.h>

#include "protocol/settings.h"

/* A longer answer of `test` is only a load. */
enum { TEST_MAX = 1000 };

static const struct verb verbs[] = {
    {"exit", VERB_EXIT, VERB_READS, .form = REPLY_SINGLE},
    {"quit", VERB_EXIT, VERB_READS, .form = REPLY_SINGLE},
    {"state", VERB_STATE, VERB_READS, .form = REPLY_LIST},
    {"log", VERB_LOG, VERB_READS, 1, true, .form = REPLY_LIST},
    {"echo", VERB_ECHO, VERB_READS, 1, true, .form = REPLY_LIST},
    {"bytecount", VERB_BYTECOUNT, VERB_READS, 1, .form = REPLY_SINGLE},
    {"env-filter", VERB_ENV_FILTER, VERB_READS, .form = REPLY_SINGLE},
    {"version", VERB_VERSION, VERB_READS, .form = REPLY_LIST},

    {"help", VERB_HELP, VERB_READS, .form = REPLY_LIST},
    {"pid", VERB_PID, VERB_READS, .form = REPLY_SINGLE},
    {"nclients", VERB_NCLIENTS, VERB_READS, .form = REPLY_SINGLE},
    {"load-stats", VERB_LOAD_STATS, VERB_READS, .form = REPLY_SINGLE},
    {"status", VERB_STATUS, VERB_READS, .form = REPLY_MARKED},
    {"remote-entry-count", VERB_REMOTE_ENTRY, VERB_READS, .form = REPLY_LIST},
    {"remote-entry-get", VERB_REMOTE_ENTRY, VERB_READS, 1, true, .form = REPLY_LIST},
    {"test", VERB_TEST, VERB_READS, 1, .form = REPLY_MARKED},
    {"net", VERB_NET, VERB_READS, .word = "net", .form = REPLY_MARKED},
    {"pkcs11-id-count", VERB_PKCS11, VERB_READS, .word = "refresh", .form = REPLY_MARKED},
    {"pkcs11-id-get", VERB_PKCS11, VERB_READS, 1, .word = "refresh", .form = REPLY_MARKED},

    {"hold", VERB_HOLD, VERB_QUERIES, .word = "hold", .form = REPLY_SINGLE},
    {"verb", VERB_VERB, VERB_QUERIES, .word = "verb", .form = REPLY_SINGLE},
    {"mute", VERB_MUTE, VERB_QUERIES, .word = "mute", .form = REPLY_SINGLE},
    {"auth-retry", VERB_AUTH_RETRY, VERB_QUERIES, .word = "auth-retry", .form = REPLY_SINGLE},

    /* A refused signal has no reply at all up to 2.5.7. */
    {"signal", VERB_SIGNAL, VERB_WRITES, 1, .word = "signal", .form = REPLY_MAYBE},
    {"kill", VERB_KILL, VERB_WRITES, 1, .word = "kill", .form = REPLY_SINGLE},
    {"client-kill", VERB_CLIENT_KILL, VERB_WRITES, 1, true, .word = "kill", .form = REPLY_SINGLE},
    {"forget-passwords", VERB_FORGET, VERB_WRITES, .word = "passwords", .form = REPLY_SINGLE},

    {"username", VERB_USERNAME, VERB_WRITES, 2, .word = "passwords", .shown = 2,
     .form = REPLY_SINGLE},
    {"password", VERB_PASSWORD, VERB_WRITES, 2, .word = "passwords", .shown = 2,
     .form = REPLY_SINGLE},
    {"needok", VERB_NEEDOK, VERB_WRITES, 2, .word = "confirm", .form = REPLY_SINGLE},
    {"needstr", VERB_NEEDSTR, VERB_WRITES, 2, .word = "passwords", .shown = 2,
     .form = REPLY_SINGLE},
    {"cr-response", VERB_CR_RESPONSE, VERB_WRITES, 1, .word = "passwords", .shown = 1,
     .form = REPLY_SINGLE},
    {"remote", VERB_REMOTE, VERB_WRITES, 1, true, .word = "remote", .form = REPLY_SINGLE},
    {"proxy", VERB_PROXY, VERB_WRITES, 1, true, .word = "remote", .form = REPLY_SINGLE},
    {"rsa-sig", VERB_SIGN, VERB_WRITES, .block = true, .word = "sign", .form = REPLY_BLOCK},
    {"pk-sig", VERB_SIGN, VERB_WRITES, .block = true, .word = "sign", .form = REPLY_BLOCK},
    {"certificate", VERB_CERTIFICATE, VERB_WRITES, .block = true, .word = "sign",
     .form = REPLY_BLOCK},

    {"client-auth", VERB_CLIENT_AUTH, VERB_WRITES, 2, .block = true, .word = "clients",
     .form = REPLY_BLOCK},
    {"client-auth-nt", VERB_CLIENT_AUTH_NT, VERB_WRITES, 2, .word = "clients",
     .form = REPLY_SINGLE},
    {"client-deny", VERB_CLIENT_DENY, VERB_WRITES, 3, true, .word = "clients",
     .form = REPLY_SINGLE},
    /* In 2.5 it is CID TEXT, since then CID KID TEXT SECONDS; the text may be a secret address. */
    {"client-pending-auth", VERB_CLIENT_PENDING, VERB_WRITES, 2, .word = "clients", .shown = 2,
     .form = REPLY_SINGLE},

    /* What is pushed may be a token. */
    {"push-update-broad", VERB_PUSH_UPDATE, VERB_WRITES, 1, .word = "push", .shown = 1,
     .form = REPLY_MARKED},
    {"push-update-cid", VERB_PUSH_UPDATE, VERB_WRITES, 2, .word = "push", .shown = 2,
     .form = REPLY_MARKED},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* Verbs of old daemons that have no row above: they must not stand in a block either. */
static const char *const old_verbs[] = {"client-pf", "http-proxy-fallback",
                                        "http-proxy-fallback-disable"};

const struct verb *verbs_at(size_t place)
{
    return place < VERBS ? &verbs[place] : NULL;
}

const struct verb *verbs_find(struct slice name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (slice_is(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

int64_t verbs_number(const struct lexer_words *words, size_t place)
{
    int64_t number;

    return place < words->count && slice_to_i64(words->word[place], &number) && number >= 0 ? number
                                                                                            : -1;
}

static bool answer_wrong(struct verb_judgement *out, const char *text)
{
    out->verdict = LINE_WRONG;
    snprintf(out->text, sizeof(out->text), "%s", text);
    return false;
}

void verbs_refuse(const struct verb *verb, char text[VERB_TEXT_MAX])
{
    snprintf(text, VERB_TEXT_MAX, "ERROR: the '%s' command is not allowed here", verb->name);
}

static bool forbidden(struct verb_judgement *out)
{
    out->verdict = LINE_FORBIDDEN;
    verbs_refuse(out->verb, out->text);
    return false;
}

/* What is not the value of a setting is something else to the daemon: a word is 0. */
static bool judge_setting(enum setting setting, const struct lexer_words *words,
                          struct verb_judgement *out, const char *text)
{
    int value;

    return words->count == 1 || settings_parse(setting, words->word[1], &value) ||
           answer_wrong(out, text);
}

static bool judge_signal(struct slice name, struct verb_judgement *out)
{
    static const char *const words[] = {
        [DAEMON_SIGHUP] = "signal:SIGHUP",
        [DAEMON_SIGTERM] = "signal:SIGTERM",
        [DAEMON_SIGUSR1] = "signal:SIGUSR1",
        [DAEMON_SIGUSR2] = "signal:SIGUSR2",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_is(name, command_signal_word((enum daemon_signal)i))) {
            out->word = words[i];
            return true;
        }
    }
    if (slice_is(name, "SIGINT"))
        return forbidden(out);
    snprintf(out->text, sizeof(out->text), "ERROR: signal '%.*s' is not a known signal type",
             (int)name.len, name.at);
    out->verdict = LINE_WRONG;
    return false;
}

/* A field that is too long would spill into the next. */
static bool judge_kill(struct slice whom, struct verb_judgement *out)
{
    struct slice rest = whom;

    if (whom.len == 0)
        return answer_wrong(out, "ERROR: kill parse");
    while (rest.at) {
        if (slice_cut(&rest, ':').len > KILL_FIELD_MAX)
            return answer_wrong(out, "ERROR: kill parse");
    }
    return true;
}

/* Numbers of a client and of its login. */
static bool judge_numbers(const struct lexer_words *words, bool login, struct verb_judgement *out)
{
    if (verbs_number(words, 1) < 0)
        return answer_wrong(out, "ERROR: cannot parse CID");
    if (login && (verbs_number(words, 2) < 0 || verbs_number(words, 2) > UINT32_MAX))
        return answer_wrong(out, "ERROR: cannot parse KID");
    return true;
}

static bool judge_test(const struct lexer_words *words, struct verb_judgement *out)
{
    int64_t lines = verbs_number(words, 1);

    if (lines > TEST_MAX)
        return forbidden(out);
    if (lines <= 0)
        out->verdict = LINE_EMPTY;
    return lines > 0;
}

/* Whether the daemon can make something of the parameters; else the answer is in *out. */
static bool judge_parameters(const struct lexer_words *words, struct verb_judgement *out)
{
    struct slice first = words->count > 1 ? words->word[1] : slice_of(NULL);

    switch (out->verb->kind) {
    case VERB_HOLD:
        return slice_is(first, "release") ||
               judge_setting(SETTING_HOLD, words, out, "ERROR: bad hold command parameter");
    case VERB_VERB:
        return judge_setting(SETTING_VERB, words, out, "ERROR: verb level is out of range");
    case VERB_MUTE:
        return judge_setting(SETTING_MUTE, words, out, "ERROR: mute level is out of range");
    case VERB_AUTH_RETRY:
        return judge_setting(SETTING_AUTH_RETRY, words, out,
                             "--auth-retry method must be 'interact', 'nointeract', or 'none'\r\n"
                             "ERROR: bad auth-retry parameter");
    case VERB_SIGNAL:
        return judge_signal(first, out);
    case VERB_KILL:
        return judge_kill(first, out);
    case VERB_TEST:
        return judge_test(words, out);
    case VERB_CLIENT_KILL:
        return judge_numbers(words, false, out);
    case VERB_CLIENT_AUTH:
    case VERB_CLIENT_AUTH_NT:
    case VERB_CLIENT_DENY:
        return judge_numbers(words, true, out);
    case VERB_CLIENT_PENDING:
        return judge_numbers(words, words->count > 3, out);
    default:
        return true;
    }
}

static bool judge_count(const struct lexer_words *words, struct verb_manners manners,
                        struct verb_judgement *out)
{
    const struct verb *verb = out->verb;

    out->block = verb->block;
    if (words->count > verb->least)
        return true;
    if (verb->kind == VERB_PASSWORD && words->count == 2 && manners.password_blocks) {
        out->block = true;
        return true;
    }
    snprintf(out->text, sizeof(out->text), "ERROR: the '%s' command requires %s%zu parameter%s",
             verb->name, verb->at_least ? "at least " : "", verb->least,
             verb->least > 1 ? "s" : "");
    out->verdict = LINE_WRONG;
    return false;
}

void verbs_judge(const struct lexer_words *words, struct verb_manners manners,
                 struct verb_judgement *out)
{
    struct slice name;

    memset(out, 0, sizeof(*out));
    if (words->count == 0)
        return;
    name = words->word[0];
    out->verb = verbs_find(name);
    if (!out->verb) {
        out->verdict = LINE_WRONG;
        snprintf(out->text, sizeof(out->text),
                 "ERROR: unknown command%s%.*s%s, enter 'help' for more options",
                 manners.names_unknown ? " [" : "", manners.names_unknown ? (int)name.len : 0,
                 name.at, manners.names_unknown ? "]" : "");
        return;
    }
    if (!judge_count(words, manners, out))
        return;
    if (out->verb->access == VERB_READS || (out->verb->access == VERB_QUERIES && words->count == 1))
        out->verdict = LINE_READS;
    else
        out->verdict = LINE_WRITES;
    if (out->verb->access != VERB_QUERIES || words->count > 1)
        out->word = out->verb->word;
    judge_parameters(words, out);
}

enum command_error verbs_write(const struct verb_judgement *judgement,
                               struct command_dialect dialect, const struct lexer_words *words,
                               struct command *command)
{
    const struct verb *verb = judgement->verb;
    int64_t format = verbs_number(words, 1);
    enum command_error error =
        command_words(command, dialect, judgement->block ? REPLY_BLOCK : verb->form, words->word,
                      words->count, verb->shown);

    command->raw_reply = verb->kind == VERB_STATUS && format != 2 && format != 3;
    return error;
}

enum command_error verbs_write_stream(const struct verb *verb, struct command_dialect dialect,
                                      struct slice parameter, struct command *command)
{
    const struct slice words[] = {slice_of(verb->name), parameter};

    return command_words(command, dialect, verb->form, words, 2, 0);
}

/* A verb without parameters is base64 too; only these would do something. */
static bool is_signed_data(struct slice line)
{
    const struct verb *verb = verbs_find(line);
    bool mark = slice_starts(line, "-----"); /* of PEM */

    for (size_t i = 0; i < line.len; i++) {
        char c = line.at[i];

        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') &&
            (c == '\0' || !strchr(mark ? "+/=- " : "+/=", c)))
            return false;
    }
    return !verb || (!verb->block && verb->kind != VERB_EXIT);
}

static bool begins_with_verb(struct slice line)
{
    struct lexer_words words;

    if (lexer_split(line, &words) || words.count == 0)
        return false;
    for (size_t i = 0; i < sizeof(old_verbs) / sizeof(old_verbs[0]); i++)
        if (slice_is(words.word[0], old_verbs[i]))
            return true;
    return verbs_find(words.word[0]) != NULL;
}

bool verbs_block_line(const struct verb *verb, struct slice line)
{
    if (line.len > COMMAND_MAX)
        return false;
    return verb->kind == VERB_CLIENT_AUTH ? !begins_with_verb(line) : is_signed_data(line);
}
