#ifndef CTL_FAULT_H
#define CTL_FAULT_H

/* What can go wrong, in words for people, and the exit status that tells programs. */

/* Exit statuses; ovpnctl(1) documents them. */
enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_FAILED = 1, /* none of the others: no memory, no terminal, an answer without sense */
    OUTCOME_USAGE = 2,  /* the command line is wrong */
    OUTCOME_NO_CONTACT = 3, /* no answer, or no way to the agent or from it to the daemon */
    OUTCOME_DENIED = 4,     /* user, password, or what the user may see and do */
    OUTCOME_REFUSED = 5,    /* the agent or the daemon said no; nothing has changed */
    OUTCOME_NOT_FOUND = 6,  /* no daemon, client or question of that name */
    OUTCOME_DECLINED = 7,   /* the person said no, or there was nobody to ask */
    OUTCOME_UNCERTAIN = 8,  /* asked for, but it is not known whether it has happened */
    OUTCOME_ILL = 9         /* doctor has found what is wrong */
};

struct fault {
    enum outcome outcome;
    char text[1536]; /* one line without a full stop; clean, whoever is quoted in it */
};

/* Writes what has gone wrong. */
void fault_set(struct fault *fault, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints "ovpnctl: TEXT" on stderr and returns the exit status. */
int fault_tell(const struct fault *fault);

/* The same for a text that was not kept. */
int fault_exit(enum outcome outcome, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
