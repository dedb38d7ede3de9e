/* Net-SNMP's configuration comes first: the others need it. */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-includes.h>

#include "ctl/receiver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct receiver {
    const netsnmp_session *wanted; /* what the options say */
    receiver_taker taker;
    void *context;
    bool ended;
};

void receiver_prepare(void)
{
    init_usm_conf("ovpnctl");
}

/* Whether the options let a message in. */
static bool is_wanted(const struct receiver *receiver, const netsnmp_pdu *pdu)
{
    const netsnmp_session *wanted = receiver->wanted;

    if (pdu->command != SNMP_MSG_TRAP2 && pdu->command != SNMP_MSG_INFORM)
        return false;
    if (pdu->version == SNMP_VERSION_3)
        return pdu->securityLevel >= SNMP_SEC_LEVEL_AUTHNOPRIV &&
               pdu->securityLevel >= wanted->securityLevel;
    if (pdu->version != SNMP_VERSION_2c || wanted->securityName)
        return false;
    return !wanted->community ||
           (pdu->community_len == wanted->community_len &&
            memcmp(pdu->community, wanted->community, wanted->community_len) == 0);
}

/* What the kinds of notices name, as text; there is one object of this kind. */
static struct cell kind_cell(const netsnmp_variable_list *varbind)
{
    const struct objects_notification *kind =
        objects_notification(varbind->val.objid, varbind->val_len / sizeof(oid));
    struct cell cell = {.text = text_copy(kind ? kind->name : "others")};

    cell.there = cell.text != NULL;
    return cell;
}

static struct cell cell_of(enum object object, const netsnmp_variable_list *varbind)
{
    struct walk_value value = remote_value(varbind);
    struct cell cell = {0};

    if (objects_kind(object) == OBJECTS_OID && varbind->type == ASN_OBJECT_ID)
        return kind_cell(varbind);
    if (!walk_cell(object, &value, &cell))
        return (struct cell){0};
    return cell;
}

/* RFC 3416: sysUpTime.0 and snmpTrapOID.0 come first. */
static void read_notice(struct notice *notice, const netsnmp_variable_list *varbind)
{
    static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    enum object object;
    size_t taken;

    notice_init(notice, NULL);
    for (; varbind; varbind = varbind->next_variable) {
        struct cell cell;

        if (varbind->type == ASN_OBJECT_ID && !notice->kind &&
            snmp_oid_compare(varbind->name, varbind->name_length, trap_oid, OID_LENGTH(trap_oid)) ==
                0)
            notice->kind = objects_notification(varbind->val.objid, varbind->val_len / sizeof(oid));
        if (!objects_find(varbind->name, varbind->name_length, &object, &taken))
            continue;
        cell = cell_of(object, varbind);
        if (!notice_add(notice, object, cell))
            free(cell.text);
    }
}

/* Tells the sender of an inform that it has arrived. */
static void acknowledge(netsnmp_session *session, netsnmp_pdu *pdu)
{
    netsnmp_pdu *reply = snmp_clone_pdu(pdu);

    if (!reply)
        return;
    reply->command = SNMP_MSG_RESPONSE;
    reply->errstat = 0;
    reply->errindex = 0;
    if (!snmp_send(session, reply))
        snmp_free_pdu(reply);
}

static int take_message(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
                        void *context)
{
    struct receiver *receiver = context;
    struct notice notice;

    (void)request;
    if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !is_wanted(receiver, pdu))
        return 1;
    read_notice(&notice, pdu->variables);
    receiver->ended |= !receiver->taker(&notice, receiver->context);
    notice_fini(&notice);
    if (pdu->command == SNMP_MSG_INFORM)
        acknowledge(session, pdu);
    return 1;
}

/*
 * Makes the user of the options known twice: for traps, whose sender's engine counts (-e), and for
 * informs, where it is our own.
 */
static bool make_users(netsnmp_session *wanted)
{
    netsnmp_session user = *wanted;
    u_char *own;
    size_t size;
    bool made = true;

    if (wanted->version != SNMP_VERSION_3 || !wanted->securityName)
        return true;
    user.securityModel = SNMP_SEC_MODEL_USM;
    user.flags &= ~(u_long)SNMP_FLAGS_USER_CREATED;
    if (user.securityEngineIDLen > 0)
        made = usm_create_user_from_session(&user) == SNMPERR_SUCCESS;
    own = snmpv3_generate_engineID(&size);
    user.securityEngineID = own;
    user.securityEngineIDLen = size;
    user.flags &= ~(u_long)SNMP_FLAGS_USER_CREATED;
    made = made && usm_create_user_from_session(&user) == SNMPERR_SUCCESS;
    free(own);
    return made;
}

static netsnmp_session *listen_at(const char *address, struct receiver *receiver,
                                  struct fault *fault)
{
    netsnmp_transport *transport = netsnmp_transport_open_server("snmptrap", address);
    netsnmp_session *added;
    netsnmp_session session;

    if (!transport) {
        fault_set(fault, OUTCOME_FAILED, "cannot listen at %s: %s", address,
                  errno ? strerror(errno) : "no such address");
        return NULL;
    }
    snmp_sess_init(&session);
    session.peername = SNMP_DEFAULT_PEERNAME;
    session.version = SNMP_DEFAULT_VERSION;
    session.community_len = SNMP_DEFAULT_COMMUNITY_LEN;
    session.retries = SNMP_DEFAULT_RETRIES;
    session.timeout = SNMP_DEFAULT_TIMEOUT;
    session.callback = take_message;
    session.callback_magic = receiver;
    session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
    added = snmp_add(&session, transport, NULL, NULL);
    if (!added)
        fault_set(fault, OUTCOME_FAILED, "cannot listen at %s", address);
    return added;
}

static bool wait_for_messages(const struct receiver *receiver, struct fault *fault)
{
    netsnmp_large_fd_set files;

    netsnmp_large_fd_set_init(&files, FD_SETSIZE);
    while (!receiver->ended) {
        struct timeval until = {60, 0};
        int count = 0;
        int block = 1;

        NETSNMP_LARGE_FD_ZERO(&files);
        snmp_select_info2(&count, &files, &until, &block);
        count = netsnmp_large_fd_set_select(count, &files, NULL, NULL, block ? NULL : &until);
        if (count > 0)
            snmp_read2(&files);
        else if (count == 0)
            snmp_timeout();
        else if (errno != EINTR) {
            fault_set(fault, OUTCOME_FAILED, "cannot wait: %s", strerror(errno));
            break;
        }
    }
    netsnmp_large_fd_set_cleanup(&files);
    return receiver->ended;
}

bool receiver_run(struct remote *remote, const char *address, receiver_taker taker, void *context,
                  struct fault *fault)
{
    netsnmp_session *wanted = remote_session(remote, fault);
    struct receiver receiver = {.wanted = wanted, .taker = taker, .context = context};
    netsnmp_session *session;
    bool ended;

    if (!wanted)
        return false;
    if (!make_users(wanted)) {
        fault_set(fault, OUTCOME_FAILED, "the user cannot be used");
        return false;
    }
    errno = 0;
    session = listen_at(address, &receiver, fault);
    if (!session)
        return false;
    fprintf(stderr, "listening at %s\n", address);
    ended = wait_for_messages(&receiver, fault);
    snmp_close(session);
    return ended;
}
