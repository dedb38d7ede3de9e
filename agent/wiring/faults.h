#ifndef AGENT_WIRING_FAULTS_H
#define AGENT_WIRING_FAULTS_H

struct config_error;

/* Logs the faults of a configuration: those that were kept, and how many more there are. */
void faults_log(const struct config_error *error);

#endif
