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

const char library_name[] = "openvpn-agentx";

static bool quiet;
static const char *judged; /* the file that is judged, NULL for none */
static unsigned faults;

/* registration.h has it in words. */
static const char refusal[] = "registering pdu failed";

/* What comes from the master agent may bring them about. */
static struct log_limit library_lines = {.level = LOG_LEVEL_WARNING,
                                         .what = "lines of the snmp library"};

/* Its lines about a file begin with the file's name and the number of the line. */
static bool is_fault(const char *line)
{
    size_t len = judged ? strlen(judged) : 0;

    return judged && strncmp(line, judged, len) == 0 && strncmp(line + len, ": line ", 7) == 0;
}

/* The library's log lines end in a newline. */
static int log_line(int major, int minor, void *message, void *arg)
{
    const struct snmp_log_message *line = message;
    int len = (int)strcspn(line->msg, "\n");

    (void)major;
    (void)minor;
    (void)arg;
    if (is_fault(line->msg)) {
        faults++;
        log_error("%.*s", len, line->msg);
        return SNMPERR_SUCCESS;
    }
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

void library_tame(void)
{
    static const char *const lists[] = {"MIBS", "MIBDIRS", "MIBFILES"};

    /* Nothing is resolved by name, and missing files would fill the log. */
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        setenv(lists[i], "", 1);
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, log_line, NULL);
}

void library_judge(const char *file)
{
    judged = file;
    faults = 0;
}

unsigned library_faults(void)
{
    return faults;
}

/* The library would make a folder for certificates, and look for some. */
static void hide_folders(void)
{
    static const char *const places[] = {"SNMP_PERSISTENT_DIR", "SNMP_PERSISTENT_FILE",
                                         "SNMPCONFPATH"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        setenv(places[i], "/dev/null", 1); /* no folder; empty would be the root folder */
}

void library_configure(const char *address, int reconnect_s, library_told *began,
                       library_told *ended)
{
    library_tame();
    hide_folders();
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, SUBAGENT_ROLE);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, address);
    init_agent(library_name);
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
