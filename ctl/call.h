#ifndef CTL_CALL_H
#define CTL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/fault.h"
#include "ctl/page.h"
#include "ctl/remote.h"

/* One command as it was called, and what commands have in common. */

struct call {
    struct remote *remote;
    struct page page;
    bool yes; /* --yes: nobody is asked */
    int argc; /* argv[0] is the command itself */
    char **argv;
};

/* What a command prints of itself when it is called wrongly; returns the exit status. */
int call_usage(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Takes the command's options away, which may stand anywhere: letters as getopt(3) has them, told
 * one after the other to take(letter, value, context), and longs, names of long options with a
 * value, as their first letter in upper case.  Returns false when they are wrong, which has been
 * told; then the exit status is OUTCOME_USAGE.
 */
bool call_options(struct call *call, const char *letters, const char *const *longs,
                  bool (*take)(int letter, const char *value, void *context), void *context);

/* Whether there are at least and at most so many words behind the command; tells when not. */
bool call_words(const struct call *call, int least, int most);

/* The word of that place behind the command, from 1; NULL when there is none. */
const char *call_word(const struct call *call, int place);

/*
 * Asks on the terminal for a yes.  Returns OUTCOME_OK with --yes or a yes, else OUTCOME_DECLINED,
 * which has been told.
 */
int call_ask(const struct call *call, const char *question);

#endif
