#include "setup/follower.h"

#include <stdlib.h>

#include "base/job.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timers.h"
#include "setup/setup.h"

/* The program does not wait longer for a disk at its end, in milliseconds. */
enum { STOP_WAIT = 2000 };

struct follower {
    struct instance *instance;
    struct event_base *base;
    char *path;         /* NULL: there is nothing to follow */
    struct files files; /* as they were when they were read */
    struct timer timer;
    struct job *job;
};

/* The work of a job. */
struct look {
    struct follower *follower;
    char *path;
    struct files files; /* in: as they were; nothing is read while they are still so */
    bool changed;
    struct setup setup; /* out */
};

static void look(void *work)
{
    struct look *own = work;

    own->changed = own->files.count == 0 || files_changed(&own->files);
    if (own->changed)
        setup_read(&own->setup, own->path);
}

static void free_look(void *work)
{
    struct look *own = work;

    setup_fini(&own->setup);
    files_fini(&own->files);
    free(own->path);
    free(own);
}

static void take_setup(struct follower *follower, struct setup *setup)
{
    struct instance *instance = follower->instance;

    if (setup->fault && !text_equal(setup->fault, instance->config_error))
        log_warning("%s: openvpn_config: %s", instance->name, setup->fault);
    text_set(&instance->config_error, TEXT_MAX, slice_of(setup->fault));
    text_set(&instance->device, ADMIN_MAX, slice_of(setup->device));
    instance->clients_max = setup->clients_max;
    instance->clients_max_subnet = setup->clients_max_subnet;
    certificates_replace(instance, &setup->certificates);
}

static void look_done(void *work, bool ran)
{
    struct look *own = work;
    struct follower *follower = own->follower;

    follower->job = NULL;
    if (ran && own->changed) {
        take_setup(follower, &own->setup);
        follower->files = own->setup.files;
        own->setup.files = (struct files){0};
    } else {
        follower->files = own->files;
        own->files = (struct files){0};
    }
    free_look(own);
    timer_start(&follower->timer, FOLLOWER_INTERVAL);
}

static const struct job_kind looks = {FOLLOWERS_AT_ONCE, look, look_done, free_look};

static void on_look(void *arg)
{
    struct follower *follower = arg;
    struct look *own = calloc(1, sizeof(*own));

    timer_start(&follower->timer, FOLLOWER_INTERVAL); /* when memory is out */
    if (!own)
        return;
    own->follower = follower;
    own->path = text_copy(follower->path);
    own->files = follower->files;
    follower->files = (struct files){0};
    follower->job = own->path ? job_start(follower->base, &looks, own) : NULL;
    if (follower->job)
        timer_stop(&follower->timer);
    else
        free_look(own);
}

static void stop(struct follower *follower)
{
    timer_stop(&follower->timer);
    job_cancel(follower->job);
    follower->job = NULL;
    files_fini(&follower->files);
}

struct follower *follower_new(struct instance *instance, const struct instance_config *config,
                              struct event_base *base)
{
    struct follower *follower = calloc(1, sizeof(*follower));

    if (!follower)
        return NULL;
    follower->instance = instance;
    follower->base = base;
    timer_init(&follower->timer, on_look, follower);
    follower_configure(follower, config);
    return follower;
}

void follower_configure(struct follower *follower, const struct instance_config *config)
{
    struct setup nothing = {.clients_max = -1, .clients_max_subnet = -1};

    stop(follower);
    if (!text_equal(follower->path, config->openvpn_config)) {
        free(follower->path);
        follower->path = text_copy(config->openvpn_config);
        take_setup(follower, &nothing);
    }
    if (follower->path)
        on_look(follower);
}

void follower_free(struct follower *follower)
{
    if (!follower)
        return;
    stop(follower);
    free(follower->path);
    free(follower);
}

void followers_stop(void)
{
    jobs_stop(&looks, STOP_WAIT);
}
