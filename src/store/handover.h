#ifndef STORE_HANDOVER_H
#define STORE_HANDOVER_H

#include <stdbool.h>

#include "model/instance.h"

/*
 * What an instance is to remember when another of the same name takes its place in the running
 * agent: just what it would over a restart (store/memory.h).
 */
struct handover;

/* NULL when memory is out.  Freed by handover_give(). */
struct handover *handover_take(const struct instance *instance);

/* Gives it to an instance that has not been in contact yet, or to nobody (NULL); frees it. */
void handover_give(struct handover *handover, struct instance *instance);

#endif
