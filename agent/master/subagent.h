#ifndef AGENT_MASTER_SUBAGENT_H
#define AGENT_MASTER_SUBAGENT_H

#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct event_base;
struct snmp_pdu;
struct snmp_session;

/*
 * The session with the master agent, kept up for as long as the program runs: Net-SNMP's subagent
 * folded into the program's own event loop.  There is one in the process.
 *
 * Whatever the master agent does, no call waits for it, but for two cases: one that answered a
 * moment ago and then hangs while the session is opened, a second, or while the three subtrees are
 * registered, a second for each.  (`make bench` measures them.)
 */

/*
 * Prepares the library and begins to look for the master agent at an endpoint of
 * endpoint_parse_agentx(), which is borrowed until subagent_stop().  Ignores SIGPIPE for the
 * process. told hears from within subagent_turn() that a session has begun or ended, cut what
 * gate_open() says. Registrations belong between this and the first subagent_turn().  Returns
 * false, with the reason in the log, when memory is out.
 */
bool subagent_start(struct event_base *base, const struct endpoint *master, void (*told)(bool up),
                    void (*cut)(uint32_t transaction));

/*
 * To be called at the end of every turn of the event loop, after timers_run().  Returns the
 * milliseconds after which it wants to be called again if nothing else happens; -1 for never.
 */
int64_t subagent_turn(void);

/* Closes the session, without waiting for an answer, and gives back all memory of the library. */
void subagent_stop(void);

/* Whether there is a session; its master agent may be asleep. */
bool subagent_is_up(void);

/* A number that is another for each session. */
unsigned subagent_generation(void);

/* For what is sent to the master agent on our own account (AgentX Ping and Notify). */

/*
 * A new AgentX PDU of the session, to be given to subagent_send() or to snmp_free_pdu().  NULL when
 * there is no session, the master agent has not read what was sent before, or memory is out.
 */
struct snmp_pdu *subagent_request(int command);

/*
 * Sends it and frees it in any case.  answered is called with the answer however late it comes, as
 * net-snmp's snmp_callback says; not at all when the session ends.  It must compare the number in
 * magic with what it waits for: an answer that it does not wait for any more may come.  Returns
 * false when it could not be sent.
 */
bool subagent_send(struct snmp_pdu *pdu,
                   int (*answered)(int operation, struct snmp_session *session, int request,
                                   struct snmp_pdu *pdu, void *magic),
                   uintptr_t magic);

/* Gives up a session that the master agent does not know (any more); a new one follows. */
void subagent_drop(void);

#endif
