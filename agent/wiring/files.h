#ifndef AGENT_WIRING_FILES_H
#define AGENT_WIRING_FILES_H

#include <stddef.h>

/*
 * The system's limit on open files, of which each daemon takes one.  Some are kept for the master
 * agent, for reading the configuration and the like, whatever becomes of the daemons.
 */

/* Raises the limit as far as the process may, and tells the sockets what they may take of it. */
void files_start(void);

/* Says in the log when not all of so many daemons can be connected. */
void files_check(size_t daemons);

#endif
