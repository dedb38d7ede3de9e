#ifndef CTL_DOCTOR_USER_H
#define CTL_DOCTOR_USER_H

#include "ctl/doctor.h"

/* Whom the agent runs as, and what that user may use: worked out from modes, so that nobody has to
 * be root to see it. */

/*
 * Looks doctor->user up: below a root in etc/passwd and etc/group, else as the system does.  One
 * that is not known may do what everybody may.
 */
void doctor_user_load(struct doctor *doctor);

/* Whether the user is in the group of that name. */
bool doctor_user_in(const struct doctor *doctor, const char *group);

/* What keeps the user from a file. */
struct doctor_closed {
    int error;      /* 0: by its mode; else why it could not be looked at, ENOENT for one */
    bool is_folder; /* on the way to it */
    char path[DOCTOR_WORD_MAX];
    unsigned mode;
};

/*
 * Whether the user may use the file with that absolute path; rights is a sum of 4 (read), 2 (write)
 * and 1 (execute).  False with *closed filled in when not, or when it is not known.
 */
bool doctor_user_may(const struct doctor *doctor, const char *path, unsigned rights,
                     struct doctor_closed *closed);

#endif
