#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "store/folder.h"
#include "store/writer.h"

/* Between two looks at a child, in milliseconds. */
enum { CHILD_PAUSE = 5 };

static struct {
    struct model *model;
    char *path; /* NULL: there is no memory */
    int folder;
    pid_t child; /* 0 when none writes */
    struct event *ended;
    struct timer timer;
    bool failing; /* the log has been told that it is not written, or not in time */
} store;

static void tell_failure(const char *why)
{
    if (!store.failing)
        log_error("%s: what the agent knows cannot be written: %s", store.path, why);
    store.failing = true;
}

static void child_ended(int status)
{
    store.child = 0;
    if (!WIFEXITED(status)) {
        tell_failure("the process that writes was killed");
    } else if (WEXITSTATUS(status) == WRITER_WRITTEN) {
        store.model->saved_unix = clock_wall();
        if (store.failing)
            log_notice("%s: what the agent knows is written again", store.path);
        store.failing = false;
    } else if (WEXITSTATUS(status) != WRITER_UNCHANGED) {
        tell_failure(strerror(WEXITSTATUS(status)));
    }
}

static void look_at_child(void)
{
    int status;

    if (store.child > 0 && waitpid(store.child, &status, WNOHANG) == store.child)
        child_ended(status);
}

static void on_child(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    (void)arg;
    look_at_child();
}

static void begin_write(bool running)
{
    pid_t child = writer_start(store.folder, store.model, running);

    if (child < 0)
        tell_failure(strerror(errno));
    else
        store.child = child;
}

static void on_period(void *arg)
{
    (void)arg;
    if (store.child > 0)
        tell_failure("it has been waiting for the disk for a minute");
    else
        begin_write(true);
    timer_start(&store.timer, STORE_PERIOD);
}

/* What was there is in the model, or out of the way.  False when nothing can be written. */
static bool read_folder(bool *starved)
{
    struct model *model = store.model;
    const char *why;

    switch (folder_read(store.folder, model, &why)) {
    case FOLDER_EMPTY:
        if (folder_is_writable(store.folder))
            model->remembrance = REMEMBERS_NOTHING;
        break;
    case FOLDER_MEMORY:
        model->remembrance = REMEMBERS_ALL;
        break;
    case FOLDER_REFUSED:
        model->remembrance = REMEMBERS_REFUSED;
        log_error("%s/" WRITER_FILE " is not used: %s", store.path, why);
        if (folder_put_aside(store.folder)) {
            log_notice("%s/" WRITER_FILE " is now " FOLDER_REFUSED_FILE, store.path);
            break;
        }
        log_error("%s/" WRITER_FILE " cannot be put aside, so nothing is remembered: %s",
                  store.path, strerror(errno));
        return false;
    case FOLDER_NO_MEMORY:
        *starved = true;
        return false;
    }
    return true;
}

static void forget_folder(void)
{
    if (store.ended)
        event_free(store.ended);
    store.ended = NULL;
    if (store.path)
        close(store.folder);
    free(store.path);
    store.path = NULL;
}

static void tell_forgetful(const char *folder, const char *why)
{
    if (folder[0])
        log_warning("%s: nothing is remembered over a restart: %s", folder, why);
    else
        log_notice("nothing is remembered over a restart: state_dir names no folder");
}

static bool begin_writing(struct event_base *base)
{
    store.ended = evsignal_new(base, SIGCHLD, on_child, NULL);
    if (!store.ended || event_add(store.ended, NULL) != 0)
        return false;
    timer_init(&store.timer, on_period, NULL);
    timer_start(&store.timer, 0);
    return true;
}

bool store_start(struct model *model, struct event_base *base, const char *folder)
{
    const char *why = NULL;
    bool starved = false;

    store.model = model;
    store.failing = false;
    model->remembrance = REMEMBERS_NEVER;
    store.folder = folder[0] ? folder_open(folder, &why) : -1;
    if (store.folder < 0) {
        tell_forgetful(folder, why);
        return true;
    }
    store.path = strdup(folder);
    if (!store.path)
        close(store.folder);
    starved = !store.path;
    if (!starved && read_folder(&starved))
        starved = !begin_writing(base);
    else
        forget_folder();
    if (!starved)
        return true;
    log_error("out of memory: %s cannot be read", folder);
    forget_folder();
    return false;
}

/* Until it has ended, or so many milliseconds are over; returns what is left of them. */
static int wait_for_child(int left)
{
    const struct timespec pause = {0, CHILD_PAUSE * 1000000L};

    for (look_at_child(); store.child > 0 && left > 0; left -= CHILD_PAUSE) {
        nanosleep(&pause, NULL);
        look_at_child();
    }
    return left;
}

void store_stop(void)
{
    int left = STORE_WAIT;

    if (!store.path)
        return;
    timer_stop(&store.timer);
    left = wait_for_child(left);
    if (store.child == 0)
        begin_write(false);
    wait_for_child(left);
    if (store.child > 0) {
        tell_failure("the disk takes too long");
        kill(store.child, SIGKILL);
        store.child = 0;
    }
    forget_folder();
}
