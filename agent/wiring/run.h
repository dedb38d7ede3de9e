#ifndef AGENT_WIRING_RUN_H
#define AGENT_WIRING_RUN_H

/* The whole program: reads options and configuration, runs until a signal.  Returns its exit
 * status. */
int run(int argc, char **argv);

#endif
