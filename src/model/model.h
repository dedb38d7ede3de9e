#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/instance.h"

/* All daemons, sorted by index. */
struct model {
    struct instance **instances;
    size_t count;
    int64_t config_mono; /* when the configuration in force was loaded */
    int64_t start_unix;  /* when the agent started */
};

/*
 * Puts an instance, which becomes the model's, in its place; its index must be free.  False when
 * memory is out.
 */
bool model_add(struct model *model, struct instance *instance);

/* Takes an instance out and frees it. */
void model_remove(struct model *model, struct instance *instance);

/* Frees all instances. */
void model_fini(struct model *model);

/* Position in the list of the first instance with that index or a greater one; count: none. */
size_t model_position(const struct model *model, uint32_t index);

/* The instance with that index, or the first with a greater one; NULL when there is none. */
struct instance *model_at(const struct model *model, uint32_t index);
struct instance *model_after(const struct model *model, uint32_t index);

#endif
