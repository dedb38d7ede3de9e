#ifndef AGENT_WIRING_CHECK_H
#define AGENT_WIRING_CHECK_H

struct config;
struct options;

/* The configuration, looked at before it is used. */

/*
 * Reads it; the caller frees it with config_free().  NULL when it is wrong: each fault is in the
 * log then, CONFIG_FAULTS_MAX at most and how many more there are, and *status is what the program
 * ends with: EX_CONFIG, or EXIT_FAILURE when memory was out.
 */
struct config *check_read(const char *file, int *status);

/*
 * Option -t.  When root runs it the process becomes the agent's user for good, as what root may
 * read says nothing: the one of --user, else CHECK_USER if the system has that.  Reads the
 * configuration and the password files, warns of management sockets that are closed to the user,
 * and says on stdout that all is well.  Returns the exit status of the program.
 */
int check_run(const struct options *options);

/* Whom the systemd unit runs the agent as. */
#define CHECK_USER "openvpn-agentx"

#endif
