#include "share/asks.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "control/phase.h"

/* The name of the daemon's question that a command answers; NULL: its first parameter. */
struct answer {
    enum verb_kind verb;
    const char *question;
    const char *other; /* or this one */
};

static const struct answer answers[] = {
    {VERB_USERNAME, NULL, NULL},
    {VERB_PASSWORD, NULL, NULL},
    {VERB_NEEDOK, NULL, NULL},
    {VERB_NEEDSTR, NULL, NULL},
    {VERB_CR_RESPONSE, "CR_TEXT", NULL},
    {VERB_REMOTE, "REMOTE", NULL},
    {VERB_PROXY, "PROXY", NULL},
    {VERB_SIGN, "PK_SIGN", "RSA_SIGN"},
    {VERB_CERTIFICATE, "NEED-CERTIFICATE", NULL},
};

static const struct answer *answer_of(enum verb_kind kind)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i].verb == kind)
            return &answers[i];
    return NULL;
}

/* The row of an open request of that name, 0 when there is none. */
static uint32_t open_row(const struct instance *instance, struct slice name)
{
    const struct request *request;
    uint32_t row = 0;

    while ((request = requests_open_after(instance, row, &row)))
        if (request->name && slice_is(name, request->name))
            return row;
    return 0;
}

static void find_question(struct ask *ask, const struct lexer_words *words,
                          const struct instance *instance)
{
    const struct answer *answer = answer_of(ask->verb->kind);
    struct slice name;

    if (!answer)
        return;
    name = answer->question ? slice_of(answer->question) : words->word[1];
    ask->row = open_row(instance, name);
    if (ask->row == 0 && answer->other) {
        ask->row = open_row(instance, slice_of(answer->other));
        if (ask->row > 0)
            name = slice_of(answer->other);
    }
    snprintf(ask->question, sizeof(ask->question), "%.*s", (int)name.len, name.at);
}

static void find_login(struct ask *ask, const struct lexer_words *words)
{
    bool numbered = ask->verb->kind == VERB_CLIENT_AUTH || ask->verb->kind == VERB_CLIENT_AUTH_NT ||
                    ask->verb->kind == VERB_CLIENT_DENY;
    bool pending = ask->verb->kind == VERB_CLIENT_PENDING;

    ask->cid = ask->kid = -1;
    if (numbered || pending)
        ask->cid = verbs_number(words, 1);
    if (numbered || (pending && words->count > 3))
        ask->kid = verbs_number(words, 2);
}

static void set_setting(struct change *change, enum change_kind kind, enum setting setting,
                        struct slice value)
{
    int number = 0;

    change->kind = kind;
    if (settings_parse(setting, value, &number))
        change->number = number;
}

static void set_text(struct change *change, enum change_kind kind, struct slice text)
{
    change->kind = kind;
    change->len = text.len < CHANGE_TEXT_MAX ? text.len : CHANGE_TEXT_MAX;
    memcpy(change->text, text.at, change->len);
}

static void set_hold(struct change *change, struct slice value)
{
    if (slice_is(value, "release"))
        change->kind = CHANGE_HOLD_RELEASE;
    else
        set_setting(change, CHANGE_HOLD_FLAG, SETTING_HOLD, value);
}

static void set_signal(struct change *change, struct slice name)
{
    static const enum daemon_signal signals[] = {DAEMON_SIGHUP, DAEMON_SIGTERM, DAEMON_SIGUSR1,
                                                 DAEMON_SIGUSR2};

    change->kind = CHANGE_SIGNAL;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (slice_is(name, command_signal_word(signals[i])))
            change->number = (int32_t)signals[i];
}

static void set_client(struct change *change, const struct lexer_words *words,
                       const struct instance *instance)
{
    const struct client *client = clients_with_cid(instance, verbs_number(words, 1));

    change->kind = CHANGE_KILL_CLIENT;
    change->row = client ? client->base.index : 0;
    change->number =
        words->count > 2 && slice_starts(words->word[2], "HALT") ? CLIENT_HALT : CLIENT_KILL;
}

/* What managers can ask for too, but for what is secret in it; false for the rest. */
static bool set_change(struct change *change, enum verb_kind kind, const struct lexer_words *words,
                       const struct instance *instance)
{
    struct slice first = words->count > 1 ? words->word[1] : slice_of("");

    switch (kind) {
    case VERB_HOLD:
        set_hold(change, first);
        return true;
    case VERB_VERB:
        set_setting(change, CHANGE_VERB, SETTING_VERB, first);
        return true;
    case VERB_MUTE:
        set_setting(change, CHANGE_MUTE, SETTING_MUTE, first);
        return true;
    case VERB_AUTH_RETRY:
        set_setting(change, CHANGE_AUTH_RETRY, SETTING_AUTH_RETRY, first);
        return true;
    case VERB_SIGNAL:
        set_signal(change, first);
        return true;
    case VERB_KILL:
        set_text(change, memchr(first.at, ':', first.len) ? CHANGE_KILL_ADDRESS : CHANGE_KILL_NAME,
                 first);
        return true;
    case VERB_CLIENT_KILL:
        set_client(change, words, instance);
        return true;
    case VERB_FORGET:
        change->kind = CHANGE_FORGET;
        return true;
    case VERB_USERNAME:
        change->kind = CHANGE_USERNAME;
        return true;
    case VERB_PASSWORD:
        change->kind = CHANGE_PASSWORD;
        return true;
    case VERB_NEEDOK:
        change->kind = CHANGE_CONFIRM;
        change->number = slice_is(words->word[2], "ok") ? CONFIRM_OK : CONFIRM_CANCEL;
        return true;
    case VERB_NEEDSTR:
        change->kind = CHANGE_STRING;
        return true;
    case VERB_CR_RESPONSE:
        change->kind = CHANGE_RESPONSE;
        return true;
    default:
        return false;
    }
}

/* The command of words that may be run. */
static void fill_ask(struct ask *ask, const struct lexer_words *words,
                     const struct instance *instance)
{
    struct verb_judgement *judgement = &ask->judgement;
    enum command_error error = verbs_write(judgement, instance->dialect, words, &ask->command);

    if (error != COMMAND_OK) {
        judgement->verdict = LINE_WRONG;
        snprintf(judgement->text, sizeof(judgement->text), "ERROR: %s", command_error_text(error));
        return;
    }
    find_login(ask, words);
    find_question(ask, words, instance);
    if (judgement->verdict != LINE_WRITES)
        return;
    ask->has_change = set_change(&ask->change, ask->verb->kind, words, instance);
    ask->change.instance = instance->index;
    if (ask->question[0])
        ask->change.row = ask->row;
}

static void judge_ask(struct ask *ask, const struct lexer_words *words, struct verb_manners manners,
                      unsigned allow, const struct instance *instance)
{
    struct verb_judgement *judgement = &ask->judgement;

    verbs_judge(words, manners, judgement);
    ask->verb = judgement->verb;
    if (judgement->verdict != LINE_READS && judgement->verdict != LINE_WRITES)
        return;
    if (!judgement->word || (config_permission(judgement->word) & allow)) {
        fill_ask(ask, words, instance);
        return;
    }
    judgement->verdict = LINE_FORBIDDEN;
    verbs_refuse(ask->verb, judgement->text);
}

enum verb_verdict ask_read(struct ask *ask, struct slice line, struct verb_manners manners,
                           unsigned allow, const struct instance *instance)
{
    struct lexer_words words;
    const char *fault = lexer_split(line, &words);

    memset(ask, 0, sizeof(*ask));
    if (fault) {
        ask->judgement.verdict = LINE_WRONG;
        snprintf(ask->judgement.text, sizeof(ask->judgement.text), "ERROR: %s", fault);
    } else {
        judge_ask(ask, &words, manners, allow, instance);
    }
    lexer_wipe(&words);
    return ask->judgement.verdict;
}

static bool unfit(char text[VERB_TEXT_MAX], const char *why)
{
    snprintf(text, VERB_TEXT_MAX, "ERROR: %s", why);
    return false;
}

bool ask_fits(const struct ask *ask, const struct instance *instance, char text[VERB_TEXT_MAX])
{
    const char *why = NULL;

    switch (ask->verb->kind) {
    case VERB_SIGNAL:
        return change_check(&ask->change, instance, &why) == CONTROL_OK || unfit(text, why);
    case VERB_PKCS11:
        return phase_check_pkcs11(instance, &why) == CONTROL_OK || unfit(text, why);
    case VERB_SIGN:
    case VERB_CERTIFICATE:
        if (open_row(instance, slice_of(ask->question)) > 0)
            return true;
        snprintf(text, VERB_TEXT_MAX, "ERROR: The %s command is not currently available",
                 ask->verb->name);
        return false;
    default:
        return true;
    }
}

void ask_accepted(const struct ask *ask, struct instance *instance)
{
    if (ask->has_change)
        change_accepted(&ask->change, instance);
    else if (ask->row > 0)
        requests_accepted(instance, ask->row, false);
}

void ask_show(const struct ask *ask, char text[ASK_SHOWN_MAX])
{
    command_show(&ask->command, text);
}

void ask_wipe(struct ask *ask)
{
    explicit_bzero(ask, sizeof(*ask));
}

bool ask_equal(const struct ask *one, const struct ask *other)
{
    return one->judgement.verdict == LINE_READS && other->judgement.verdict == LINE_READS &&
           one->command.len == other->command.len &&
           memcmp(one->command.line, other->command.line, one->command.len) == 0;
}
