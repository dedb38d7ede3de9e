#include "agent/standalone/access.h"

#include <stdbool.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

enum { MANAGE = 3, SECRETS = 2 }; /* ovpnManage below the root, ovpnSecrets below that */

static struct {
    const unsigned long *root;
    size_t root_len;
} self;

/* The identifiers of a name behind the root; 0 of one that is not below it. */
static size_t behind_root(const oid *name, size_t len, const oid **rest)
{
    if (len <= self.root_len || memcmp(name, self.root, self.root_len * sizeof(*name)) != 0)
        return 0;
    *rest = name + self.root_len;
    return len - self.root_len;
}

static bool is_private(const netsnmp_pdu *pdu)
{
    return pdu->version == SNMP_VERSION_3 && pdu->securityModel == SNMP_SEC_MODEL_USM &&
           pdu->securityLevel == SNMP_SEC_LEVEL_AUTHPRIV;
}

static bool is_forbidden(const struct view_parameters *asked)
{
    const oid *rest;
    size_t len = behind_root(asked->name, asked->namelen, &rest);
    bool secret = len >= 2 && rest[0] == MANAGE && rest[1] == SECRETS;

    return (asked->pdu->command == SNMP_MSG_SET && len == 0) || (secret && !is_private(asked->pdu));
}

/* Behind the library's own judgement. */
static int judge_access(int major, int minor, void *parameters, void *arg)
{
    struct view_parameters *asked = parameters;

    (void)major;
    (void)minor;
    (void)arg;
    if (asked->name && asked->errorcode == VACM_SUCCESS && is_forbidden(asked))
        asked->errorcode = VACM_NOTINVIEW;
    return SNMPERR_SUCCESS;
}

void access_restrict(const unsigned long *root, size_t root_len)
{
    self.root = root;
    self.root_len = root_len;
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_ACM_CHECK, judge_access, NULL);
}
