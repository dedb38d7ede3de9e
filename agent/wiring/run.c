#include "agent/wiring/run.h"

#ifdef HAVE_CONFIG_H
#include <build.h>
#endif

#include <event2/event.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/master/library.h"
#include "agent/master/link.h"
#include "agent/notify/outbox.h"
#include "agent/notify/triggers.h"
#include "agent/serve/handler.h"
#include "agent/serve/set.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "agent/wiring/check.h"
#include "agent/wiring/files.h"
#include "agent/wiring/fleet.h"
#include "agent/wiring/managers.h"
#include "agent/wiring/options.h"
#include "agent/wiring/supervisor.h"
#include "base/clock.h"
#include "base/keep.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timers.h"
#include "config/config.h"
#include "store/store.h"

static const unsigned long oid_root[] = {OID_ROOT};

enum { OID_ROOT_LEN = sizeof(oid_root) / sizeof(oid_root[0]) };

enum { FAREWELL_MS = 1000 }; /* the last notification waits no longer for the master agent */

static struct {
    struct options options;
    struct event_base *base;
    struct event *signals[3];
    struct event *wake;
    struct model model;
    struct walker walker;
    char *state_dir; /* in use; a new folder takes a restart */
    char *config;    /* absolute path, when in the background */
    bool stop;
} process;

static void reload(void)
{
    int status;
    struct config *config = check_read(process.options.config, &status);

    if (!config || !managers_judge(config)) {
        log_error("the configuration in force stays");
        config_free(config);
        return;
    }
    managers_reload(config);
    if (strcmp(config->state_dir, process.state_dir) != 0)
        log_warning("state_dir: the new folder \"%s\" takes effect at the next start",
                    config->state_dir);
    files_check(config);
    if (fleet_configure(config))
        log_notice("configuration reloaded");
    else
        log_error("the configuration was not reloaded, or not all of it");
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    (void)arg;
    if (number == SIGHUP)
        reload();
    else
        process.stop = true;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd; /* the loop goes round: timers and the library are looked at behind each turn */
    (void)what;
    (void)arg;
}

/* libevent would write to stderr by itself. */
static void on_event_log(int severity, const char *text)
{
    if (severity == EVENT_LOG_ERR)
        log_error("event loop: %s", text);
    else if (severity == EVENT_LOG_WARN)
        log_warning("event loop: %s", text);
}

static bool set_up_loop(void)
{
    static const int numbers[] = {SIGHUP, SIGTERM, SIGINT};

    event_set_log_callback(on_event_log);
    process.base = event_base_new();
    if (!process.base)
        return false;
    process.wake = event_new(process.base, -1, 0, on_wake, NULL);
    for (size_t i = 0; i < 3; i++) {
        process.signals[i] = evsignal_new(process.base, numbers[i], on_signal, NULL);
        if (!process.signals[i] || event_add(process.signals[i], NULL) != 0)
            return false;
    }
    return process.wake != NULL;
}

static void tear_down_loop(void)
{
    for (size_t i = 0; i < 3; i++)
        if (process.signals[i])
            event_free(process.signals[i]);
    if (process.wake)
        event_free(process.wake);
    if (process.base)
        event_base_free(process.base);
}

/* What a forgotten row would break is told now, not when somebody asks for it. */
static bool check_tables(void)
{
    const struct table *table = walker_check(&process.walker);
    const char *notification = triggers_check();

    enum change_kind kind = 0;

    while (kind < CHANGE_KINDS && change_is_complete(kind))
        kind++;
    if (table)
        log_error("the table %s is not right", table->name);
    else if (notification)
        log_error("the notifications are not right: %s", notification);
    else if (kind < CHANGE_KINDS)
        log_error("changes of kind %d are not described", (int)kind);
    else
        return true;
    return false;
}

static bool set_up_agent(const struct config *config)
{
    process.walker = (struct walker){
        .root = oid_root,
        .root_len = OID_ROOT_LEN,
        .tables = tables,
        .table_count = table_count,
        .model = &process.model,
    };
    outbox_start(OUTBOX_BOUND);
    triggers_start(&process.walker);
    triggers_count_in(&process.model.notifications);
    set_start(&process.walker);
    return check_tables() &&
           managers_start(&process.options, config, process.base, &process.walker) &&
           handler_start(&process.walker);
}

static void sleep_at_most(int64_t milliseconds)
{
    struct timeval left = {milliseconds / 1000, (milliseconds % 1000) * 1000};

    event_del(process.wake);
    if (milliseconds >= 0)
        event_add(process.wake, &left);
}

static int64_t sooner(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

/*
 * Each turn: the timers, then the library's and the queue's share, then a few of the daemons; for
 * that many milliseconds at most, or for as long as it takes with -1.
 */
static void turn(int64_t at_most)
{
    int64_t library;

    timers_run();
    library = link_turn();
    outbox_turn();
    supervisor_turn();
    sleep_at_most(sooner(sooner(timers_next(), library), at_most));
    clock_idle_begin();
    event_base_loop(process.base, EVLOOP_ONCE);
    clock_idle_end();
}

static void loop(void)
{
    while (!process.stop)
        turn(-1);
}

/* A master agent that is there gets to know that the agent stops. */
static void take_leave(void)
{
    int64_t end = clock_mono() + FAREWELL_MS;
    int64_t left;

    library_hush(); /* that it will connect again is not true any more */
    triggers_agent_stopping();
    while (link_is_up() && outbox_waiting() > 0 && (left = end - clock_mono()) > 0)
        turn(left);
}

/* Passwords pass through this process: no core, no other process that looks into it. */
static void harden(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool set_up_fleet(struct config *config)
{
    bool configured;

    fleet_start(&process.model, process.base);
    process.state_dir = text_copy(config->state_dir);
    if (!process.state_dir) {
        log_error("out of memory");
        config_free(config);
        return false;
    }
    files_check(config);
    configured = fleet_configure(config);
    keep_drop_rest();
    return configured && store_start(&process.model, process.base, process.state_dir);
}

static int serve(struct config *config)
{
    int status = EXIT_FAILURE;

    harden();
    files_start();
    keep_start();
    process.model.start_unix = clock_wall();
    if (!set_up_loop()) {
        log_error("cannot set up the event loop");
        config_free(config);
    } else if (!set_up_agent(config)) {
        config_free(config);
    } else {
        if (set_up_fleet(config)) {
            triggers_agent_started();
            supervisor_ready(&process.model);
            loop();
            supervisor_stopping();
            take_leave();
            store_stop();
            status = EXIT_SUCCESS;
        }
        fleet_stop();
    }
    triggers_stop();
    outbox_stop();
    set_stop();
    managers_stop();
    tear_down_loop();
    free(process.state_dir);
    free(process.config);
    return status;
}

/* The working folder becomes /, so the file of a later reload is named in full. */
static int go_to_background(void)
{
    process.config = realpath(process.options.config, NULL);
    if (process.config)
        process.options.config = process.config;
    if (daemon(0, 0) != 0) {
        log_error("cannot run as a daemon");
        return -1;
    }
    log_to_syslog(_PATH_LOG, "openvpn-agentx");
    return 0;
}

/* A socket that got the number of a closed stderr would be sent the log. */
static void open_standard_files(void)
{
    int fd;

    do
        fd = open(_PATH_DEVNULL, O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int run(int argc, char **argv)
{
    struct config *config;
    int status;

    open_standard_files();
    log_to_stderr();
    switch (options_parse(argc, argv, &process.options)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_RUN:
        break;
    }
    log_set_level(process.options.log_level);
    if (process.options.test_config)
        return check_run(&process.options);
    signal(SIGPIPE, SIG_IGN); /* whoever reads the log may end */
    log_never_wait();
    config = check_read(process.options.config, &status);
    if (!config)
        return status;
    if (!managers_judge(config)) {
        config_free(config);
        return EX_CONFIG;
    }
    if (process.options.daemon && go_to_background() != 0) {
        config_free(config);
        return EXIT_FAILURE;
    }
    return serve(config);
}
