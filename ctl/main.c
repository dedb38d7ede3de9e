#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/receiver.h"

static void print_help(void)
{
    const struct command *command;
    char words[64];

    puts("Usage: ovpnctl [OPTION]... [HOST] COMMAND [ARGUMENT]...\n"
         "Shows and steers OpenVPN daemons through openvpn-agentx and SNMP.\n"
         "\n"
         "HOST runs snmpd and the agent; without one it is localhost.  Options are\n"
         "those of snmpcmd(1), also from ~/.snmp/snmp.conf, and:\n"
         "\n"
         "  --json, --csv  for programs\n"
         "  --yes          do not ask\n"
         "  --version      show the version\n"
         "  --help         show this help\n"
         "\n"
         "Commands; a DAEMON is its name or number:\n");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        snprintf(words, sizeof(words), "%s %s", command->name, command->arguments);
        printf("  %-38s%s\n", words, command->summary);
    }
    puts("\nExit status: 0 done, 2 wrong words, 3 no answer, 4 not permitted, 5 refused,\n"
         "6 not found, 7 nobody said yes, 8 not known whether done, 9 doctor found\n"
         "faults, 1 all else.");
}

/* Takes one of our own options; they may stand anywhere before "--". */
static bool take_own(const char *word, struct call *call, enum page_format *format, bool *done)
{
    if (strcmp(word, "--json") == 0)
        *format = PAGE_JSON;
    else if (strcmp(word, "--csv") == 0)
        *format = PAGE_CSV;
    else if (strcmp(word, "--yes") == 0)
        call->yes = true;
    else if (strcmp(word, "--version") == 0)
        *done = puts("ovpnctl " PACKAGE_VERSION) >= 0;
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        *done = (print_help(), true);
    else
        return false;
    return true;
}

/* Moves our own options out of argv; returns how many words are left. */
static int take_all_own(int argc, char **argv, struct call *call, enum page_format *format,
                        bool *done)
{
    bool ended = false;
    int kept = 1;

    for (int i = 1; i < argc && !*done; i++) {
        ended |= strcmp(argv[i], "--") == 0;
        if (ended || !take_own(argv[i], call, format, done))
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return kept;
}

static int wrong_command(const char *word)
{
    if (word)
        fprintf(stderr, "ovpnctl: there is no command '%s'\n", word);
    else
        fprintf(stderr, "ovpnctl: no command\n");
    fprintf(stderr, "Try 'ovpnctl --help'.\n");
    return OUTCOME_USAGE;
}

/* What was printed has to arrive. */
static int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status == OUTCOME_OK)
        return fault_exit(OUTCOME_FAILED, "cannot write: %s", strerror(errno));
    return status;
}

int main(int argc, char **argv)
{
    enum page_format format = PAGE_TABLE;
    const struct command *command;
    struct call call = {0};
    struct fault fault;
    bool done = false;
    int next;
    int status;

    argc = take_all_own(argc, argv, &call, &format, &done);
    if (done)
        return finish_output(OUTCOME_OK);
    page_init(&call.page, format);
    receiver_prepare();
    call.remote = remote_new(argc, argv, &next, commands_know, &fault);
    if (!call.remote) {
        if (fault.text[0])
            return fault_tell(&fault);
        if (fault.outcome == OUTCOME_USAGE)
            fprintf(stderr, "Try 'ovpnctl --help'.\n");
        return (int)fault.outcome;
    }
    command = next < argc ? commands_find(argv[next]) : NULL;
    if (command) {
        call.argc = argc - next;
        call.argv = argv + next;
        status = command->run(&call);
    } else {
        status = wrong_command(argv[next]);
    }
    remote_close(call.remote);
    return finish_output(status);
}
