#ifndef AGENT_MASTER_LIBRARY_H
#define AGENT_MASTER_LIBRARY_H

/* How Net-SNMP's library is set up, which says what it has to say in our log. */

/* The library's name for us, as which it is started, and of its files. */
extern const char library_name[];

/* What the library logs goes to our log; it reads no MIB files. */
void library_tame(void);

/*
 * From now on counts what the library has to say against a file of configuration, which is an error
 * in the log.  The name is borrowed.
 */
void library_judge(const char *file);
unsigned library_faults(void);

/* A callback of the library (snmp_register_callback()); 0 is success. */
typedef int library_told(int major, int minor, void *session, void *arg);

/*
 * As a subagent that reads and writes no files.  Before init_snmp().  The address is one of the
 * library's; it tries again each reconnect_s seconds while there is no session.  began and ended
 * run deep inside the library, with a session that has begun or that ends.  What the library logs
 * goes to our log.
 */
void library_configure(const char *address, int reconnect_s, library_told *began,
                       library_told *ended);

/* From now on only errors and warnings of the library are logged. */
void library_hush(void);

#endif
