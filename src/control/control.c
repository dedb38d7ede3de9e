#include "control/control.h"

#include <stdlib.h>

#include "control/control_private.h"
#include "model/clients.h"

static struct control *controls;
static uint64_t last_id;
static bool secrets_forbidden;

struct control *control_new(struct instance *instance, struct session *session,
                            const struct instance_config *config)
{
    struct control *control = calloc(1, sizeof(*control));

    if (!control)
        return NULL;
    control->instance = instance;
    control->session = session;
    control->config = config;
    control->read_pkcs11.told = -1;
    control->id = ++last_id;
    control->next = controls;
    controls = control;
    return control;
}

void control_configure(struct control *control, const struct instance_config *config)
{
    control->config = config;
}

void control_free(struct control *control)
{
    struct control **at = &controls;

    if (!control)
        return;
    while (*at != control)
        at = &(*at)->next;
    *at = control->next;
    net_lines_fini(&control->read_net);
    pkcs11_list_fini(&control->read_pkcs11);
    free(control);
}

struct control *control_find(uint32_t index)
{
    struct control *control = controls;

    while (control && control->instance->index != index)
        control = control->next;
    return control;
}

uint64_t control_id(const struct control *control)
{
    return control->id;
}

struct control *control_with_id(uint64_t id)
{
    struct control *control = controls;

    while (control && control->id != id)
        control = control->next;
    return control;
}

void control_owes(struct control *control)
{
    control->owed++;
}

void control_paid(struct control *control)
{
    control->owed--;
}

void control_forbid_secrets(bool forbidden)
{
    secrets_forbidden = forbidden;
}

struct instance *control_instance(const struct control *control)
{
    return control->instance;
}

struct session *control_session(const struct control *control)
{
    return control->session;
}

unsigned control_timeout(const struct control *control)
{
    return control->config->command_timeout;
}

enum { ALL_SIGNALS = ALLOW_SIGHUP | ALLOW_SIGTERM | ALLOW_SIGUSR1 | ALLOW_SIGUSR2 };

/* The words of `allow` that open an object; one of them is enough. */
static unsigned permission_of(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_SERIAL:
        return ~0u;
    case CHANGE_SESSION:
        return ALLOW_SESSION;
    case CHANGE_HOLD_FLAG:
    case CHANGE_HOLD_RELEASE:
        return ALLOW_HOLD;
    case CHANGE_VERB:
        return ALLOW_VERB;
    case CHANGE_MUTE:
        return ALLOW_MUTE;
    case CHANGE_SIGNAL:
        return ALL_SIGNALS;
    case CHANGE_KILL_NAME:
    case CHANGE_KILL_ADDRESS:
    case CHANGE_KILL_CLIENT:
        return ALLOW_KILL;
    case CHANGE_AUTH_RETRY:
        return ALLOW_AUTH_RETRY;
    case CHANGE_REFRESH:
    case CHANGE_PKCS11_REFRESH:
        return ALLOW_REFRESH;
    case CHANGE_NET_REFRESH:
        return ALLOW_NET;
    case CHANGE_CONFIRM:
        return ALLOW_CONFIRM;
    case CHANGE_FORGET:
    case CHANGE_USERNAME:
    case CHANGE_PASSWORD:
    case CHANGE_RESPONSE:
    case CHANGE_STRING:
        return ALLOW_PASSWORDS;
    }
    return 0;
}

static bool is_permitted(const struct control *control, const struct change *change)
{
    if (secrets_forbidden && change_is_secret(change->kind))
        return false;
    return (control->config->allow & permission_of(change->kind)) != 0;
}

/* Of an object that is open, the configuration may still keep values back. */
static bool is_value_permitted(const struct control *control, const struct change *change)
{
    static const unsigned bits[] = {[DAEMON_SIGHUP] = ALLOW_SIGHUP,
                                    [DAEMON_SIGTERM] = ALLOW_SIGTERM,
                                    [DAEMON_SIGUSR1] = ALLOW_SIGUSR1,
                                    [DAEMON_SIGUSR2] = ALLOW_SIGUSR2};

    return change->kind != CHANGE_SIGNAL || (control->config->allow & bits[change->number]);
}

static enum control_verdict inconsistent(const char **why, const char *text)
{
    *why = text;
    return CONTROL_INCONSISTENT;
}

/*
 * A question that blocks the daemon.  A client of management-client-auth that waits is shown as one
 * too, but blocks nothing.
 */
static bool is_blocked(const struct instance *instance)
{
    const struct request *request;
    uint32_t row = 0;

    while ((request = requests_open_after(instance, row, &row)))
        if (!(request->kind == REQUEST_OTHER && slice_is(slice_of(request->name), "CLIENT")))
            return true;
    return false;
}

/* Before its main loop goes round (again) a daemon ends on a signal that starts nothing anew. */
static bool is_starting(enum state state)
{
    return state == STATE_CONNECTING || state == STATE_RECONNECTING || state == STATE_RESOLVE ||
           state == STATE_TCP_CONNECT;
}

/* In these phases every signal but SIGTERM is lost, or ends the daemon. */
static enum control_verdict check_signal(const struct instance *instance,
                                         const struct change *change, const char **why)
{
    if (change->number == DAEMON_SIGTERM)
        return CONTROL_OK;
    if (instance->hold_waiting)
        return inconsistent(why, "the daemon is in a hold: this signal would be lost or end it");
    if (is_blocked(instance))
        return inconsistent(why, "the daemon waits for an answer: this signal would end it");
    if (change->number == DAEMON_SIGUSR2 && is_starting(instance->state.state))
        return inconsistent(why, "the daemon is starting: this signal would end it");
    return CONTROL_OK;
}

static bool answers(enum change_kind kind, const struct request *request)
{
    if (kind == CHANGE_CONFIRM)
        return request->kind == REQUEST_CONFIRM;
    if (kind == CHANGE_STRING)
        return request->kind == REQUEST_STRING;
    return request->kind == REQUEST_PASSWORD || request->kind == REQUEST_USERNAME ||
           request->kind == REQUEST_USERNAME_PASSWORD;
}

static enum control_verdict check_request(const struct instance *instance,
                                          const struct change *change, const char **why)
{
    const struct request *request = history_at(&instance->requests, change->row);

    if (!request) {
        *why = "there is no such question";
        return CONTROL_NO_ROW;
    }
    if (request->status != REQUEST_PENDING)
        return inconsistent(why, "the question is no longer open");
    if (answers(change->kind, request))
        return CONTROL_OK;
    *why = "the question is of another kind";
    return CONTROL_NO_ROW;
}

static enum control_verdict check_client(const struct instance *instance,
                                         const struct change *change, const char **why)
{
    if (clients_at(instance, change->row))
        return CONTROL_OK;
    *why = "there is no such client";
    return CONTROL_NO_ROW;
}

/*
 * Before its first context is set up the daemon fails an assertion when it is asked for
 * certificates.  Where it has given a status in this session, or asks for one of a token's, that is
 * done.
 */
static enum control_verdict check_pkcs11(const struct instance *instance, const char **why)
{
    const struct request *request;
    uint32_t row = 0;

    if (instance->status_seen)
        return CONTROL_OK;
    while ((request = requests_open_after(instance, row, &row)))
        if (slice_is(slice_of(request->name), "pkcs11-id-request"))
            return CONTROL_OK;
    return inconsistent(why, "asking for certificates before the first start is complete would "
                             "end the daemon");
}

static enum control_verdict check_phase(const struct instance *instance,
                                        const struct change *change, const char **why)
{
    switch (change->kind) {
    case CHANGE_HOLD_RELEASE:
        return instance->hold_waiting ? CONTROL_OK
                                      : inconsistent(why, "the daemon is not in a hold");
    case CHANGE_SIGNAL:
        return check_signal(instance, change, why);
    case CHANGE_KILL_CLIENT:
        return check_client(instance, change, why);
    case CHANGE_PKCS11_REFRESH:
        return check_pkcs11(instance, why);
    case CHANGE_CONFIRM:
    case CHANGE_USERNAME:
    case CHANGE_PASSWORD:
    case CHANGE_RESPONSE:
    case CHANGE_STRING:
        return check_request(instance, change, why);
    default:
        return CONTROL_OK;
    }
}

/* Whether the daemon can be told in words that it understands. */
static enum control_verdict check_words(const struct instance *instance,
                                        const struct change *change, const char **why)
{
    struct command command;
    enum command_error error;

    if (change_class(change->kind) == CLASS_REFRESH || change_is_credential(change->kind))
        return CONTROL_OK;
    error = change_command(change, instance, &command);
    command_wipe(&command);
    return error == COMMAND_OK ? CONTROL_OK : inconsistent(why, command_error_text(error));
}

static bool needs_daemon(const struct change *change)
{
    return change->kind != CHANGE_SERIAL && change->kind != CHANGE_SESSION;
}

static enum control_verdict check_permission(const struct control *control,
                                             const struct change *change, const char **why)
{
    if (!is_permitted(control, change)) {
        *why = "the configuration does not allow it";
        return CONTROL_NOT_ALLOWED;
    }
    if (!change->idle && !is_value_permitted(control, change))
        return inconsistent(why, "the configuration does not allow this signal");
    return CONTROL_OK;
}

enum control_verdict control_recheck(const struct control *control, const struct change *change,
                                     const char **why)
{
    const struct instance *instance = control->instance;
    enum control_verdict verdict = check_permission(control, change, why);

    if (verdict != CONTROL_OK || change->idle)
        return verdict;
    if (change->kind == CHANGE_SERIAL)
        return change->number == instance->serial
                   ? CONTROL_OK
                   : inconsistent(why, "the serial number is another one by now");
    if (!needs_daemon(change))
        return CONTROL_OK;
    if (!instance_in_contact(instance))
        return inconsistent(why, "there is no contact with the daemon");
    verdict = check_phase(instance, change, why);
    return verdict == CONTROL_OK ? check_words(instance, change, why) : verdict;
}

enum control_verdict control_check(const struct control *control, const struct change *change,
                                   const char **why)
{
    enum control_verdict verdict;

    *why = "";
    verdict = control_recheck(control, change, why);
    if (verdict != CONTROL_OK || change->idle || !needs_daemon(change))
        return verdict;
    if (control->owed == 0 && !session_is_busy(control->session))
        return CONTROL_OK;
    *why = "the daemon has not answered an earlier command yet";
    return CONTROL_BUSY;
}
