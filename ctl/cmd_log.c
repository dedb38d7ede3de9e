#include "ctl/show.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/slice.h"
#include "ctl/daemons.h"
#include "ctl/format.h"
#include "ctl/output.h"

#define LINES       20   /* of each daemon, unless -n says otherwise */
#define FOLLOW_STEP 1000 /* milliseconds between two readings */

/* The cells of a line. */
enum { TIME, FLAGS, MESSAGE };

static const enum object columns[] = {ovpnLogTimeUnix, ovpnLogFlags, ovpnLogMessage};

static const struct output_field fields[] = {
    {"daemon", NULL, OUTPUT_TEXT, 0, 0},  {"number", NULL, OUTPUT_NUMBER, 0, 0},
    {"time", NULL, OUTPUT_TIME, 0, 0},    {"flags", NULL, OUTPUT_TEXT, 0, 0},
    {"message", NULL, OUTPUT_TEXT, 0, 0},
};

struct wish {
    bool follow;
    int lines;
};

static bool take_wish(int letter, const char *value, void *context)
{
    struct wish *wish = context;

    wish->follow |= letter == 'f';
    if (letter != 'n' || slice_to_int(slice_of(value), 0, 1000000, &wish->lines))
        return true;
    fault_exit(OUTCOME_USAGE, "-n takes a number");
    return false;
}

/* The lines of one daemon behind that number; *last becomes the number of the last one. */
static bool read_lines(struct grid *rows, struct remote *remote, unsigned long daemon,
                       unsigned long *last, struct fault *fault)
{
    const struct remote_columns wanted = {columns, sizeof(columns) / sizeof(columns[0]), 2, daemon,
                                          *last};
    bool read = remote_read(remote, &wanted, rows, fault);

    if (read && rows->count > 0)
        *last = rows->row[rows->count - 1].index[1];
    return read;
}

/* Lines of several daemons in the order of time. */
struct lines {
    struct grid *of; /* one set for each daemon */
    const struct row **row;
    size_t count;
};

static int by_line_time(const void *a, const void *b)
{
    const struct row *const *rows[] = {a, b};
    int64_t times[2];

    for (int i = 0; i < 2; i++)
        times[i] = cell_number(&(*rows[i])->cells[TIME], 0);
    if (times[0] != times[1])
        return times[0] < times[1] ? -1 : 1;
    for (int i = 0; i < ROW_INDEX_MAX; i++)
        if ((*rows[0])->index[i] != (*rows[1])->index[i])
            return (*rows[0])->index[i] < (*rows[1])->index[i] ? -1 : 1;
    return 0;
}

static bool sort_lines(struct lines *lines, size_t daemons)
{
    size_t total = 0;

    for (size_t i = 0; i < daemons; i++)
        total += lines->of[i].count;
    lines->row = malloc((total + 1) * sizeof(*lines->row));
    if (!lines->row)
        return false;
    lines->count = 0;
    for (size_t i = 0; i < daemons; i++)
        for (size_t j = 0; j < lines->of[i].count; j++)
            lines->row[lines->count++] = &lines->of[i].row[j];
    qsort(lines->row, lines->count, sizeof(*lines->row), by_line_time);
    return true;
}

static enum page_colour line_colour(const char *flags)
{
    switch (flags[0]) {
    case 'F':
        return COLOUR_BAD;
    case 'N':
    case 'W':
        return COLOUR_WAITS;
    case 'D':
        return COLOUR_DIM;
    default:
        return COLOUR_NONE;
    }
}

/* For people: a line as it is, however long. */
static void print_text(const struct page *page, const struct daemons *daemons,
                       const struct row *row, bool named)
{
    const char *flags = cell_text(&row->cells[FLAGS]);
    enum page_colour colour = line_colour(flags);
    char time[FORMAT_MAX];

    format_time(time, cell_number(&row->cells[TIME], 0), clock_wall());
    page_paint(page, colour);
    fprintf(page->out, "%s ", time);
    if (named) {
        page_print(page, daemons_name(daemons, row->index[0]));
        fputc(' ', page->out);
    }
    fprintf(page->out, "%-2s", flags);
    page_print(page, cell_text(&row->cells[MESSAGE]));
    if (colour != COLOUR_NONE)
        page_paint(page, COLOUR_NONE);
    fputc('\n', page->out);
}

static void print_lines(const struct page *page, const struct daemons *daemons,
                        const struct lines *lines, bool follow)
{
    struct output output;

    if (page->format == PAGE_TABLE) {
        for (size_t i = 0; i < lines->count; i++)
            print_text(page, daemons, lines->row[i], daemons->rows.count > 1);
        return;
    }
    output_init(&output, fields, sizeof(fields) / sizeof(fields[0]), clock_wall());
    for (size_t i = 0; i < lines->count; i++) {
        output_text(&output, daemons_name(daemons, lines->row[i]->index[0]), COLOUR_NONE);
        output_number(&output, (int64_t)lines->row[i]->index[1], COLOUR_NONE);
        for (size_t j = TIME; j <= MESSAGE; j++)
            output_cell(&output, &lines->row[i]->cells[j]);
    }
    if (follow)
        output_print_stream(&output, page);
    else
        output_print(&output, page, NULL);
    output_fini(&output);
}

/* Where to begin, so that so many lines are left; and anew where the numbers have begun anew. */
static void set_starts(const struct daemons *daemons, unsigned long *last, int lines, bool first)
{
    for (size_t i = 0; i < daemons->rows.count; i++) {
        int64_t newest = cell_number(&daemons->rows.row[i].cells[1], 0);

        if (first)
            last[i] = newest > lines ? (unsigned long)(newest - lines) : 0;
        else if ((unsigned long)newest < last[i])
            last[i] = 0;
    }
}

/* Reads and prints what is new of all wanted daemons. */
static bool print_new(const struct call *call, const struct daemons *daemons, unsigned long only,
                      unsigned long *last, bool follow, struct fault *fault)
{
    size_t count = daemons->rows.count;
    struct lines lines = {.of = calloc(count, sizeof(*lines.of))};
    bool read = lines.of != NULL;

    fault_set(fault, OUTCOME_FAILED, "out of memory");
    for (size_t i = 0; read && i < count; i++) {
        unsigned long index = daemons->rows.row[i].index[0];
        unsigned long newest = (unsigned long)cell_number(&daemons->rows.row[i].cells[1], 0);

        if ((only == 0 || only == index) && newest > last[i])
            read = read_lines(&lines.of[i], call->remote, index, &last[i], fault);
    }
    read = read && sort_lines(&lines, count);
    if (read)
        print_lines(&call->page, daemons, &lines, follow);
    for (size_t i = 0; lines.of && i < count; i++)
        grid_fini(&lines.of[i]);
    free(lines.of);
    free(lines.row);
    return read;
}

/* Reads which lines there are; the daemons must still be the same ones. */
static bool read_newest(struct daemons *daemons, struct remote *remote, size_t count,
                        struct fault *fault)
{
    static const enum object newest[] = {ovpnInstanceLogLast};

    if (!daemons_read(daemons, remote, newest, 1, fault))
        return false;
    if (count == 0 || daemons->rows.count == count)
        return true;
    fault_set(fault, OUTCOME_NOT_FOUND, "the agent has other daemons now: start again");
    return false;
}

/* One more look; what fails for want of an answer is told once and tried again. */
static bool look_again(const struct call *call, struct daemons *daemons, size_t count,
                       unsigned long only, unsigned long *last, bool *lost, struct fault *fault)
{
    bool read;

    daemons_fini(daemons);
    read = read_newest(daemons, call->remote, count, fault);
    if (read) {
        set_starts(daemons, last, 0, false);
        read = print_new(call, daemons, only, last, true, fault);
    }
    if (!read && fault->outcome == OUTCOME_NO_CONTACT) {
        if (!*lost)
            fault_tell(fault);
        *lost = true;
        return true;
    }
    *lost = false;
    return read;
}

static bool go_on_reading(const struct call *call, struct daemons *daemons, unsigned long only,
                          unsigned long *last, struct fault *fault)
{
    size_t count = daemons->rows.count;
    bool lost = false;

    do {
        fflush(call->page.out);
        if (ferror(call->page.out)) {
            fault_set(fault, OUTCOME_FAILED, "cannot write");
            return false;
        }
        poll(NULL, 0, FOLLOW_STEP);
    } while (look_again(call, daemons, count, only, last, &lost, fault));
    return false;
}

int show_log(struct call *call)
{
    struct wish wish = {.lines = LINES};
    struct daemons daemons = {0};
    unsigned long *last = NULL;
    struct fault fault;
    unsigned long only = 0;
    bool shown;

    if (!call_options(call, "fn:", NULL, take_wish, &wish) || !call_words(call, 0, 1))
        return OUTCOME_USAGE;
    if (wish.follow && call->page.format == PAGE_CSV)
        return call_usage(call, "-f goes with --json, not with --csv");
    shown = read_newest(&daemons, call->remote, 0, &fault) &&
            (!call_word(call, 1) || daemons_find(&daemons, call_word(call, 1), &only, &fault));
    if (shown) {
        fault_set(&fault, OUTCOME_FAILED, "out of memory");
        last = calloc(daemons.rows.count, sizeof(*last));
        shown = last != NULL;
    }
    if (shown) {
        set_starts(&daemons, last, wish.lines, true);
        shown = print_new(call, &daemons, only, last, wish.follow, &fault) &&
                (!wish.follow || go_on_reading(call, &daemons, only, last, &fault));
    }
    free(last);
    daemons_fini(&daemons);
    return shown ? OUTCOME_OK : fault_tell(&fault);
}
