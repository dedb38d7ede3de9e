#include "share/runner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/instance.h"
#include "session/answers.h"
#include "session/session.h"

/* Lines that belong to one command. */
enum { BLOCK_LINES_MAX = 4096 };

static struct log_limit denials = {.level = LOG_LEVEL_WARNING,
                                   .what = "refused commands of guests"};

void runner_begin(struct runner *runner, struct site *site, struct guest_row *row,
                  const struct runner_host *host, void *arg)
{
    *runner = (struct runner){.site = site, .row = row, .host = host, .arg = arg};
    runner_follow(runner);
}

static void discard_block(struct runner *runner)
{
    if (runner->block)
        explicit_bzero(runner->block, CONNECTION_BLOCK_MAX);
    free(runner->block);
    runner->block = NULL;
    ask_wipe(&runner->ask);
}

void runner_end(struct runner *runner)
{
    if (runner->errand)
        turns_forget(&runner->site->desk->turns, runner->errand);
    runner->errand = NULL;
    answers_leave(session_answers(runner->site->desk->session), runner);
    discard_block(runner);
}

void runner_follow(struct runner *runner)
{
    unsigned allow = runner->site->config->allow;

    runner->filter.sees_clients = allow & ALLOW_CLIENTS;
    runner->filter.sees_passwords = allow & ALLOW_PASSWORDS;
}

bool runner_is_busy(const struct runner *runner)
{
    return runner->errand;
}

bool runner_hears(struct runner *runner, const struct message *message)
{
    int wire = session_bytecount(runner->site->desk->session);

    return filter_passes(&runner->filter, message, (unsigned)wire, clock_mono() / 1000);
}

bool runner_awaits(const struct runner *runner, enum verb_kind kind)
{
    return runner->turn_on && runner->stream->kind == kind;
}

static void say_text(const struct runner *runner, const char *text)
{
    runner->host->say(runner->arg, slice_of(text));
}

static void errand_line(void *arg, struct slice line)
{
    const struct runner *runner = arg;

    if (!runner->stream || runner->stream->kind != VERB_LOG ||
        filter_passes_listed(&runner->filter, line))
        runner->host->say(runner->arg, line);
}

static void run_words(struct runner *runner);

/* A session that was lost ends all its guests. */
static void errand_over(void *arg, enum outcome outcome, const char *answer)
{
    struct runner *runner = arg;

    runner->errand = NULL;
    if (answer)
        say_text(runner, answer);
    if (outcome == OUTCOME_LOST)
        return;
    if (runner->stream)
        run_words(runner);
    if (!runner->errand)
        runner->host->idle(runner->arg);
}

static void send_errand(struct runner *runner, const struct ask *ask, struct slice block)
{
    static const struct errand_listener listener = {errand_line, errand_over};
    struct errand *errand = errand_new(ask, block);

    if (!errand) {
        say_text(runner, "ERROR: the agent is out of memory");
        return;
    }
    errand->bucket = &runner->site->bucket;
    snprintf(errand->source, sizeof(errand->source), "share %s, %s", runner->site->row->endpoint,
             runner->row->peer);
    errand->owner = runner;
    errand->listener = &listener;
    errand->arg = runner;
    runner->errand = errand;
    turns_add(&runner->site->desk->turns, errand);
}

static void show_streams(struct runner *runner)
{
    const struct filter *filter = &runner->filter;

    runner->row->streams = (filter->state ? GUEST_STATE : 0U) | (filter->log ? GUEST_LOG : 0U) |
                           (filter->echo ? GUEST_ECHO : 0U) |
                           (filter->bytecount > 0 ? GUEST_BYTECOUNT : 0U);
    runner->host->changed(runner->arg);
}

static void turn_stream(struct runner *runner, bool on)
{
    char text[80];

    snprintf(text, sizeof(text), "SUCCESS: real-time %s notification set to %s",
             runner->stream->name, on ? "ON" : "OFF");
    say_text(runner, text);
    /* What the list that follows has is not told once more. */
    runner->turn_on = on && runner->next_word[0];
    if (!runner->turn_on)
        *filter_flag(&runner->filter, runner->stream->name) = on;
    show_streams(runner);
}

static void run_word(struct runner *runner, const char *word)
{
    struct ask ask = {.verb = runner->stream, .cid = -1, .kid = -1};

    if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0) {
        turn_stream(runner, word[1] == 'n');
        return;
    }
    ask.judgement.verdict = LINE_READS;
    ask.judgement.verb = runner->stream;
    if (verbs_write_stream(runner->stream, runner->site->desk->instance->dialect, slice_of(word),
                           &ask.command) == COMMAND_OK)
        send_errand(runner, &ask, slice_of(NULL));
    else
        say_text(runner, "ERROR: this parameter cannot be sent");
}

static void run_words(struct runner *runner)
{
    char word[sizeof(runner->next_word)];

    while (runner->next_word[0] && !runner->errand) {
        memcpy(word, runner->next_word, sizeof(word));
        runner->next_word[0] = '\0';
        run_word(runner, word);
    }
    if (runner->errand)
        return;
    if (runner->turn_on) {
        *filter_flag(&runner->filter, runner->stream->name) = true;
        show_streams(runner);
    }
    runner->turn_on = false;
    runner->stream = NULL;
}

/* The daemon takes two words and no more. */
static void run_stream(struct runner *runner, const struct lexer_words *words)
{
    char first[sizeof(runner->next_word)];

    snprintf(first, sizeof(first), "%s", words->count > 1 ? words->word[1].at : "1");
    snprintf(runner->next_word, sizeof(runner->next_word), "%s",
             words->count > 2 ? words->word[2].at : "");
    run_word(runner, first);
    run_words(runner);
}

/* As atoi(3) reads it, from 0. */
static int number_in(const struct lexer_words *words)
{
    long number = words->count > 1 ? strtol(words->word[1].at, NULL, 10) : 0;

    return number < 0 ? 0 : number > INT_MAX ? INT_MAX : (int)number;
}

static void run_bytecount(struct runner *runner, int seconds)
{
    runner->filter.bytecount = (unsigned)seconds;
    say_text(runner, "SUCCESS: bytecount interval changed");
    show_streams(runner);
}

static void run_env_filter(struct runner *runner, int level)
{
    char text[64];

    runner->filter.env_filter = level;
    snprintf(text, sizeof(text), "SUCCESS: env_filter_level=%d", level);
    say_text(runner, text);
}

/* The daemon's own answer: none before 2.7.1, and for old clients. */
static void run_version(struct runner *runner, int version)
{
    const struct instance *instance = runner->site->desk->instance;
    bool answers = instance->management_version >= 6 ||
                   slice_starts(slice_of(instance->version), "OpenVPN 2.7.1 ");
    char text[80];

    if (runner->site->config->allow & (ALLOW_SIGN | ALLOW_PASSWORDS)) {
        runner->client_version = version;
        runner->host->changed(runner->arg);
    }
    if (!answers || version < 4)
        return;
    snprintf(text, sizeof(text), "SUCCESS: Management client version set to %d", version);
    say_text(runner, text);
}

static void begin_block(struct runner *runner, const struct ask *ask)
{
    runner->block = malloc(CONNECTION_BLOCK_MAX);
    if (!runner->block) {
        say_text(runner, "ERROR: the agent is out of memory");
        return;
    }
    runner->ask = *ask;
    runner->block_len = 0;
    runner->block_lines = 0;
    runner->block_bad = false;
}

static void collect_line(struct runner *runner, struct slice line)
{
    bool end = slice_is(line, "END");

    runner->block_bad |= (!end && (!verbs_block_line(runner->ask.verb, line) ||
                                   ++runner->block_lines > BLOCK_LINES_MAX)) ||
                         line.len + 1 + sizeof("END") > CONNECTION_BLOCK_MAX - runner->block_len;
    if (!runner->block_bad) {
        memcpy(runner->block + runner->block_len, line.at, line.len);
        runner->block[runner->block_len + line.len] = '\n';
        runner->block_len += line.len + 1;
    }
    if (!end)
        return;
    if (runner->block_bad)
        say_text(runner, "ERROR: the lines of this command cannot be sent");
    else
        send_errand(runner, &runner->ask, (struct slice){runner->block, runner->block_len});
    discard_block(runner);
}

/* What the daemon keeps for a session is kept here; false for what it has to be asked. */
static bool run_here(struct runner *runner, const struct ask *ask, const struct lexer_words *words)
{
    bool versioned = runner->site->desk->instance->management_version >= 3;

    switch (ask->verb->kind) {
    case VERB_STATE:
    case VERB_LOG:
    case VERB_ECHO:
        runner->stream = ask->verb;
        run_stream(runner, words);
        return true;
    case VERB_BYTECOUNT:
        run_bytecount(runner, number_in(words));
        return true;
    case VERB_ENV_FILTER:
        run_env_filter(runner, number_in(words));
        return true;
    case VERB_VERSION:
        if (words->count == 1 || !versioned)
            return false;
        run_version(runner, number_in(words));
        return true;
    default:
        return false;
    }
}

static void run_ask(struct runner *runner, const struct ask *ask, struct slice line)
{
    struct lexer_words words;
    char shown[ASK_SHOWN_MAX];
    bool here;

    ask_show(ask, shown);
    shares_commanded(runner->row, shown);
    if (runner->deaf && ask->judgement.verdict == LINE_READS)
        return;
    lexer_split(line, &words);
    here = run_here(runner, ask, &words);
    lexer_wipe(&words);
    if (here)
        return;
    if (ask->judgement.block)
        begin_block(runner, ask);
    else
        send_errand(runner, ask, slice_of(NULL));
}

static void deny(struct runner *runner, const struct ask *ask)
{
    shares_denied(runner->row, ask->verb->name);
    if (log_admits(&denials))
        log_warning("%s: share %s, %s may not \"%s\"", runner->site->desk->instance->name,
                    runner->site->row->endpoint, runner->row->peer, ask->verb->name);
    say_text(runner, ask->judgement.text);
}

/* How the daemon speaks with this client. */
static struct verb_manners manners_of(const struct runner *runner)
{
    const struct desk *desk = runner->site->desk;

    return (struct verb_manners){
        .names_unknown = desk->instance->dialect.kill_by_proto,
        .password_blocks =
            desk->instance->management_version >= 6 && session_client_version(desk->session) >= 5,
    };
}

static bool command_line(struct runner *runner, struct slice line)
{
    struct ask ask;
    bool stays = true;

    switch (ask_read(&ask, line, manners_of(runner), runner->site->config->allow,
                     runner->site->desk->instance)) {
    case LINE_EMPTY:
        break;
    case LINE_WRONG:
        say_text(runner, ask.judgement.text);
        break;
    case LINE_FORBIDDEN:
        deny(runner, &ask);
        break;
    case LINE_READS:
    case LINE_WRITES:
        stays = ask.verb->kind != VERB_EXIT;
        if (stays)
            run_ask(runner, &ask, line);
        break;
    }
    ask_wipe(&ask);
    return stays;
}

bool runner_line(struct runner *runner, struct slice line)
{
    if (!runner->block)
        return command_line(runner, line);
    collect_line(runner, line);
    return true;
}

void runner_long_line(struct runner *runner)
{
    if (runner->block)
        runner->block_bad = true;
    else
        say_text(runner, "ERROR: line too long");
}
