#include "ctl/rates.h"

#include <stdlib.h>

void rates_fini(struct rates *rates)
{
    free(rates->rate);
    *rates = (struct rates){0};
}

static int compare_index(const unsigned long *a, const unsigned long *b)
{
    for (size_t i = 0; i < ROW_INDEX_MAX; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Puts what is new to what was known of the same row. */
static void go_on(struct rate *now, const struct rate *before)
{
    int64_t seconds = now->when - before->when;

    if (seconds <= 0 || now->in < 0 || now->out < 0) {
        *now = *before;
        return;
    }
    if (now->in < before->in || now->out < before->out || before->in < 0 || before->out < 0)
        return; /* the counters have begun anew */
    now->rate_in = (now->in - before->in) / seconds;
    now->rate_out = (now->out - before->out) / seconds;
}

bool rates_take(struct rates *rates, const struct grid *rows, size_t in, size_t out,
                int64_t (*when)(const struct row *row, const void *context), const void *context)
{
    struct rate *taken = calloc(rows->count + 1, sizeof(*taken));
    size_t known = 0;

    if (!taken)
        return false;
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];

        taken[i] = (struct rate){.index = {row->index[0], row->index[1]},
                                 .when = when(row, context),
                                 .in = cell_number(&row->cells[in], -1),
                                 .out = cell_number(&row->cells[out], -1),
                                 .rate_in = -1,
                                 .rate_out = -1};
        while (known < rates->count && compare_index(rates->rate[known].index, row->index) < 0)
            known++;
        if (known < rates->count && compare_index(rates->rate[known].index, row->index) == 0)
            go_on(&taken[i], &rates->rate[known]);
    }
    free(rates->rate);
    rates->rate = taken;
    rates->count = rows->count;
    return true;
}

int64_t rates_both(const struct rate *rate)
{
    return rate->rate_in < 0 || rate->rate_out < 0 ? -1 : rate->rate_in + rate->rate_out;
}
