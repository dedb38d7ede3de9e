#ifndef CTL_ONLINE_H
#define CTL_ONLINE_H

#include "ctl/daemons.h"
#include "ctl/output.h"

/* Connected clients, for all commands that show or name them. */

/* The cells of a client's row. */
enum client_cell {
    CLIENT_COMMON_NAME,
    CLIENT_USERNAME,
    CLIENT_REAL,
    CLIENT_TUNNEL,
    CLIENT_SINCE, /* seconds since 1970 */
    CLIENT_SECONDS,
    CLIENT_IN,
    CLIENT_OUT,
    CLIENT_PENDING,
    CLIENT_CELLS
};

#define CLIENT_NAME_MAX 544

/* Reads the clients of one daemon, or of all for 0. */
bool online_read(struct grid *rows, struct remote *remote, unsigned long only, struct fault *fault);

/*
 * The name by which people know a client: its common name, its user name where it has no other,
 * both as "NAME (USER)" where they differ.
 */
void online_name(char out[CLIENT_NAME_MAX], const char *common_name, const char *username);

/* Whether a client has not logged in yet. */
bool online_pending(const struct row *row);

/* The fields of a client in a table, and a row of it; a rate under 0 is not known. */
extern const struct output_field online_fields[];
extern const size_t online_field_count;
void online_add(struct output *output, const struct daemons *daemons, const struct row *row,
                int64_t rate);

#endif
