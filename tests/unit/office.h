#ifndef TESTS_UNIT_OFFICE_H
#define TESTS_UNIT_OFFICE_H

#include "config/config.h"
#include "model/instance.h"
#include "script.h"
#include "session/session.h"
#include "tests/unit/headers.h"

/*
 * A session with a daemon called "office" that the test plays (script.h).  Tests may change the
 * configuration before office_begin().
 */
extern struct instance_config office_config;
extern struct instance *office;
extern struct session *office_session;

/* A start of contact, connected; nothing is said yet. */
void office_begin(void);
int office_end(void **state);

/* The same with the usual configuration, as set-up of a test. */
int office_set_up(void **state);

/*
 * Answers all that the start asks.  version is that of `OpenVPN 2.6.14 x`; pid and states (lines of
 * `state all`, or "") change from test to test, log and echo are empty.
 */
void office_synchronize(const char *version, const char *pid, const char *states);

/* The same, with that answer to help. */
void office_synchronize_with(const char *version, const char *pid, const char *states,
                             const char *help);

/* Greets and synchronizes: 2.6.14, pid 77, connected. */
void office_bring_up(void);

/* The socket closes; after a pause the agent is back, and is greeted by office_return(). */
void office_lose(void);
void office_reconnect(void);
void office_return(void);

/*
 * The clients that load-stats counts in what follows; -1, as after the set-up: the rows of a status
 * that have an address in the tunnel.
 */
extern int office_total;

/* Answers load-stats and status, which were asked; rows are those behind the title. */
void office_status(const char *rows);

/* The next poll brings this status, of which load-stats says that it is news. */
void office_poll(const char *rows);
void office_poll_reply(const char *reply);

/* The client row at a place, counted from 0; fails when there is none. */
const struct client *office_client(size_t position);
const struct route *office_route(size_t position);

#define OFFICE_STATS "SUCCESS: nclients=1,bytesin=100,bytesout=200\r\n"
#define OFFICE_NO_STATUS                                                                           \
    "ERROR: The 'status' command is not supported by the current daemon mode\r\n"
#define OFFICE_CONNECTED "1795453890,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n"

/* Rows of a status of 2.4 to 2.7. */
#define OFFICE_CLIENT(name, real, ipv4, since, cid)                                                \
    "CLIENT_LIST\t" name "\t" real "\t" ipv4 "\t\t5\t6\tx\t" since "\tUNDEF\t" cid                 \
    "\t0\tAES-256-GCM\r\n"
#define OFFICE_ROUTE(address, name, real, last)                                                    \
    "ROUTING_TABLE\t" address "\t" name "\t" real "\tx\t" last "\r\n"
#define OFFICE_ALICE OFFICE_CLIENT("alice", "192.0.2.1:4000", "10.9.0.2", "1795453800", "0")
#define OFFICE_BOB   OFFICE_CLIENT("bob", "192.0.2.2:4000", "10.9.0.3", "1795453801", "1")
#define OFFICE_CAROL OFFICE_CLIENT("carol", "192.0.2.3:4000", "10.9.0.4", "1795453802", "2")

#endif
