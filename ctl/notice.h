#ifndef CTL_NOTICE_H
#define CTL_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/grid.h"
#include "ctl/objects.h"

/* A notification in words, which are the module's own. */

#define NOTICE_VALUES_MAX 16

struct notice_value {
    enum object object;
    struct cell cell; /* its text belongs to the notice */
};

struct notice {
    const struct objects_notification *kind;
    struct notice_value values[NOTICE_VALUES_MAX];
    size_t count;
};

void notice_init(struct notice *notice, const struct objects_notification *kind);
void notice_fini(struct notice *notice);

/* Takes a value and its text; false when there is no room, then it stays the caller's. */
bool notice_add(struct notice *notice, enum object object, struct cell cell);

/* The value of an object, NULL when the notification has none. */
const struct cell *notice_find(const struct notice *notice, enum object object);

/* Writes a line: "The tunnel of office is down: ping-restart". */
void notice_words(const struct notice *notice, char *out, size_t size);

#endif
