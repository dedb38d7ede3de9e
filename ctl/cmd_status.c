#include "ctl/show.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/slice.h"
#include "ctl/daemons.h"
#include "ctl/format.h"
#include "ctl/listing.h"
#include "ctl/rates.h"

/* The cells of a daemon's row; the name comes first. */
enum {
    CONTACT = 1,
    CONTACT_ERROR,
    CONTACT_SINCE,
    STATE,
    STATE_SINCE,
    CLIENTS,
    CLIENTS_MAX,
    PENDING_CLIENTS,
    HOLD_WAITING,
    REQUESTS,
    BYTES_IN,
    BYTES_OUT,
    CONFIG_ERROR
};

static const enum object columns[] = {
    ovpnInstanceContact,         ovpnInstanceContactError,   ovpnInstanceContactSinceUnix,
    ovpnInstanceState,           ovpnInstanceStateSinceUnix, ovpnInstanceClients,
    ovpnInstanceClientsMax,      ovpnInstancePendingClients, ovpnInstanceHoldWaiting,
    ovpnInstancePendingRequests, ovpnInstanceBytesIn,        ovpnInstanceBytesOut,
    ovpnInstanceConfigError,
};

/* Where the fields stand that are shown or not by what is known. */
enum { FIELD_IN = 11, FIELD_OUT, FIELD_RATE_IN, FIELD_RATE_OUT };

static const struct output_field all_fields[] = {
    {"index", NULL, OUTPUT_NUMBER, 0, 0},
    {"daemon", "DAEMON", OUTPUT_TEXT, 8, 0},
    {"contact", NULL, OUTPUT_TEXT, 0, 0},
    {"contact_error", NULL, OUTPUT_TEXT, 0, 0},
    {"config_error", NULL, OUTPUT_TEXT, 0, 0},
    {"state", NULL, OUTPUT_TEXT, 0, 0},
    {"since", NULL, OUTPUT_TIME, 0, 0},
    {NULL, "STATE", OUTPUT_TEXT, 9, 0},
    {NULL, "FOR", OUTPUT_AGO, 0, 2},
    {"clients", NULL, OUTPUT_NUMBER, 0, 0},
    {"clients_max", NULL, OUTPUT_NUMBER, 0, 0},
    [FIELD_IN] = {"bytes_in", "IN", OUTPUT_BYTES, 0, 0},
    [FIELD_OUT] = {"bytes_out", "OUT", OUTPUT_BYTES, 0, 0},
    [FIELD_RATE_IN] = {"rate_in", "IN", OUTPUT_RATE, 0, 0},
    [FIELD_RATE_OUT] = {"rate_out", "OUT", OUTPUT_RATE, 0, 0},
    {NULL, "CLIENTS", OUTPUT_TEXT, 0, 0},
    {"waits_for", "WAITS FOR", OUTPUT_TEXT, 9, 0},
    {"expires", "EXPIRES", OUTPUT_TEXT, 6, 1},
    {"expires_seconds", NULL, OUTPUT_NUMBER, 0, 0},
};

#define FIELDS (sizeof(all_fields) / sizeof(all_fields[0]))

#define SOON   (INT64_C(30) * 86400)
#define URGENT (INT64_C(7) * 86400)

/* The certificate of a daemon that expires first; of no role when there is none. */
struct expiry {
    const char *role;
    int64_t left; /* seconds */
};

static struct expiry first_expiry(const struct grid *certificates, unsigned long daemon)
{
    struct expiry first = {NULL, INT64_MAX};

    for (size_t i = 0; i < certificates->count; i++) {
        const struct row *row = &certificates->row[i];
        int64_t left = cell_number(&row->cells[0], INT64_MAX);

        if (row->index[0] != daemon || left >= first.left)
            continue;
        first.role = objects_label(ovpnCertificateRole, cell_number(&row->cells[1], 0));
        first.left = left;
    }
    return first;
}

static void add_expiry(struct output *output, struct expiry expiry)
{
    enum page_colour colour = expiry.left < URGENT ? COLOUR_BAD
                              : expiry.left < SOON ? COLOUR_WAITS
                                                   : COLOUR_NONE;
    char left[FORMAT_MAX];
    char text[FORMAT_MAX + 16];

    if (!expiry.role) {
        output_nothing(output);
        output_nothing(output);
        return;
    }
    format_seconds(left, expiry.left);
    if (expiry.left < 0)
        snprintf(text, sizeof(text), "%s expired", expiry.role);
    else
        snprintf(text, sizeof(text), "%s %s", expiry.role, left);
    output_text(output, text, colour);
    output_number(output, expiry.left, COLOUR_NONE);
}

/* "release, 1 answer, 2 logins": what a person or a script has to do. */
static void waits_for(const struct row *row, char *out, size_t size)
{
    int64_t requests = cell_number(&row->cells[REQUESTS], 0);
    int64_t logins = cell_number(&row->cells[PENDING_CLIENTS], 0);
    size_t len = 0;

    out[0] = '\0';
    if (cell_number(&row->cells[HOLD_WAITING], 0) == objects_value(ovpnInstanceHoldWaiting, "true"))
        len += (size_t)snprintf(out, size, "release");
    if (requests > 0)
        len += (size_t)snprintf(out + len, size - len, "%s%lld answer%s", len > 0 ? ", " : "",
                                (long long)requests, requests == 1 ? "" : "s");
    if (logins > 0)
        snprintf(out + len, size - len, "%s%lld login%s", len > 0 ? ", " : "", (long long)logins,
                 logins == 1 ? "" : "s");
}

/* Whether what is shown is what the daemon says. */
static bool has_contact(const struct row *row)
{
    int64_t contact = cell_number(&row->cells[CONTACT], 0);

    return contact == objects_value(ovpnInstanceContact, "up") ||
           contact == objects_value(ovpnInstanceContact, "stale");
}

/* The state, or what is in the way of contact, and since when. */
static void add_state(struct output *output, const struct row *row)
{
    const char *contact = objects_label(ovpnInstanceContact, cell_number(&row->cells[CONTACT], 0));

    if (has_contact(row)) {
        listing_add(output, ovpnInstanceState, &row->cells[STATE]);
        output_cell(output, &row->cells[STATE_SINCE]);
    } else {
        output_text(output, contact, contact ? listing_colour(contact) : COLOUR_NONE);
        output_cell(output, &row->cells[CONTACT_SINCE]);
    }
}

static void add_clients(struct output *output, const struct row *row)
{
    int64_t clients = cell_number(&row->cells[CLIENTS], -1);
    int64_t most = cell_number(&row->cells[CLIENTS_MAX], -1);
    char text[48];

    if (clients < 0)
        output_nothing(output);
    else if (most < 0)
        output_number(output, clients, COLOUR_NONE);
    else {
        snprintf(text, sizeof(text), "%lld/%lld", (long long)clients, (long long)most);
        output_text(output, text, clients >= most ? COLOUR_BAD : COLOUR_NONE);
    }
}

static void add_rate(struct output *output, int64_t rate)
{
    if (rate < 0)
        output_nothing(output);
    else
        output_number(output, rate, COLOUR_NONE);
}

static void add_daemon(struct output *output, const struct row *row, const struct rate *rate,
                       const struct grid *certificates)
{
    char text[96];

    output_number(output, (int64_t)row->index[0], COLOUR_NONE);
    output_cell(output, &row->cells[0]);
    listing_add(output, ovpnInstanceContact, &row->cells[CONTACT]);
    output_cell(output, &row->cells[CONTACT_ERROR]);
    output_cell(output, &row->cells[CONFIG_ERROR]);
    listing_add(output, ovpnInstanceState, &row->cells[STATE]);
    output_cell(output, &row->cells[has_contact(row) ? STATE_SINCE : CONTACT_SINCE]);
    add_state(output, row);
    output_cell(output, &row->cells[CLIENTS]);
    output_cell(output, &row->cells[CLIENTS_MAX]);
    output_cell(output, &row->cells[BYTES_IN]);
    output_cell(output, &row->cells[BYTES_OUT]);
    add_rate(output, rate ? rate->rate_in : -1);
    add_rate(output, rate ? rate->rate_out : -1);
    add_clients(output, row);
    waits_for(row, text, sizeof(text));
    output_text(output, text, COLOUR_WAITS);
    add_expiry(output, first_expiry(certificates, row->index[0]));
}

static int64_t time_of_reading(const struct row *row, const void *context)
{
    (void)row;
    return *(const int64_t *)context;
}

/* A reading at that second of our own; the daemons' are not known so well. */
static bool read_daemons(struct daemons *daemons, struct rates *rates, struct remote *remote,
                         int64_t second, struct fault *fault)
{
    if (!daemons_read(daemons, remote, columns, sizeof(columns) / sizeof(columns[0]), fault))
        return false;
    if (rates_take(rates, &daemons->rows, BYTES_IN, BYTES_OUT, time_of_reading, &second))
        return true;
    fault_set(fault, OUTCOME_FAILED, "out of memory");
    return false;
}

/* Reads once more after so many seconds; 0: not at all. */
static bool read_again(struct daemons *daemons, struct rates *rates, struct remote *remote,
                       int seconds, struct fault *fault)
{
    if (seconds == 0)
        return true;
    poll(NULL, 0, seconds * 1000);
    daemons_fini(daemons);
    return read_daemons(daemons, rates, remote, seconds, fault);
}

static bool read_certificates(struct grid *rows, struct remote *remote, struct fault *fault)
{
    static const enum object wanted[] = {ovpnCertificateSecondsLeft, ovpnCertificateRole};

    return remote_read(remote, &(struct remote_columns){wanted, 2, 2, 0, 0}, rows, fault);
}

/* What a table has no room for: a line for each error. */
static void print_errors(const struct page *page, const struct row *row)
{
    static const int places[] = {CONTACT_ERROR, CONFIG_ERROR};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *text = cell_text(&row->cells[places[i]]);

        if (!text[0])
            continue;
        page_paint(page, COLOUR_BAD);
        page_print(page, cell_text(&row->cells[0]));
        page_print(page, ": ");
        page_print(page, text);
        page_paint(page, COLOUR_NONE);
        fputc('\n', page->out);
    }
}

static int print_status(const struct call *call, const struct daemons *daemons, unsigned long only,
                        const struct rates *rates, bool waited, const struct grid *certificates)
{
    struct output_field fields[FIELDS];
    struct output output;
    bool printed;

    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = all_fields[i];
    for (size_t i = 0; i < 2; i++)
        fields[(waited ? FIELD_IN : FIELD_RATE_IN) + i].title = NULL;
    output_init(&output, fields, FIELDS, clock_wall());
    for (size_t i = 0; i < daemons->rows.count; i++)
        if (only == 0 || daemons->rows.row[i].index[0] == only)
            add_daemon(&output, &daemons->rows.row[i], &rates->rate[i], certificates);
    printed = output_print(&output, &call->page, NULL);
    output_fini(&output);
    for (size_t i = 0; i < daemons->rows.count && call->page.format == PAGE_TABLE; i++)
        if (only == 0 || daemons->rows.row[i].index[0] == only)
            print_errors(&call->page, &daemons->rows.row[i]);
    return printed ? OUTCOME_OK : fault_exit(OUTCOME_FAILED, "out of memory");
}

/* "-w SECONDS". */
static bool take_wait(int letter, const char *value, void *context)
{
    (void)letter;
    if (slice_to_int(slice_of(value), 1, 3600, context))
        return true;
    fault_exit(OUTCOME_USAGE, "-w takes seconds, 1 to 3600");
    return false;
}

int show_status(struct call *call)
{
    struct daemons daemons = {0};
    struct grid certificates = {0};
    struct rates rates = {0};
    struct fault fault;
    unsigned long only = 0;
    int wait = 0;
    int status;

    if (!call_options(call, "w:", NULL, take_wait, &wait) || !call_words(call, 0, 1))
        return OUTCOME_USAGE;
    if (read_daemons(&daemons, &rates, call->remote, 0, &fault) &&
        (!call_word(call, 1) || daemons_find(&daemons, call_word(call, 1), &only, &fault)) &&
        read_again(&daemons, &rates, call->remote, wait, &fault) &&
        read_certificates(&certificates, call->remote, &fault))
        status = print_status(call, &daemons, only, &rates, wait > 0, &certificates);
    else
        status = fault_tell(&fault);
    rates_fini(&rates);
    grid_fini(&certificates);
    daemons_fini(&daemons);
    return status;
}
