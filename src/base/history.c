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

/* Of the record that stands there, counted from the oldest. */
static size_t index_of(const struct history *history, uint32_t position)
{
    assert(history->room > 0);
    return ((uint64_t)history->head + position) % history->room;
}

static void *slot(const struct history *history, uint32_t position)
{
    return history->slots + index_of(history, position) * history->record_size;
}

static uint32_t number(const struct history *history, uint32_t position)
{
    return history->numbers[index_of(history, position)];
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
    free(history->numbers);
    history->slots = NULL;
    history->numbers = NULL;
    history->bound = history->room = 0;
}

static bool set_room(struct history *history, uint32_t room)
{
    unsigned char *slots = NULL;
    uint32_t *numbers = NULL;

    if (room == history->room)
        return true;
    if (room > 0) {
        slots = calloc(room, history->record_size);
        numbers = calloc(room, sizeof(*numbers));
        if (!slots || !numbers) {
            free(slots);
            free(numbers);
            return false;
        }
    }
    while (history->count > room)
        drop_oldest(history);
    for (uint32_t i = 0; i < history->count; i++) {
        memcpy(slots + (size_t)i * history->record_size, slot(history, i), history->record_size);
        numbers[i] = number(history, i);
    }
    free(history->slots);
    free(history->numbers);
    history->slots = slots;
    history->numbers = numbers;
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
    history->numbers[index_of(history, history->count)] = ++history->last;
    history->count++;
    return record;
}

void history_skip(struct history *history, uint32_t last)
{
    if (history->last < last)
        history->last = last;
}

/* How many records have a number that is not greater. */
static uint32_t count_until(const struct history *history, uint32_t sequence)
{
    uint32_t low = 0;
    uint32_t high = history->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (number(history, middle) > sequence)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void *history_at(const struct history *history, uint32_t sequence)
{
    uint32_t count = count_until(history, sequence);

    if (count == 0 || number(history, count - 1) != sequence)
        return NULL;
    return slot(history, count - 1);
}

void *history_after(const struct history *history, uint32_t after, uint32_t *sequence)
{
    uint32_t count = count_until(history, after);

    if (count == history->count)
        return NULL;
    *sequence = number(history, count);
    return slot(history, count);
}
