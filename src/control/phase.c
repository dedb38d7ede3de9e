#include "control/phase.h"

#include "base/slice.h"
#include "model/clients.h"

static enum control_verdict inconsistent(const char **why, const char *text)
{
    *why = text;
    return CONTROL_INCONSISTENT;
}

static enum control_verdict no_row(const char **why, const char *text)
{
    *why = text;
    return CONTROL_NO_ROW;
}

enum control_verdict phase_check_release(const struct instance *instance, const char **why)
{
    return instance->hold_waiting ? CONTROL_OK : inconsistent(why, "the daemon is not in a hold");
}

/* Before its main loop goes round (again) a daemon ends on a signal that starts nothing anew. */
static bool is_starting(enum state state)
{
    return state == STATE_CONNECTING || state == STATE_RECONNECTING || state == STATE_RESOLVE ||
           state == STATE_TCP_CONNECT;
}

enum control_verdict phase_check_signal(const struct instance *instance, enum daemon_signal number,
                                        const char **why)
{
    if (number == DAEMON_SIGTERM)
        return CONTROL_OK;
    if (instance->hold_waiting)
        return inconsistent(why, "the daemon is in a hold: this signal would be lost or end it");
    if (requests_block(instance))
        return inconsistent(why, "the daemon waits for an answer: this signal would end it");
    if (number == DAEMON_SIGUSR2 && is_starting(instance->state.state))
        return inconsistent(why, "the daemon is starting: this signal would end it");
    return CONTROL_OK;
}

/*
 * Before its first context is set up the daemon fails an assertion when it is asked for
 * certificates.  Where it has given a status in this session, or asks for one of a token's, that is
 * done.
 */
enum control_verdict phase_check_pkcs11(const struct instance *instance, const char **why)
{
    const struct request *request;
    uint32_t row = 0;

    if (instance->status_seen)
        return CONTROL_OK;
    while ((request = requests_open_after(instance, row, &row)))
        if (request->certificate)
            return CONTROL_OK;
    return inconsistent(why, "asking for certificates before the first start is complete would "
                             "end the daemon");
}

enum control_verdict phase_check_client(const struct instance *instance, uint32_t row,
                                        const char **why)
{
    const struct client *client = clients_at(instance, row);

    if (!client)
        return no_row(why, "there is no such client");
    if (!clients_confirmed(instance, client))
        return inconsistent(why, "the daemon has not said yet that the client is still there");
    return CONTROL_OK;
}

enum control_verdict phase_check_request(const struct instance *instance, uint32_t row,
                                         unsigned kinds, const char **why)
{
    const struct request *request = history_at(&instance->requests, row);

    if (!request)
        return no_row(why, "there is no such question");
    if (request->status != REQUEST_PENDING)
        return inconsistent(why, "the question is no longer open");
    if (!(kinds & PHASE_REQUEST(request->kind)))
        return no_row(why, "the question is of another kind");
    return CONTROL_OK;
}
