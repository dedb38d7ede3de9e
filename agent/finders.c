#include "agent/finders.h"

#include "model/model.h"

static bool fill(struct row *row, const struct instance *instance, const void *item,
                 uint32_t number)
{
    row->instance = instance;
    row->item = item;
    row->index[0] = instance->index;
    row->index[1] = number;
    return true;
}

static bool seek_exact(const struct model *model, const uint32_t *index, finder_after *after,
                       struct row *row)
{
    const struct instance *instance = model_at(model, index[0]);
    const void *item;
    uint32_t found = 0;

    if (!instance || index[1] == 0)
        return false;
    item = after(instance, index[1] - 1, &found);
    return item && found == index[1] && fill(row, instance, item, found);
}

bool finder_seek(const struct model *model, const uint32_t *index, bool exact, finder_after *after,
                 struct row *row)
{
    uint32_t found = 0;

    if (exact)
        return seek_exact(model, index, after, row);
    for (size_t i = model_position(model, index[0]); i < model->count; i++) {
        const struct instance *instance = model->instances[i];
        const void *item = after(instance, instance->index == index[0] ? index[1] : 0, &found);

        if (item)
            return fill(row, instance, item, found);
    }
    return false;
}

bool finder_instance(const struct model *model, const uint32_t *index, bool exact, struct row *row)
{
    const struct instance *instance =
        exact ? model_at(model, index[0]) : model_after(model, index[0]);

    if (!instance)
        return false;
    row->instance = instance;
    row->item = instance;
    row->index[0] = instance->index;
    return true;
}

static const void *client_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    const struct client *client = clients_after(instance, after);

    if (client)
        *found = client->base.index;
    return client;
}

bool finder_client(const struct model *model, const uint32_t *index, bool exact, struct row *row)
{
    return finder_seek(model, index, exact, client_after, row);
}
