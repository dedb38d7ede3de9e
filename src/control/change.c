#include "control/change.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "control/phase.h"
#include "model/clients.h"
#include "model/instance.h"

/* What is particular to a kind of change. */
struct descriptor {
    const char *word; /* of its command, as it is shown */
    enum change_class class;
    unsigned allow;       /* change_allow() */
    bool secret;          /* its text must not be seen, nor come by a way that is not safe */
    bool credential;      /* one of several parts of an answer */
    bool own;             /* no daemon is asked */
    enum setting setting; /* of CLASS_SETTING */
    unsigned answers;     /* kinds of requests, PHASE_REQUEST(kind): its row must be an open one */

    /* Each of these may be NULL. */

    /* Its word where that depends on what it answers. */
    const char *(*word_for)(const struct change *change, const struct instance *instance);
    /* Its value as it is shown behind the word: none when NULL, and never that of a secret. */
    void (*show)(const struct change *change, char text[CHANGE_SHOWN_MAX]);
    /* change_allow_value(), where that depends on the value. */
    unsigned (*allow_value)(const struct change *change);
    /* Whether it makes sense now, as in control/phase.h: it does when NULL. */
    enum control_verdict (*check)(const struct change *change, const struct instance *instance,
                                  const char **why);
    /* change_command(); NULL for what is no command, or one of several changes. */
    enum command_error (*build)(const struct change *change, const struct instance *instance,
                                struct command *command);
    /* change_accepted(): what the daemon will not tell by itself. */
    void (*accept)(const struct change *change, struct instance *instance);
};

static const struct descriptor *descriptor_of(enum change_kind kind);

struct slice change_text(const struct change *change)
{
    return change ? (struct slice){change->text, change->len} : slice_of(NULL);
}

static enum control_verdict check_serial(const struct change *change,
                                         const struct instance *instance, const char **why)
{
    if (change->number == instance->serial)
        return CONTROL_OK;
    *why = "the serial number is another one by now";
    return CONTROL_INCONSISTENT;
}

static void show_number(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    snprintf(text, CHANGE_SHOWN_MAX, "%d", (int)change->number);
}

static void show_session(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    snprintf(text, CHANGE_SHOWN_MAX, "%s",
             change->number == SESSION_DETACHED ? "detached" : "attached");
}

static void show_setting(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    settings_show(descriptor_of(change->kind)->setting, change->number, text);
}

static enum command_error build_setting(const struct change *change,
                                        const struct instance *instance, struct command *command)
{
    (void)instance;
    return settings_write(descriptor_of(change->kind)->setting, change->number, command);
}

static void accept_setting(const struct change *change, struct instance *instance)
{
    instance->settings[descriptor_of(change->kind)->setting] = change->number;
}

/* A daemon that has connected to the agent would end. */
static enum control_verdict check_session(const struct change *change,
                                          const struct instance *instance, const char **why)
{
    if (change->number != SESSION_DETACHED || !instance->reverse)
        return CONTROL_OK;
    *why = "the daemon connects to the agent, and would end with the session";
    return CONTROL_INCONSISTENT;
}

static enum control_verdict check_release(const struct change *change,
                                          const struct instance *instance, const char **why)
{
    (void)change;
    return phase_check_release(instance, why);
}

static enum command_error build_release(const struct change *change,
                                        const struct instance *instance, struct command *command)
{
    (void)change;
    (void)instance;
    command_hold_release(command);
    return COMMAND_OK;
}

static void accept_release(const struct change *change, struct instance *instance)
{
    (void)change;
    instance_set_hold(instance, false, 0);
}

static void show_signal(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    if (!change->idle)
        snprintf(text, CHANGE_SHOWN_MAX, "%s",
                 command_signal_word((enum daemon_signal)change->number));
}

static unsigned allow_signal(const struct change *change)
{
    switch ((enum daemon_signal)change->number) {
    case DAEMON_SIGHUP:
        return ALLOW_SIGHUP;
    case DAEMON_SIGTERM:
        return ALLOW_SIGTERM;
    case DAEMON_SIGUSR1:
        return ALLOW_SIGUSR1;
    case DAEMON_SIGUSR2:
        return ALLOW_SIGUSR2;
    }
    return 0;
}

static enum control_verdict check_signal(const struct change *change,
                                         const struct instance *instance, const char **why)
{
    return phase_check_signal(instance, (enum daemon_signal)change->number, why);
}

static enum command_error build_signal(const struct change *change, const struct instance *instance,
                                       struct command *command)
{
    (void)instance;
    command_signal(command, (enum daemon_signal)change->number);
    return COMMAND_OK;
}

static void show_text(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    text_clean(text, CHANGE_TEXT_MAX, change_text(change));
}

static enum command_error build_kill_name(const struct change *change,
                                          const struct instance *instance, struct command *command)
{
    return command_kill_name(command, instance->dialect, change_text(change));
}

/*
 * kill finds no client by an IPv6 address, nor an IPv4 one of a server for both families: where the
 * row of one client, and of no other, has that address, its number means it too.
 */
static enum command_error build_kill_address(const struct change *change,
                                             const struct instance *instance,
                                             struct command *command)
{
    const struct client *client = clients_with_address(instance, change_text(change));

    if (client && instance->dialect.client_ids && client->cid >= 0 &&
        clients_confirmed(instance, client))
        return command_client_kill(command, instance->dialect, client->cid, false);
    return command_kill_address(command, instance->dialect, change_text(change));
}

static void show_client(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    snprintf(text, CHANGE_SHOWN_MAX, "of row %u%s", change->row,
             change->number == CLIENT_HALT ? " HALT" : "");
}

static enum control_verdict check_client(const struct change *change,
                                         const struct instance *instance, const char **why)
{
    return phase_check_client(instance, change->row, why);
}

/*
 * By the daemon's own number where it tells one: that means one client and no other.  Older daemons
 * take the address, but no message for the client.
 */
static enum command_error build_kill_client(const struct change *change,
                                            const struct instance *instance,
                                            struct command *command)
{
    const struct client *client = clients_at(instance, change->row);

    if (!client)
        return COMMAND_EMPTY;
    if (instance->dialect.client_ids && client->cid >= 0)
        return command_client_kill(command, instance->dialect, client->cid,
                                   change->number == CLIENT_HALT);
    if (change->number == CLIENT_HALT)
        return COMMAND_UNSUPPORTED;
    return command_kill_address(command, instance->dialect, slice_of(client->who.real_text));
}

static enum command_error build_forget(const struct change *change, const struct instance *instance,
                                       struct command *command)
{
    (void)change;
    (void)instance;
    command_forget_passwords(command);
    return COMMAND_OK;
}

static enum control_verdict check_pkcs11(const struct change *change,
                                         const struct instance *instance, const char **why)
{
    (void)change;
    return phase_check_pkcs11(instance, why);
}

static void show_confirm(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    snprintf(text, CHANGE_SHOWN_MAX, "%s", change->number == CONFIRM_OK ? "ok" : "cancel");
}

static enum command_error build_confirm(const struct change *change,
                                        const struct instance *instance, struct command *command)
{
    const struct request *request = history_at(&instance->requests, change->row);

    return request ? command_needok(command, instance->dialect, slice_of(request->name),
                                    change->number == CONFIRM_OK)
                   : COMMAND_EMPTY;
}

static enum command_error build_string(const struct change *change, const struct instance *instance,
                                       struct command *command)
{
    const struct request *request = history_at(&instance->requests, change->row);

    return request ? command_needstr(command, instance->dialect, slice_of(request->name),
                                     change_text(change))
                   : COMMAND_EMPTY;
}

/* The answer to a challenge that came without a question for a password is a command of its own. */
static const char *response_word(const struct change *change, const struct instance *instance)
{
    const struct request *request = history_at(&instance->requests, change->row);

    return request && request->kind == REQUEST_CHALLENGE ? "cr-response" : "password";
}

static void accept_answer(const struct change *change, struct instance *instance)
{
    requests_accepted(instance, change->row, false);
}

static void accept_username(const struct change *change, struct instance *instance)
{
    requests_accepted(instance, change->row, true);
}

/* Any word. */
#define ALLOW_ANY     (~0u)

#define ALLOW_SIGNALS (ALLOW_SIGHUP | ALLOW_SIGTERM | ALLOW_SIGUSR1 | ALLOW_SIGUSR2)

/* A setting, reading and writing of which its row in protocol/settings.c says all. */
#define SETTING(what, permission)                                                                  \
    .class = CLASS_SETTING, .allow = (permission), .setting = (what), .show = show_setting,        \
    .build = build_setting, .accept = accept_setting

/* A part of the answer to a request for user name and password: control/credentials.h. */
#define CREDENTIAL                                                                                 \
    .class = CLASS_ACTION, .allow = ALLOW_PASSWORDS, .secret = true, .credential = true,           \
    .answers = PHASE_REQUEST(REQUEST_PASSWORD) | PHASE_REQUEST(REQUEST_USERNAME) |                 \
               PHASE_REQUEST(REQUEST_USERNAME_PASSWORD) | PHASE_REQUEST(REQUEST_CHALLENGE)

static const struct descriptor descriptors[] = {
    [CHANGE_SERIAL] = {.word = "serial",
                       .class = CLASS_LOCK,
                       .allow = ALLOW_ANY,
                       .own = true,
                       .show = show_number,
                       .check = check_serial},
    [CHANGE_SESSION] = {.word = "session",
                        .class = CLASS_ACTION,
                        .allow = ALLOW_SESSION,
                        .own = true,
                        .show = show_session,
                        .check = check_session},
    [CHANGE_HOLD_FLAG] = {.word = "hold", SETTING(SETTING_HOLD, ALLOW_HOLD)},
    [CHANGE_HOLD_RELEASE] = {.word = "hold release",
                             .class = CLASS_ACTION,
                             .allow = ALLOW_HOLD,
                             .check = check_release,
                             .build = build_release,
                             .accept = accept_release},
    [CHANGE_VERB] = {.word = "verb", SETTING(SETTING_VERB, ALLOW_VERB)},
    [CHANGE_MUTE] = {.word = "mute", SETTING(SETTING_MUTE, ALLOW_MUTE)},
    [CHANGE_SIGNAL] = {.word = "signal",
                       .class = CLASS_ACTION,
                       .allow = ALLOW_SIGNALS,
                       .show = show_signal,
                       .allow_value = allow_signal,
                       .check = check_signal,
                       .build = build_signal},
    [CHANGE_KILL_NAME] = {.word = "kill",
                          .class = CLASS_ACTION,
                          .allow = ALLOW_KILL,
                          .show = show_text,
                          .build = build_kill_name},
    [CHANGE_KILL_ADDRESS] = {.word = "kill",
                             .class = CLASS_ACTION,
                             .allow = ALLOW_KILL,
                             .show = show_text,
                             .build = build_kill_address},
    [CHANGE_AUTH_RETRY] = {.word = "auth-retry", SETTING(SETTING_AUTH_RETRY, ALLOW_AUTH_RETRY)},
    [CHANGE_FORGET] = {.word = "forget-passwords",
                       .class = CLASS_ACTION,
                       .allow = ALLOW_PASSWORDS,
                       .build = build_forget},
    [CHANGE_REFRESH] = {.word = "status", .class = CLASS_REFRESH, .allow = ALLOW_REFRESH},
    [CHANGE_NET_REFRESH] = {.word = "net", .class = CLASS_REFRESH, .allow = ALLOW_NET},
    [CHANGE_PKCS11_REFRESH] = {.word = "pkcs11-id-count",
                               .class = CLASS_REFRESH,
                               .allow = ALLOW_REFRESH,
                               .check = check_pkcs11},
    [CHANGE_KILL_CLIENT] = {.word = "client-kill",
                            .class = CLASS_ACTION,
                            .allow = ALLOW_KILL,
                            .show = show_client,
                            .check = check_client,
                            .build = build_kill_client},
    [CHANGE_CONFIRM] = {.word = "needok",
                        .class = CLASS_ACTION,
                        .allow = ALLOW_CONFIRM,
                        .answers = PHASE_REQUEST(REQUEST_CONFIRM),
                        .show = show_confirm,
                        .build = build_confirm,
                        .accept = accept_answer},
    [CHANGE_USERNAME] = {.word = "username", CREDENTIAL, .accept = accept_username},
    [CHANGE_PASSWORD] = {.word = "password", CREDENTIAL, .accept = accept_answer},
    [CHANGE_RESPONSE] = {.word = "password",
                         CREDENTIAL,
                         .word_for = response_word,
                         .accept = accept_answer},
    [CHANGE_STRING] = {.word = "needstr",
                       .class = CLASS_ACTION,
                       .allow = ALLOW_PASSWORDS,
                       .secret = true,
                       .answers = PHASE_REQUEST(REQUEST_STRING),
                       .build = build_string,
                       .accept = accept_answer},
};

_Static_assert(sizeof(descriptors) / sizeof(descriptors[0]) == CHANGE_KINDS,
               "each kind of change has a descriptor");

static const struct descriptor *descriptor_of(enum change_kind kind)
{
    assert(kind < CHANGE_KINDS);
    assert(descriptors[kind].word);
    return &descriptors[kind];
}

/* What builds no command must be known for something that needs none. */
bool change_is_complete(enum change_kind kind)
{
    const struct descriptor *own = &descriptors[kind];

    return own->word && own->class && own->allow &&
           (own->build || own->own || own->credential || own->class == CLASS_REFRESH);
}

enum change_class change_class(enum change_kind kind)
{
    return descriptor_of(kind)->class;
}

bool change_is_secret(enum change_kind kind)
{
    return descriptor_of(kind)->secret;
}

bool change_is_credential(enum change_kind kind)
{
    return descriptor_of(kind)->credential;
}

bool change_answers(enum change_kind kind)
{
    return descriptor_of(kind)->answers;
}

bool change_needs_daemon(enum change_kind kind)
{
    return !descriptor_of(kind)->own;
}

unsigned change_allow(enum change_kind kind)
{
    return descriptor_of(kind)->allow;
}

unsigned change_allow_value(const struct change *change)
{
    const struct descriptor *own = descriptor_of(change->kind);

    return own->allow_value ? own->allow_value(change) : own->allow;
}

void change_wipe(struct change *change)
{
    explicit_bzero(change->text, sizeof(change->text));
    change->len = 0;
}

void change_show(const struct change *change, const struct instance *instance,
                 char text[CHANGE_SHOWN_MAX])
{
    const struct descriptor *own = descriptor_of(change->kind);
    const char *word = own->word_for ? own->word_for(change, instance) : own->word;
    char value[CHANGE_SHOWN_MAX] = "";

    if (own->secret)
        snprintf(value, sizeof(value), "***");
    else if (own->show)
        own->show(change, value);
    snprintf(text, CHANGE_SHOWN_MAX, "%s%s%.*s%s", word, value[0] ? " " : "", CHANGE_TEXT_MAX,
             value, change->idle ? " (idle)" : "");
}

void change_query(enum change_kind kind, struct command *command)
{
    assert(change_class(kind) == CLASS_SETTING);
    settings_query(descriptor_of(kind)->setting, command);
}

bool change_read_answer(enum change_kind kind, struct slice text, int32_t *number)
{
    assert(change_class(kind) == CLASS_SETTING);
    return settings_read(descriptor_of(kind)->setting, text, number);
}

enum control_verdict change_check(const struct change *change, const struct instance *instance,
                                  const char **why)
{
    const struct descriptor *own = descriptor_of(change->kind);
    enum control_verdict verdict = CONTROL_OK;
    enum command_error error = COMMAND_OK;
    struct command command;

    if (own->answers)
        verdict = phase_check_request(instance, change->row, own->answers, why);
    if (verdict == CONTROL_OK && own->check)
        verdict = own->check(change, instance, why);
    if (verdict != CONTROL_OK || !own->build)
        return verdict;
    error = own->build(change, instance, &command);
    command_wipe(&command);
    if (error == COMMAND_OK)
        return CONTROL_OK;
    *why = command_error_text(error);
    return CONTROL_INCONSISTENT;
}

enum command_error change_command(const struct change *change, const struct instance *instance,
                                  struct command *command)
{
    const struct descriptor *own = descriptor_of(change->kind);

    return own->build ? own->build(change, instance, command) : COMMAND_RANGE;
}

void change_accepted(const struct change *change, struct instance *instance)
{
    const struct descriptor *own = descriptor_of(change->kind);

    if (own->accept)
        own->accept(change, instance);
}
