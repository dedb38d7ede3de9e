#include "agent/standalone/standalone.h"

#ifdef HAVE_CONFIG_H
#include <build.h>
#endif

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>
#include <net-snmp/agent/mib_modules.h>

#include "agent/master/capabilities.h"
#include "agent/master/descriptors.h"
#include "agent/master/library.h"
#include "agent/master/link.h"
#include "agent/standalone/access.h"
#include "agent/standalone/engine.h"
#include "agent/tables/vitals.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"

enum { MASTER_ROLE = 0 };

/* Octets of a whole message; UDP carries 65507, and the library would find out too late. */
enum { MESSAGE_MAX = 65000 };

static struct {
    char *users;  /* the file of snmp_config, NULL before the start */
    bool listens; /* managers are answered */
    int64_t due;  /* clock_mono() at which the library wants to be called, -1 for never */
} self;

/* What a folder of configuration would bring along is none of ours. */
static void point_library(const char *users, const char *state)
{
    static const char *const places[] = {"SNMP_PERSISTENT_DIR", "SNMP_PERSISTENT_FILE",
                                         "SNMPCONFPATH"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        unsetenv(places[i]);
    if (state)
        set_persistent_directory(state);
    set_configuration_directory("/nonexistent");
    netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OPTIONALCONFIG, users);
}

/* Words of the library for what the system group says; they hold for one reading. */
static void describe_agent(void)
{
    char description[] = "sysDescr openvpn-agentx " PACKAGE_VERSION;
    char identity[] = "sysObjectID ." OID_ROOT_TEXT ".5.1";

    netsnmp_config_remember(description);
    netsnmp_config_remember(identity);
}

/* Users are those of the file, not those of its last version too, which the library keeps. */
static void ignore_kept_user(const char *token, char *line)
{
    (void)token;
    (void)line;
}

/*
 * The library without the modules for the MIBs of a whole system, and without those by which users
 * and sinks could be set and would outlive the file.
 */
static void start_library(const char *users, const char *state)
{
    static char modules[] =
        "snmpEngine,snmpMPDStats,usmStats,usmUser,usmConf,system_mib,sysORTable,"
        "snmp_mib,setSerialNo,vacm_vars,vacm_conf,vacm";

    library_tame();
    point_library(users, state);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, MASTER_ROLE);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MSG_SEND_MAX, MESSAGE_MAX);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
                           NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
    add_to_init_list(modules);
    init_agent(library_name);
    init_mib_modules();
    register_config_handler(NULL, "usmUser", ignore_kept_user, NULL, NULL);
    describe_agent();
    library_judge(users);
    init_snmp(library_name);
}

static void forget_users(void)
{
    struct usmUser *user;

    while ((user = usm_get_userList()) != NULL) {
        usm_remove_user(user);
        usm_free_user(user);
    }
}

/* The library counts a start each time that it reads its own state. */
static void take_users(const char *users)
{
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_CONFIG_LOAD, 1);
    netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OPTIONALCONFIG, users);
    forget_users();
    describe_agent();
    library_judge(users);
    update_config();
}

static bool listen_on(const char *address)
{
    netsnmp_transport *transport;
    int error;

    errno = 0;
    transport = netsnmp_transport_open_server("snmp", address);
    error = errno;
    if (transport && netsnmp_register_agent_nsap(transport) > 0) {
        log_notice("answers managers at %s", address);
        return true;
    }
    log_error("cannot listen on %s: %s%s", address, strerror(error),
              error == EACCES ? "; ports below 1024 take the capability CAP_NET_BIND_SERVICE" : "");
    return false;
}

static int64_t turn_alone(void)
{
    int64_t wait;

    descriptors_drain();
    run_alarms();
    if (self.due >= 0 && self.due <= clock_mono())
        snmp_timeout();
    netsnmp_check_outstanding_agent_requests();
    wait = descriptors_update(true);
    self.due = wait < 0 ? -1 : clock_mono() + wait;
    return wait;
}

static void stop_alone(void)
{
    library_hush();
    descriptors_fini();
    if (self.listens)
        snmp_store(library_name);
    /* Only what it knows at a start that went well may take the place of what is kept. */
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    shutdown_master_agent();
    snmp_shutdown(library_name);
    shutdown_agent();
    free(self.users);
    memset(&self, 0, sizeof(self));
}

static bool listens_alone(void)
{
    return self.listens;
}

/* There is one session with the managers, as it were, and it does not end. */
static unsigned only_generation(void)
{
    return 1;
}

static struct snmp_pdu *new_trap(void)
{
    return snmp_pdu_create(SNMP_MSG_TRAP2);
}

/* To all sinks, without waiting; informs are repeated by the library. */
static bool send_trap(struct snmp_pdu *pdu)
{
    send_v2trap(pdu->variables);
    snmp_free_pdu(pdu);
    return true;
}

static enum link_outcome trap_outcome(void)
{
    return LINK_DELIVERED;
}

static const struct link_kind by_ourselves = {
    .turn = turn_alone,
    .stop = stop_alone,
    .is_up = listens_alone,
    .generation = only_generation,
    .notification = new_trap,
    .notify = send_trap,
    .notified = trap_outcome,
    .answer_max =
        SIZE_MAX, /* at MESSAGE_MAX the library cuts a GETBULK, and says tooBig of the rest */
    .up = "answering managers",
    .down = "not answering managers",
};

static bool begin_serving(const struct config *config)
{
    if (library_faults() > 0)
        return false;
    for (size_t i = 0; i < config->listen_count; i++)
        if (!listen_on(config->listen[i]))
            return false;
    return engine_store(config->state_dir);
}

bool standalone_begin(struct event_base *base, const struct config *config,
                      const unsigned long *root, size_t root_len)
{
    static char described[] = CAPABILITIES_TEXT;
    oid own[MAX_OID_LEN];

    self.users = strdup(config->snmp_config);
    if (!self.users || !engine_prepare(config->state_dir))
        return false;
    signal(SIGPIPE, SIG_IGN);
    self.due = -1;
    link_use(&by_ourselves);
    descriptors_init(base);
    start_library(self.users, config->state_dir);
    if (!begin_serving(config))
        return false;
    memcpy(own, root, root_len * sizeof(*own));
    register_sysORTable(own, root_len, described);
    access_restrict(root, root_len);
    vitals.epoch = clock_mono() - (int64_t)netsnmp_get_agent_uptime() * 10;
    self.listens = true;
    send_easy_trap(SNMP_TRAP_COLDSTART, 0);
    return true;
}

/* In the child: what it says against the file is its log and its status. */
static void look_and_end(const struct config *config)
{
    if (self.users) {
        take_users(config->snmp_config);
    } else {
        netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
        start_library(config->snmp_config, NULL);
    }
    _exit(library_faults() > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

bool standalone_judge(const struct config *config)
{
    pid_t child = fork();
    int status = 0;

    if (child < 0) {
        log_error("%s: cannot be looked at: %s", config->snmp_config, strerror(errno));
        return false;
    }
    if (child == 0)
        look_and_end(config);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

void standalone_reload(const struct config *config)
{
    char *users = strdup(config->snmp_config);

    if (!users) {
        log_error("%s: out of memory; the users stay as they were", config->snmp_config);
        return;
    }
    descriptors_forget(); /* the sinks' sockets are closed, and others get their numbers */
    take_users(users);
    free(self.users);
    self.users = users;
}
