/*
 * The floor of any subagent of Net-SNMP's library: rows of one constant column, found without a
 * search, and one constant notification for each octet that comes by a FIFO.  It runs until a
 * signal.  The arguments are the address of the master agent and, if it is to notify, the FIFO.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

enum { ROWS = 1000 };

static const oid column[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1, 1};

static void answer_next(const netsnmp_handler_registration *registration,
                        netsnmp_variable_list *varbind)
{
    size_t len = registration->rootoid_len;
    oid name[MAX_OID_LEN];
    oid row = varbind->name_length > len ? varbind->name[len] + 1 : 1;

    if (row > ROWS)
        return;
    memcpy(name, registration->rootoid, len * sizeof(*name));
    name[len] = row;
    snmp_set_var_objid(varbind, name, len + 1);
    snmp_set_var_typed_value(varbind, ASN_OCTET_STR, "constant", 8);
}

static int answer(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    (void)handler;
    (void)info;
    for (netsnmp_request_info *request = requests; request; request = request->next)
        answer_next(registration, request->requestvb);
    return SNMP_ERR_NOERROR;
}

static void notify(int fd, void *arg)
{
    static const oid name[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    static const oid kind[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1, 0, 1};
    netsnmp_variable_list *list = NULL;
    char octet;

    (void)arg;
    if (read(fd, &octet, 1) != 1)
        return;
    snmp_varlist_add_variable(&list, name, OID_LENGTH(name), ASN_OBJECT_ID, kind, sizeof(kind));
    snmp_varlist_add_variable(&list, column, OID_LENGTH(column), ASN_OCTET_STR, "constant", 8);
    send_v2trap(list);
    snmp_free_varbind(list);
}

int main(int argc, char **argv)
{
    int fifo;

    if (argc < 2)
        return EXIT_FAILURE;
    setenv("MIBS", "", 1);
    signal(SIGPIPE, SIG_IGN);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, argv[1]);
    init_agent("floor");
    netsnmp_register_handler(netsnmp_create_handler_registration(
        "floor", answer, column, OID_LENGTH(column), HANDLER_CAN_RONLY));
    init_snmp("floor");
    fifo = argc > 2 ? open(argv[2], O_RDWR | O_CLOEXEC) : -1; /* never at its end */
    if (fifo >= 0)
        register_readfd(fifo, notify, NULL);
    for (;;)
        agent_check_and_process(1);
}
