#include "ctl/stay.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"
#include "ctl/format.h"
#include "ctl/online.h"
#include "ctl/rates.h"
#include "ctl/terminal.h"

#define DELAY       2 /* seconds between two readings, unless -d says otherwise */
#define FILTER_MAX  64
#define HEADER      3 /* lines above the table's own heading */
#define HOME        "\033[H"
#define CLEAR_LINE  "\033[K"
#define CLEAR_BELOW "\033[J"

enum order { BY_RATE, BY_IN, BY_OUT, BY_TIME, BY_NAME, ORDERS };

static const char *const order_names[ORDERS] = {"rate", "bytes in", "bytes out", "time", "name"};

/* A client with its rate. */
struct entry {
    const struct row *row;
    int64_t rate;
};

struct top {
    struct call *call;
    int delay;
    unsigned long only;
    struct daemons daemons;
    struct grid clients;
    struct rates rates;
    struct fault fault; /* of the last reading; without text when it went well */
    enum order order;
    bool reversed;
    char filter[FILTER_MAX];
    bool filtering; /* the filter is being typed */
    bool ended;
};

static const enum object daemon_columns[] = {ovpnInstanceStatusUpdatedUnix, ovpnInstanceContact};

static int64_t time_of_status(const struct row *row, const void *context)
{
    const struct row *daemon = daemons_row(context, row->index[0]);

    return daemon ? cell_number(&daemon->cells[1], 0) : 0;
}

/* One reading; when it fails the last one stays on the page, with the reason. */
static void read_page(struct top *top)
{
    struct daemons daemons = {0};
    struct grid clients = {0};

    if (!daemons_read(&daemons, top->call->remote, daemon_columns, 2, &top->fault) ||
        !online_read(&clients, top->call->remote, top->only, &top->fault)) {
        daemons_fini(&daemons);
        grid_fini(&clients);
        return;
    }
    top->fault.text[0] = '\0';
    daemons_fini(&top->daemons);
    grid_fini(&top->clients);
    top->daemons = daemons;
    top->clients = clients;
    if (!rates_take(&top->rates, &clients, CLIENT_IN, CLIENT_OUT, time_of_status, &daemons))
        fault_set(&top->fault, OUTCOME_FAILED, "out of memory");
}

/* The order is the page's only one, so that qsort() needs no context. */
static enum order sort_order;
static bool sort_reversed;

static int64_t sort_key(const struct entry *entry)
{
    static const size_t cells[ORDERS] = {
        [BY_IN] = CLIENT_IN, [BY_OUT] = CLIENT_OUT, [BY_TIME] = CLIENT_SECONDS};

    if (sort_order == BY_RATE)
        return entry->rate;
    return cell_number(&entry->row->cells[cells[sort_order]], -1);
}

/* The greatest first, names from A on; what is equal keeps its place. */
static int by_wish(const void *a, const void *b)
{
    const struct entry *const entries[] = {a, b};
    int64_t keys[2] = {0, 0};
    int order = 0;

    if (sort_order == BY_NAME) {
        order = strcmp(cell_text(&entries[0]->row->cells[CLIENT_COMMON_NAME]),
                       cell_text(&entries[1]->row->cells[CLIENT_COMMON_NAME]));
    } else {
        for (int i = 0; i < 2; i++)
            keys[i] = sort_key(entries[i]);
        order = keys[0] > keys[1] ? -1 : keys[0] < keys[1];
    }
    if (order != 0)
        return sort_reversed ? -order : order;
    return memcmp(entries[0]->row->index, entries[1]->row->index, sizeof(entries[0]->row->index));
}

static bool passes(const struct top *top, const struct row *row)
{
    static const size_t places[] = {CLIENT_COMMON_NAME, CLIENT_USERNAME, CLIENT_REAL,
                                    CLIENT_TUNNEL};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strstr(cell_text(&row->cells[places[i]]), top->filter))
            return true;
    return false;
}

/* The clients that are to be seen, in their order; NULL when memory is out. */
static struct entry *sort_clients(const struct top *top, size_t *count, int64_t *total)
{
    struct entry *entries = malloc((top->clients.count + 1) * sizeof(*entries));

    *count = 0;
    *total = 0;
    for (size_t i = 0; entries && i < top->clients.count; i++) {
        int64_t rate = i < top->rates.count ? rates_both(&top->rates.rate[i]) : -1;

        *total += rate > 0 ? rate : 0;
        if (passes(top, &top->clients.row[i]))
            entries[(*count)++] = (struct entry){&top->clients.row[i], rate};
    }
    sort_order = top->order;
    sort_reversed = top->reversed;
    if (entries)
        qsort(entries, *count, sizeof(*entries), by_wish);
    return entries;
}

static size_t count_contacts(const struct top *top)
{
    size_t up = 0;

    for (size_t i = 0; i < top->daemons.rows.count; i++)
        up += cell_number(&top->daemons.rows.row[i].cells[2], 0) ==
              objects_value(ovpnInstanceContact, "up");
    return up;
}

/* A line of the header, cut at the page's edge. */
static void header_line(const struct page *page, const char *text, enum page_colour colour)
{
    page_paint(page, colour);
    page_put(page, text, page->width, false);
    page_paint(page, COLOUR_NONE);
    fputs(CLEAR_LINE "\n", page->out);
}

static void draw_header(const struct top *top, const struct page *page, size_t shown, int64_t total)
{
    char now[FORMAT_MAX];
    char rate[FORMAT_MAX];
    char line[2048];

    format_time(now, clock_wall(), clock_wall());
    format_rate(rate, total);
    snprintf(line, sizeof(line), "%s  %s  %zu of %zu daemons up  %zu clients  %s", now,
             remote_host(top->call->remote), count_contacts(top), top->daemons.rows.count,
             top->clients.count, rate);
    header_line(page, line, COLOUR_HEAD);
    if (top->filtering || top->filter[0])
        snprintf(line, sizeof(line), "/%s%s  %zu shown", top->filter, top->filtering ? "_" : "",
                 shown);
    else
        snprintf(line, sizeof(line), "by %s%s   q quit  s sort by another  r reverse  / filter",
                 order_names[top->order], top->reversed ? ", reversed" : "");
    header_line(page, line, COLOUR_DIM);
    header_line(page, top->fault.text, COLOUR_BAD);
}

static void draw(const struct top *top)
{
    struct page page = top->call->page;
    unsigned lines = page_lines();
    struct output output;
    struct entry *entries;
    size_t count;
    int64_t total;

    page.width = page_columns();
    entries = sort_clients(top, &count, &total);
    output_init(&output, online_fields, online_field_count, clock_wall());
    for (size_t i = 0; entries && i < count && i + HEADER + 1 < lines; i++)
        online_add(&output, &top->daemons, entries[i].row, entries[i].rate);
    fputs(HOME, page.out);
    draw_header(top, &page, count, total);
    fputs(CLEAR_BELOW, page.out);
    output_print_lines(&output, &page, 0, lines > HEADER + 2 ? lines - HEADER - 2 : 0);
    fflush(page.out);
    output_fini(&output);
    free(entries);
}

/* A key while the filter is typed. */
static void type_filter(struct top *top, char key)
{
    size_t len = strlen(top->filter);

    if (key == '\n' || key == '\r')
        top->filtering = false;
    else if (key == '\033') {
        top->filtering = false;
        top->filter[0] = '\0';
    } else if ((key == '\b' || key == 0x7f) && len > 0)
        top->filter[len - 1] = '\0';
    else if (key >= ' ' && key < 0x7f && len + 1 < sizeof(top->filter)) {
        top->filter[len] = key;
        top->filter[len + 1] = '\0';
    }
}

static void take_key(struct top *top, char key)
{
    if (top->filtering) {
        type_filter(top, key);
        return;
    }
    switch (key) {
    case 'q':
    case 'Q':
        top->ended = true;
        break;
    case 's':
        top->order = (top->order + 1) % ORDERS;
        break;
    case 'r':
        top->reversed = !top->reversed;
        break;
    case '/':
        top->filtering = true;
        top->filter[0] = '\0';
        break;
    default:
        break;
    }
}

/* Waits for keys and a new size of the window until it is time for the next reading. */
static void wait_for_keys(struct top *top)
{
    int64_t end = clock_mono() + (int64_t)top->delay * 1000;
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t left;
    char key;

    while (!top->ended && (left = end - clock_mono()) > 0) {
        int ready = poll(&keys, 1, (int)left);

        if (ready > 0) {
            ssize_t got = read(STDIN_FILENO, &key, 1);

            if (got > 0)
                take_key(top, key);
            else if (got == 0 || errno != EINTR)
                top->ended = true; /* the terminal is gone */
        }
        if (ready > 0 || terminal_changed())
            draw(top);
    }
}

static void fini_top(struct top *top)
{
    daemons_fini(&top->daemons);
    grid_fini(&top->clients);
    rates_fini(&top->rates);
}

static bool take_delay(int letter, const char *value, void *context)
{
    (void)letter;
    if (slice_to_int(slice_of(value), 1, 3600, context))
        return true;
    fault_exit(OUTCOME_USAGE, "-d takes seconds, 1 to 3600");
    return false;
}

int stay_top(struct call *call)
{
    struct top top = {.call = call, .delay = DELAY};

    if (!call_options(call, "d:", NULL, take_delay, &top.delay) || !call_words(call, 0, 1))
        return OUTCOME_USAGE;
    if (call->page.format != PAGE_TABLE || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return fault_exit(OUTCOME_FAILED, "top needs a terminal; `clients' is for all else");
    /* What is wrong from the beginning is told without a page. */
    if (!daemons_of_call(&top.daemons, call, 1, &top.only, &top.fault)) {
        fini_top(&top);
        return fault_tell(&top.fault);
    }
    daemons_fini(&top.daemons);
    read_page(&top);
    if (!terminal_take(STDOUT_FILENO, TERMINAL_PAGE)) {
        fini_top(&top);
        return fault_exit(OUTCOME_FAILED, "the terminal cannot be used");
    }
    while (!top.ended) {
        draw(&top);
        wait_for_keys(&top);
        if (!top.ended)
            read_page(&top);
    }
    terminal_give_back();
    fini_top(&top);
    return OUTCOME_OK;
}
