#ifndef CTL_REMOTE_H
#define CTL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/fault.h"
#include "ctl/grid.h"
#include "ctl/objects.h"
#include "ctl/walk.h"

/* The agent at the other end: one SNMP session, with options and files as Net-SNMP's tools have
 * them. */

struct remote;

/* An object and its index. */
struct remote_name {
    enum object object;
    size_t depth; /* numbers of the index; 0 for a scalar, which gets its .0 */
    unsigned long index[ROW_INDEX_MAX];
};

/* A value to be set; text without NUL at its end where it is not NULL, else the number. */
struct remote_change {
    struct remote_name name;
    long number;
    const char *text;
    size_t len;
};

/* What a SET was answered with. */
struct remote_answer {
    int status; /* error-status of RFC 3416 */
    int index;  /* of the change that failed, from 1; 0 for none in particular */
};

/*
 * Reads SNMP options from argv[1] on, up to and with the host, and Net-SNMP's files; *next becomes
 * the place of the first word behind the host.  Words that are known(word) are no host: then the
 * host is localhost.  NULL and a fault when that does not work; a fault without text has been told
 * by the library.  Passwords are wiped from argv.  There is one in a process; it ends with it.
 */
struct remote *remote_new(int argc, char **argv, int *next, bool (*known)(const char *word),
                          struct fault *fault);

/* Ends the session. */
void remote_close(struct remote *remote);

/* The host as it was given. */
const char *remote_host(const struct remote *remote);

/* The user of SNMPv3 who asks; NULL for a community, or when nothing names one. */
const char *remote_user(const struct remote *remote);

/* Whether what is sent is encrypted, or does not leave this machine. */
bool remote_is_private(const struct remote *remote);

/* Opens the session; the functions below do it by themselves when it is not open. */
bool remote_open(struct remote *remote, struct fault *fault);

/* What to read of a table whose index has depth parts; see walk_init(). */
struct remote_columns {
    const enum object *columns;
    size_t count;
    size_t depth;
    unsigned long only;
    unsigned long after;
};

/* Reads columns to their ends, together.  The rows are the caller's, to be freed also after a
 * fault. */
bool remote_read(struct remote *remote, const struct remote_columns *wanted, struct grid *rows,
                 struct fault *fault);

/* Reads single objects; cells are the caller's.  What has no instance is not there. */
bool remote_get(struct remote *remote, const struct remote_name *names, size_t count,
                struct cell *cells, struct fault *fault);

/*
 * Sets all changes in one message, which is never repeated.  true when there was an answer,
 * whatever it says.
 */
bool remote_set(struct remote *remote, const struct remote_change *changes, size_t count,
                struct remote_answer *answer, struct fault *fault);

/*
 * For receivers of notifications: the session's parameters, a netsnmp_session of the remote's, with
 * what the files say filled in; nothing is sent.  NULL and a fault when they make no session.
 */
void *remote_session(struct remote *remote, struct fault *fault);

/* The value of a netsnmp_variable_list, valid as long as that. */
struct walk_value remote_value(const void *varbind);

#endif
