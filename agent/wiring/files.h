#ifndef AGENT_WIRING_FILES_H
#define AGENT_WIRING_FILES_H

struct config;

/*
 * The system's limit on open files, of which each daemon takes one.  Some are kept for the master
 * agent, for reading the configuration and the like, whatever becomes of the daemons; and as many
 * as shares and their guests may take.
 */

/* Raises the limit as far as the process may, and tells the sockets what they may take of it. */
void files_start(void);

/* The same for a configuration: says in the log when not all of its daemons can be connected. */
void files_check(const struct config *config);

#endif
