#include "agent/notify/triggers.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "agent/notify/capture.h"
#include "agent/notify/outbox.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/timers.h"
#include "config/config.h"
#include "model/event.h"
#include "model/model.h"

/* The rate limit counts over this time, in milliseconds. */
enum { WINDOW = 60000 };

enum { VARBINDS_MAX = 11, MUTED_NUMBER = 20 };

/* What a notification is: its number below ovpnNotifications, its switch, the columns it carries.
 */
struct trigger {
    unsigned number;
    enum notify_kind kind;
    const struct table *table;
    const char *columns[VARBINDS_MAX]; /* without the table's prefix; NULL ends them */
};

static const struct trigger triggers[] = {
    [EVENT_CONTACT_LOST] = {3, NOTIFY_CONTACT, &instance_table, {"Contact", "ContactError"}},
    [EVENT_CONTACT_RESTORED] = {4,
                                NOTIFY_CONTACT,
                                &instance_table,
                                {"Contact", "Version", "Pid", "State"}},
    [EVENT_STATE] = {7,
                     NOTIFY_STATE,
                     &instance_table,
                     {"State", "StateName", "StateReason", "TunnelIpv4", "TunnelIpv6",
                      "RemoteText"}},
    [EVENT_FATAL] = {8, NOTIFY_FATAL, &instance_table, {"FatalMessage"}},
    [EVENT_HOLD_WAITING] = {9, NOTIFY_HOLD, &instance_table, {"HoldWaiting", "HoldWaitHint"}},
    [EVENT_HOLD_ENDED] = {10, NOTIFY_HOLD, &instance_table, {"HoldWaiting", "State"}},
    [EVENT_INPUT_NEEDED] = {11, NOTIFY_INPUT, &request_table, {"Kind", "Name", "Prompt"}},
    [EVENT_INPUT_ENDED] = {12, NOTIFY_INPUT, &request_table, {"Kind", "Name", "Status"}},
    [EVENT_AUTH_FAILED] = {13, NOTIFY_AUTH, &request_table, {"Name", "Reason"}},
    [EVENT_CLIENT_CONNECTED] = {14,
                                NOTIFY_CLIENT,
                                &client_table,
                                {"CommonName", "Username", "RealText", "TunnelText"}},
    [EVENT_CLIENT_DISCONNECTED] = {15,
                                   NOTIFY_CLIENT,
                                   &session_table,
                                   {"CommonName", "Username", "RealText", "TunnelText", "BytesIn",
                                    "BytesOut", "Seconds", "ClientIndex"}},
    [EVENT_LOG] = {18, NOTIFY_LOG, &log_table, {"Flags", "Message"}},
    [EVENT_ECHO] = {19, NOTIFY_ECHO, &echo_table, {"Message"}},
};

_Static_assert(sizeof(triggers) / sizeof(triggers[0]) == EVENT_KINDS,
               "each event has a notification");

/* How many of a kind there were in the current window of time. */
struct meter {
    int64_t begin;
    uint32_t count;
    uint32_t muted;
};

struct instance_triggers {
    uint32_t index;
    unsigned notify;
    unsigned log_flags;
    unsigned rate;
    struct meter meters[EVENT_KINDS];
    struct timer timer; /* end of the first window in which something was cut */
};

static const struct walker *walker;
static void *instances; /* tsearch(3) by index */
static uint32_t sequence;

static int compare_watched(const void *a, const void *b)
{
    const struct instance_triggers *one = a;
    const struct instance_triggers *other = b;

    return (one->index > other->index) - (one->index < other->index);
}

static struct instance_triggers *find_watched(uint32_t index)
{
    const struct instance_triggers key = {.index = index};
    struct instance_triggers *const *node = tfind(&key, &instances, compare_watched);

    return node ? *node : NULL;
}

static size_t below_root(unsigned long *oid, const unsigned *path, size_t path_len)
{
    size_t len = 0;

    while (len < walker->root_len) {
        oid[len] = walker->root[len];
        len++;
    }
    for (size_t i = 0; i < path_len; i++)
        oid[len++] = path[i];
    return len;
}

/* An object of ovpnNotificationInfo, which no table has. */
static void capture_info(struct capture *capture, unsigned number, enum value_type type,
                         const struct value *value)
{
    const unsigned path[] = {1, 10, number, 0};
    unsigned long oid[WALKER_OID_MAX];

    capture_value(capture, oid, below_root(oid, path, 4), type, value);
}

static const struct column *find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static void capture_column(struct capture *capture, const struct table *table, const char *name,
                           const struct row *row)
{
    capture_cell(capture, walker, table, find_column(table, name), row);
}

/* What all notifications begin with. */
static void capture_head(struct capture *capture, int64_t unix_time, struct row *row)
{
    const struct row instance_row = {
        walker->model, row->instance, row->instance, {row->instance->index, 0}};
    struct value value = {0};

    sequence = sequence == UINT32_MAX ? 1 : sequence + 1;
    value_number(&value, sequence);
    capture_info(capture, 1, VALUE_GAUGE32, &value);
    value_unix(&value, unix_time);
    capture_info(capture, 2, VALUE_GAUGE32, &value);
    capture_column(capture, &instance_table, "Name", &instance_row);
}

static void post(unsigned number, int64_t mono, struct capture *capture)
{
    const unsigned path[] = {0, number};
    unsigned long trap[WALKER_OID_MAX];

    outbox_post(trap, below_root(trap, path, 2), mono, capture);
}

static void send_notification(const struct trigger *trigger, const struct event *event)
{
    struct capture capture = {0};
    struct row row = {walker->model, event->instance, event->what, {event->instance->index, 0}};

    row.index[1] = event->row;
    if (trigger->table == &instance_table)
        row.item = event->instance;
    capture_head(&capture, event->unix_time, &row);
    for (size_t i = 0; i < VARBINDS_MAX && trigger->columns[i]; i++)
        capture_column(&capture, trigger->table, trigger->columns[i], &row);
    post(trigger->number, event->mono, &capture);
}

static void send_muted(const struct instance *instance, unsigned number, uint32_t count)
{
    const unsigned path[] = {0, number};
    struct capture capture = {0};
    struct row row = {walker->model, instance, instance, {instance->index, 0}};
    unsigned long trap[WALKER_OID_MAX];
    size_t len = below_root(trap, path, 2);
    struct value value = {0};

    capture_head(&capture, clock_wall(), &row);
    value_bytes(&value, trap, len * sizeof(trap[0]));
    capture_info(&capture, 3, VALUE_OBJECT_ID, &value);
    value_number(&value, count);
    capture_info(&capture, 4, VALUE_GAUGE32, &value);
    post(MUTED_NUMBER, clock_mono(), &capture);
}

/* Windows that have ended; the next end is waited for. */
static void on_window_end(void *arg)
{
    struct instance_triggers *own = arg;
    const struct instance *instance = model_at(walker->model, own->index);
    int64_t now = clock_mono();
    int64_t next = -1;

    for (size_t i = 0; i < EVENT_KINDS; i++) {
        struct meter *meter = &own->meters[i];
        int64_t left = meter->begin + WINDOW - now;

        if (meter->muted == 0)
            continue;
        if (left > 0) {
            next = next < 0 || left < next ? left : next;
            continue;
        }
        if (instance)
            send_muted(instance, triggers[i].number, meter->muted);
        meter->muted = 0;
    }
    if (next >= 0)
        timer_start(&own->timer, next);
}

/* Whether one more of the kind may be sent; counts it in any case. */
static bool within_rate(struct instance_triggers *own, enum event_kind kind)
{
    struct meter *meter = &own->meters[kind];
    int64_t now = clock_mono();

    if (meter->count == 0 || now - meter->begin >= WINDOW) {
        if (meter->muted > 0)
            on_window_end(own);
        meter->begin = now;
        meter->count = 0;
    }
    meter->count++;
    if (meter->count <= own->rate)
        return true;
    meter->muted++;
    vitals.notifications_suppressed++;
    if (!own->timer.armed)
        timer_start(&own->timer, WINDOW - (now - meter->begin));
    return false;
}

static bool wanted(const struct instance_triggers *own, const struct event *event)
{
    enum state state = event->instance->state.state;

    if (event->kind == EVENT_STATE && (own->notify & NOTIFY_STATE_ALL))
        return true;
    if (!(own->notify & triggers[event->kind].kind))
        return false;
    if (event->kind == EVENT_STATE)
        return state == STATE_CONNECTED || state == STATE_RECONNECTING || state == STATE_EXITING;
    if (event->kind == EVENT_LOG)
        return (event->log->flags & own->log_flags) != 0;
    return true;
}

static void told(void *arg, const struct event *event)
{
    struct instance_triggers *own = find_watched(event->instance->index);

    (void)arg;
    if (own && wanted(own, event) && within_rate(own, event->kind))
        send_notification(&triggers[event->kind], event);
}

static struct observer observer = {.told = told};

const char *triggers_check(void)
{
    for (size_t i = 0; i < EVENT_KINDS; i++) {
        const struct trigger *trigger = &triggers[i];

        if (trigger->number == 0)
            return "an event without a notification";
        for (size_t j = 0; j < VARBINDS_MAX && trigger->columns[j]; j++)
            if (!find_column(trigger->table, trigger->columns[j]))
                return trigger->columns[j];
    }
    return NULL;
}

void triggers_start(const struct walker *use)
{
    assert(use);
    walker = use;
    observer_add(&observer);
}

void triggers_stop(void)
{
    observer_remove(&observer);
    while (instances) {
        const struct instance_triggers *const *root = instances;

        triggers_forget((*root)->index);
    }
}

bool triggers_configure(uint32_t index, const struct instance_config *config)
{
    struct instance_triggers *own = find_watched(index);

    if (!own) {
        own = calloc(1, sizeof(*own));
        if (!own)
            return false;
        own->index = index;
        timer_init(&own->timer, on_window_end, own);
        if (!tsearch(own, &instances, compare_watched)) {
            free(own);
            return false;
        }
    }
    own->notify = config->notify;
    own->log_flags = config->log_alert_flags;
    own->rate = config->notify_rate;
    return true;
}

void triggers_forget(uint32_t index)
{
    struct instance_triggers *own = find_watched(index);

    if (!own)
        return;
    tdelete(own, &instances, compare_watched);
    timer_stop(&own->timer);
    free(own);
}
