#include "agent/master/library.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

#include "base/log.h"

enum { SUBAGENT_ROLE = 1 };

static bool quiet;

/* registration.h has it in words. */
static const char refusal[] = "registering pdu failed";

/* What comes from the master agent may bring them about. */
static struct log_limit library_lines = {.level = LOG_LEVEL_WARNING,
                                         .what = "lines of the snmp library"};

/* The library's log lines end in a newline. */
static int log_line(int major, int minor, void *message, void *arg)
{
    const struct snmp_log_message *line = message;
    int len = (int)strcspn(line->msg, "\n");

    (void)major;
    (void)minor;
    (void)arg;
    if (quiet && line->priority >= LOG_INFO)
        return SNMPERR_SUCCESS; /* that it will connect again */
    if (strncmp(line->msg, refusal, sizeof(refusal) - 1) == 0)
        return SNMPERR_SUCCESS;
    if (line->priority < LOG_INFO && !log_admits(&library_lines))
        return SNMPERR_SUCCESS;
    if (line->priority <= LOG_ERR)
        log_error("snmp library: %.*s", len, line->msg);
    else if (line->priority == LOG_WARNING)
        log_warning("snmp library: %.*s", len, line->msg);
    else if (line->priority < LOG_DEBUG)
        log_info("snmp library: %.*s", len, line->msg);
    else
        log_debug("snmp library: %.*s", len, line->msg);
    return SNMPERR_SUCCESS;
}

/*
 * No MIB files: nothing is resolved by name, and missing ones would fill the log.  No folders: the
 * library would make one for certificates, and look for some.
 */
static void empty_environment(void)
{
    static const char *const lists[] = {"MIBS", "MIBDIRS", "MIBFILES"};
    static const char *const places[] = {"SNMP_PERSISTENT_DIR", "SNMP_PERSISTENT_FILE",
                                         "SNMPCONFPATH"};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        setenv(lists[i], "", 1);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        setenv(places[i], "/dev/null", 1); /* no folder; empty would be the root folder */
}

void library_configure(const char *name, const char *address, int reconnect_s, library_told *began,
                       library_told *ended)
{
    empty_environment();
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, SUBAGENT_ROLE);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, address);
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, log_line, NULL);
    init_agent(name);
    /* It would put back what follows.  Without it a master agent that hangs holds us for 18 s. */
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
                       reconnect_s);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES, 0);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT, 1);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, began, NULL);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, ended, NULL);
}

void library_hush(void)
{
    quiet = true;
}
