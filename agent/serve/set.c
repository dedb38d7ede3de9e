#include "agent/serve/set.h"

#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "agent/master/link.h"
#include "agent/serve/repeats.h"
#include "agent/serve/requester.h"
#include "base/slice.h"
#include "control/plan.h"
#include "model/instance.h"

/* Requests that can wait for their next phase; the master agent sends one after the other. */
enum { WAITING_MAX = 8 };

/* One SET, from RESERVE to its end. */
struct pdu {
    uint32_t transaction; /* of the master agent, unique in a session */
    unsigned generation;  /* of the session */
    struct repeat_key key;
    struct plan *plan; /* NULL when it is given up */
    bool running;      /* the plan goes on; it calls plan_ended() */
    bool undoing;
    netsnmp_delegated_cache *cache; /* what the library waits for; NULL when it does not */
    struct pdu *next;
};

static const struct walker *walker;
static struct pdu *pdus;
static uint32_t replayed; /* the last transaction that got the result of an earlier one */

static bool is_alive(const struct pdu *pdu)
{
    return link_is_up() && link_generation() == pdu->generation;
}

static struct pdu *find_pdu(uint32_t transaction)
{
    struct pdu *pdu = pdus;

    while (pdu &&
           !(pdu->plan && pdu->generation == link_generation() && pdu->transaction == transaction))
        pdu = pdu->next;
    return pdu;
}

static uint32_t transaction_of(const netsnmp_agent_request_info *reqinfo)
{
    return (uint32_t)reqinfo->asp->pdu->transid;
}

static void free_pdu(struct pdu *pdu)
{
    struct pdu **at = &pdus;

    while (*at != pdu)
        at = &(*at)->next;
    *at = pdu->next;
    plan_free(pdu->plan);
    netsnmp_free_delegated_cache(pdu->cache);
    free(pdu);
}

/* Forgets the plan; the rest stays as long as the library's request does. */
static void drop(struct pdu *pdu)
{
    plan_free(pdu->plan);
    pdu->plan = NULL;
    if (!pdu->cache)
        free_pdu(pdu);
}

static int status_of(enum plan_error error)
{
    switch (error) {
    case PLAN_OK:
        return SNMP_ERR_NOERROR;
    case PLAN_NO_ROW:
        return SNMP_ERR_NOCREATION;
    case PLAN_NOT_ALLOWED:
        return SNMP_ERR_NOTWRITABLE;
    case PLAN_INCONSISTENT:
        return SNMP_ERR_INCONSISTENTVALUE;
    case PLAN_BUSY:
        return SNMP_ERR_RESOURCEUNAVAILABLE;
    case PLAN_FAILED:
        return SNMP_ERR_COMMITFAILED;
    case PLAN_UNDO_FAILED:
        return SNMP_ERR_UNDOFAILED;
    }
    return SNMP_ERR_GENERR;
}

static void put_errors(const struct pdu *pdu, netsnmp_agent_request_info *reqinfo,
                       netsnmp_request_info *requests)
{
    size_t which = 0;

    for (netsnmp_request_info *request = requests; request && which < plan_count(pdu->plan);
         request = request->next) {
        int status = status_of(plan_error_of(pdu->plan, which++));

        if (status != SNMP_ERR_NOERROR)
            netsnmp_set_request_error(reqinfo, request, status);
    }
}

/* The library may finish its request; error is for all of it, SNMP_ERR_NOERROR for none. */
static void release_request(struct pdu *pdu, int error)
{
    netsnmp_delegated_cache *cache = netsnmp_handler_check_cache(pdu->cache);

    for (netsnmp_request_info *request = cache ? cache->requests : NULL; request;
         request = request->next)
        request->delegated = REQUEST_IS_NOT_DELEGATED;
    if (cache && error == SNMP_ERR_NOERROR)
        put_errors(pdu, cache->reqinfo, cache->requests);
    else if (cache)
        netsnmp_set_request_error(cache->reqinfo, cache->requests, error);
    netsnmp_free_delegated_cache(pdu->cache);
    pdu->cache = NULL;
}

static struct pdu *oldest_waiting(size_t *count)
{
    struct pdu *oldest = NULL;

    *count = 0;
    for (struct pdu *pdu = pdus; pdu; pdu = pdu->next) {
        if (!pdu->plan || pdu->running)
            continue;
        oldest = pdu; /* new ones stand in front */
        (*count)++;
    }
    return oldest;
}

static struct pdu *pdu_for(const netsnmp_agent_request_info *reqinfo)
{
    struct pdu *pdu = find_pdu(transaction_of(reqinfo));
    size_t count;

    if (pdu && !pdu->running)
        drop(pdu); /* asked again */
    pdu = oldest_waiting(&count);
    if (pdu && count >= WAITING_MAX)
        drop(pdu);
    pdu = calloc(1, sizeof(*pdu));
    if (!pdu)
        return NULL;
    pdu->plan = plan_new();
    if (!pdu->plan) {
        free(pdu);
        return NULL;
    }
    pdu->transaction = transaction_of(reqinfo);
    pdu->generation = link_generation();
    pdu->key = repeats_key(reqinfo->asp->pdu);
    pdu->next = pdus;
    pdus = pdu;
    return pdu;
}

static int read_integer(const netsnmp_variable_list *varbind, const struct writer *writer,
                        struct change *change)
{
    long number;

    if (varbind->type != ASN_INTEGER)
        return SNMP_ERR_WRONGTYPE;
    if (varbind->val_len != sizeof(long))
        return SNMP_ERR_WRONGLENGTH;
    number = *varbind->val.integer;
    if (number < writer->min || number > writer->max || number == writer->refused)
        return SNMP_ERR_WRONGVALUE;
    change->idle = number == writer->idle;
    change->number =
        writer->base == WRITER_TRUTH ? number == TRUTH_TRUE : (int32_t)number - writer->base;
    return SNMP_ERR_NOERROR;
}

static int read_octets(const netsnmp_variable_list *varbind, const struct writer *writer,
                       struct change *change)
{
    struct slice text = {(const char *)varbind->val.string, varbind->val_len};

    if (varbind->type != ASN_OCTET_STR)
        return SNMP_ERR_WRONGTYPE;
    if (varbind->val_len > (size_t)writer->max || varbind->val_len > CHANGE_TEXT_MAX)
        return SNMP_ERR_WRONGLENGTH;
    if ((int32_t)varbind->val_len == writer->refused ||
        slice_has_control(text)) /* the daemon would drop it without a word */
        return SNMP_ERR_WRONGVALUE;
    change->idle = (int32_t)varbind->val_len == writer->idle;
    change->len = varbind->val_len;
    if (change->len > 0)
        memcpy(change->text, varbind->val.string, change->len);
    return SNMP_ERR_NOERROR;
}

_Static_assert(CHANGE_SOURCE_MAX >= REQUESTER_TEXT_MAX, "who asks has room in a change");

/* Returns the error status. */
static int read_change(const netsnmp_pdu *asked, const netsnmp_variable_list *varbind,
                       struct change *change)
{
    struct walker_cell cell;
    enum walker_result result = walker_name(walker, varbind->name, varbind->name_length, &cell);
    const struct writer *writer;
    int status;

    if (result == WALKER_NO_OBJECT || !cell.column->writer)
        return SNMP_ERR_NOTWRITABLE;
    writer = cell.column->writer;
    *change = (struct change){.kind = writer->kind};
    requester_text(asked, change->source);
    status = cell.column->type == VALUE_INTEGER ? read_integer(varbind, writer, change)
                                                : read_octets(varbind, writer, change);
    if (status != SNMP_ERR_NOERROR)
        return status;
    if (result != WALKER_FOUND)
        return SNMP_ERR_NOCREATION;
    change->instance = cell.row.index[0];
    change->row = cell.row.index[1];
    return SNMP_ERR_NOERROR;
}

/* Fills the plan; false when a varbind is wrong by itself. */
static bool fill_plan(struct pdu *pdu, netsnmp_agent_request_info *reqinfo,
                      netsnmp_request_info *requests)
{
    bool good = true;

    for (netsnmp_request_info *request = requests; request; request = request->next) {
        struct change change;
        int status = read_change(reqinfo->asp->pdu, request->requestvb, &change);

        if (status == SNMP_ERR_NOERROR && !plan_add(pdu->plan, &change))
            status = SNMP_ERR_RESOURCEUNAVAILABLE;
        change_wipe(&change);
        if (status == SNMP_ERR_NOERROR)
            continue;
        netsnmp_set_request_error(reqinfo, request, status);
        good = false;
    }
    return good;
}

/* Whether it is a SET that was carried out already; that one's result is the answer. */
static bool replay(netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
    struct repeat_key key = repeats_key(reqinfo->asp->pdu);
    size_t which;
    int status;

    if (!repeats_find(&key, &status, &which))
        return false;
    replayed = transaction_of(reqinfo);
    while (which-- > 0 && requests->next)
        requests = requests->next;
    if (status != SNMP_ERR_NOERROR)
        netsnmp_set_request_error(reqinfo, requests, status);
    return true;
}

/* What the manager is told in the end, for when he asks again. */
static void keep_result(const struct pdu *pdu)
{
    int status = SNMP_ERR_NOERROR;
    size_t which = 0;

    for (size_t i = 0; i < plan_count(pdu->plan); i++) {
        int own = status_of(plan_error_of(pdu->plan, i));

        if (own == SNMP_ERR_NOERROR || status == SNMP_ERR_UNDOFAILED ||
            (status != SNMP_ERR_NOERROR && own != SNMP_ERR_UNDOFAILED))
            continue;
        status = own;
        which = i;
    }
    repeats_add(&pdu->key, status, which);
}

static void reserve_pdu(netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
    struct pdu *pdu;

    if (replay(reqinfo, requests))
        return;
    pdu = pdu_for(reqinfo);
    if (!pdu) {
        netsnmp_set_request_error(reqinfo, requests, SNMP_ERR_RESOURCEUNAVAILABLE);
        return;
    }
    if (fill_plan(pdu, reqinfo, requests) && !plan_check(pdu->plan))
        put_errors(pdu, reqinfo, requests);
}

static void plan_ended(void *arg);

/* Nobody was told that it has succeeded, so it is put back as far as that goes. */
static void abandon(struct pdu *pdu)
{
    if (!pdu->undoing) {
        pdu->undoing = true;
        pdu->running = plan_undo(pdu->plan, plan_ended, pdu);
    }
    if (!pdu->running)
        drop(pdu);
}

static void plan_ended(void *arg)
{
    struct pdu *pdu = arg;

    pdu->running = false;
    if (!is_alive(pdu)) {
        abandon(pdu); /* set_link_changed() releases the request */
        return;
    }
    release_request(pdu, SNMP_ERR_NOERROR);
    if (pdu->undoing) {
        keep_result(pdu);
        drop(pdu);
    }
}

/* A master agent that was told of an error says UndoSet; another word leaves nothing half done. */
static void commit(struct pdu *pdu)
{
    for (size_t which = 0; which < plan_count(pdu->plan); which++) {
        if (plan_error_of(pdu->plan, which) != PLAN_OK) {
            abandon(pdu);
            return;
        }
    }
    plan_commit(pdu->plan);
    keep_result(pdu);
    drop(pdu);
}

/* Nobody can wait for it, and nobody will hear how it ends: it is put back all the same. */
static void undo_alone(struct pdu *pdu, netsnmp_agent_request_info *reqinfo,
                       netsnmp_request_info *requests)
{
    netsnmp_set_request_error(reqinfo, requests, SNMP_ERR_UNDOFAILED);
    pdu->running = plan_undo(pdu->plan, plan_ended, pdu);
    if (!pdu->running)
        drop(pdu);
}

/* Runs a phase that may wait for the daemons. */
static void run(struct pdu *pdu, bool (*phase)(struct plan *plan, void (*done)(void *), void *arg),
                netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
    netsnmp_delegated_cache *cache =
        netsnmp_create_delegated_cache(handler, registration, reqinfo, requests, NULL);

    if (!cache && pdu->undoing) {
        undo_alone(pdu, reqinfo, requests);
        return;
    }
    if (!cache) {
        netsnmp_set_request_error(reqinfo, requests, SNMP_ERR_GENERR);
        return;
    }
    pdu->running = phase(pdu->plan, plan_ended, pdu);
    if (pdu->running) {
        pdu->cache = cache;
        for (netsnmp_request_info *request = requests; request; request = request->next)
            request->delegated = REQUEST_IS_DELEGATED;
        return;
    }
    netsnmp_free_delegated_cache(cache);
    put_errors(pdu, reqinfo, requests);
    if (pdu->undoing) {
        keep_result(pdu);
        drop(pdu);
    }
}

void set_answer(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                netsnmp_agent_request_info *reqinfo, netsnmp_request_info *requests)
{
    struct pdu *pdu;

    if (!link_is_up()) {
        netsnmp_set_request_error(reqinfo, requests, SNMP_ERR_GENERR);
        return;
    }
    if (reqinfo->mode == MODE_SET_RESERVE1) {
        reserve_pdu(reqinfo, requests);
        return;
    }
    pdu = find_pdu(transaction_of(reqinfo));
    if (!pdu || pdu->running) {
        if (reqinfo->mode == MODE_SET_ACTION && transaction_of(reqinfo) != replayed)
            netsnmp_set_request_error(reqinfo, requests, SNMP_ERR_GENERR);
        return;
    }
    switch (reqinfo->mode) {
    case MODE_SET_ACTION:
        run(pdu, plan_run, handler, registration, reqinfo, requests);
        break;
    case MODE_SET_UNDO:
        pdu->undoing = true;
        run(pdu, plan_undo, handler, registration, reqinfo, requests);
        break;
    case MODE_SET_COMMIT:
        commit(pdu);
        break;
    case MODE_SET_FREE:
        drop(pdu);
        break;
    default:
        break;
    }
}

void set_start(const struct walker *use)
{
    walker = use;
}

/*
 * A request must not be finished when the session that it came by is gone: the library would touch
 * what it has freed.  Nor may it wait: after a restart the master agent gives the same numbers
 * again.  So it ends now, as subagent.c sees to it, and what the plan does has no witness any more.
 */
void set_link_changed(bool up)
{
    struct pdu *next;

    for (struct pdu *pdu = pdus; pdu && !up; pdu = next) {
        next = pdu->next;
        if (pdu->cache)
            release_request(pdu, SNMP_ERR_GENERR);
        if (!pdu->plan)
            free_pdu(pdu);
        else if (!pdu->running)
            abandon(pdu);
    }
}

void set_cut(uint32_t transaction)
{
    struct pdu *pdu = find_pdu(transaction);

    if (!pdu || !pdu->running)
        return;
    plan_end(pdu->plan);
    plan_ended(pdu);
}

void set_stop(void)
{
    while (pdus)
        free_pdu(pdus);
}
