#include "control/change.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/clients.h"
#include "model/instance.h"
#include "protocol/reply.h"

enum change_class change_class(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_SERIAL:
        return CLASS_LOCK;
    case CHANGE_HOLD_FLAG:
    case CHANGE_VERB:
    case CHANGE_MUTE:
    case CHANGE_AUTH_RETRY:
        return CLASS_SETTING;
    case CHANGE_REFRESH:
    case CHANGE_NET_REFRESH:
    case CHANGE_PKCS11_REFRESH:
        return CLASS_REFRESH;
    default:
        return CLASS_ACTION;
    }
}

bool change_is_secret(enum change_kind kind)
{
    return kind >= CHANGE_USERNAME;
}

bool change_is_credential(enum change_kind kind)
{
    return kind >= CHANGE_USERNAME && kind <= CHANGE_RESPONSE;
}

void change_wipe(struct change *change)
{
    explicit_bzero(change->text, sizeof(change->text));
    change->len = 0;
}

/* What a value reads like behind the word of its command. */
static void show_value(const struct change *change, char *text, size_t size)
{
    char clean[CHANGE_TEXT_MAX + 1];

    switch (change->kind) {
    case CHANGE_SIGNAL:
        snprintf(text, size, "%s",
                 change->idle ? "" : command_signal_word((enum daemon_signal)change->number));
        break;
    case CHANGE_AUTH_RETRY:
        snprintf(text, size, "%s", command_auth_retry_word((enum auth_retry)change->number));
        break;
    case CHANGE_SERIAL:
    case CHANGE_VERB:
    case CHANGE_MUTE:
        snprintf(text, size, "%d", (int)change->number);
        break;
    case CHANGE_KILL_NAME:
    case CHANGE_KILL_ADDRESS:
        text_clean(clean, CHANGE_TEXT_MAX, (struct slice){change->text, change->len});
        snprintf(text, size, "%s", clean);
        break;
    case CHANGE_KILL_CLIENT:
        snprintf(text, size, "of row %u", change->row);
        break;
    default:
        text[0] = '\0';
        break;
    }
}

void change_show(const struct change *change, char text[CHANGE_SHOWN_MAX])
{
    static const char *const words[] = {
        [CHANGE_SERIAL] = "serial",
        [CHANGE_SESSION] = "session",
        [CHANGE_HOLD_FLAG] = "hold",
        [CHANGE_HOLD_RELEASE] = "hold release",
        [CHANGE_VERB] = "verb",
        [CHANGE_MUTE] = "mute",
        [CHANGE_SIGNAL] = "signal",
        [CHANGE_KILL_NAME] = "kill",
        [CHANGE_KILL_ADDRESS] = "kill",
        [CHANGE_AUTH_RETRY] = "auth-retry",
        [CHANGE_FORGET] = "forget-passwords",
        [CHANGE_REFRESH] = "status",
        [CHANGE_NET_REFRESH] = "net",
        [CHANGE_PKCS11_REFRESH] = "pkcs11-id-count",
        [CHANGE_KILL_CLIENT] = "client-kill",
        [CHANGE_CONFIRM] = "needok",
        [CHANGE_USERNAME] = "username ***",
        [CHANGE_PASSWORD] = "password ***",
        [CHANGE_RESPONSE] = "password ***",
        [CHANGE_STRING] = "needstr ***",
    };
    const char *word = words[change->kind];
    char value[CHANGE_TEXT_MAX + 1];

    show_value(change, value, sizeof(value));
    if (change->kind == CHANGE_SESSION)
        word = change->number == SESSION_DETACHED ? "session detached" : "session attached";
    else if (change->kind == CHANGE_HOLD_FLAG)
        word = change->number == TRUTH_TRUE ? "hold on" : "hold off";
    else if (change->kind == CHANGE_CONFIRM)
        word = change->number == CONFIRM_OK ? "needok ok" : "needok cancel";
    snprintf(text, CHANGE_SHOWN_MAX, "%s%s%s%s", word, value[0] ? " " : "", value,
             change->idle ? " (idle)" : "");
}

void change_query(enum change_kind kind, struct command *command)
{
    switch (kind) {
    case CHANGE_HOLD_FLAG:
        command_hold_query(command);
        break;
    case CHANGE_MUTE:
        command_mute_query(command);
        break;
    case CHANGE_AUTH_RETRY:
        command_auth_retry_query(command);
        break;
    default:
        command_verb_query(command);
        break;
    }
}

/* What could not be written again is not understood. */
bool change_read_answer(enum change_kind kind, struct slice text, int32_t *number)
{
    const char *name = kind == CHANGE_HOLD_FLAG ? "hold" : kind == CHANGE_MUTE ? "mute" : "verb";
    int64_t highest = kind == CHANGE_VERB ? 15 : INT32_MAX;
    int64_t value;
    int mode;

    if (kind == CHANGE_AUTH_RETRY) {
        if (!reply_auth_retry(text, &mode))
            return false;
        *number = mode;
        return true;
    }
    if (!reply_number(text, name, &value) || value < 0 || value > highest)
        return false;
    *number = kind == CHANGE_HOLD_FLAG ? (value ? TRUTH_TRUE : TRUTH_FALSE) : (int32_t)value;
    return true;
}

/*
 * By the daemon's own number where it tells one: that means one client and no other.  Older daemons
 * take the address.
 */
static enum command_error kill_client(const struct change *change, const struct instance *instance,
                                      struct command *command)
{
    const struct client *client = clients_at(instance, change->row);

    if (!client)
        return COMMAND_EMPTY;
    if (instance->dialect.client_ids && client->cid >= 0)
        return command_client_kill(command, instance->dialect, client->cid);
    return command_kill_address(command, instance->dialect, slice_of(client->real_text));
}

static enum command_error confirm(const struct change *change, const struct instance *instance,
                                  struct command *command)
{
    const struct request *request = history_at(&instance->requests, change->row);

    return request ? command_needok(command, instance->dialect, slice_of(request->name),
                                    change->number == CONFIRM_OK)
                   : COMMAND_EMPTY;
}

static enum command_error needstr(const struct change *change, const struct instance *instance,
                                  struct command *command)
{
    const struct request *request = history_at(&instance->requests, change->row);

    return request ? command_needstr(command, instance->dialect, slice_of(request->name),
                                     (struct slice){change->text, change->len})
                   : COMMAND_EMPTY;
}

enum command_error change_command(const struct change *change, const struct instance *instance,
                                  struct command *command)
{
    const struct slice text = {change->text, change->len};

    switch (change->kind) {
    case CHANGE_HOLD_FLAG:
        command_hold(command, change->number == TRUTH_TRUE ? HOLD_ON : HOLD_OFF);
        return COMMAND_OK;
    case CHANGE_HOLD_RELEASE:
        command_hold(command, HOLD_RELEASE);
        return COMMAND_OK;
    case CHANGE_VERB:
        return command_verb(command, change->number);
    case CHANGE_MUTE:
        return command_mute(command, change->number);
    case CHANGE_SIGNAL:
        command_signal(command, (enum daemon_signal)change->number);
        return COMMAND_OK;
    case CHANGE_KILL_NAME:
        return command_kill_name(command, instance->dialect, text);
    case CHANGE_KILL_ADDRESS:
        return command_kill_address(command, instance->dialect, text);
    case CHANGE_AUTH_RETRY:
        command_auth_retry(command, (enum auth_retry)change->number);
        return COMMAND_OK;
    case CHANGE_FORGET:
        command_forget_passwords(command);
        return COMMAND_OK;
    case CHANGE_KILL_CLIENT:
        return kill_client(change, instance, command);
    case CHANGE_CONFIRM:
        return confirm(change, instance, command);
    case CHANGE_STRING:
        return needstr(change, instance, command);
    default:
        return COMMAND_RANGE;
    }
}

void change_accepted(const struct change *change, struct instance *instance)
{
    switch (change->kind) {
    case CHANGE_HOLD_FLAG:
        instance->hold_flag = (enum truth)change->number;
        break;
    case CHANGE_VERB:
        instance->verb = change->number;
        break;
    case CHANGE_MUTE:
        instance->mute = change->number;
        break;
    case CHANGE_AUTH_RETRY:
        instance->auth_retry = change->number;
        break;
    case CHANGE_HOLD_RELEASE:
        instance_set_hold(instance, false, 0);
        break;
    case CHANGE_CONFIRM:
    case CHANGE_USERNAME:
    case CHANGE_PASSWORD:
    case CHANGE_RESPONSE:
    case CHANGE_STRING:
        requests_accepted(instance, change->row, change->kind == CHANGE_USERNAME);
        break;
    default:
        break;
    }
}
