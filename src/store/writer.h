#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/model.h"

/*
 * Writes the memory: a child of the process, which has all as it is at that moment, so that nothing
 * waits for the disk.  A new file (mode 0600) takes the place of the old one once it is on the
 * disk, so that there is always a whole one.  The child touches nothing but the folder, and ends
 * with the process.
 */

/* The files of the folder. */
#define WRITER_FILE     "memory"
#define WRITER_NEW_FILE "memory.new"

/* The largest file that is written or read, in bytes: about eight million users. */
#define WRITER_BYTES_MAX (1 << 30)

/* What a child's exit status says beside an errno. */
enum { WRITER_WRITTEN = 0, WRITER_UNCHANGED = 255 };

/*
 * Starts a child that writes into the folder with that descriptor, if the file there does not have
 * all of it already.  running: the process goes on.  Returns its process id, which is the caller's
 * to wait for, or -1 with errno set.  Its exit status is WRITER_WRITTEN, WRITER_UNCHANGED, or the
 * errno that kept it from writing.
 */
pid_t writer_start(int folder, const struct model *model, bool running);

#endif
