#ifndef AGENT_WIRING_OPTIONS_H
#define AGENT_WIRING_OPTIONS_H

#include <stdbool.h>

#include "base/log.h"

/* The command line, as in openvpn-agentx(8).  Texts point into argv or are constants. */
struct options {
    const char *config;       /* -c, else the default of this build */
    bool test_config;         /* -t */
    bool daemon;              /* -d */
    enum log_level log_level; /* -l, else LOG_LEVEL_NOTICE */
    const char *user;         /* -u, else NULL */
    const char *agentx;       /* -x, checked; NULL: the config says it */
};

enum options_result {
    OPTIONS_RUN,  /* go on */
    OPTIONS_DONE, /* version or help was written to stdout: exit 0 */
    OPTIONS_WRONG /* what is wrong was written to stderr: exit EX_USAGE */
};

/* Reads the command line.  *options is complete only with OPTIONS_RUN. */
enum options_result options_parse(int argc, char **argv, struct options *options);

#endif
