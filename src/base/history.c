#include "base/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool history_init(struct history *history, uint32_t bound, size_t record_size,
                  void (*fini)(void *record))
{
    assert(record_size > 0);
    *history = (struct history){.record_size = record_size, .fini = fini};
    return history_resize(history, bound);
}

static void *slot(const struct history *history, uint32_t position)
{
    uint64_t index = ((uint64_t)history->head + position) % history->bound;

    return history->slots + index * history->record_size;
}

static void drop_oldest(struct history *history)
{
    if (history->fini)
        history->fini(slot(history, 0));
    history->head = (uint32_t)(((uint64_t)history->head + 1) % history->bound);
    history->count--;
}

void history_clear(struct history *history)
{
    while (history->count > 0)
        drop_oldest(history);
}

void history_fini(struct history *history)
{
    history_clear(history);
    free(history->slots);
    history->slots = NULL;
    history->bound = 0;
}

bool history_resize(struct history *history, uint32_t bound)
{
    unsigned char *slots = NULL;

    if (bound == history->bound)
        return true;
    if (bound > 0) {
        slots = calloc(bound, history->record_size);
        if (!slots)
            return false;
    }
    while (history->count > bound)
        drop_oldest(history);
    for (uint32_t i = 0; i < history->count; i++)
        memcpy(slots + (size_t)i * history->record_size, slot(history, i), history->record_size);
    free(history->slots);
    history->slots = slots;
    history->head = 0;
    history->bound = bound;
    return true;
}

void *history_push(struct history *history)
{
    void *record;

    if (history->bound == 0)
        return NULL;
    if (history->last == UINT32_MAX) {
        history_clear(history);
        history->last = 0;
    }
    if (history->count == history->bound)
        drop_oldest(history);
    record = slot(history, history->count);
    memset(record, 0, history->record_size);
    history->count++;
    history->last++;
    return record;
}

void *history_at(const struct history *history, uint32_t sequence)
{
    uint32_t age = history->last - sequence;

    if (sequence == 0 || sequence > history->last || age >= history->count)
        return NULL;
    return slot(history, history->count - 1 - age);
}

void *history_after(const struct history *history, uint32_t after, uint32_t *sequence)
{
    uint32_t oldest = history->last - history->count + 1;

    if (history->count == 0 || after >= history->last)
        return NULL;
    *sequence = after + 1 > oldest ? after + 1 : oldest;
    return history_at(history, *sequence);
}
