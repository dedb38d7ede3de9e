#include "model/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Position of the first instance whose index is greater than index. */
static size_t instance_position_after(const struct model *model, uint32_t index)
{
    size_t low = 0;
    size_t high = model->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (model->instances[middle]->index > index)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t model_position(const struct model *model, uint32_t index)
{
    return index > 0 ? instance_position_after(model, index - 1) : 0;
}

bool model_add(struct model *model, struct instance *instance)
{
    size_t position = instance_position_after(model, instance->index);
    struct instance **list =
        realloc(model->instances, (model->count + 1) * sizeof(struct instance *));

    assert(instance->index > 0);
    if (!list)
        return false;
    memmove(list + position + 1, list + position,
            (model->count - position) * sizeof(struct instance *));
    list[position] = instance;
    model->instances = list;
    model->count++;
    return true;
}

void model_remove(struct model *model, struct instance *instance)
{
    size_t position = instance_position_after(model, instance->index) - 1;

    model->count--;
    memmove(model->instances + position, model->instances + position + 1,
            (model->count - position) * sizeof(struct instance *));
    instance_free(instance);
}

void model_fini(struct model *model)
{
    while (model->count > 0)
        model_remove(model, model->instances[model->count - 1]);
    free(model->instances);
    model->instances = NULL;
    rows_bury_now();
}

struct instance *model_at(const struct model *model, uint32_t index)
{
    size_t position = instance_position_after(model, index);

    if (position == 0 || model->instances[position - 1]->index != index)
        return NULL;
    return model->instances[position - 1];
}

struct instance *model_after(const struct model *model, uint32_t index)
{
    size_t position = instance_position_after(model, index);

    return position < model->count ? model->instances[position] : NULL;
}
