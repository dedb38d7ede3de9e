#ifndef AGENT_MASTER_LIBRARY_H
#define AGENT_MASTER_LIBRARY_H

/* How Net-SNMP's library is set up: as a subagent that reads and writes no files. */

/* A callback of the library (snmp_register_callback()); 0 is success. */
typedef int library_told(int major, int minor, void *session, void *arg);

/*
 * Before init_snmp(), which is to be given the same name.  The address is one of the library's; it
 * tries again each reconnect_s seconds while there is no session.  began and ended run deep inside
 * the library, with a session that has begun or that ends.  What the library logs goes to our log.
 */
void library_configure(const char *name, const char *address, int reconnect_s, library_told *began,
                       library_told *ended);

/* From now on only errors and warnings of the library are logged. */
void library_hush(void);

#endif
