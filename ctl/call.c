#include "ctl/call.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LONGS_MAX 4

int call_usage(const struct call *call, const char *format, ...)
{
    va_list values;

    fprintf(stderr, "ovpnctl: %s: ", call->argv[0]);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\nTry 'ovpnctl --help'.\n");
    return OUTCOME_USAGE;
}

bool call_options(struct call *call, const char *letters, const char *const *longs,
                  bool (*take)(int letter, const char *value, void *context), void *context)
{
    struct option table[LONGS_MAX + 1] = {{0}};
    int letter;

    for (size_t i = 0; longs && longs[i] && i < LONGS_MAX; i++)
        table[i] =
            (struct option){longs[i], required_argument, NULL, toupper((unsigned char)longs[i][0])};
    optind = 0; /* start anew */
    while ((letter = getopt_long(call->argc, call->argv, letters, table, NULL)) != -1)
        if (letter == '?' || !take(letter, optarg, context)) {
            if (letter == '?')
                fprintf(stderr, "Try 'ovpnctl --help'.\n"); /* getopt_long() has said what */
            return false;
        }
    /* What is left begins behind the options. */
    call->argv[optind - 1] = call->argv[0];
    call->argv += optind - 1;
    call->argc -= optind - 1;
    return true;
}

bool call_words(const struct call *call, int least, int most)
{
    if (call->argc - 1 < least) {
        call_usage(call, "something is missing");
        return false;
    }
    if (call->argc - 1 > most) {
        call_usage(call, "unexpected argument '%s'", call->argv[most + 1]);
        return false;
    }
    return true;
}

const char *call_word(const struct call *call, int place)
{
    return place < call->argc ? call->argv[place] : NULL;
}

int call_ask(const struct call *call, const char *question)
{
    char answer[16];

    if (call->yes)
        return OUTCOME_OK;
    if (!isatty(STDIN_FILENO))
        return fault_exit(OUTCOME_DECLINED, "nobody is here to ask: --yes does it all the same");
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
        return OUTCOME_OK;
    return fault_exit(OUTCOME_DECLINED, "nothing was done");
}
