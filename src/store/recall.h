#ifndef STORE_RECALL_H
#define STORE_RECALL_H

#include <stdbool.h>

#include "base/slice.h"
#include "model/model.h"

/*
 * Puts what a memory holds (store/memory.h) back into a model whose instances have not been in
 * contact yet, each into the instance of its name; what belongs to none is passed over, as is what
 * is over the bounds of the instance.
 *
 * A client session is there again as if contact had been lost since it was written: it goes on when
 * the first status has it, and has ended otherwise.  An agent that was killed gave numbers that the
 * memory does not have: behind such a one all numbers leave room for them, so that none is given
 * twice.  Numbers that the instance has begun behind (instance_number_behind()) stay where that is
 * further: of a disk that took nothing for a while the memory is an old one.
 */
struct recall {
    struct model *model;
    struct instance *instance; /* whose records are read; NULL for one that is there no more */
    bool cut_short;            /* the memory was written by an agent that went on */
    uint32_t client;           /* index of the last client that was put back */
    uint32_t departed;         /* number of the last ended session that was read */
    bool starved;              /* memory was out for a part of it */
};

/* As many numbers of a kind may have been given since the last time that a memory was written. */
#define RECALL_ROOM 100000

void recall_begin(struct recall *recall, struct model *model);

/* A line of it: arg is the struct recall, as decode_begin() wants it. */
void recall_line(void *recall, struct slice line);

#endif
