#include <string.h>

#include "base/interface.h"
#include "base/text.h"
#include "config/endpoint.h"
#include "protocol/logtext.h"
#include "session/session_private.h"

/* The log knows better than the configuration, which may name no more than a kind. */
static const char *device_of(const struct session *session)
{
    return session->device[0] ? session->device : session->instance->device;
}

/* Only the address proves it; a bridged device has none. */
static bool find_interface(const struct session *session, struct interface *found)
{
    const struct state_record *state = &session->instance->state;
    const char *device = device_of(session);

    if (!endpoint_is_local(&session->config->management))
        return false;
    if (state->tunnel.has_ipv4)
        return interface_with_address(state->tunnel.ipv4, sizeof(state->tunnel.ipv4), device,
                                      found);
    if (state->tunnel.has_ipv6)
        return interface_with_address(state->tunnel.ipv6, sizeof(state->tunnel.ipv6), device,
                                      found);
    return state->state == STATE_CONNECTED && device && interface_with_name(device, found);
}

void tunnel_follow(struct session *session)
{
    struct instance *instance = session->instance;
    struct interface found;

    if (!session->synchronized)
        return;
    if (!find_interface(session, &found))
        instance_set_interface(instance, 0, NULL);
    else if (found.index != instance->if_index || !text_equal(found.name, instance->if_name))
        instance_set_interface(instance, found.index, found.name);
}

void tunnel_log_told(struct session *session, struct slice text)
{
    struct slice device;

    if (!logtext_device(text, &device) || device.len >= sizeof(session->device))
        return;
    memcpy(session->device, device.at, device.len);
    session->device[device.len] = '\0';
}

void tunnel_log_replayed(struct session *session)
{
    const struct history *log = &session->instance->log;
    const struct log_record *record;
    uint32_t sequence = 0;

    while ((record = history_after(log, sequence, &sequence)) != NULL)
        tunnel_log_told(session, slice_of(record->message));
}
