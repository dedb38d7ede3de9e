#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "model/model.h"

struct event_base;

/*
 * What outlives the agent: read once when it starts, written by a child of the process (store/
 * writer.h) soon after that, then every STORE_PERIOD if something has changed, and at the end.  An
 * agent that is killed loses so much at most.
 *
 * Without a folder, or with one that cannot be written, all goes on but memory, and the log says so
 * once.  The model tells how it began (`remembrance`) and when it was last written (`saved_unix`).
 */

/*
 * Puts what the folder holds into the model, which is borrowed until store_stop(), as the loop is;
 * its instances have not been in contact yet.  An empty name is no folder.  Returns false when
 * memory was out, which is logged; then nothing is stopped but by the end of the program.
 */
bool store_start(struct model *model, struct event_base *base, const char *folder);

/*
 * Writes for the last time, and waits STORE_WAIT at most until that is done.  Harmless without
 * store_start().
 */
void store_stop(void);

/* Milliseconds, both. */
#define STORE_PERIOD 60000
#define STORE_WAIT   5000

#endif
