#include "ctl/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/slice.h"
#include "ctl/change.h"
#include "ctl/online.h"

/* Finds the daemon that the first word names. */
static bool find_daemon(struct daemons *daemons, const struct call *call, unsigned long *index,
                        struct fault *fault)
{
    return daemons_read(daemons, call->remote, NULL, 0, fault) &&
           daemons_find(daemons, call_word(call, 1), index, fault);
}

/* A command about one daemon, with one value. */
struct order {
    enum object object;
    long value;
    const char *what;
    const char *allow;
    const char *question; /* with a %s for the daemon; NULL: nobody is asked */
};

static int give_order(struct call *call, const struct order *order)
{
    struct change change = {.what = order->what, .allow = order->allow, .count = 1};
    struct daemons daemons = {0};
    struct fault fault;
    char question[256];
    int status;

    if (find_daemon(&daemons, call, &change.daemon, &fault)) {
        const char *name = daemons_name(&daemons, change.daemon);

        change.set[0] = (struct remote_change){.name = {order->object, 1, {change.daemon}},
                                               .number = order->value};
        if (order->question)
            snprintf(question, sizeof(question), order->question, name);
        status = change_run(&change, call, name, order->question ? question : NULL);
    } else {
        status = fault_tell(&fault);
    }
    daemons_fini(&daemons);
    return status;
}

int act_hold(struct call *call)
{
    const char *word = call_word(call, 2);
    bool on = !word || strcmp(word, "on") == 0;

    if (!call_words(call, 1, 2))
        return OUTCOME_USAGE;
    if (!on && strcmp(word, "off") != 0)
        return call_usage(call, "on or off, not '%s'", word);
    return give_order(call,
                      &(struct order){ovpnControlHoldFlag,
                                      objects_value(ovpnControlHoldFlag, on ? "true" : "false"),
                                      "a hold", "hold", NULL});
}

int act_release(struct call *call)
{
    if (!call_words(call, 1, 1))
        return OUTCOME_USAGE;
    return give_order(call, &(struct order){ovpnControlHoldRelease,
                                            objects_value(ovpnControlHoldRelease, "release"),
                                            "a hold release", "hold", "Let %s start?"});
}

int act_verb(struct call *call)
{
    int verb;

    if (!call_words(call, 2, 2))
        return OUTCOME_USAGE;
    if (!slice_to_int(slice_of(call_word(call, 2)), 0, 15, &verb))
        return call_usage(call, "0 to 15, not '%s'", call_word(call, 2));
    return give_order(call, &(struct order){ovpnControlVerb, verb, "a verb", "verb", NULL});
}

int act_signal(struct call *call)
{
    static const struct {
        const char *name;
        const char *label;
        const char *allow;
        const char *question;
    } signals[] = {
        {"SIGHUP", "sighup", "signal:SIGHUP", "Have %s restart and read its configuration again?"},
        {"SIGTERM", "sigterm", "signal:SIGTERM", "End %s?"},
        {"SIGUSR1", "sigusr1", "signal:SIGUSR1", "Have %s restart its connections?"},
        {"SIGUSR2", "sigusr2", "signal:SIGUSR2", NULL},
    };
    const char *word = call_word(call, 2);

    if (!call_words(call, 2, 2))
        return OUTCOME_USAGE;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (strcasecmp(word, signals[i].name) == 0 ||
            strcasecmp(word, signals[i].name + strlen("SIG")) == 0)
            return give_order(
                call, &(struct order){ovpnControlSignal,
                                      objects_value(ovpnControlSignal, signals[i].label),
                                      signals[i].name, signals[i].allow, signals[i].question});
    return call_usage(call, "SIGHUP, SIGTERM, SIGUSR1 or SIGUSR2, not '%s'", word);
}

/* Which clients are meant by a word. */
struct meant {
    unsigned long daemon; /* 0: all */
    const char *word;
};

/* "DAEMON/CLIENT" or "CLIENT", which may have a slash of its own. */
static struct meant read_meant(const struct daemons *daemons, const char *word)
{
    const char *slash = strchr(word, '/');
    struct meant meant = {0, word};
    struct fault fault;
    char name[64];

    if (!slash || (size_t)(slash - word) >= sizeof(name))
        return meant;
    memcpy(name, word, (size_t)(slash - word));
    name[slash - word] = '\0';
    if (daemons_find(daemons, name, &meant.daemon, &fault))
        meant.word = slash + 1;
    else
        meant.daemon = 0;
    return meant;
}

/* By common name, user name, or the address that it comes from. */
static bool is_meant(const struct row *row, const char *word)
{
    return strcmp(cell_text(&row->cells[CLIENT_COMMON_NAME]), word) == 0 ||
           strcmp(cell_text(&row->cells[CLIENT_USERNAME]), word) == 0 ||
           strcmp(cell_text(&row->cells[CLIENT_REAL]), word) == 0;
}

/* Moves the rows that are meant to the front, and returns how many there are. */
static size_t select_meant(struct grid *rows, const char *word)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (is_meant(&rows->row[i], word)) {
            struct row row = rows->row[i];

            rows->row[i] = rows->row[count];
            rows->row[count++] = row;
        }
    return count;
}

/* Shows who is meant and asks. */
static int ask_about(const struct call *call, const struct daemons *daemons,
                     const struct grid *rows, size_t count, const char *verb)
{
    char question[CLIENT_NAME_MAX + 256];
    char name[CLIENT_NAME_MAX];

    if (call->yes)
        return OUTCOME_OK;
    for (size_t i = 0; i < count && count > 1; i++) {
        online_name(name, cell_text(&rows->row[i].cells[CLIENT_COMMON_NAME]),
                    cell_text(&rows->row[i].cells[CLIENT_USERNAME]));
        fprintf(stderr, "  %s from %s, on %s\n", name, cell_text(&rows->row[i].cells[CLIENT_REAL]),
                daemons_name(daemons, rows->row[i].index[0]));
    }
    online_name(name, cell_text(&rows->row[0].cells[CLIENT_COMMON_NAME]),
                cell_text(&rows->row[0].cells[CLIENT_USERNAME]));
    if (count > 1)
        snprintf(question, sizeof(question), "%s these %zu sessions?", verb, count);
    else
        snprintf(question, sizeof(question), "%s the session of %s from %s, on %s?", verb, name,
                 cell_text(&rows->row[0].cells[CLIENT_REAL]),
                 daemons_name(daemons, rows->row[0].index[0]));
    return call_ask(call, question);
}

/* Each session is a command of its own; returns the status of the first that fails. */
static int end_all(struct call *call, const struct daemons *daemons, const struct grid *rows,
                   size_t count, const char *label)
{
    int status = OUTCOME_OK;

    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows->row[i];
        struct change change = {
            .daemon = row->index[0], .what = label, .allow = "kill", .count = 1};
        int ended;

        change.set[0] = (struct remote_change){
            .name = {ovpnClientControlAction, 2, {row->index[0], row->index[1]}},
            .number = objects_value(ovpnClientControlAction, label)};
        ended = change_run(&change, call, daemons_name(daemons, row->index[0]), NULL);
        if (status == OUTCOME_OK)
            status = ended;
    }
    return status;
}

/* Reads the clients that the word means; they come first, and count is how many. */
static bool find_clients(struct daemons *daemons, struct grid *rows, const struct call *call,
                         size_t *count, struct fault *fault)
{
    struct meant meant;

    if (!daemons_read(daemons, call->remote, NULL, 0, fault))
        return false;
    meant = read_meant(daemons, call_word(call, 1));
    if (!online_read(rows, call->remote, meant.daemon, fault))
        return false;
    *count = select_meant(rows, meant.word);
    if (*count == 0)
        fault_set(fault, OUTCOME_NOT_FOUND, "no client \"%s\" is connected", meant.word);
    return *count > 0;
}

static int end_clients(struct call *call, const char *label, const char *verb)
{
    struct daemons daemons = {0};
    struct grid rows = {0};
    struct fault fault;
    size_t count;
    int status;

    if (!call_words(call, 1, 1))
        return OUTCOME_USAGE;
    if (find_clients(&daemons, &rows, call, &count, &fault)) {
        status = ask_about(call, &daemons, &rows, count, verb);
        if (status == OUTCOME_OK)
            status = end_all(call, &daemons, &rows, count, label);
    } else {
        status = fault_tell(&fault);
    }
    grid_fini(&rows);
    daemons_fini(&daemons);
    return status;
}

int act_kill(struct call *call)
{
    return end_clients(call, "kill", "End");
}

int act_halt(struct call *call)
{
    return end_clients(call, "halt", "End for good");
}
