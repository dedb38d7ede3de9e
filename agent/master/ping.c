#include "agent/master/ping.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/subagent.h"
#include "base/log.h"
#include "base/timers.h"

enum {
    AGENTX_PING = 13,        /* RFC 2741 section 6.1 */
    PING_INTERVAL_MS = 3000, /* between pings */
    PING_LATE_MS = 2000      /* an answer that takes longer is reported */
};

static struct timer next_timer;
static struct timer late_timer;
static uint64_t last_sent;
static uint64_t last_answered;
static bool waiting; /* for the answer to the last one */
static bool reported;

static void late(void *arg)
{
    (void)arg;
    if (!reported)
        log_warning("the master agent does not answer; the session is kept");
    reported = true;
}

/* An errstat says that the master agent no longer knows our session. */
static int on_pong(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                   void *magic)
{
    (void)session;
    (void)request;
    if ((uintptr_t)magic != (uintptr_t)last_sent)
        return 1;
    waiting = false;
    if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
        return 1;
    last_answered = last_sent;
    timer_stop(&late_timer);
    if (reported)
        log_notice("the master agent answers again");
    reported = false;
    if (pdu->errstat != 0)
        subagent_drop();
    return 1;
}

/* One at a time: an unread ping for each interval would fill the socket, and sending would wait. */
static void send_ping(void *arg)
{
    netsnmp_pdu *pdu;

    (void)arg;
    timer_start(&next_timer, PING_INTERVAL_MS);
    if (waiting)
        return;
    if (!late_timer.armed)
        timer_start(&late_timer, PING_LATE_MS);
    pdu = subagent_request(AGENTX_PING);
    if (!pdu)
        return;
    last_sent++;
    waiting = subagent_send(pdu, on_pong, (uintptr_t)last_sent);
}

void ping_start(void)
{
    timer_init(&next_timer, send_ping, NULL);
    timer_init(&late_timer, late, NULL);
    waiting = false;
    reported = false;
    timer_start(&next_timer, PING_INTERVAL_MS);
}

void ping_stop(void)
{
    timer_stop(&next_timer);
    timer_stop(&late_timer);
}

uint64_t ping_mark(void)
{
    return last_sent;
}

bool ping_answered_after(uint64_t mark)
{
    return last_answered > mark;
}
