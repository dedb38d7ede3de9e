#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "model/instance.h"
#include "protocol/lexer.h"
#include "protocol/message.h"
#include "protocol/verbs.h"
#include "share/asks.h"
#include "share/filter.h"

/*
 * Lines of a guest, which come to a daemon in other words or not at all, and lines of the daemon
 * ('>'), which come to the guest or do not.  The first byte says what the guest may.
 */

static char name[] = "fuzz";
static char endpoint[] = "unix:/run/fuzz.sock";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.request_lines = 5, .client_max = 50, .user_lines = 10},
};

static const struct command_dialect dialect = {true, true, true};

/* What is sent is one line, and the daemon reads the words that were judged. */
static void check_command(const struct command *command, struct slice line)
{
    struct slice sent = {command->line, command->len - 1};
    struct lexer_words asked;
    struct lexer_words read;

    REQUIRE(command->len > 1 && command->len <= COMMAND_MAX + 1);
    REQUIRE(command->line[command->len - 1] == '\n' && !slice_has_control(sent));
    REQUIRE(!lexer_split(line, &asked));
    REQUIRE(!lexer_split(sent, &read));
    REQUIRE(asked.count == read.count);
    for (size_t i = 0; i < read.count; i++)
        REQUIRE(slice_equal(asked.word[i], read.word[i]));
    REQUIRE(verbs_find(read.word[0]));
}

static void check_answer(const struct verb_judgement *judgement)
{
    struct slice text = slice_of(judgement->text);
    size_t crs = 0;

    REQUIRE(text.len > 0 && memchr(judgement->text, '\0', sizeof(judgement->text)));
    for (size_t i = 0; i < text.len; i++)
        crs += text.at[i] == '\r';
    REQUIRE(crs <= 1);
}

static void check_block_line(struct slice line)
{
    struct lexer_words words;
    const struct verb *verb;

    for (size_t i = 0; (verb = verbs_at(i)); i++) {
        if (!verb->block || !verbs_block_line(verb, line) || lexer_split(line, &words) ||
            words.count == 0)
            continue;
        verb = verbs_find(words.word[0]);
        REQUIRE(!verb || (!verb->block && verb->kind != VERB_EXIT));
        REQUIRE(!verb || verb->access != VERB_WRITES || words.count <= verb->least);
    }
}

static void take_guest(char *line, size_t len, unsigned allow, struct instance *instance)
{
    struct slice clean = {line, lexer_clean(line, len, true)};
    const struct verb_manners manners = {allow & 1, allow & 2};
    char text[ASK_SHOWN_MAX];
    struct ask ask;

    if (clean.len > COMMAND_MAX)
        return;
    check_block_line(clean);
    switch (ask_read(&ask, clean, manners, allow, instance)) {
    case LINE_EMPTY:
        break;
    case LINE_WRONG:
    case LINE_FORBIDDEN:
        check_answer(&ask.judgement);
        break;
    case LINE_WRITES:
        REQUIRE(allow & ALLOW_GUESTS_ALL);
        REQUIRE(!ask.has_change || !change_is_secret(ask.change.kind) || ask.change.len == 0);
        check_command(&ask.command, clean);
        ask_accepted(&ask, instance);
        break;
    case LINE_READS:
        check_command(&ask.command, clean);
        REQUIRE(ask_equal(&ask, &ask));
        break;
    }
    if (ask.judgement.verdict >= LINE_READS) {
        ask_show(&ask, text);
        ask_fits(&ask, instance, ask.judgement.text);
    }
    ask_wipe(&ask);
}

static void take_daemon(struct filter *filter, struct slice line, struct instance *instance)
{
    struct message message;
    bool passes;

    message_parse(line, &message);
    passes = filter_passes(filter, &message, 2, (int64_t)line.len);
    if (message.kind == MESSAGE_AUTH_TOKEN)
        REQUIRE(passes == filter->sees_passwords);
    if (message.kind == MESSAGE_CLIENT_ENV && slice_is(message.env.name, "password"))
        REQUIRE(!passes || filter->sees_clients);
    if (message.kind == MESSAGE_LOG && slice_starts(message.log.text, "MANAGEMENT: CMD '") &&
        message.log.flags == LOG_FLAG_DEBUG && !memchr(line.at, '/', line.len) &&
        slice_ends(line, "'") && message.log.text.len > strlen("MANAGEMENT: CMD ''"))
        REQUIRE(!passes);
    filter_passes_listed(filter, line);
    if (message.kind == MESSAGE_REQUEST)
        requests_asked(instance, &message.request);
    if (message.kind == MESSAGE_REQUEST_OTHER)
        requests_other(instance, message.type, message.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct instance *instance = instance_new(1, &config);
    struct filter filter = {.state = true, .log = true, .bytecount = 3};
    unsigned allow = size > 0 ? data[0] * 0x01010101u : 0;
    struct slice rest = {(const char *)data + (size > 0), size > 0 ? size - 1 : 0};

    REQUIRE(instance);
    clock_use(&fuzz_clock);
    instance->dialect = dialect;
    filter.sees_clients = allow & ALLOW_CLIENTS;
    filter.sees_passwords = allow & ALLOW_PASSWORDS;
    filter.env_filter = (int)(size % 4);
    while (rest.at && rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        char *copy = malloc(line.len + 1);

        REQUIRE(copy);
        memcpy(copy, line.at, line.len);
        if (slice_starts(line, ">"))
            take_daemon(&filter, (struct slice){copy, line.len}, instance);
        else
            take_guest(copy, line.len, allow, instance);
        free(copy);
    }
    instance_free(instance);
    return 0;
}
