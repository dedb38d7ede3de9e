#ifndef CTL_DOCTOR_SYSTEM_H
#define CTL_DOCTOR_SYSTEM_H

#include <stdint.h>

#include "ctl/doctor.h"

/* What the system says of sockets, processes and units.  No socket of a daemon is opened: its only
 * management session is the agent's. */

/* A socket that may be listened on. */
enum doctor_socket {
    DOCTOR_SOCKET_UNKNOWN, /* the system does not tell */
    DOCTOR_SOCKET_NOBODY,
    DOCTOR_SOCKET_LISTENS,
    DOCTOR_SOCKET_IN_USE /* somebody is connected to it */
};

enum doctor_socket doctor_unix_socket(const struct doctor *doctor, const char *path);
enum doctor_socket doctor_tcp_socket(const struct doctor *doctor, uint16_t port);

/*
 * Processes of that name (15 bytes at most) but for children of such ones: returns how many, and
 * the first ids in up to max places.
 */
size_t doctor_processes(const struct doctor *doctor, const char *name, int *ids, size_t max);

/*
 * Runs a program of an absolute path without a shell, its stdin and stderr closed, for so many
 * seconds at most.  Writes what it prints into out, cut, and a NUL.  Returns its exit status, -1
 * when it could not be run or did not end by itself.
 */
int doctor_run(const char *const *words, int seconds, char *out, size_t size);

/* The value of a line NAME=VALUE of what was printed; false when there is none. */
bool doctor_value(const char *printed, const char *name, char *value, size_t size);

#endif
