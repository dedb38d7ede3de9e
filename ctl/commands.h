#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/call.h"

/* The commands: one table, from which also the help comes. */

struct command {
    const char *name;
    const char *arguments; /* "" for none */
    const char *summary;
    int (*run)(struct call *call);
};

/* The command of that name, NULL when there is none. */
const struct command *commands_find(const char *name);

/* Whether a word is a command. */
bool commands_know(const char *name);

/* The command of that place, NULL behind the last. */
const struct command *commands_at(size_t place);

#endif
