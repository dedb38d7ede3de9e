#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include "agent/wiring/options.h"

#include <getopt.h>
#include <stdio.h>

#include "config/endpoint.h"

#define PROGRAM        "openvpn-agentx"
#define CONFIG_DEFAULT SYSCONFDIR "/openvpn-agentx/openvpn-agentx.conf"

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"test-config", no_argument, NULL, 't'},
    {"daemon", no_argument, NULL, 'd'},
    {"log-level", required_argument, NULL, 'l'},
    {"agentx", required_argument, NULL, 'x'},
    {"user", required_argument, NULL, 'u'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: " PROGRAM " [OPTION]...\n"
    "Makes OpenVPN daemons manageable through SNMP, as a subagent of snmpd.\n"
    "\n"
    "  -c, --config FILE      read FILE instead of\n"
    "                         " CONFIG_DEFAULT "\n"
    "  -t, --test-config      check the configuration, say what is wrong, and exit\n"
    "  -d, --daemon           run in the background and log to syslog\n"
    "  -l, --log-level LEVEL  error, warning, notice (default), info or debug\n"
    "  -u, --user USER        with -t: look as USER instead of openvpn-agentx\n"
    "  -x, --agentx ADDRESS   AgentX master: unix:/path, tcp:A.B.C.D:PORT or\n"
    "                         tcp6:[v6]:PORT; goes before the configuration\n"
    "  -V, --version          show the version and exit\n"
    "  -h, --help             show this help and exit\n";

static enum options_result wrong(void)
{
    fprintf(stderr, "Try '" PROGRAM " --help'.\n");
    return OPTIONS_WRONG;
}

static enum options_result take_level(const char *name, struct options *options)
{
    if (log_level_from_name(name, &options->log_level))
        return OPTIONS_RUN;
    fprintf(stderr,
            PROGRAM ": --log-level: \"%s\" is not known (error, warning, notice, info, debug)\n",
            name);
    return wrong();
}

static enum options_result take_agentx(const char *address, struct options *options)
{
    char why[512];

    options->agentx = address;
    if (endpoint_check_agentx(address, why, sizeof(why)))
        return OPTIONS_RUN;
    fprintf(stderr, PROGRAM ": --agentx: %s\n", why);
    return wrong();
}

static enum options_result take_option(int option, struct options *options)
{
    switch (option) {
    case 'c':
        options->config = optarg;
        return OPTIONS_RUN;
    case 't':
        options->test_config = true;
        return OPTIONS_RUN;
    case 'd':
        options->daemon = true;
        return OPTIONS_RUN;
    case 'l':
        return take_level(optarg, options);
    case 'x':
        return take_agentx(optarg, options);
    case 'u':
        options->user = optarg;
        return OPTIONS_RUN;
    case 'V':
        puts(PROGRAM " " PACKAGE_VERSION);
        return OPTIONS_DONE;
    case 'h':
        fputs(help, stdout);
        return OPTIONS_DONE;
    default:
        return wrong(); /* getopt_long() has said what */
    }
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
    enum options_result result = OPTIONS_RUN;
    int option;

    *options = (struct options){.config = CONFIG_DEFAULT, .log_level = LOG_LEVEL_NOTICE};
    optind = 0; /* start anew, also when called again */
    while (result == OPTIONS_RUN &&
           (option = getopt_long(argc, argv, "c:tdl:u:x:Vh", long_options, NULL)) != -1)
        result = take_option(option, options);
    if (result == OPTIONS_RUN && optind < argc) {
        fprintf(stderr, PROGRAM ": unexpected argument '%s'\n", argv[optind]);
        return wrong();
    }
    return result;
}
