#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include <assert.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "ctl/looks.h"
#include "ctl/range.h"

/*
 * check_openvpn_snmp, a plugin for Icinga, Nagios and others that run plugins.  Its SNMP options
 * are those of the Monitoring Plugins' check_snmp; they become those of Net-SNMP's tools.
 */

#define WORDS_MAX 40

struct options {
    struct question question;
    const struct look *look;
    const char *protocol;
    const char *host;
    const char *port;
    int timeout; /* seconds */
    bool user;   /* a user of SNMPv3 is given */
    bool level;  /* and a security level */
    bool privacy;
    bool authentication;
    bool community;
    char address[400];
    char *words[WORDS_MAX]; /* for the SNMP library; NULL behind count */
    int count;
};

static const struct option long_options[] = {
    {"mode", required_argument, NULL, 'm'},
    {"daemon", required_argument, NULL, 'd'},
    {"user", required_argument, NULL, 'u'},
    {"warning", required_argument, NULL, 'w'},
    {"critical", required_argument, NULL, 'c'},
    {"percent", no_argument, NULL, '%'},
    {"state", required_argument, NULL, 's'},
    {"hostname", required_argument, NULL, 'H'},
    {"port", required_argument, NULL, 'p'},
    {"protocol", required_argument, NULL, 'P'},
    {"community", required_argument, NULL, 'C'},
    {"secname", required_argument, NULL, 'U'},
    {"seclevel", required_argument, NULL, 'L'},
    {"authproto", required_argument, NULL, 'a'},
    {"authpasswd", required_argument, NULL, 'A'},
    {"privproto", required_argument, NULL, 'x'},
    {"privpasswd", required_argument, NULL, 'X'},
    {"context", required_argument, NULL, 'N'},
    {"timeout", required_argument, NULL, 't'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char *word_of(const char *threshold)
{
    return threshold ? threshold : "";
}

static void print_plugin_help(void)
{
    const struct look *look;

    puts(
        "check_openvpn_snmp " PACKAGE_VERSION "\n"
        "Looks at OpenVPN daemons through openvpn-agentx and SNMP.\n"
        "\n"
        "Usage: check_openvpn_snmp -H HOST -m MODE [-d DAEMON] [-w RANGE] [-c RANGE]\n"
        "                          [-C COMMUNITY | -U USER -A PASSWORD -X PASSWORD]\n"
        "\n"
        " -H, --hostname=HOST      where snmpd and the agent run\n"
        " -m, --mode=MODE          what to look at, see below\n"
        " -d, --daemon=NAME        one daemon (default: all)\n"
        " -u, --user=NAME          the user of mode user\n"
        " -w, --warning=RANGE, -c, --critical=RANGE\n"
        "     --percent            clients: thresholds are percents of what the server takes\n"
        "     --state=FILE         logins: remembers the counter; one file for each service\n"
        " -p, --port=PORT          default 161\n"
        " -t, --timeout=SECONDS    of the whole, default 10\n"
        " -V, --version   -h, --help\n"
        "\n"
        "SNMPv2c: -P 2c -C COMMUNITY\n"
        "SNMPv3:  -P 3 -U USER -L authPriv -a SHA-256 -A PASSWORD -x AES -X PASSWORD [-N CONTEXT]\n"
        "What is not given comes from snmp.conf(5) of who runs this, where no other user reads "
        "it.\n"
        "\n"
        "Modes, what their thresholds are of, and the usual ones:");
    for (size_t i = 0; (look = looks_at(i)); i++)
        printf(" %-8s %-32s %s%s%s%s%s\n", look->name, look->summary, look->thresholds,
               look->usual.warning ? ", -w " : "", word_of(look->usual.warning),
               look->usual.critical ? ", -c " : "", word_of(look->usual.critical));
    puts("\n"
         "Examples:\n"
         " check_openvpn_snmp -H vpn -P 3 -U ovpnmonitor -A 'a long password' \\\n"
         "     -X 'another long password' -m tunnel -d office\n"
         " check_openvpn_snmp -H vpn -P 2c -C public -m clients -d office --percent -w 80 -c 95\n"
         " check_openvpn_snmp -H vpn -m user -d office -u alice\n"
         "\n"
         "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (nothing can be said).");
}

static int unknown(const char *what, const char *word)
{
    struct verdict verdict = {.status = VERDICT_UNKNOWN};

    verdict_say(&verdict, "%s%s", what, word);
    return verdict_print(&verdict, "SNMP");
}

/* An option for the SNMP library. */
static void pass_on(struct options *options, const char *letter, const char *value)
{
    if (options->count + 3 >= WORDS_MAX)
        return;
    options->words[options->count++] = (char *)letter;
    options->words[options->count++] = (char *)value;
}

/* Takes an option of ours; false for one of SNMP's. */
static bool take_ours(struct options *options, int letter, const char *value)
{
    switch (letter) {
    case 'm':
        options->look = looks_find(value);
        return true;
    case 'd':
        options->question.daemon = value;
        return true;
    case 'u':
        options->question.user = value;
        return true;
    case 'w':
        options->question.thresholds.warning = value;
        return true;
    case 'c':
        options->question.thresholds.critical = value;
        return true;
    case '%':
        options->question.percent = true;
        return true;
    case 's':
        options->question.state = value;
        return true;
    case 'H':
        options->host = value;
        return true;
    case 'p':
        options->port = value;
        return true;
    default:
        return false;
    }
}

/* Takes an option of SNMP's; false for what is no option. */
static bool take_snmp(struct options *options, int letter, char *value)
{
    static const struct {
        char ours;
        const char *theirs;
    } same[] = {{'C', "-c"}, {'U', "-u"}, {'L', "-l"}, {'a', "-a"},
                {'A', "-A"}, {'x', "-x"}, {'X', "-X"}, {'N', "-n"}};

    options->community |= letter == 'C';
    options->user |= letter == 'U';
    options->level |= letter == 'L';
    options->authentication |= letter == 'A';
    options->privacy |= letter == 'X';
    if (letter == 'P')
        options->protocol = value;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        if (same[i].ours == letter) {
            pass_on(options, same[i].theirs, value);
            return true;
        }
    return letter == 'P' ||
           (letter == 't' && slice_to_int(slice_of(value), 1, 3600, &options->timeout));
}

/* The version, the level and the patience that were not given, and the host. */
static void complete_words(struct options *options)
{
    static char tries[16];
    const char *host = options->host;
    const char *format = strchr(host, ':') && !strchr(host, '[') ? "udp6:[%s]:%s" : "%s:%s";

    if (!options->protocol && (options->user || options->community))
        options->protocol = options->user ? "3" : "2c";
    if (options->protocol)
        pass_on(options, "-v", options->protocol);
    if (!options->level && (options->authentication || options->privacy))
        pass_on(options, "-l", options->privacy ? "authPriv" : "authNoPriv");
    snprintf(tries, sizeof(tries), "%.1f", options->timeout / 2.0);
    pass_on(options, "-t", tries);
    pass_on(options, "-r", "1");
    snprintf(options->address, sizeof(options->address), options->port ? format : "%s", host,
             options->port);
    options->words[options->count++] = options->address;
}

static bool is_range(const char *text)
{
    struct range range;

    return !text || range_parse(text, &range);
}

/* NULL when the words make sense, else what does not. */
static const char *what_is_wrong(const struct options *options)
{
    if (!options->host)
        return "no host: -H";
    if (!options->look)
        return "no such mode; --help has them";
    if (!is_range(options->question.thresholds.warning) ||
        !is_range(options->question.thresholds.critical))
        return "a threshold is no range: 10, 10:, ~:10, 10:20, @10:20";
    if (options->question.percent && strcmp(options->look->name, "clients") != 0)
        return "--percent is for mode clients";
    return NULL;
}

static bool no_command(const char *word)
{
    (void)word;
    return false;
}

static void too_late(int number)
{
    static const char text[] = "OPENVPN SNMP UNKNOWN - no whole answer in time\n";
    ssize_t written;

    (void)number;
    written = write(STDOUT_FILENO, text, sizeof(text) - 1);
    (void)written;
    _exit(VERDICT_UNKNOWN);
}

static int run_look(struct options *options)
{
    const struct look *look = options->look;
    struct verdict verdict = {.status = VERDICT_OK};
    struct thresholds *limits = &options->question.thresholds;
    char what[16];
    struct remote *remote;
    struct fault fault;
    int next;

    assert(look);
    if (!limits->warning && !limits->critical)
        *limits = look->usual;
    complete_words(options);
    remote = remote_new(options->count, options->words, &next, no_command, &fault);
    if (!remote)
        return unknown("wrong SNMP options ", fault.text);
    signal(SIGALRM, too_late);
    alarm((unsigned)options->timeout + 1);
    if (!look->run(remote, &options->question, &verdict, &fault)) {
        verdict.status = VERDICT_UNKNOWN;
        verdict.text[0] = verdict.data[0] = '\0';
        verdict_say(&verdict, "%s", fault.text);
    }
    remote_close(remote);
    snprintf(what, sizeof(what), "%s", look->name);
    for (char *letter = what; *letter; letter++)
        *letter = (char)(*letter - 'a' + 'A');
    return verdict_print(&verdict, what);
}

int main(int argc, char **argv)
{
    static struct options options = {.timeout = 10, .count = 1};
    const char *wrong;
    int letter;

    options.words[0] = argv[0];
    while ((letter = getopt_long(argc, argv, "m:d:u:w:c:H:p:P:C:U:L:a:A:x:X:N:t:Vh", long_options,
                                 NULL)) != -1) {
        if (letter == 'h')
            return print_plugin_help(), VERDICT_OK;
        if (letter == 'V')
            return puts("check_openvpn_snmp " PACKAGE_VERSION) < 0 ? VERDICT_UNKNOWN : VERDICT_OK;
        if (!take_ours(&options, letter, optarg) && !take_snmp(&options, letter, optarg))
            return unknown("wrong words; --help has them", "");
    }
    if (optind < argc)
        return unknown("what is this: ", argv[optind]);
    wrong = what_is_wrong(&options);
    return wrong ? unknown(wrong, "") : run_look(&options);
}
