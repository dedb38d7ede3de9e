#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/slice.h"
#include "config/config.h"
#include "ctl/remote.h"

/*
 * What `ovpnctl doctor` carries from check to check, what the checks have found, and files below
 * the folder that stands for "/".
 */

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_SKIP, /* could not be looked at */
    DOCTOR_WARN, /* works, and may not be meant so */
    DOCTOR_FAIL
};

struct doctor_finding {
    enum doctor_level level;
    const char *check; /* its name */
    char *where;       /* a file, a unit, a daemon; NULL for none */
    char *what;        /* for people: clean, one line without a full stop */
    char *mend;        /* the one command that mends it; NULL where there is none */
};

/* Findings that are kept. */
#define DOCTOR_FINDINGS_MAX 500

#define DOCTOR_GROUPS_MAX   64

/* Whom the agent runs as. */
struct doctor_user {
    const char *name;
    bool known;
    uid_t uid;
    gid_t groups[DOCTOR_GROUPS_MAX]; /* the first one is the user's own */
    size_t group_count;
};

struct doctor {
    const char *root;        /* "" for this machine, else a folder that stands for "/" */
    const char *config_file; /* the agent's, seen from there */
    struct doctor_user user;
    struct config *config; /* NULL when it is wrong, or not there */
    struct remote *remote;
    bool answers;      /* the agent has answered */
    const char *check; /* the one that runs */
    struct doctor_finding *findings;
    size_t count;
    bool failed; /* out of memory: something is lost */
};

/* Whether the machine itself is looked at, and not a folder that stands for it. */
bool doctor_is_here(const struct doctor *doctor);

/* Adds what the running check has found; where may be NULL.  The text is cleaned. */
void doctor_say(struct doctor *doctor, enum doctor_level level, const char *where,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The command that mends what was added last. */
void doctor_mend(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees all findings and the configuration. */
void doctor_fini(struct doctor *doctor);

/* Room for a path, or a word for a shell. */
#define DOCTOR_WORD_MAX 4200

/* Writes text as a shell's word, with quotes where it needs them; returns out. */
const char *doctor_word(char out[DOCTOR_WORD_MAX], const char *text);

/* The path below the root; returns out. */
const char *doctor_path(const struct doctor *doctor, const char *path, char out[DOCTOR_WORD_MAX]);

/* stat() below the root; false with errno. */
bool doctor_stat(const struct doctor *doctor, const char *path, struct stat *found);

/*
 * Gives each line of a file below the root to take(), which ends it with false.  The lines are
 * wiped behind it, as some of these files hold secrets beside what is looked for; over-long lines
 * come cut.  Returns 0, or an error number when the file cannot be read.
 */
int doctor_lines(const struct doctor *doctor, const char *path,
                 bool (*take)(struct slice line, void *context), void *context);

/* Takes the next word of a line, "quoted" or not; false when there is none. */
bool doctor_next_word(struct slice *line, struct slice *word);

/* Copies a word, cut to size - 1 bytes. */
void doctor_copy(char *out, size_t size, struct slice word);

#endif
