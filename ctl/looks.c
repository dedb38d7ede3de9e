#include "ctl/looks.h"

#include <string.h>

#include "ctl/counted.h"
#include "ctl/daemons.h"

#define DAY 86400

/* What each look reads of all daemons; the place of a cell in a row. */
enum {
    NAME,
    CONTACT,
    CONTACT_ERROR,
    AGE,
    STATE,
    STATE_SINCE,
    HOLD_WAITING,
    REQUESTS,
    CLIENTS,
    CLIENTS_MAX,
    ACCEPTED,
    REJECTED,
    RECEIVED,
    SENT
};

static const enum object about_daemons[] = {
    ovpnInstanceContact,         ovpnInstanceContactError,   ovpnInstanceAge,
    ovpnInstanceState,           ovpnInstanceStateSinceUnix, ovpnInstanceHoldWaiting,
    ovpnInstancePendingRequests, ovpnInstanceClients,        ovpnInstanceClientsMax,
    ovpnInstanceLoginsAccepted,  ovpnInstanceLoginsRejected, ovpnInstanceBytesIn,
    ovpnInstanceBytesOut,
};

/* One daemon's part of a look; of is its name where there are several, for labels. */
struct one {
    const struct question *question;
    const struct row *row;
    const char *name;
    const char *of;
    struct verdict *verdict;
};

static int64_t figure_of(const struct one *one, size_t place)
{
    return cell_number(&one->row->cells[place], -1);
}

static bool is_labelled(const struct one *one, size_t place, enum object object, const char *label)
{
    return figure_of(one, place) == objects_value(object, label);
}

static bool in_contact(const struct one *one)
{
    return is_labelled(one, CONTACT, ovpnInstanceContact, "up") ||
           is_labelled(one, CONTACT, ovpnInstanceContact, "stale");
}

static const char *words_of(const struct one *one, size_t place, enum object object)
{
    const char *label = objects_label(object, figure_of(one, place));

    return label ? label : "of an unknown kind";
}

/* Nothing can be said of a daemon without contact; that it has none, the look at contacts says. */
static bool lacks_contact(const struct one *one)
{
    if (in_contact(one))
        return false;
    verdict_raise(one->verdict, VERDICT_UNKNOWN);
    verdict_say(one->verdict, "%s: no contact", one->name);
    return true;
}

static void look_at_contact(const struct one *one)
{
    static const char *const fair[] = {"stale", "detached"};
    const struct thresholds *limits = &one->question->thresholds;
    const char *error = cell_text(&one->row->cells[CONTACT_ERROR]);
    int64_t age = figure_of(one, AGE);
    enum verdict_status status = VERDICT_CRITICAL;

    if (is_labelled(one, CONTACT, ovpnInstanceContact, "up") ||
        is_labelled(one, CONTACT, ovpnInstanceContact, "synchronizing"))
        status = verdict_of(limits, (double)age);
    for (size_t i = 0; i < sizeof(fair) / sizeof(fair[0]); i++)
        if (is_labelled(one, CONTACT, ovpnInstanceContact, fair[i]))
            status = VERDICT_WARNING;
    verdict_raise(one->verdict, status);
    verdict_say(one->verdict, "%s: %s%s%s", one->name, words_of(one, CONTACT, ovpnInstanceContact),
                error[0] ? ": " : "", error);
    if (age >= 0)
        verdict_value(one->verdict, one->of, "age", age, "s", limits, -1);
}

static void look_at_tunnel(const struct one *one)
{
    const struct thresholds *limits = &one->question->thresholds;
    int64_t since = figure_of(one, STATE_SINCE);
    int64_t seconds = since > 0 && counted_now() > since ? counted_now() - since : 0;

    if (lacks_contact(one))
        return;
    if (is_labelled(one, HOLD_WAITING, ovpnInstanceHoldWaiting, "true")) {
        verdict_raise(one->verdict, VERDICT_WARNING);
        verdict_say(one->verdict, "%s: waits for a hold release", one->name);
    } else if (figure_of(one, REQUESTS) > 0) {
        verdict_raise(one->verdict, VERDICT_WARNING);
        verdict_say(one->verdict, "%s: waits for input", one->name);
    } else {
        bool connected = is_labelled(one, STATE, ovpnInstanceState, "connected");

        verdict_raise(one->verdict,
                      connected ? verdict_of(limits, (double)seconds) : VERDICT_CRITICAL);
        verdict_say(one->verdict, "%s: %s for %lld s", one->name,
                    words_of(one, STATE, ovpnInstanceState), (long long)seconds);
    }
    verdict_value(one->verdict, one->of, "seconds", seconds, "s", limits, -1);
    if (figure_of(one, RECEIVED) >= 0)
        verdict_value(one->verdict, one->of, "in", figure_of(one, RECEIVED), "c", NULL, -1);
    if (figure_of(one, SENT) >= 0)
        verdict_value(one->verdict, one->of, "out", figure_of(one, SENT), "c", NULL, -1);
}

static void look_at_clients(const struct one *one)
{
    const struct thresholds *limits = &one->question->thresholds;
    int64_t clients = figure_of(one, CLIENTS);
    int64_t most = figure_of(one, CLIENTS_MAX);

    if (lacks_contact(one))
        return;
    if (one->question->percent && most <= 0) {
        verdict_raise(one->verdict, VERDICT_UNKNOWN);
        verdict_say(one->verdict, "%s: how many it lets in is not known, see openvpn_config",
                    one->name);
        return;
    }
    verdict_raise(one->verdict,
                  verdict_of(limits, one->question->percent ? (double)clients * 100 / (double)most
                                                            : (double)clients));
    verdict_say(one->verdict, "%s: %lld clients", one->name, (long long)clients);
    verdict_value(one->verdict, one->of, "clients", clients, "",
                  one->question->percent ? NULL : limits, most);
}

/* Thresholds are of failed logins in a minute since the last look. */
static void look_at_logins(const struct one *one)
{
    const struct thresholds *limits = &one->question->thresholds;
    int64_t rejected = figure_of(one, REJECTED);
    double rate = 0;

    if (rejected < 0) {
        verdict_raise(one->verdict, VERDICT_UNKNOWN);
        verdict_say(one->verdict, "%s: its logins are not known", one->name);
        return;
    }
    switch (counted_rate(one->question->state, one->name, rejected, &rate)) {
    case COUNTED_RATE:
        verdict_raise(one->verdict, verdict_of(limits, rate));
        verdict_say(one->verdict, "%s: %.1f failed logins in a minute", one->name, rate);
        break;
    case COUNTED_FIRST:
        verdict_say(one->verdict, "%s: %lld failed logins so far", one->name, (long long)rejected);
        break;
    default:
        verdict_raise(one->verdict, VERDICT_UNKNOWN);
        verdict_say(one->verdict, "cannot write %s", one->question->state);
    }
    verdict_value(one->verdict, one->of, "accepted", figure_of(one, ACCEPTED), "c", NULL, -1);
    verdict_value(one->verdict, one->of, "rejected", rejected, "c", NULL, -1);
}

/* Runs a look for the wanted daemon, or for all. */
static bool for_each_daemon(struct remote *remote, const struct question *question,
                            struct verdict *verdict, struct fault *fault,
                            void (*look)(const struct one *))
{
    struct daemons daemons = {0};
    unsigned long index = 0;
    bool read = daemons_read(&daemons, remote, about_daemons,
                             sizeof(about_daemons) / sizeof(about_daemons[0]), fault) &&
                (!question->daemon || daemons_find(&daemons, question->daemon, &index, fault));

    for (size_t i = 0; read && i < daemons.rows.count; i++) {
        const struct row *row = &daemons.rows.row[i];
        const char *name = daemons_name(&daemons, row->index[0]);
        struct one one = {question, row, name, question->daemon ? NULL : name, verdict};

        if (!question->daemon || row->index[0] == index)
            look(&one);
    }
    daemons_fini(&daemons);
    return read;
}

static bool check_contact(struct remote *remote, const struct question *question,
                          struct verdict *verdict, struct fault *fault)
{
    return for_each_daemon(remote, question, verdict, fault, look_at_contact);
}

static bool check_tunnel(struct remote *remote, const struct question *question,
                         struct verdict *verdict, struct fault *fault)
{
    return for_each_daemon(remote, question, verdict, fault, look_at_tunnel);
}

static bool check_clients(struct remote *remote, const struct question *question,
                          struct verdict *verdict, struct fault *fault)
{
    return for_each_daemon(remote, question, verdict, fault, look_at_clients);
}

static bool check_logins(struct remote *remote, const struct question *question,
                         struct verdict *verdict, struct fault *fault)
{
    if (question->state && !question->daemon) {
        fault_set(fault, OUTCOME_USAGE, "--state wants --daemon too");
        return false;
    }
    return for_each_daemon(remote, question, verdict, fault, look_at_logins);
}

/* That an agent is there, and how many of its daemons are. */
static bool check_agent(struct remote *remote, const struct question *question,
                        struct verdict *verdict, struct fault *fault)
{
    static const enum object columns[] = {ovpnInstanceContact};
    const struct remote_name name = {.object = ovpnAgentInstances};
    struct daemons daemons = {0};
    struct cell cell;
    int64_t lost = 0;

    if (!remote_get(remote, &name, 1, &cell, fault))
        return false;
    if (!cell.there) {
        verdict_raise(verdict, VERDICT_CRITICAL);
        verdict_say(verdict, "openvpn-agentx does not run, or this user may not see it");
        return true;
    }
    if (cell.number > 0 && !daemons_read(&daemons, remote, columns, 1, fault)) {
        daemons_fini(&daemons);
        return false;
    }
    for (size_t i = 0; i < daemons.rows.count; i++) {
        struct one one = {question, &daemons.rows.row[i], NULL, NULL, verdict};

        lost += !in_contact(&one);
    }
    daemons_fini(&daemons);
    verdict_raise(verdict, verdict_of(&question->thresholds, (double)lost));
    verdict_say(verdict, "%lld daemons, %lld of them without contact", (long long)cell.number,
                (long long)lost);
    verdict_value(verdict, NULL, "lost", lost, "", &question->thresholds, cell.number);
    return true;
}

/* Reads a table of rows of daemons, of all or of the wanted one. */
static bool read_rows_of(struct remote *remote, const struct question *question,
                         const enum object *columns, size_t count, struct daemons *daemons,
                         struct grid *rows, struct fault *fault)
{
    struct remote_columns wanted = {columns, count, 2, 0, 0};

    return daemons_read(daemons, remote, NULL, 0, fault) &&
           (!question->daemon || daemons_find(daemons, question->daemon, &wanted.only, fault)) &&
           remote_read(remote, &wanted, rows, fault);
}

static void say_user(const struct row *row, const struct question *question, const char *daemon,
                     struct verdict *verdict)
{
    int64_t online = cell_number(&row->cells[1], 0);
    int64_t sessions = cell_number(&row->cells[2], 0);
    const char *of = question->daemon ? NULL : daemon;

    if (online == objects_value(ovpnUserOnline, "unknown")) {
        verdict_raise(verdict, VERDICT_UNKNOWN);
        verdict_say(verdict, "%s: no contact", daemon);
        return;
    }
    verdict_raise(verdict, verdict_of(&question->thresholds, (double)sessions));
    verdict_say(verdict, "%s: %s has %lld sessions", daemon, question->user, (long long)sessions);
    verdict_value(verdict, of, "sessions", sessions, "", &question->thresholds, -1);
    verdict_value(verdict, of, "in", cell_number(&row->cells[3], 0), "c", NULL, -1);
    verdict_value(verdict, of, "out", cell_number(&row->cells[4], 0), "c", NULL, -1);
}

static bool check_user(struct remote *remote, const struct question *question,
                       struct verdict *verdict, struct fault *fault)
{
    static const enum object columns[] = {ovpnUserName, ovpnUserOnline, ovpnUserSessions,
                                          ovpnUserBytesIn, ovpnUserBytesOut};
    struct daemons daemons = {0};
    struct grid rows = {0};
    bool found = false;
    bool read;

    if (!question->user) {
        fault_set(fault, OUTCOME_USAGE, "which user? --user NAME");
        return false;
    }
    read = read_rows_of(remote, question, columns, sizeof(columns) / sizeof(columns[0]), &daemons,
                        &rows, fault);
    for (size_t i = 0; read && i < rows.count; i++)
        if (strcmp(cell_text(&rows.row[i].cells[0]), question->user) == 0) {
            found = true;
            say_user(&rows.row[i], question, daemons_name(&daemons, rows.row[i].index[0]), verdict);
        }
    if (read && !found) {
        verdict_raise(verdict, verdict_of(&question->thresholds, 0));
        verdict_say(verdict, "%s was never connected", question->user);
    }
    grid_fini(&rows);
    daemons_fini(&daemons);
    return read;
}

/* The certificate or list that ends first. */
static bool check_expiry(struct remote *remote, const struct question *question,
                         struct verdict *verdict, struct fault *fault)
{
    static const enum object columns[] = {ovpnCertificateSecondsLeft, ovpnCertificateSubject};
    struct daemons daemons = {0};
    struct grid rows = {0};
    const struct row *first = NULL;
    bool read = read_rows_of(remote, question, columns, sizeof(columns) / sizeof(columns[0]),
                             &daemons, &rows, fault);

    for (size_t i = 0; read && i < rows.count; i++)
        if (rows.row[i].cells[0].there &&
            (!first || rows.row[i].cells[0].number < first->cells[0].number))
            first = &rows.row[i];
    if (first) {
        double days = (double)first->cells[0].number / DAY;

        verdict_raise(verdict, verdict_of(&question->thresholds, days));
        verdict_say(verdict, "%s: %s %s %.1f days", daemons_name(&daemons, first->index[0]),
                    cell_text(&first->cells[1]), days < 0 ? "has expired since" : "ends in",
                    days < 0 ? -days : days);
        verdict_value(verdict, NULL, "days", first->cells[0].number / DAY, "",
                      &question->thresholds, -1);
    } else if (read) {
        verdict_raise(verdict, VERDICT_UNKNOWN);
        verdict_say(verdict, "no certificates are known, see openvpn_config");
    }
    grid_fini(&rows);
    daemons_fini(&daemons);
    return read;
}

static const struct look looks[] = {
    {"agent", "that the agent runs", "daemons without contact", {NULL, "0"}, check_agent},
    {"contact", "that it is in contact", "seconds of silence", {NULL, NULL}, check_contact},
    {"tunnel", "that it is connected", "seconds since", {NULL, NULL}, check_tunnel},
    {"clients", "how many clients it has", "clients", {NULL, NULL}, check_clients},
    {"user", "that a user is online", "sessions", {NULL, "1:"}, check_user},
    {"logins", "logins that fail", "failed ones in a minute", {"10", "60"}, check_logins},
    {"expiry", "the certificate that ends first", "days", {"14:", "2:"}, check_expiry},
};

const struct look *looks_at(size_t place)
{
    return place < sizeof(looks) / sizeof(looks[0]) ? &looks[place] : NULL;
}

const struct look *looks_find(const char *name)
{
    const struct look *look;

    for (size_t i = 0; (look = looks_at(i)); i++)
        if (strcmp(look->name, name) == 0)
            return look;
    return NULL;
}
