#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/instance.h"

/* What the agent knows of before it was started. */
enum remembrance {
    REMEMBERS_NEVER,   /* there is nothing to remember with */
    REMEMBERS_NOTHING, /* there was nothing to remember */
    REMEMBERS_ALL,
    REMEMBERS_REFUSED /* what was there could not be used */
};

/* All daemons, sorted by index. */
struct model {
    struct instance **instances;
    size_t count;
    int64_t config_mono; /* when the configuration in force was loaded */
    int64_t start_unix;  /* when the agent started */

    uint32_t notifications;       /* ovpnNotificationSequence of the last one, 0 before the first */
    enum remembrance remembrance; /* how it began */
    int64_t saved_unix;           /* when the memory was last written, 0 not since the start */
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
