#ifndef SETUP_FILES_H
#define SETUP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

/*
 * Files that are read whole, and watched by what the system says of them.  These functions wait for
 * the disk.
 */

/* The largest file that is read, in bytes, and how many at most are. */
#define SETUP_FILE_MAX  16777216
#define SETUP_FILES_MAX 200

/* A file or folder as it was when it was looked at; the error is why it could not be. */
struct file_stamp {
    char *path;
    int error;
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t modified; /* nanoseconds since 1970; of its contents, and of its owner and mode */
    int64_t changed;
};

struct files {
    struct file_stamp *list;
    size_t count;
};

/*
 * Reads a regular file of SETUP_FILE_MAX bytes at most and keeps its stamp.  Returns NULL, and the
 * bytes for files_release(); or what is wrong, in size bytes at fault.
 */
const char *files_read(struct files *files, const char *path, struct slice *bytes, char *fault,
                       size_t size);

/* Wipes and frees them: they may hold a private key. */
void files_release(struct slice *bytes);

/* Keeps the stamp of a folder, so that a new file in it is seen.  The same return value. */
const char *files_watch(struct files *files, const char *path, char *fault, size_t size);

/* Whether one of them is not as it was. */
bool files_changed(const struct files *files);

void files_fini(struct files *files);

#endif
