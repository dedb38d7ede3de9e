#include "agent/serve/handler.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/master/link.h"
#include "agent/master/varbind.h"
#include "agent/serve/set.h"
#include "base/log.h"

enum { HEADER_SIZE = 28 };

static const struct {
    unsigned subtree;
    int modes;
    const char *name;
} registrations[] = {
    {1, HANDLER_CAN_RONLY, "ovpnMonitor"},
    {2, HANDLER_CAN_RONLY, "ovpnRecords"},
    {3, HANDLER_CAN_RWRITE, "ovpnManage"},
};

static const struct walker *walked;

/* Bytes of the whole answer as it is now; other registrations may have put values in already. */
static size_t answer_size(const netsnmp_agent_request_info *reqinfo)
{
    size_t size = HEADER_SIZE;

    for (const netsnmp_variable_list *varbind = reqinfo->asp->pdu->variables; varbind;
         varbind = varbind->next_variable)
        size += varbind_size_now(varbind);
    return size;
}

/* Returns the error status, SNMP_ERR_NOERROR when the cell is in the varbind. */
static int put_cell(netsnmp_variable_list *varbind, const struct walker_cell *cell, size_t *size)
{
    size_t rest = *size - varbind_size_now(varbind);

    *size = rest + varbind_size(cell->oid_len, cell->column->type, &cell->value);
    if (*size > link_answer_max())
        return SNMP_ERR_TOOBIG;
    if (snmp_set_var_objid(varbind, cell->oid, cell->oid_len) != 0 ||
        !varbind_set(varbind, cell->column->type, &cell->value))
        return SNMP_ERR_GENERR;
    return SNMP_ERR_NOERROR;
}

/* A varbind without a value counts too. */
static void put_nothing(netsnmp_agent_request_info *reqinfo, netsnmp_request_info *request,
                        int exception, size_t size)
{
    netsnmp_set_request_error(reqinfo, request,
                              size > link_answer_max() ? SNMP_ERR_TOOBIG : exception);
}

static void answer_read(const netsnmp_handler_registration *registration,
                        netsnmp_agent_request_info *reqinfo, netsnmp_request_info *request,
                        size_t *size)
{
    netsnmp_variable_list *varbind = request->requestvb;
    enum walker_result result;
    struct walker_cell cell;
    int status;

    if (reqinfo->mode == MODE_GET)
        result = walker_get(walked, varbind->name, varbind->name_length, &cell);
    else
        result = walker_next(walked, varbind->name, varbind->name_length, registration->rootoid,
                             registration->rootoid_len, &cell);
    switch (result) {
    case WALKER_FOUND:
        status = put_cell(varbind, &cell, size);
        if (status != SNMP_ERR_NOERROR)
            netsnmp_set_request_error(reqinfo, request, status);
        break;
    case WALKER_NO_OBJECT:
        put_nothing(reqinfo, request, SNMP_NOSUCHOBJECT, *size);
        break;
    case WALKER_NO_INSTANCE:
        put_nothing(reqinfo, request, SNMP_NOSUCHINSTANCE, *size);
        break;
    case WALKER_END:
        /* Left as it is, the library goes on behind this subtree. */
        break;
    }
}

/* A returned error code would become genErr on the first varbind: errors are set on requests. */
static int answer_requests(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                           netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
    size_t size;

    if (MODE_IS_SET(reqinfo->mode)) {
        set_answer(handler, registration, reqinfo, requests);
        return SNMP_ERR_NOERROR;
    }
    size = link_answer_max() < SIZE_MAX ? answer_size(reqinfo) : 0;
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        if (!request->processed)
            answer_read(registration, reqinfo, request, &size);
    }
    return SNMP_ERR_NOERROR;
}

static bool start_subtree(unsigned subtree, int modes, const char *name)
{
    netsnmp_handler_registration *registration;
    unsigned long oid[WALKER_OID_MAX];
    size_t len = walked->root_len;

    memcpy(oid, walked->root, len * sizeof(*oid));
    oid[len++] = subtree;
    registration = netsnmp_create_handler_registration(name, answer_requests, oid, len, modes);
    /* On failure the library has freed the registration. */
    if (!registration || netsnmp_register_handler(registration) != MIB_REGISTERED_OK) {
        log_error("cannot register %s with the SNMP library", name);
        return false;
    }
    return true;
}

bool handler_start(const struct walker *walker)
{
    walked = walker;
    for (size_t i = 0; i < sizeof(registrations) / sizeof(registrations[0]); i++) {
        if (!start_subtree(registrations[i].subtree, registrations[i].modes, registrations[i].name))
            return false;
    }
    return true;
}
