#include "ctl/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum page_colour listing_colour(const char *label)
{
    static const struct {
        const char *label;
        enum page_colour colour;
    } known[] = {
        {"up", COLOUR_GOOD},          {"connected", COLOUR_GOOD},     {"stale", COLOUR_WAITS},
        {"pending", COLOUR_WAITS},    {"authPending", COLOUR_WAITS},  {"refused", COLOUR_BAD},
        {"disconnected", COLOUR_BAD}, {"awaited", COLOUR_BAD},        {"error", COLOUR_BAD},
        {"timedOut", COLOUR_BAD},     {"rejected", COLOUR_BAD},       {"failed", COLOUR_BAD},
        {"exiting", COLOUR_BAD},      {"reconnecting", COLOUR_WAITS}, {"detached", COLOUR_WAITS},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(label, known[i].label) == 0)
            return known[i].colour;
    return COLOUR_NONE;
}

void listing_add(struct output *output, enum object object, const struct cell *cell)
{
    const char *label = NULL;

    if (objects_kind(object) == OBJECTS_ENUM && cell->there)
        label = objects_label(object, cell->number);
    if (label)
        output_text(output, label, listing_colour(label));
    else
        output_cell(output, cell);
}

static void add_listed(struct output *output, const struct listing *listing,
                       const struct daemons *daemons, const struct row *row)
{
    size_t place = 0;

    for (size_t i = 0; i < listing->count; i++) {
        const struct listing_column *column = &listing->columns[i];

        switch (column->source) {
        case LISTING_OBJECT:
            listing_add(output, column->object, &row->cells[place++]);
            break;
        case LISTING_DAEMON:
            output_text(output, daemons_name(daemons, row->index[0]), COLOUR_NONE);
            break;
        case LISTING_INDEX:
            output_number(output, (int64_t)row->index[1], COLOUR_NONE);
            break;
        }
    }
}

/* Whether so many rows of the same daemon follow the row. */
static bool is_old(const struct grid *rows, size_t row, size_t newest)
{
    size_t later = row + newest;

    return newest > 0 && later < rows->count &&
           rows->row[later].index[0] == rows->row[row].index[0];
}

static bool read_listed(struct grid *rows, const struct listing *listing, struct remote *remote,
                        unsigned long only, struct fault *fault)
{
    enum object columns[WALK_COLUMNS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < listing->count; i++)
        if (listing->columns[i].source == LISTING_OBJECT)
            columns[count++] = listing->columns[i].object;
    return remote_read(remote, &(struct remote_columns){columns, count, 2, only, 0}, rows, fault);
}

static int print_listed(const struct call *call, const struct listing *listing,
                        const struct daemons *daemons, struct grid *rows, size_t newest)
{
    struct output_field fields[OUTPUT_FIELDS_MAX];
    struct output output;
    bool printed;

    for (size_t i = 0; i < listing->count; i++)
        fields[i] = listing->columns[i].field;
    output_init(&output, fields, listing->count, clock_wall());
    if (listing->compare)
        qsort(rows->row, rows->count, sizeof(*rows->row), listing->compare);
    for (size_t i = 0; i < rows->count; i++)
        if (!is_old(rows, i, newest) && (!listing->shows || listing->shows(rows, &rows->row[i])))
            add_listed(&output, listing, daemons, &rows->row[i]);
    printed = output_print(&output, &call->page, listing->none);
    output_fini(&output);
    return printed ? OUTCOME_OK : fault_exit(OUTCOME_FAILED, "out of memory");
}

int listing_run(struct call *call, const struct listing *listing, size_t newest)
{
    struct daemons daemons;
    struct grid rows = {0};
    struct fault fault;
    unsigned long only;
    int status;

    if (!call_words(call, 0, 1))
        return OUTCOME_USAGE;
    if (daemons_of_call(&daemons, call, 1, &only, &fault) &&
        read_listed(&rows, listing, call->remote, only, &fault))
        status = print_listed(call, listing, &daemons, &rows, newest);
    else
        status = fault_tell(&fault);
    grid_fini(&rows);
    daemons_fini(&daemons);
    return status;
}
