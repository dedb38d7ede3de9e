#ifndef CONFIG_GRANTS_H
#define CONFIG_GRANTS_H

#include <stdbool.h>

#include "config/config.h"

/*
 * The file of `snmp_config`: users, views, communities and sinks in the syntax of snmpd.conf(5).
 * The SNMP library reads it, for which an unknown word is no fault, and some words run programs,
 * open sockets or wait for a name server.  So only words that are known here may stand in it.
 */

/* A larger file is none of this kind. */
#define GRANTS_FILE_MAX (1u << 20)

/*
 * Looks through the file, which must be guarded (config/guarded.h).  Returns false with the faults
 * in *error, each with file and line.  No fault shows what may be a secret: of a line it has the
 * first word alone.
 */
bool grants_check(const char *file, struct config_error *error);

#endif
