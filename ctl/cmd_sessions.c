#include "ctl/show.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/slice.h"
#include "ctl/format.h"
#include "ctl/online.h"

/* The cells of an ended session. */
enum { COMMON_NAME, USERNAME, REAL, TUNNEL, CONNECTED, ENDED, SECONDS, BYTES_IN, BYTES_OUT };

static const enum object columns[] = {
    ovpnSessionCommonName, ovpnSessionUsername,      ovpnSessionRealText,
    ovpnSessionTunnelText, ovpnSessionConnectedUnix, ovpnSessionEndedUnix,
    ovpnSessionSeconds,    ovpnSessionBytesIn,       ovpnSessionBytesOut,
};

static const struct output_field fields[] = {
    {"daemon", "DAEMON", OUTPUT_TEXT, 6, 3},       {"common_name", NULL, OUTPUT_TEXT, 0, 0},
    {"username", NULL, OUTPUT_TEXT, 0, 0},         {NULL, "NAME", OUTPUT_TEXT, 10, 0},
    {"from", "FROM", OUTPUT_TEXT, 15, 0},          {"tunnel", "TUNNEL", OUTPUT_TEXT, 9, 2},
    {"connected", "CONNECTED", OUTPUT_TIME, 0, 0}, {"ended", "ENDED", OUTPUT_TIME, 0, 0},
    {"seconds", "FOR", OUTPUT_SECONDS, 0, 5},      {"bytes_in", "IN", OUTPUT_BYTES, 0, 4},
    {"bytes_out", "OUT", OUTPUT_BYTES, 0, 4},
};

/* What was asked for. */
struct question {
    bool timed;
    int64_t time;
    size_t newest; /* 0: all */
};

static bool take_question(int letter, const char *value, void *context)
{
    struct question *question = context;
    int count;

    if (letter == 'n' && slice_to_int(slice_of(value), 1, 1000000, &count)) {
        question->newest = (size_t)count;
        return true;
    }
    if (letter == 'A' && format_parse_time(value, clock_wall(), &question->time)) {
        question->timed = true;
        return true;
    }
    fault_exit(OUTCOME_USAGE, letter == 'n'
                                  ? "-n takes a number from 1 on"
                                  : "--at takes a time: 14:03, \"2026-11-25 14:03\", -2h");
    return false;
}

static void add_names(struct output *output, const struct daemons *daemons, const struct row *row,
                      const struct cell *common_name, const struct cell *username)
{
    char name[CLIENT_NAME_MAX];

    online_name(name, cell_text(common_name), cell_text(username));
    output_text(output, daemons_name(daemons, row->index[0]), COLOUR_NONE);
    output_cell(output, common_name);
    output_cell(output, username);
    output_text(output, name, COLOUR_NONE);
}

static void add_session(struct output *output, const struct daemons *daemons, const struct row *row)
{
    add_names(output, daemons, row, &row->cells[COMMON_NAME], &row->cells[USERNAME]);
    for (size_t i = REAL; i <= BYTES_OUT; i++)
        output_cell(output, &row->cells[i]);
}

/* Somebody who is still here. */
static void add_present(struct output *output, const struct daemons *daemons, const struct row *row)
{
    add_names(output, daemons, row, &row->cells[CLIENT_COMMON_NAME], &row->cells[CLIENT_USERNAME]);
    output_cell(output, &row->cells[CLIENT_REAL]);
    output_cell(output, &row->cells[CLIENT_TUNNEL]);
    output_cell(output, &row->cells[CLIENT_SINCE]);
    output_nothing(output);
    output_cell(output, &row->cells[CLIENT_SECONDS]);
    output_cell(output, &row->cells[CLIENT_IN]);
    output_cell(output, &row->cells[CLIENT_OUT]);
}

static bool was_there(const struct row *row, const struct question *question)
{
    int64_t connected = cell_number(&row->cells[CONNECTED], 0);

    return !question->timed || (connected > 0 && connected <= question->time &&
                                cell_number(&row->cells[ENDED], 0) > question->time);
}

/* By the time of the end. */
static int by_end(const void *a, const void *b)
{
    const struct row *const rows[] = {a, b};
    int64_t ends[2];

    for (int i = 0; i < 2; i++)
        ends[i] = cell_number(&rows[i]->cells[ENDED], 0);
    if (ends[0] != ends[1])
        return ends[0] < ends[1] ? -1 : 1;
    return memcmp(rows[0]->index, rows[1]->index, sizeof(rows[0]->index));
}

static bool read_sessions(struct grid *rows, struct remote *remote, unsigned long only,
                          struct fault *fault)
{
    const struct remote_columns wanted = {columns, sizeof(columns) / sizeof(columns[0]), 2, only,
                                          0};

    return remote_read(remote, &wanted, rows, fault);
}

static int print_sessions(const struct call *call, const struct question *question,
                          const struct daemons *daemons, struct grid *ended,
                          const struct grid *present)
{
    size_t left_out = question->newest && ended->count > question->newest && !question->timed
                          ? ended->count - question->newest
                          : 0;
    struct output output;
    bool printed;

    output_init(&output, fields, sizeof(fields) / sizeof(fields[0]), clock_wall());
    qsort(ended->row, ended->count, sizeof(*ended->row), by_end);
    for (size_t i = left_out; i < ended->count; i++)
        if (was_there(&ended->row[i], question))
            add_session(&output, daemons, &ended->row[i]);
    for (size_t i = 0; i < present->count; i++)
        if (cell_number(&present->row[i].cells[CLIENT_SINCE], INT64_MAX) <= question->time &&
            !online_pending(&present->row[i]))
            add_present(&output, daemons, &present->row[i]);
    printed = output_print(&output, &call->page,
                           question->timed ? "Nobody was connected then, as far as is known."
                                           : "No session has ended.");
    output_fini(&output);
    return printed ? OUTCOME_OK : fault_exit(OUTCOME_FAILED, "out of memory");
}

int show_sessions(struct call *call)
{
    static const char *const longs[] = {"at", NULL};
    struct question question = {.newest = call->page.format == PAGE_TABLE ? 20 : 0};
    struct daemons daemons = {0};
    struct grid ended = {0};
    struct grid present = {0};
    struct fault fault;
    unsigned long only;
    int status;

    if (!call_options(call, "n:", longs, take_question, &question) || !call_words(call, 0, 1))
        return OUTCOME_USAGE;
    if (daemons_of_call(&daemons, call, 1, &only, &fault) &&
        read_sessions(&ended, call->remote, only, &fault) &&
        (!question.timed || online_read(&present, call->remote, only, &fault)))
        status = print_sessions(call, &question, &daemons, &ended, &present);
    else
        status = fault_tell(&fault);
    grid_fini(&ended);
    grid_fini(&present);
    daemons_fini(&daemons);
    return status;
}
