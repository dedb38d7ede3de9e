#include "agent/notify/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/link.h"
#include "agent/master/varbind.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"

enum {
    RETRY_MS = 1000,  /* until what could not be sent is tried again */
    LATE_MS = 500,    /* an answer that takes longer is a late one */
    REST_SHARE = 4,   /* behind late answers nothing is sent for so many times as long ... */
    REST_MAX = 30000, /* ... or for so many milliseconds */
    SENDINGS_MAX = 10 /* sent so often without an answer, one is given up */
};

struct notification {
    struct notification *next;
    int64_t mono;
    struct capture capture;
    unsigned sendings;
    size_t trap_len;
    unsigned long trap[];
};

/* The one that was sent is always the first of the queue. */
static struct {
    struct notification *first;
    struct notification **end;
    size_t count;
    size_t bound;
    bool flying;         /* the first was sent and is not acknowledged */
    unsigned generation; /* of the session it went into, or could have */
    int64_t sent;        /* clock_mono() then */
    int64_t took;        /* milliseconds until the one before was answered, in this session */
    bool slow;           /* that they are sent more slowly was logged */
    bool losing;         /* that the queue is full was logged */
    struct timer pause;  /* until the next may be sent */
} queue;

/* It only has to wake the loop, which calls outbox_turn(). */
static void wake_loop(void *arg)
{
    (void)arg;
}

void outbox_start(size_t bound)
{
    assert(bound >= OUTBOX_BOUND_MIN);
    queue.first = NULL;
    queue.end = &queue.first;
    queue.bound = bound > OUTBOX_BOUND_MIN ? bound : OUTBOX_BOUND_MIN;
    timer_init(&queue.pause, wake_loop, NULL);
}

static void remove_at(struct notification **at)
{
    struct notification *notification = *at;

    *at = notification->next;
    if (!*at)
        queue.end = at;
    queue.count--;
    capture_fini(&notification->capture);
    free(notification);
}

void outbox_stop(void)
{
    timer_stop(&queue.pause);
    while (queue.first)
        remove_at(&queue.first);
    memset(&queue, 0, sizeof(queue));
}

/* What is on its way may have arrived, so it stays. */
static void drop_oldest_waiting(void)
{
    remove_at(queue.flying ? &queue.first->next : &queue.first);
    vitals.notifications_dropped++;
    if (!queue.losing)
        log_warning("%zu notifications wait for the master agent; the oldest are dropped",
                    queue.bound);
    queue.losing = true;
}

static bool refuse_capture(struct capture *capture)
{
    capture_fini(capture);
    vitals.notifications_dropped++;
    log_warning("a notification is dropped: out of memory, or too large");
    return false;
}

bool outbox_post(const unsigned long *trap, size_t len, int64_t mono, struct capture *capture)
{
    struct notification *notification;

    if (capture->cut || len > WALKER_OID_MAX)
        return refuse_capture(capture);
    notification = calloc(1, sizeof(*notification) + len * sizeof(*trap));
    if (!notification)
        return refuse_capture(capture);
    notification->mono = mono;
    notification->capture = *capture;
    *capture = (struct capture){0};
    notification->trap_len = len;
    memcpy(notification->trap, trap, len * sizeof(*trap));
    if (queue.count == queue.bound)
        drop_oldest_waiting();
    *queue.end = notification;
    queue.end = &notification->next;
    queue.count++;
    return true;
}

static bool add_varbind(netsnmp_pdu *pdu, const unsigned long *oid, size_t len,
                        enum value_type type, const struct value *value)
{
    netsnmp_variable_list *varbind = snmp_pdu_add_variable(pdu, oid, len, ASN_NULL, NULL, 0);

    return varbind && varbind_set(varbind, type, value);
}

static bool fill_notify(netsnmp_pdu *pdu, const struct notification *notification)
{
    static const unsigned long uptime_oid[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
    static const unsigned long trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    struct value value = {.number = vitals_uptime_at(notification->mono),
                          .octets.at = notification->trap,
                          .octets.len = notification->trap_len * sizeof(*notification->trap)};
    struct capture_varbind varbind;
    size_t offset = 0;

    if (!add_varbind(pdu, uptime_oid, OID_LENGTH(uptime_oid), VALUE_TIMETICKS, &value) ||
        !add_varbind(pdu, trap_oid, OID_LENGTH(trap_oid), VALUE_OBJECT_ID, &value))
        return false;
    while (capture_next(&notification->capture, &offset, &varbind)) {
        if (!add_varbind(pdu, varbind.oid, varbind.oid_len, varbind.type, &varbind.value))
            return false;
    }
    return true;
}

static void land(bool acknowledged)
{
    remove_at(&queue.first);
    if (acknowledged)
        vitals.notifications_sent++;
    else
        vitals.notifications_dropped++;
    if (queue.count <= queue.bound / 2)
        queue.losing = false;
}

/*
 * The master agent hands a notification on before it answers, and answers nobody else meanwhile:
 * snmpd tries for seconds, each time, to find a receiver of SNMPv3 informs that cannot be reached.
 * A single late answer has other reasons.
 */
static void rest(int64_t took)
{
    int64_t both = took < queue.took ? took : queue.took;
    int64_t pause = both * REST_SHARE;

    queue.took = took;
    if (both < LATE_MS)
        return;
    if (!queue.slow)
        log_warning("the master agent takes %lld ms for a notification, in which it may answer "
                    "nobody; there are pauses between them now",
                    (long long)both);
    queue.slow = true;
    timer_start(&queue.pause, pause < REST_MAX ? pause : REST_MAX);
}

static void begin_session(void)
{
    queue.generation = link_generation();
    queue.took = 0;
    queue.slow = false;
    timer_stop(&queue.pause);
}

/* What has become of the first. */
static void follow_flight(void)
{
    enum link_outcome outcome = queue.flying ? link_notified() : LINK_UNDER_WAY;

    if (outcome == LINK_UNDER_WAY)
        return;
    queue.flying = false;
    if (outcome != LINK_LOST) {
        rest(clock_mono() - queue.sent);
        land(outcome == LINK_DELIVERED);
    } else if (queue.first->sendings >= SENDINGS_MAX) {
        log_warning("a notification that the master agent never acknowledged is dropped");
        land(false);
    }
}

/* Returns false when it has to be tried again later. */
static bool send_first(void)
{
    netsnmp_pdu *pdu = link_notification();

    if (!pdu)
        return false;
    if (!fill_notify(pdu, queue.first)) {
        snmp_free_pdu(pdu);
        return false;
    }
    queue.sent = clock_mono();
    queue.flying = link_notify(pdu);
    queue.first->sendings += queue.flying;
    return queue.flying;
}

void outbox_turn(void)
{
    follow_flight();
    if (queue.generation != link_generation())
        begin_session();
    if (queue.flying || !queue.first || !link_is_up() || queue.pause.armed)
        return;
    if (!send_first())
        timer_start(&queue.pause, RETRY_MS);
    else if (link_notified() == LINK_DELIVERED)
        timer_start(&queue.pause, 0); /* no answer will wake the loop for the next */
}

size_t outbox_waiting(void)
{
    return queue.count;
}
