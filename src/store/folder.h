#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/model.h"

/* The folder of the key `state_dir`, and what an agent before has left in it. */

/* What cannot be used is kept under this name, in the place of the last such file. */
#define FOLDER_REFUSED_FILE "memory.refused"

/*
 * Opens the folder for this process alone: a lock keeps others out, for which it waits FOLDER_WAIT
 * milliseconds at most.  Returns a descriptor that the caller closes, or -1 with why, which is a
 * text that lasts.
 */
int folder_open(const char *path, const char **why);

#define FOLDER_WAIT 2000

enum folder_found {
    FOLDER_EMPTY,
    FOLDER_MEMORY,   /* it has been put into the model */
    FOLDER_REFUSED,  /* what is there is no memory that can be used; why says what is wrong */
    FOLDER_NO_MEMORY /* the process had none for what it holds, of which a part may be in the model
                      */
};

/* Reads the memory into the model (store/recall.h). */
enum folder_found folder_read(int folder, struct model *model, const char **why);

/* Puts what was refused aside.  Returns false with errno set. */
bool folder_put_aside(int folder);

/* Whether the process may write there, as far as can be told without doing it. */
bool folder_is_writable(int folder);

#endif
