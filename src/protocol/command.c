#include "protocol/command.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "protocol/address.h"

/* A line under construction; the first error sticks. */
struct builder {
    struct command *command;
    enum command_error error;
};

static struct builder build(struct command *command, enum reply_form form, const char *words)
{
    size_t len = strlen(words);

    command->form = form;
    command->secret = command->raw_reply = false;
    command->shown = 0;
    memcpy(command->line, words, len);
    command->len = len;
    return (struct builder){command, COMMAND_OK};
}

static void add_bytes(struct builder *builder, const char *bytes, size_t count)
{
    struct command *command = builder->command;

    if (builder->error != COMMAND_OK)
        return;
    if (command->len + count > COMMAND_MAX) {
        builder->error = COMMAND_TOO_LONG;
        return;
    }
    memcpy(command->line + command->len, bytes, count);
    command->len += count;
}

static void add_number(struct builder *builder, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), " %lld", (long long)number);

    add_bytes(builder, text, (size_t)len);
}

/* What the daemon's input filter would drop, or its lexer refuse, in any parameter. */
static enum command_error check_parameter(struct slice text, bool eight_bit)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];

        if (byte < 0x20 || byte == 0x7f)
            return COMMAND_CONTROL;
        if (byte > 0x7f && !eight_bit)
            return COMMAND_EIGHT_BIT;
    }
    return text.len > COMMAND_PARAMETER_MAX ? COMMAND_TOO_LONG : COMMAND_OK;
}

/* Appends a parameter in double quotes, where only '\' and '"' mean something. */
static void add_quoted(struct builder *builder, struct command_dialect dialect, struct slice text)
{
    if (builder->error == COMMAND_OK)
        builder->error = check_parameter(text, dialect.eight_bit);
    add_bytes(builder, " \"", 2);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            add_bytes(builder, "\\", 1);
        add_bytes(builder, text.at + i, 1);
    }
    add_bytes(builder, "\"", 1);
}

static enum command_error finish_line(struct builder *builder)
{
    struct command *command = builder->command;

    if (builder->error != COMMAND_OK) {
        command_wipe(command);
        return builder->error;
    }
    command->line[command->len++] = '\n';
    return COMMAND_OK;
}

static void plain(struct command *command, enum reply_form form, const char *words)
{
    struct builder builder = build(command, form, words);

    finish_line(&builder);
}

void command_wipe(struct command *command)
{
    explicit_bzero(command, sizeof(*command));
}

void command_show(const struct command *command, char text[COMMAND_SHOWN_MAX])
{
    size_t len = command->secret ? command->shown : command->len;

    memcpy(text, command->line, len);
    text[len] = '\0';
    if (command->secret)
        memcpy(text + len, " ***", sizeof(" ***"));
    text[strcspn(text, "\n")] = '\0';
}

const char *command_error_text(enum command_error error)
{
    switch (error) {
    case COMMAND_OK:
        return "no error";
    case COMMAND_EMPTY:
        return "an empty text cannot be sent";
    case COMMAND_CONTROL:
        return "a control character cannot be sent";
    case COMMAND_EIGHT_BIT:
        return "this version of OpenVPN takes ASCII only";
    case COMMAND_TOO_LONG:
        return "too long for the management interface";
    case COMMAND_RANGE:
        return "out of range";
    case COMMAND_MISREAD:
        return "the daemon's kill command cannot take this name or address";
    case COMMAND_UNSUPPORTED:
        return "the daemon cannot tell this client to stay away";
    }
    return "unknown error";
}

/* "OpenVPN 2.6.14 ..." */
struct command_dialect command_dialect_of(struct slice version)
{
    int major = 0;
    int minor = 0;
    struct slice digits;

    slice_take_prefix(&version, "OpenVPN ");
    if (!slice_to_int(slice_cut(&version, '.'), 0, 1000, &major))
        return (struct command_dialect){false, false, false};
    digits = version;
    digits.len = 0;
    while (digits.len < version.len && version.at[digits.len] >= '0' &&
           version.at[digits.len] <= '9')
        digits.len++;
    if (!slice_to_int(digits, 0, 1000, &minor))
        return (struct command_dialect){false, false, false};
    return (struct command_dialect){
        .eight_bit = major > 2 || (major == 2 && minor >= 3),
        .kill_by_proto = major > 2 || (major == 2 && minor >= 7),
        .client_ids = major > 2 || (major == 2 && minor >= 4),
    };
}

void command_version(struct command *command)
{
    plain(command, REPLY_LIST, "version");
}

void command_pid(struct command *command)
{
    plain(command, REPLY_SINGLE, "pid");
}

void command_help(struct command *command)
{
    plain(command, REPLY_LIST, "help");
}

void command_load_stats(struct command *command)
{
    plain(command, REPLY_SINGLE, "load-stats");
}

void command_state_on_all(struct command *command)
{
    plain(command, REPLY_COMBO, "state on all");
}

void command_log_on_all(struct command *command)
{
    plain(command, REPLY_COMBO, "log on all");
}

void command_log_off(struct command *command)
{
    plain(command, REPLY_SINGLE, "log off");
}

void command_echo_on_all(struct command *command)
{
    plain(command, REPLY_COMBO, "echo on all");
}

void command_echo_off(struct command *command)
{
    plain(command, REPLY_SINGLE, "echo off");
}

void command_status(struct command *command, int format)
{
    struct builder builder = build(command, REPLY_MARKED, "status");

    command->raw_reply = format == 1;
    add_number(&builder, format);
    finish_line(&builder);
}

void command_net(struct command *command)
{
    plain(command, REPLY_MARKED, "net");
}

void command_pkcs11_count(struct command *command)
{
    plain(command, REPLY_MARKED, "pkcs11-id-count");
}

void command_pkcs11_get(struct command *command, unsigned index)
{
    struct builder builder = build(command, REPLY_MARKED, "pkcs11-id-get");

    add_number(&builder, index);
    finish_line(&builder);
}

void command_query(struct command *command, const char *name)
{
    plain(command, REPLY_SINGLE, name);
}

/* Whether the daemon's lexer gives it back as it is, and a reader of the log too. */
static bool is_bare(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.at[i]) && !strchr("._:@/+=-", text.at[i]))
            return false;
    return text.len > 0;
}

enum command_error command_words(struct command *command, struct command_dialect dialect,
                                 enum reply_form form, const struct slice *words, size_t count,
                                 size_t shown)
{
    struct builder builder = build(command, form, "");

    command->secret = shown > 0 && count > shown;
    for (size_t i = 0; i < count; i++) {
        if (i == shown)
            command->shown = command->len;
        if (i > 0 && !is_bare(words[i])) {
            add_quoted(&builder, dialect, words[i]);
            continue;
        }
        if (builder.error == COMMAND_OK)
            builder.error = check_parameter(words[i], dialect.eight_bit);
        if (i > 0)
            add_bytes(&builder, " ", 1);
        add_bytes(&builder, words[i].at, words[i].len);
    }
    return finish_line(&builder);
}

const char *command_signal_word(enum daemon_signal number)
{
    switch (number) {
    case DAEMON_SIGHUP:
        return "SIGHUP";
    case DAEMON_SIGTERM:
        return "SIGTERM";
    case DAEMON_SIGUSR1:
        return "SIGUSR1";
    case DAEMON_SIGUSR2:
        return "SIGUSR2";
    }
    assert(!"a signal");
    return "";
}

static void with_word(struct command *command, enum reply_form form, const char *name,
                      const char *word)
{
    struct builder builder = build(command, form, name);

    add_bytes(&builder, " ", 1);
    add_bytes(&builder, word, strlen(word));
    finish_line(&builder);
}

void command_assign(struct command *command, const char *name, const char *value)
{
    with_word(command, REPLY_SINGLE, name, value);
}

void command_hold_release(struct command *command)
{
    plain(command, REPLY_SINGLE, "hold release");
}

/* A refused signal has no reply at all up to 2.5.7. */
void command_signal(struct command *command, enum daemon_signal number)
{
    with_word(command, REPLY_MAYBE, "signal", command_signal_word(number));
}

void command_forget_passwords(struct command *command)
{
    plain(command, REPLY_SINGLE, "forget-passwords");
}

enum command_error command_kill_name(struct command *command, struct command_dialect dialect,
                                     struct slice name)
{
    struct builder builder = build(command, REPLY_SINGLE, "kill");

    if (name.len == 0)
        builder.error = COMMAND_EMPTY;
    else if (memchr(name.at, ':', name.len))
        builder.error = COMMAND_MISREAD;
    else if (name.len > KILL_FIELD_MAX)
        builder.error = COMMAND_TOO_LONG;
    add_quoted(&builder, dialect, name);
    return finish_line(&builder);
}

/* Neither form can name an IPv6 address, nor one without a port. */
enum command_error command_kill_address(struct command *command, struct command_dialect dialect,
                                        struct slice address)
{
    struct builder builder = build(command, REPLY_SINGLE, "kill");
    struct address parsed;
    char text[64];
    int len;

    if (address.len == 0)
        builder.error = COMMAND_EMPTY;
    else if (!address_parse(address, &parsed) || parsed.family != ADDRESS_IPV4 ||
             parsed.port == 0 || (dialect.kill_by_proto && parsed.proto == PROTO_UNKNOWN))
        builder.error = COMMAND_MISREAD;
    if (builder.error != COMMAND_OK)
        return finish_line(&builder);
    len = snprintf(text, sizeof(text), " %s%u.%u.%u.%u:%u",
                   !dialect.kill_by_proto      ? ""
                   : parsed.proto == PROTO_UDP ? "udp:"
                                               : "tcp:",
                   parsed.bytes[0], parsed.bytes[1], parsed.bytes[2], parsed.bytes[3], parsed.port);
    add_bytes(&builder, text, (size_t)len);
    return finish_line(&builder);
}

enum command_error command_client_kill(struct command *command, struct command_dialect dialect,
                                       int64_t cid, bool halt)
{
    struct builder builder = build(command, REPLY_SINGLE, "client-kill");

    if (!dialect.client_ids)
        builder.error = COMMAND_MISREAD;
    else if (cid < 0)
        builder.error = COMMAND_RANGE;
    add_number(&builder, cid);
    if (halt)
        add_bytes(&builder, " HALT", 5);
    return finish_line(&builder);
}

/* `WORD "TYPE" "TEXT"` */
static enum command_error build_answer(struct command *command, const char *word,
                                       struct command_dialect dialect, struct slice type,
                                       struct slice text)
{
    struct builder builder = build(command, REPLY_SINGLE, word);

    command->secret = true;
    if (type.len == 0)
        builder.error = COMMAND_EMPTY;
    add_quoted(&builder, dialect, type);
    command->shown = command->len;
    add_quoted(&builder, dialect, text);
    return finish_line(&builder);
}

enum command_error command_username(struct command *command, struct command_dialect dialect,
                                    struct slice type, struct slice username)
{
    if (username.len == 0)
        return COMMAND_EMPTY;
    return build_answer(command, "username", dialect, type, username);
}

enum command_error command_password(struct command *command, struct command_dialect dialect,
                                    struct slice type, struct slice password)
{
    return build_answer(command, "password", dialect, type, password);
}

enum command_error command_needok(struct command *command, struct command_dialect dialect,
                                  struct slice type, bool ok)
{
    enum command_error error =
        build_answer(command, "needok", dialect, type, slice_of(ok ? "ok" : "cancel"));

    command->secret = false;
    return error;
}

enum command_error command_needstr(struct command *command, struct command_dialect dialect,
                                   struct slice type, struct slice text)
{
    if (text.len == 0)
        return COMMAND_EMPTY;
    return build_answer(command, "needstr", dialect, type, text);
}

enum command_error command_cr_response(struct command *command, struct slice base64)
{
    struct builder builder = build(command, REPLY_SINGLE, "cr-response");

    command->secret = true;
    command->shown = command->len;
    if (base64.len == 0)
        builder.error = COMMAND_EMPTY;
    else if (base64.len > COMMAND_PARAMETER_MAX)
        builder.error = COMMAND_TOO_LONG;
    add_bytes(&builder, " ", 1);
    add_bytes(&builder, base64.at, base64.len);
    return finish_line(&builder);
}

enum command_error command_login(struct command *command, struct slice password)
{
    struct builder builder = build(command, REPLY_SINGLE, "");

    command->secret = true;
    if (password.len == 0)
        builder.error = COMMAND_EMPTY;
    else if (slice_has_control(password))
        builder.error = COMMAND_CONTROL;
    add_bytes(&builder, password.at, password.len);
    return finish_line(&builder);
}
