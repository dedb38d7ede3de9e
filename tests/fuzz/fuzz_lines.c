#include <string.h>

#include "base/text.h"
#include "checks.h"
#include "fuzz.h"
#include "protocol/command.h"
#include "protocol/lines.h"
#include "protocol/message.h"
#include "protocol/reply.h"
#include "protocol/settings.h"
#include "protocol/status.h"

/* Bytes of a daemon: lines, messages, and all that reads a part of a line. */

/* A slice points into the line, or nowhere. */
static void check_inside(struct slice part, struct slice line)
{
    if (!part.at) {
        REQUIRE(part.len == 0);
        return;
    }
    REQUIRE(part.at >= line.at && part.at + part.len <= line.at + line.len);
}

static void check_state(const struct state_line *state, struct slice line)
{
    check_inside(state->name, line);
    check_inside(state->detail, line);
    check_inside(state->tunnel_ipv4, line);
    check_inside(state->tunnel_ipv6, line);
    check_inside(state->remote_addr, line);
    check_inside(state->remote_port, line);
    check_inside(state->local_addr, line);
    check_inside(state->local_port, line);
    REQUIRE(state->name.len > 0);
    REQUIRE(state->state == state_from_name(state->name));
}

static void check_union(const struct message *message, struct slice line)
{
    switch (message->kind) {
    case MESSAGE_STATE:
        check_state(&message->state, line);
        break;
    case MESSAGE_LOG:
    case MESSAGE_ECHO:
        check_inside(message->log.text, line);
        break;
    case MESSAGE_REQUEST:
        check_inside(message->request.type, line);
        check_inside(message->request.prompt, line);
        break;
    case MESSAGE_AUTH_FAILED:
        check_inside(message->failed.type, line);
        check_inside(message->failed.reason, line);
        break;
    case MESSAGE_CLIENT:
    case MESSAGE_CLIENT_ADDRESS:
        check_inside(message->client.extra, line);
        REQUIRE(message->client.cid >= 0);
        break;
    case MESSAGE_CLIENT_ENV:
    case MESSAGE_UPDOWN_ENV:
        check_inside(message->env.name, line);
        check_inside(message->env.value, line);
        break;
    case MESSAGE_PKCS11_ENTRY:
        check_inside(message->pkcs11.id, line);
        check_inside(message->pkcs11.blob, line);
        break;
    case MESSAGE_AUTH_TOKEN:
        REQUIRE(message->text.len == 0);
        break;
    default:
        break;
    }
}

static void check_message(struct slice line)
{
    struct message message;

    message_parse(line, &message);
    REQUIRE(message.kind <= MESSAGE_MALFORMED);
    check_inside(message.type, line);
    check_inside(message.text, line);
    REQUIRE(message.type.len == 0 || line.at[0] == '>');
    check_union(&message, line);
}

/* One line, and nothing in it that ends it early. */
static void check_command(const struct command *command)
{
    REQUIRE(command->len > 1 && command->len <= COMMAND_MAX + 1);
    for (size_t i = 0; i < command->len; i++) {
        unsigned char byte = (unsigned char)command->line[i];

        REQUIRE(i + 1 == command->len ? byte == '\n' : byte >= 0x20 && byte != 0x7f);
    }
}

static void check_commands(struct slice line)
{
    struct command_dialect dialect = command_dialect_of(line);
    struct slice rest = line;
    struct slice type = slice_cut(&rest, ',');
    struct command command;

    dialect.eight_bit |= line.len & 1;
    if (command_kill_name(&command, dialect, line) == COMMAND_OK)
        check_command(&command);
    if (command_kill_address(&command, dialect, line) == COMMAND_OK)
        check_command(&command);
    if (command_username(&command, dialect, type, rest) == COMMAND_OK)
        check_command(&command);
    if (command_password(&command, dialect, type, rest) == COMMAND_OK)
        check_command(&command);
    if (command_needok(&command, dialect, type, true) == COMMAND_OK)
        check_command(&command);
    if (command_needstr(&command, dialect, type, rest) == COMMAND_OK)
        check_command(&command);
    if (command_login(&command, line) == COMMAND_OK)
        check_command(&command);
}

static void check_texts(struct slice line)
{
    static const size_t limits[] = {3, 17, ADMIN_MAX, TEXT_MAX};
    char text[TEXT_MAX + 1];
    char again[TEXT_MAX + 1];

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        size_t len = text_clean(text, limits[i], line);

        REQUIRE(len == strlen(text));
        check_text(text, limits[i]);
        REQUIRE(text_clean(again, limits[i], slice_of(text)) == len && strcmp(text, again) == 0);
    }
}

/* What is read can be written. */
static void check_settings(struct slice line)
{
    for (enum setting setting = 0; setting < SETTINGS; setting++) {
        struct command command;
        int value;

        if (settings_read(setting, line, &value))
            REQUIRE(settings_write(setting, value, &command) == COMMAND_OK);
    }
}

static void check_parts(struct slice line)
{
    struct state_line state;
    struct log_line log;
    struct address address;
    struct load_stats stats;
    int64_t number;

    if (state_parse(line, &state))
        check_state(&state, line);
    if (log_line_parse(line, &log))
        check_inside(log.text, line);
    if (echo_line_parse(line, &log))
        check_inside(log.text, line);
    if (address_parse(line, &address))
        REQUIRE(address_bytes(&address) == 4 || address_bytes(&address) == 16);
    else
        REQUIRE(address.family == ADDRESS_NONE);
    if (reply_number(line, "pid", &number))
        REQUIRE(slice_starts(line, "pid="));
    check_settings(line);
    reply_load_stats(line, &stats);
}

/* The lines one behind the other, each with its length, to compare. */
static uint64_t lines_of(const uint8_t *data, size_t size, bool prompt, size_t segment)
{
    static struct lines lines;
    uint64_t hash = 0;
    struct slice line;

    lines_init(&lines);
    lines.prompt = prompt;
    for (size_t at = 0; at < size; at += segment) {
        struct slice bytes = {(const char *)data + at, size - at < segment ? size - at : segment};

        while (lines_next(&lines, &bytes, &line)) {
            REQUIRE(line.len <= LINES_MAX);
            REQUIRE(line.len == 0 || !memchr(line.at, '\n', line.len));
            hash = hash * 31 + fuzz_seed((const uint8_t *)line.at, line.len) + line.len + lines.cut;
            REQUIRE(!lines.cut || line.len == LINES_MAX);
        }
        REQUIRE(bytes.len == 0 && lines.len <= LINES_MAX + 1);
    }
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lines lines;
    struct slice bytes = {(const char *)data, size};
    struct slice line;
    uint64_t seed = fuzz_seed(data, size);

    /* Segments make no difference. */
    for (int prompt = 0; prompt < 2; prompt++)
        REQUIRE(lines_of(data, size, prompt, size + 1) ==
                lines_of(data, size, prompt, 1 + fuzz_random(&seed, 40)));
    lines_init(&lines);
    while (lines_next(&lines, &bytes, &line)) {
        check_message(line);
        check_parts(line);
        check_commands(line);
        check_texts(line);
    }
    return 0;
}
