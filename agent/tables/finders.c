#include "agent/tables/finders.h"

#include <assert.h>

#include "model/model.h"

static bool fill_row(struct row *row, const struct instance *instance, const void *item,
                     uint32_t number)
{
    row->instance = instance;
    row->item = item;
    row->index[0] = instance->index;
    row->index[1] = number;
    return true;
}

static const void *after(const struct table *table, const struct instance *instance, uint32_t from,
                         uint32_t *found)
{
    const void *history = (const char *)instance + table->history;

    assert(table->after || table->history > 0);
    return table->after ? table->after(instance, from, found) : history_after(history, from, found);
}

static bool seek_exact(const struct table *table, const struct model *model, const uint32_t *index,
                       struct row *row)
{
    const struct instance *instance = model_at(model, index[0]);
    const void *item;
    uint32_t found = 0;

    if (!instance || index[1] == 0)
        return false;
    item = after(table, instance, index[1] - 1, &found);
    return item && found == index[1] && fill_row(row, instance, item, found);
}

bool finder_rows(const struct table *table, const struct model *model, const uint32_t *index,
                 bool exact, struct row *row)
{
    uint32_t found = 0;

    if (exact)
        return seek_exact(table, model, index, row);
    for (size_t i = model_position(model, index[0]); i < model->count; i++) {
        const struct instance *instance = model->instances[i];
        uint32_t from = instance->index == index[0] ? index[1] : 0;
        const void *item = after(table, instance, from, &found);

        if (item)
            return fill_row(row, instance, item, found);
    }
    return false;
}

bool finder_instance(const struct table *table, const struct model *model, const uint32_t *index,
                     bool exact, struct row *row)
{
    const struct instance *instance =
        exact ? model_at(model, index[0]) : model_after(model, index[0]);

    (void)table;
    if (!instance)
        return false;
    row->instance = instance;
    row->item = instance;
    row->index[0] = instance->index;
    return true;
}

const void *finder_client_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct client *client = clients_after(instance, after);

    if (client)
        *found = client->base.index;
    return client;
}
