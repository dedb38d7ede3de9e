#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "session/session_private.h"

/*
 * A daemon with management-client-auth lets each client wait for an answer of its management
 * client.  The agent never gives one; somebody who listens in may.
 */
static const char client_auth[] = "management-client-auth: clients wait for an answer that the "
                                  "agent never gives; no client can log in";

void waiting_told(struct session *session)
{
    bool seen = session->client_auth_seen;

    session->client_auth_seen = true;
    if (session->wants.judges)
        return;
    if (!seen)
        log_error("%s: %s", session->config->name, client_auth);
    requests_login(session->instance, slice_of(client_auth));
    text_set(&session->instance->contact_error, TEXT_MAX, slice_of(client_auth));
}

/*
 * The same of clients that waited before there was anybody to be told.  One that waits for a script
 * looks alike, but there those that come later do so unasked.
 */
static const char client_auth_likely[] =
    "management-client-auth: clients wait for an answer that the agent never gives, as it seems by "
    "logins that waited when it came";

void waiting_status(struct session *session)
{
    struct instance *instance = session->instance;

    if (!session->status_seen)
        session->first_index = instance->clients.last_index;
    else if (clients_waiting(instance, session->first_index, UINT32_MAX))
        session->logins_work = true;
    session->login_waits = session->status_seen && !session->logins_work &&
                           clients_waiting(instance, 0, session->first_index);
    session->status_seen = true;
    waiting_look(session);
}

void waiting_look(struct session *session)
{
    struct instance *instance = session->instance;
    const char *fault = waiting_fault(session);

    if (instance->contact != CONTACT_UP ||
        slice_is(slice_of(fault), text_or_empty(instance->contact_error)))
        return;
    if (fault)
        log_warning("%s: %s", session->config->name, fault);
    text_set(&instance->contact_error, TEXT_MAX, slice_of(fault));
}

/*
 * A daemon connects when it has its last process id, so it is that process.  In a container it has
 * another number of its own, and this one is the system's.
 */
void waiting_peer(struct session *session, int64_t pid)
{
    int process = connection_process(session->connection);

    session->relayed[0] = '\0';
    if (process <= 0 || process == pid)
        return;
    snprintf(session->relayed, sizeof(session->relayed),
             "process %d has connected, and the daemon says that it is %" PRId64
             ": a relay, or a container",
             process, pid);
    log_warning("%s: %s", session->config->name, session->relayed);
}

const char *waiting_fault(const struct session *session)
{
    if (session->client_auth_seen && !session->wants.judges)
        return client_auth;
    if (session->login_waits && !session->wants.judges)
        return client_auth_likely;
    return session->relayed[0] ? session->relayed : NULL;
}
