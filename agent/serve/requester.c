#include "agent/serve/requester.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/snmpUDPDomain.h>
#include <net-snmp/library/snmpUDPIPv6Domain.h>

#include "base/text.h"

/* A security name has 32 bytes at most. */
enum { NAME_SHOWN = 32 };

bool requester_known(const netsnmp_pdu *pdu)
{
    return pdu->version == SNMP_VERSION_1 || pdu->version == SNMP_VERSION_2c ||
           pdu->version == SNMP_VERSION_3;
}

/* The community itself is a secret. */
static const char *security_name(const netsnmp_pdu *pdu)
{
    const char *community = (const char *)pdu->community;
    void *source = pdu->transport_data;
    int len = pdu->transport_data_length;
    const char *name = NULL;
    const char *context;

    if (pdu->version == SNMP_VERSION_3)
        return pdu->securityName ? pdu->securityName : "";
    if (community && pdu->tDomain == netsnmp_UDPIPv6Domain)
        netsnmp_udp6_getSecName(source, len, community, (int)pdu->community_len, &name, &context);
    else if (community)
        netsnmp_udp_getSecName(source, len, community, pdu->community_len, &name, &context);
    return name ? name : "";
}

static bool write_requester(const netsnmp_pdu *pdu, char *text, size_t size)
{
    const netsnmp_indexed_addr_pair *pair = pdu->transport_data;
    const struct sockaddr *address = &pair->remote_addr.sa;

    if (!pair || (size_t)pdu->transport_data_length != sizeof(*pair))
        return false;
    return getnameinfo(address,
                       address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                      : sizeof(struct sockaddr_in),
                       text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0;
}

const char *requester_text(const netsnmp_pdu *pdu, char text[REQUESTER_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN + IF_NAMESIZE];
    char whole[REQUESTER_TEXT_MAX];

    if (requester_known(pdu) && write_requester(pdu, address, sizeof(address)))
        snprintf(whole, sizeof(whole), "snmp %.*s%s%s", NAME_SHOWN, security_name(pdu),
                 security_name(pdu)[0] ? "@" : "", address);
    else
        snprintf(whole, sizeof(whole), "snmp");
    text_clean(text, REQUESTER_TEXT_MAX - 1, slice_of(whole));
    return text;
}
