#include "agent/master/capabilities.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/subagent.h"
#include "agent/master/wire.h"
#include "base/log.h"

static int on_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                     void *magic)
{
    (void)session;
    (void)request;
    (void)magic;
    if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu->errstat != 0)
        log_info("the master agent does not list the module in sysORTable, error %ld",
                 pdu->errstat);
    return 1;
}

void capabilities_announce(const unsigned long *module, size_t len)
{
    static const char text[] = CAPABILITIES_TEXT;
    netsnmp_pdu *pdu = subagent_request(WIRE_ADD_AGENT_CAPS);

    if (!pdu)
        return;
    if (snmp_pdu_add_variable(pdu, module, len, ASN_OCTET_STR, text, sizeof(text) - 1))
        subagent_send(pdu, on_answer, 0);
    else
        snmp_free_pdu(pdu);
}
