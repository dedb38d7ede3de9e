#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/wiring/run.h"
#include "tests/unit/fixtures/failing_memory.h"

/*
 * The agent with too little memory.  A call that makes a library allocate counts as an allocation
 * of its own.  STARVED tells which fail:
 *
 *   one of N   by chance, after a SIGUSR2; after another none
 *   each       after the n-th SIGUSR2 the n-th
 *   start N    the N-th since the start
 */

#define FAILING(type, name, parameters, arguments, failure)                                        \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return memory_fails() ? (failure) : __real_##name arguments;                               \
    }

FAILING(struct event *, event_new,
        (struct event_base * base, evutil_socket_t fd, short what, event_callback_fn call,
         void *arg),
        (base, fd, what, call, arg), NULL)
FAILING(netsnmp_pdu *, snmp_pdu_create, (int command), (command), NULL)
FAILING(netsnmp_variable_list *, snmp_pdu_add_variable,
        (netsnmp_pdu * pdu, const oid *name, size_t name_len, u_char type, const void *value,
         size_t len),
        (pdu, name, name_len, type, value, len), NULL)
FAILING(int, snmp_set_var_objid, (netsnmp_variable_list * var, const oid *name, size_t len),
        (var, name, len), -1)
FAILING(int, snmp_set_var_typed_value,
        (netsnmp_variable_list * var, u_char type, const void *value, size_t len),
        (var, type, value, len), -1)
FAILING(int, snmp_async_send,
        (netsnmp_session * session, netsnmp_pdu *pdu, snmp_callback call, void *arg),
        (session, pdu, call, arg), 0)
FAILING(netsnmp_delegated_cache *, netsnmp_create_delegated_cache,
        (netsnmp_mib_handler * handler, netsnmp_handler_registration *registration,
         netsnmp_agent_request_info *request_info, netsnmp_request_info *requests, void *arg),
        (handler, registration, request_info, requests, arg), NULL)

static long one_of; /* 0 for each */

static void on_signal(int signal_number)
{
    static long count;

    (void)signal_number;
    count++;
    if (one_of == 0)
        memory_fail_at(count);
    else
        memory_fail_some(count % 2 ? one_of : 0);
}

int main(int argc, char **argv)
{
    const char *which = getenv("STARVED");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    long start;

    if (which && sscanf(which, "start %ld", &start) == 1)
        memory_fail_at(start);
    else if (which)
        sscanf(which, "one of %ld", &one_of);
    sigaction(SIGUSR2, &action, NULL);
    return run(argc, argv);
}
