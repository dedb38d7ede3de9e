#include "agent/master/subagent.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/master/descriptors.h"
#include "agent/master/gate.h"
#include "agent/master/incoming.h"
#include "agent/master/library.h"
#include "agent/master/outgoing.h"
#include "agent/master/probe.h"
#include "agent/master/registration.h"
#include "agent/master/wire.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "config/config.h"

enum {
    CLOSE_SHUTDOWN = 5,        /* RFC 2741 section 6.2.2, reasonShutdown */
    RECONNECT_S = 2,           /* between the library's attempts */
    PROBE_INTERVAL_MS = 1000,  /* between our questions whether a master agent is there */
    PROBE_LATE_MS = 2000,      /* no answer for so long is reported */
    PROBE_PATIENCE_MS = 10000, /* after so long another may have taken the place of the deaf one */
    ATTEMPT_MS = 1000 * RECONNECT_S + 500, /* in which the library makes an attempt */
    REFUSED_MS = 3000, /* until subtrees that were refused are asked for again */
    ANSWER_S = 1800    /* the longest the library keeps an unanswered request of ours */
};

static struct {
    struct probe *probe;
    const struct endpoint *master;
    void (*told)(bool up);
    void (*cut)(uint32_t transaction);
    netsnmp_session *session; /* NULL when there is none */
    unsigned generation;
    netsnmp_session *ended; /* a session that has, and that the library has not freed yet */
    unsigned seen;          /* the generation of the session that is followed, 0 for none */
    unsigned known;         /* the same once it was told to others, 0 while they think it is down */
    bool refused;           /* it does not get its subtrees, and is given up */
    bool started;           /* init_snmp() was called */
    bool may_open;          /* the master agent answers: the library may try */
    char cause[512];        /* why there is no session, as logged last; empty since there was one */
    int64_t due;            /* clock_mono() at which the library wants to be called, -1 for never */
    struct timer probe_timer;
    struct timer late_timer;
    struct timer attempt_timer;
} self;

/* What the master agent does may bring them about. */
static struct log_limit causes = {.level = LOG_LEVEL_WARNING,
                                  .what = "reasons for having no session with the master agent"};

static netsnmp_transport *transport_of(netsnmp_session *session)
{
    void *list = session ? snmp_sess_pointer(session) : NULL;

    return list ? snmp_sess_transport(list) : NULL;
}

/*
 * These two run deep inside the library: they only take note.  A session that ends is still open
 * here, and one that begins may have the number of one that the library closed a moment ago.
 */
static int session_began(int major, int minor, void *session, void *arg)
{
    netsnmp_transport *transport = transport_of(session);

    (void)major;
    (void)minor;
    (void)arg;
    descriptors_forget();
    outgoing_forget();
    incoming_forget();
    self.session = session;
    self.generation++;
    if (transport) {
        outgoing_take(transport);
        incoming_take(transport, (uint32_t)self.session->sessid, self.cut);
    }
    return SNMPERR_SUCCESS;
}

static int session_ended(int major, int minor, void *session, void *arg)
{
    (void)major;
    (void)minor;
    (void)arg;
    self.ended = session;
    self.session = NULL;
    return SNMPERR_SUCCESS;
}

static void probe_again(void *arg)
{
    bool started = probe_start(self.probe);

    (void)arg;
    timer_start(&self.probe_timer, started ? PROBE_PATIENCE_MS : PROBE_INTERVAL_MS);
    if (started)
        timer_start(&self.late_timer, PROBE_LATE_MS);
}

/* Each new cause: one may be mended and another be found behind it. */
static void report_absence(const char *why)
{
    if (strcmp(self.cause, why) == 0)
        return;
    snprintf(self.cause, sizeof(self.cause), "%s", why);
    if (log_admits(&causes))
        log_warning("no session with the master agent at %s: %s; trying again", self.master->text,
                    why);
}

static void probe_late(void *arg)
{
    (void)arg;
    report_absence("it does not answer");
}

static void probed(void *arg, const char *why)
{
    (void)arg;
    timer_stop(&self.late_timer);
    timer_stop(&self.probe_timer);
    if (why) {
        report_absence(why);
        timer_start(&self.probe_timer, PROBE_INTERVAL_MS);
        return;
    }
    self.may_open = true;
    timer_start(&self.attempt_timer, ATTEMPT_MS);
}

/* The library was let loose and there still is no session, or it is not told that it has all. */
static void attempt_over(void *arg)
{
    (void)arg;
    self.may_open = false;
    if (self.session) {
        report_absence("it does not answer to the registration");
        subagent_drop();
        return;
    }
    report_absence("it answers but opens no session");
    probe_again(NULL);
}

bool subagent_start(struct event_base *base, const struct endpoint *master, void (*told)(bool up),
                    void (*cut)(uint32_t transaction))
{
    assert(told && cut);
    assert(master->address_len > 0);
    self.told = told;
    self.cut = cut;
    vitals.epoch = clock_mono();
    self.due = -1;
    timer_init(&self.probe_timer, probe_again, NULL);
    timer_init(&self.late_timer, probe_late, NULL);
    timer_init(&self.attempt_timer, attempt_over, NULL);
    self.master = master;
    self.probe = probe_new(base, master, probed, NULL);
    if (!self.probe) {
        log_error("cannot look for the master agent: out of memory");
        memset(&self, 0, sizeof(self));
        return false;
    }
    /* The library sends without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    library_configure(master->text, RECONNECT_S, session_began, session_ended);
    descriptors_init(base);
    outgoing_init(base);
    probe_again(NULL);
    return true;
}

/* The library's own ping waits for the answer, and then gives the session up. */
static void stop_library_ping(void)
{
    if (self.session->securityModel == SNMP_DEFAULT_SECMODEL)
        return;
    snmp_alarm_unregister((unsigned)self.session->securityModel);
    self.session->securityModel = SNMP_DEFAULT_SECMODEL;
}

static void session_lost(void)
{
    bool was_up = self.known != 0;

    self.seen = self.known = 0;
    timer_stop(&self.attempt_timer);
    if (was_up)
        log_warning("the session with the master agent has ended");
    if (self.refused)
        timer_start(&self.probe_timer, REFUSED_MS);
    else
        probe_again(NULL);
    if (was_up)
        self.told(false);
}

static void session_found(void)
{
    self.seen = self.generation;
    self.refused = false;
    self.may_open = false;
    stop_library_ping();
    timer_stop(&self.probe_timer);
    timer_stop(&self.late_timer);
    timer_start(&self.attempt_timer, PROBE_PATIENCE_MS);
}

static void went_up(void)
{
    self.known = self.generation;
    self.cause[0] = '\0';
    vitals.epoch = clock_mono() - (int64_t)netsnmp_get_agent_uptime() * 10;
    timer_stop(&self.attempt_timer);
    log_notice("connected to the master agent at %s", self.master->text);
    self.told(true);
}

/*
 * The session is given up: two agents that had a part of the subtrees each would wait for each
 * other for ever.
 */
static void went_without(void)
{
    char why[256];

    self.refused = true;
    timer_stop(&self.attempt_timer);
    report_absence(registration_refusal(why, sizeof(why)));
    subagent_drop();
}

/* Tells the rest of the program what session_began() and session_ended() took note of. */
static void follow_session(void)
{
    if (self.seen != 0 && (!self.session || self.seen != self.generation))
        session_lost();
    if (self.session && self.seen == 0)
        session_found();
    if (self.seen == 0 || self.known != 0 || self.refused)
        return;
    if (registration_state() == REGISTRATION_HELD)
        went_up();
    else if (registration_state() == REGISTRATION_REFUSED)
        went_without();
}

/* Whether the library's alarms may run: without a session one of them is an attempt to connect. */
static bool alarms_allowed(void)
{
    return self.session || self.may_open;
}

/* The library keeps the varbinds of a SET until its last phase, also beyond the session. */
static void finish_sets(netsnmp_session *session)
{
    uint32_t transaction;

    while (gate_leftover(&transaction)) {
        netsnmp_pdu *pdu = snmp_pdu_create(WIRE_CLEANUP_SET);

        if (!pdu)
            continue;
        pdu->version = session->version;
        pdu->sessid = session->sessid;
        pdu->transid = transaction;
        session->callback(NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE, session, (int)pdu->reqid, pdu,
                          session->callback_magic);
        snmp_free_pdu(pdu);
        descriptors_drain();
    }
}

/*
 * The next update of the descriptors frees the session.  Requests that came by it and were finished
 * in follow_session() go their way through the library before, with its descriptors as they are.
 */
static void bury_session(void)
{
    netsnmp_check_outstanding_agent_requests();
    descriptors_drain();
    if (!self.session) {
        finish_sets(self.ended);
        incoming_forget();
        outgoing_forget();
    }
    descriptors_forget();
    self.ended = NULL;
}

/* A PDU that was kept back until the library has answered another. */
static void take_waiting(void)
{
    int fd = incoming_waits();

    if (fd >= 0)
        descriptors_read(fd);
}

int64_t subagent_turn(void)
{
    int64_t wait;

    descriptors_drain();
    if (self.may_open && !self.started) {
        self.started = true;
        init_snmp(library_name);
    }
    if (alarms_allowed())
        run_alarms();
    if (self.due >= 0 && self.due <= clock_mono())
        snmp_timeout();
    netsnmp_check_outstanding_agent_requests();
    take_waiting();
    follow_session();
    if (self.ended)
        bury_session();
    wait = descriptors_update(alarms_allowed());
    self.due = wait < 0 ? -1 : clock_mono() + wait;
    return wait;
}

static int close_answered(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                          void *magic)
{
    (void)operation;
    (void)session;
    (void)request;
    (void)pdu;
    (void)magic;
    return 1;
}

/*
 * The library would wait for the answer; and when the session ends meanwhile, as the master agent
 * is stopped too, it would unregister its callback for the end from within that.  So the session
 * ends before.
 */
static void close_session(void)
{
    const netsnmp_transport *transport = transport_of(self.session);
    netsnmp_pdu *pdu = subagent_request(WIRE_CLOSE);

    if (pdu) {
        pdu->errstat = CLOSE_SHUTDOWN;
        subagent_send(pdu, close_answered, 0);
    }
    incoming_end();
    if (transport)
        descriptors_read(transport->sock);
}

void subagent_stop(void)
{
    if (!self.probe)
        return;
    library_hush();
    close_session();
    timer_stop(&self.probe_timer);
    timer_stop(&self.late_timer);
    timer_stop(&self.attempt_timer);
    descriptors_fini();
    snmp_shutdown(library_name);
    shutdown_agent();
    incoming_forget();
    outgoing_fini();
    probe_free(self.probe);
    memset(&self, 0, sizeof(self));
}

bool subagent_is_up(void)
{
    return self.known != 0 && self.session;
}

unsigned subagent_generation(void)
{
    return self.generation;
}

struct snmp_pdu *subagent_request(int command)
{
    netsnmp_pdu *pdu;

    if (!subagent_is_up() || outgoing_waits())
        return NULL;
    pdu = snmp_pdu_create(command);
    if (!pdu)
        return NULL;
    pdu->version = self.session->version;
    pdu->sessid = self.session->sessid;
    pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
    pdu->time = ANSWER_S;
    return pdu;
}

bool subagent_send(struct snmp_pdu *pdu,
                   int (*answered)(int operation, struct snmp_session *session, int request,
                                   struct snmp_pdu *pdu, void *magic),
                   uintptr_t magic)
{
    if (self.session && snmp_async_send(self.session, pdu, answered, (void *)magic) != 0)
        return true;
    snmp_free_pdu(pdu);
    return false;
}

void subagent_drop(void)
{
    const netsnmp_transport *transport = transport_of(self.session);

    /* The library finds the end of the stream and does the rest. */
    if (transport)
        shutdown(transport->sock, SHUT_RDWR);
}
