#include "store/handover.h"

#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "store/memory.h"
#include "store/recall.h"

struct handover {
    char *bytes;
    size_t len;
    size_t room;
};

static bool keep_bytes(void *arg, struct slice bytes)
{
    struct handover *handover = arg;

    if (bytes.len > handover->room - handover->len) {
        size_t room = 2 * (handover->room + bytes.len);
        char *more = realloc(handover->bytes, room);

        if (!more)
            return false;
        handover->bytes = more;
        handover->room = room;
    }
    memcpy(handover->bytes + handover->len, bytes.at, bytes.len);
    handover->len += bytes.len;
    return true;
}

struct handover *handover_take(const struct instance *instance)
{
    static struct output output;
    struct handover *handover = calloc(1, sizeof(*handover));

    if (!handover)
        return NULL;
    output_begin(&output, keep_bytes, handover);
    memory_write_instance(&output, instance);
    if (output_flush(&output))
        return handover;
    handover_give(handover, NULL);
    return NULL;
}

void handover_give(struct handover *handover, struct instance *instance)
{
    struct model model = {.instances = &instance, .count = 1};
    struct slice bytes;
    struct slice line;
    struct recall recall;

    if (!handover)
        return;
    bytes = (struct slice){handover->bytes, handover->len};
    recall_begin(&recall, &model);
    while (instance && bytes.len > 0) {
        line = slice_cut(&bytes, '\n');
        recall_line(&recall, line);
    }
    free(handover->bytes);
    free(handover);
}
