#include "agent/wiring/supervisor.h"

#ifdef HAVE_CONFIG_H
#include <build.h>
#endif

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "agent/master/link.h"
#include "base/timers.h"
#include "model/model.h"

static struct {
    const struct model *model;
    unsigned changes; /* instance_contact_changes() that the status has */
    size_t count;
    bool linked;
    struct timer timer;
    char told[128];
} supervisor;

static void tell_supervisor(const char *state)
{
#ifdef HAVE_SYSTEMD
    sd_notify(0, state);
#else
    (void)state;
#endif
}

/* Adds up; what comes to the same as before is not told again. */
static void tell_status(void *arg)
{
    const struct model *model = supervisor.model;
    size_t up = 0;
    char text[sizeof(supervisor.told)];

    (void)arg;
    supervisor.changes = instance_contact_changes();
    supervisor.count = model->count;
    supervisor.linked = link_is_up();
    for (size_t i = 0; i < model->count; i++)
        up += instance_in_contact(model->instances[i]);
    snprintf(text, sizeof(text), "STATUS=%zu of %zu daemons in contact, %s", up, model->count,
             link_words());
    if (strcmp(text, supervisor.told) == 0)
        return;
    memcpy(supervisor.told, text, sizeof(text));
    tell_supervisor(text);
}

void supervisor_ready(const struct model *model)
{
    supervisor.model = model;
    timer_init(&supervisor.timer, tell_status, NULL);
    tell_status(NULL);
    tell_supervisor("READY=1");
}

void supervisor_turn(void)
{
    bool same = supervisor.changes == instance_contact_changes() &&
                supervisor.count == supervisor.model->count && supervisor.linked == link_is_up();

    if (!same && !supervisor.timer.armed)
        timer_start(&supervisor.timer, SUPERVISOR_WAIT);
}

void supervisor_stopping(void)
{
    timer_stop(&supervisor.timer);
    tell_supervisor("STOPPING=1");
}
