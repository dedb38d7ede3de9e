#include "base/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Most histories of most daemons stay short. */
enum { ROOM_FIRST = 4 };

bool history_init(struct history *history, uint32_t bound, size_t record_size,
                  void (*fini)(void *record))
{
    assert(record_size > 0);
    *history = (struct history){.record_size = record_size, .fini = fini};
    return history_resize(history, bound);
}

static void *slot(const struct history *history, uint32_t position)
{
    uint64_t index;

    assert(history->room > 0);
    index = ((uint64_t)history->head + position) % history->room;
    return history->slots + index * history->record_size;
}

static void drop_oldest(struct history *history)
{
    if (history->fini)
        history->fini(slot(history, 0));
    history->head = (uint32_t)(((uint64_t)history->head + 1) % history->room);
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
    history->bound = history->room = 0;
}

static bool set_room(struct history *history, uint32_t room)
{
    unsigned char *slots = NULL;

    if (room == history->room)
        return true;
    if (room > 0) {
        slots = calloc(room, history->record_size);
        if (!slots)
            return false;
    }
    while (history->count > room)
        drop_oldest(history);
    for (uint32_t i = 0; i < history->count; i++)
        memcpy(slots + (size_t)i * history->record_size, slot(history, i), history->record_size);
    free(history->slots);
    history->slots = slots;
    history->head = 0;
    history->room = room;
    return true;
}

bool history_resize(struct history *history, uint32_t bound)
{
    uint32_t room = history->room > ROOM_FIRST ? history->room : ROOM_FIRST;

    if (!set_room(history, room < bound ? room : bound))
        return false;
    history->bound = bound;
    return true;
}

static bool grow(struct history *history)
{
    bool half = history->room <= history->bound / 2;

    return set_room(history, half ? history->room * 2 : history->bound);
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
    else if (history->count == history->room && !grow(history))
        return NULL;
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
