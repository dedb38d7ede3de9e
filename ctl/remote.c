/* Net-SNMP's configuration comes first: the others need it. */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "ctl/remote.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/refusal.h"

_Static_assert(sizeof(oid) == sizeof(unsigned long), "an arc is an unsigned long");

#define SET_TIMEOUT   3000000 /* microseconds; a SET waits up to 0.9 s for the daemon */
#define GET_NAMES_MAX 32

struct remote {
    netsnmp_session wanted;
    struct session_list *opened;
};

static void options_failed(int result, struct fault *fault)
{
    fault->outcome = result == NETSNMP_PARSE_ARGS_SUCCESS_EXIT ? OUTCOME_OK : OUTCOME_USAGE;
    fault->text[0] = '\0';
}

struct remote *remote_new(int argc, char **argv, int *next, bool (*known)(const char *word),
                          struct fault *fault)
{
    /* What the library allocates for it is the process's. */
    static struct remote only;
    static char localhost[] = "localhost";
    struct remote *remote = &only;
    int result;

    /*
     * No MIB files, whatever the configuration says.  Not every command needs a community;
     * remote_open() looks.
     */
    setenv("MIBS", "", 1);
    setenv("MIBDIRS", "", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_IGNORE_NO_COMMUNITY, 1);
    /* The host ends the options; what comes behind it is not the library's. */
    setenv("POSIXLY_CORRECT", "1", 1);
    result = snmp_parse_args(argc, argv, &remote->wanted, "", NULL);
    unsetenv("POSIXLY_CORRECT");
    if (result < 0) {
        options_failed(result, fault);
        return NULL;
    }
    *next = result;
    if (known(remote->wanted.peername)) {
        remote->wanted.peername = localhost;
        *next = result - 1;
    }
    if (remote->wanted.version == SNMP_VERSION_1) {
        fault_set(fault, OUTCOME_USAGE, "SNMPv1 cannot carry 64-bit counters: use -v 2c or -v 3");
        return NULL;
    }
    return remote;
}

void remote_close(struct remote *remote)
{
    if (remote->opened)
        snmp_sess_close(remote->opened);
    remote->opened = NULL;
}

const char *remote_host(const struct remote *remote)
{
    return remote->wanted.peername;
}

const char *remote_user(const struct remote *remote)
{
    if (remote->wanted.version != SNMP_VERSION_3)
        return NULL;
    return remote->wanted.securityName
               ? remote->wanted.securityName
               : netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SECNAME);
}

bool remote_is_private(const struct remote *remote)
{
    static const char *const local[] = {"localhost", "127.", "[::1]", "::1"};
    static const char *const transports[] = {"udp:", "tcp:", "udp6:", "tcp6:"};
    const char *host = remote->wanted.peername;

    if (remote->wanted.version == SNMP_VERSION_3 &&
        remote->wanted.securityLevel == SNMP_SEC_LEVEL_AUTHPRIV)
        return true;
    if (strncmp(host, "unix:", 5) == 0 || strncmp(host, "dtlsudp:", 8) == 0 ||
        strncmp(host, "tlstcp:", 7) == 0)
        return true;
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
        if (strncmp(host, transports[i], strlen(transports[i])) == 0)
            host += strlen(transports[i]);
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        if (strncmp(host, local[i], strlen(local[i])) == 0)
            return true;
    return false;
}

/* What the library says is wrong, in our words where there are better ones. */
static void library_fault(const struct remote *remote, int error, const char *text,
                          struct fault *fault)
{
    const char *host = remote->wanted.peername;

    switch (error) {
    case SNMPERR_TIMEOUT:
        fault_set(fault, OUTCOME_NO_CONTACT,
                  "no answer from %s: nobody listens there, or the community or the password of "
                  "encryption is wrong",
                  host);
        break;
    case SNMPERR_BAD_ADDRESS:
    case SNMPERR_UNKNOWN_OBJID:
        fault_set(fault, OUTCOME_NO_CONTACT, "there is no host %s", host);
        break;
    case SNMPERR_UNKNOWN_USER_NAME:
        fault_set(fault, OUTCOME_DENIED,
                  "%s has no user of this name; was snmpd stopped while createUser was written?",
                  host);
        break;
    case SNMPERR_AUTHENTICATION_FAILURE:
        fault_set(fault, OUTCOME_DENIED,
                  "%s does not take the password: -A (defAuthPassphrase) or the algorithm, -a, is "
                  "another one",
                  host);
        break;
    case SNMPERR_DECRYPTION_ERR:
        fault_set(fault, OUTCOME_DENIED,
                  "the password of encryption, -X (defPrivPassphrase), or its algorithm, -x, is "
                  "another one");
        break;
    case SNMPERR_UNSUPPORTED_SEC_LEVEL:
        fault_set(fault, OUTCOME_DENIED, "%s has no such security level for this user: see -l",
                  host);
        break;
    case SNMPERR_NOT_IN_TIME_WINDOW:
        fault_set(fault, OUTCOME_NO_CONTACT, "%s has another time than it told: try again", host);
        break;
    default:
        fault_set(fault, OUTCOME_NO_CONTACT, "%s: %s", host, text ? text : "no session");
    }
}

/* snmp_sess_open() takes one from the configuration when the options have none. */
static bool has_community(const struct remote *remote)
{
    return remote->wanted.community ||
           netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_COMMUNITY);
}

bool remote_open(struct remote *remote, struct fault *fault)
{
    char *text = NULL;
    int system_error = 0;
    int error = 0;

    if (remote->opened)
        return true;
    if (remote->wanted.version == SNMP_VERSION_2c && !has_community(remote)) {
        fault_set(fault, OUTCOME_USAGE, "no community: -c, or defCommunity in ~/.snmp/snmp.conf");
        return false;
    }
    remote->opened = snmp_sess_open(&remote->wanted);
    if (remote->opened)
        return true;
    snmp_error(&remote->wanted, &system_error, &error, &text);
    library_fault(remote, error, text, fault);
    free(text);
    return false;
}

void *remote_session(struct remote *remote, struct fault *fault)
{
    netsnmp_session *session = &remote->wanted;

    /* Without a user there is nothing that the library could fill in. */
    if (!remote_user(remote))
        return session;
    session->flags |= SNMP_FLAGS_DONT_PROBE;
    return remote_open(remote, fault) ? snmp_sess_session(remote->opened) : NULL;
}

/* Sends a PDU, which the library frees; the response is the caller's. */
static bool exchange(struct remote *remote, netsnmp_pdu *pdu, netsnmp_pdu **response,
                     struct fault *fault)
{
    char *text = NULL;
    int system_error = 0;
    int error = 0;
    int result;

    *response = NULL;
    result = snmp_sess_synch_response(remote->opened, pdu, response);
    if (result == STAT_SUCCESS && *response)
        return true;
    if (result == STAT_TIMEOUT) {
        error = SNMPERR_TIMEOUT;
    } else {
        snmp_sess_error(remote->opened, &system_error, &error, &text);
    }
    library_fault(remote, error, text, fault);
    free(text);
    if (*response)
        snmp_free_pdu(*response);
    *response = NULL;
    return false;
}

struct walk_value remote_value(const void *variable)
{
    const netsnmp_variable_list *varbind = variable;
    struct walk_value value = {.type = WALK_NOTHING};
    uint64_t wide;

    switch (varbind->type) {
    case ASN_INTEGER:
        value.type = WALK_NUMBER;
        value.number = *varbind->val.integer;
        break;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
        value.type = WALK_NUMBER;
        value.number = (int64_t)((unsigned long)*varbind->val.integer & 0xffffffff);
        break;
    case ASN_COUNTER64:
        wide = (uint64_t)(varbind->val.counter64->high & 0xffffffff) << 32 |
               (varbind->val.counter64->low & 0xffffffff);
        value.type = WALK_NUMBER;
        value.number = wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
        break;
    case ASN_OCTET_STR:
        value.type = WALK_OCTETS;
        value.octets = varbind->val.string;
        value.size = varbind->val_len;
        break;
    case SNMP_ENDOFMIBVIEW:
        value.type = WALK_END;
        break;
    default:
        break;
    }
    return value;
}

static bool walk_fault(enum walk_result result, struct fault *fault)
{
    static const char *const words[] = {
        [WALK_BACKWARD] = "the agent's answers go in circles",
        [WALK_STRANGE] = "the agent's answers are not of OPENVPN-MANAGEMENT-MIB",
        [WALK_ENDLESS] = "the agent's table has no end",
        [WALK_MEMORY] = "out of memory",
    };

    fault_set(fault, OUTCOME_FAILED, "%s", words[result]);
    return false;
}

/* Takes the answer to a GETBULK of these columns. */
static bool take_answer(struct walk *walk, const size_t *columns, size_t count,
                        const netsnmp_variable_list *varbind, struct fault *fault)
{
    if (!varbind)
        return walk_fault(WALK_STRANGE, fault);
    for (size_t i = 0; varbind; varbind = varbind->next_variable, i++) {
        struct walk_value value = remote_value(varbind);
        enum walk_result result =
            walk_take(walk, columns[i % count], varbind->name, varbind->name_length, &value);

        if (result != WALK_MORE && result != WALK_DONE)
            return walk_fault(result, fault);
    }
    return true;
}

/* Which columns have not ended, and a request for what follows in them. */
static netsnmp_pdu *make_request(const struct walk *walk, size_t *columns, size_t *count)
{
    netsnmp_pdu *pdu = NULL;
    oid name[OBJECTS_OID_MAX];
    size_t arcs;

    *count = 0;
    for (size_t i = 0; i < walk->count; i++) {
        if (!walk_next(walk, i, name, &arcs))
            continue;
        if (!pdu)
            pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
        if (!pdu)
            return NULL;
        snmp_add_null_var(pdu, name, arcs);
        columns[(*count)++] = i;
    }
    return pdu;
}

static bool walk_to_ends(struct remote *remote, struct walk *walk, struct grid *rows,
                         struct fault *fault)
{
    int most = INT32_MAX; /* repetitions; less when an answer was too big */
    size_t columns[WALK_COLUMNS_MAX];
    size_t count;
    netsnmp_pdu *pdu;
    netsnmp_pdu *response;

    if (!remote_open(remote, fault))
        return false;
    while ((pdu = make_request(walk, columns, &count))) {
        int repetitions = walk_repetitions(walk) < most ? walk_repetitions(walk) : most;
        bool taken;

        pdu->non_repeaters = 0;
        pdu->max_repetitions = repetitions;
        if (!exchange(remote, pdu, &response, fault))
            return false;
        if (response->errstat == SNMP_ERR_TOOBIG && repetitions > 1) {
            most = repetitions / 2;
            taken = true;
        } else if (response->errstat != SNMP_ERR_NOERROR) {
            refusal_of_reading((int)response->errstat, fault);
            taken = false;
        } else {
            taken = take_answer(walk, columns, count, response->variables, fault);
        }
        snmp_free_pdu(response);
        if (!taken)
            return false;
    }
    return walk_rows(walk, rows) || walk_fault(WALK_MEMORY, fault);
}

bool remote_read(struct remote *remote, const struct remote_columns *wanted, struct grid *rows,
                 struct fault *fault)
{
    struct walk walk;
    bool read;

    grid_init(rows);
    read =
        walk_init(&walk, wanted->columns, wanted->count, wanted->depth, wanted->only, wanted->after)
            ? walk_to_ends(remote, &walk, rows, fault)
            : walk_fault(WALK_MEMORY, fault);
    walk_fini(&walk);
    return read;
}

static size_t full_name(const struct remote_name *name, oid *out)
{
    size_t arcs = objects_oid(name->object, out);

    if (name->depth == 0)
        out[arcs++] = 0;
    for (size_t i = 0; i < name->depth; i++)
        out[arcs++] = name->index[i];
    return arcs;
}

/* Whether a varbind has that name, as an honest agent's answer does. */
static bool is_named(const netsnmp_variable_list *varbind, const struct remote_name *name)
{
    oid wanted[OBJECTS_OID_MAX];
    size_t arcs = full_name(name, wanted);

    return varbind->name_length == arcs && memcmp(varbind->name, wanted, arcs * sizeof(oid)) == 0;
}

static bool take_cells(const netsnmp_variable_list *varbind, const struct remote_name *names,
                       size_t count, struct cell *cells, struct fault *fault)
{
    for (size_t i = 0; i < count && varbind; i++, varbind = varbind->next_variable) {
        struct walk_value value = remote_value(varbind);

        if (is_named(varbind, &names[i]) && !walk_cell(names[i].object, &value, &cells[i]))
            return walk_fault(WALK_MEMORY, fault);
    }
    return true;
}

bool remote_get(struct remote *remote, const struct remote_name *names, size_t count,
                struct cell *cells, struct fault *fault)
{
    netsnmp_pdu *response;
    netsnmp_pdu *pdu;
    oid name[OBJECTS_OID_MAX];
    bool taken;

    memset(cells, 0, count * sizeof(*cells));
    if (!remote_open(remote, fault))
        return false;
    pdu = snmp_pdu_create(SNMP_MSG_GET);
    if (!pdu)
        return walk_fault(WALK_MEMORY, fault);
    for (size_t i = 0; i < count; i++)
        snmp_add_null_var(pdu, name, full_name(&names[i], name));
    if (!exchange(remote, pdu, &response, fault))
        return false;
    taken = response->errstat == SNMP_ERR_NOERROR;
    if (taken)
        taken = take_cells(response->variables, names, count, cells, fault);
    else
        refusal_of_reading((int)response->errstat, fault);
    snmp_free_pdu(response);
    return taken;
}

static netsnmp_pdu *make_set(const struct remote_change *changes, size_t count)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
    oid name[OBJECTS_OID_MAX];

    for (size_t i = 0; pdu && i < count; i++) {
        const struct remote_change *change = &changes[i];
        size_t arcs = full_name(&change->name, name);
        u_char type = change->text ? ASN_OCTET_STR : ASN_INTEGER;
        const void *value = change->text ? (const void *)change->text : &change->number;
        size_t size = change->text ? change->len : sizeof(change->number);

        if (!snmp_pdu_add_variable(pdu, name, arcs, type, value, size)) {
            snmp_free_pdu(pdu);
            return NULL;
        }
    }
    return pdu;
}

bool remote_set(struct remote *remote, const struct remote_change *changes, size_t count,
                struct remote_answer *answer, struct fault *fault)
{
    netsnmp_session *session;
    netsnmp_pdu *response;
    netsnmp_pdu *pdu;
    long timeout;
    int retries;
    bool answered;

    if (!remote_open(remote, fault))
        return false;
    pdu = make_set(changes, count);
    if (!pdu)
        return walk_fault(WALK_MEMORY, fault);
    session = snmp_sess_session(remote->opened);
    timeout = session->timeout;
    retries = session->retries;
    session->retries = 0;
    if (session->timeout < SET_TIMEOUT)
        session->timeout = SET_TIMEOUT;
    answered = exchange(remote, pdu, &response, fault);
    session->retries = retries;
    session->timeout = timeout;
    if (!answered) {
        if (fault->outcome == OUTCOME_NO_CONTACT)
            fault_set(fault, OUTCOME_UNCERTAIN,
                      "no answer from %s: it may have happened or not; look before you repeat it",
                      remote->wanted.peername);
        return false;
    }
    answer->status = (int)response->errstat;
    answer->index = (int)response->errindex;
    snmp_free_pdu(response);
    return true;
}
