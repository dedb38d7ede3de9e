#ifndef BASE_HISTORY_H
#define BASE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded list of numbered records.  Sequence numbers start at 1 and grow by one, but for those
 * that history_skip() leaves out; when the list is full the oldest record makes room.  At
 * 4294967295 the list is emptied and starts at 1 again.
 */
struct history {
    unsigned char *slots;
    uint32_t *numbers; /* of the records in the slots */
    size_t record_size;
    uint32_t bound; /* records kept at most; 0 keeps none and gives no numbers */
    uint32_t room;  /* slots there are; they grow with the records, up to the bound */
    uint32_t count;
    uint32_t head; /* slot of the oldest record */
    uint32_t last; /* sequence number of the newest record, 0 when there was none yet */
    void (*fini)(void *record);
};

/*
 * Prepares an empty history of records of record_size bytes; fini, which may be NULL, frees what a
 * record owns.  Returns false when memory is out; the history then behaves as one with bound 0.
 */
bool history_init(struct history *history, uint32_t bound, size_t record_size,
                  void (*fini)(void *record));

/* Frees the records and the memory. */
void history_fini(struct history *history);

/* Changes the bound, keeping the newest records.  Returns false, unchanged, when memory is out. */
bool history_resize(struct history *history, uint32_t bound);

/*
 * Makes room for a new newest record and returns it, zeroed, to be filled in; NULL when the bound
 * is 0, or when it takes more room and memory is out, and then nothing is changed.  Records and
 * their numbers stay valid until the next history_push() or _resize().
 */
void *history_push(struct history *history);

/* Numbers up to that one are taken: the next record gets a greater one. */
void history_skip(struct history *history, uint32_t last);

/* Drops all records; numbering goes on. */
void history_clear(struct history *history);

/* The record with that number, NULL when it is not kept (any more). */
void *history_at(const struct history *history, uint32_t sequence);

/*
 * The first kept record with a number greater than after (0 for the oldest); its number goes to
 * *sequence.  NULL at the end.
 */
void *history_after(const struct history *history, uint32_t after, uint32_t *sequence);

#endif
