#include "config/grants.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/slice.h"
#include "config/guarded.h"
#include "config/setting.h"
#include "config/suggest.h"

/* What is looked at behind the first word. */
enum rest {
    REST_ANY,
    REST_SOURCE,  /* COMMUNITY [SOURCE ...] */
    REST_COM2SEC, /* [-Cn CONTEXT] NAME SOURCE COMMUNITY */
    REST_SINK,    /* ADDRESS ... */
    REST_SESSION  /* options and ADDRESS, as of snmptrap(1) */
};

static const struct {
    const char *name;
    enum rest rest;
} words[] = {
    {"createUser", REST_ANY},
    {"rouser", REST_ANY},
    {"rwuser", REST_ANY},
    {"rocommunity", REST_SOURCE},
    {"rwcommunity", REST_SOURCE},
    {"rocommunity6", REST_SOURCE},
    {"rwcommunity6", REST_SOURCE},
    {"com2sec", REST_COM2SEC},
    {"com2sec6", REST_COM2SEC},
    {"com2secunix", REST_ANY},
    {"group", REST_ANY},
    {"access", REST_ANY},
    {"view", REST_ANY},
    {"authtrapenable", REST_ANY},
    {"trapcommunity", REST_ANY},
    {"trapsink", REST_SINK},
    {"trap2sink", REST_SINK},
    {"informsink", REST_SINK},
    {"trapsess", REST_SESSION},
    {"sysLocation", REST_ANY},
    {"sysContact", REST_ANY},
    {"sysName", REST_ANY},
    {"sysServices", REST_ANY},
    {"engineID", REST_ANY},
    {"engineIDType", REST_ANY},
    {"engineIDNic", REST_ANY},
    {"exactEngineID", REST_ANY},
    {"maxGetbulkRepeats", REST_ANY},
    {"maxGetbulkResponses", REST_ANY},
};

/* The beginnings of words of snmpd.conf that people may bring along. */
static const struct {
    const char *begin;
    const char *why;
} strangers[] = {
    {"[", "sections are not read"},
    {"include", "other files are not read"},
    {"agentaddress", "the addresses stand in the key listen"},
    {"agentx", "there is no AgentX here; for other subagents take snmpd"},
    {"master", "there is no AgentX here; for other subagents take snmpd"},
    {"agent", "the process is who has started it"},
    {"perl", "no program is run from here"},
    {"extend", "no program is run from here"},
    {"exec", "no program is run from here"},
    {"sh", "no program is run from here"},
    {"pass", "no program is run from here"},
    {"dlmod", "no program is run from here"},
};

#define WORDS     (sizeof(words) / sizeof(words[0]))
#define STRANGERS (sizeof(strangers) / sizeof(strangers[0]))

/* More words of a line are not looked at. */
enum { LINE_WORDS = 64 };

struct line {
    struct slice words[LINE_WORDS];
    size_t count;
};

static bool is_space(char c)
{
    return isspace((unsigned char)c) != 0;
}

/* The next word of a line, quotes taken off; false at its end, or where a comment begins. */
static bool next_word(struct slice *rest, struct slice *word)
{
    size_t len = 0;

    while (rest->len > 0 && is_space(rest->at[0]))
        *rest = slice_skip(*rest, 1);
    if (rest->len == 0 || rest->at[0] == '#')
        return false;
    if (rest->at[0] == '"' || rest->at[0] == '\'') {
        char quote = rest->at[0];

        *rest = slice_skip(*rest, 1);
        *word = slice_cut(rest, quote);
        return true;
    }
    while (len < rest->len && !is_space(rest->at[len]))
        len++;
    *word = (struct slice){rest->at, len};
    *rest = slice_skip(*rest, len);
    return true;
}

static void split_line(struct slice text, struct line *line)
{
    line->count = 0;
    while (line->count < LINE_WORDS && next_word(&text, &line->words[line->count]))
        line->count++;
}

static bool reads_as_address(struct slice text, int family)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];

    if (text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, address) == 1;
}

/* NETWORK, NETWORK/MASK or default. */
static bool is_source(struct slice text)
{
    struct slice address;

    slice_take_prefix(&text, "!");
    address = slice_cut(&text, '/');
    return slice_is(address, "default") || reads_as_address(address, AF_INET) ||
           reads_as_address(address, AF_INET6);
}

/* An address of UDP: with TCP the library would wait until somebody accepts. */
static bool is_sink(struct slice text)
{
    struct slice host;
    int port;

    if (!slice_take_prefix(&text, "udp:"))
        slice_take_prefix(&text, "udp6:");
    if (reads_as_address(text, AF_INET))
        return true;
    if (text.len > 0 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        return reads_as_address((struct slice){text.at + 1, text.len - 2}, AF_INET6);
    host = text;
    if (!slice_to_int(slice_cut_last(&host, ':'), 1, 65535, &port))
        return false;
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        return reads_as_address((struct slice){host.at + 1, host.len - 2}, AF_INET6);
    return reads_as_address(host, AF_INET);
}

/* The value of an option as getopt(3) reads it, `-v3` or `-v 3`; empty when it is not there. */
static struct slice option_of(const struct line *line, const char *name)
{
    struct slice none = {"", 0};

    for (size_t i = 1; i < line->count; i++) {
        struct slice word = line->words[i];

        if (!slice_take_prefix(&word, name))
            continue;
        return word.len > 0 ? word : i + 1 < line->count ? line->words[i + 1] : none;
    }
    return none;
}

/* The library asks a receiver of informs for its engine ID, and waits for the answer. */
static bool would_wait(const struct line *line)
{
    struct slice version = option_of(line, "-v");
    struct slice c = option_of(line, "-C");

    return c.len > 0 && memchr(c.at, 'i', c.len) && !slice_is(version, "1") &&
           !slice_is(version, "2c") && option_of(line, "-e").len == 0;
}

static const char *rest_fault(const struct line *line, enum rest rest)
{
    static const char source[] = "a numeric network, or default, is wanted as source";
    static const char sink[] = "a numeric address of UDP is wanted, such as 192.0.2.1 or "
                               "udp6:[2001:db8::1]:162";
    size_t at = 2;

    switch (rest) {
    case REST_ANY:
        return line->count > 1 ? NULL : "nothing stands behind it";
    case REST_SOURCE:
        return line->count > 2 && !is_source(line->words[2]) ? source : NULL;
    case REST_COM2SEC:
        if (line->count > 1 && slice_is(line->words[1], "-Cn"))
            at = 4;
        return line->count > at && is_source(line->words[at]) ? NULL : source;
    case REST_SINK:
        return line->count > 1 && is_sink(line->words[1]) ? NULL : sink;
    case REST_SESSION:
        if (would_wait(line))
            return "informs of version 3 need the receiver's engine ID: -e 0x...";
        return line->count > 1 && is_sink(line->words[line->count - 1]) ? NULL : sink;
    }
    return NULL;
}

static bool fail_word(const struct reader *reader, unsigned number, const char *word)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;

    for (size_t i = 0; i < STRANGERS; i++)
        if (strncasecmp(word, strangers[i].begin, strlen(strangers[i].begin)) == 0)
            return reader_fail(reader, reader->file, number, "%s: not taken: %s", word,
                               strangers[i].why);
    suggest_begin(&suggest, word);
    for (size_t i = 0; i < WORDS; i++)
        suggest_add(&suggest, words[i].name);
    return reader_fail(reader, reader->file, number, "%s: unknown word%s", word,
                       suggest.best ? suggest_text(&suggest, hint) : "");
}

/* Long enough for any word that is known; of another one the beginning is told. */
enum { WORD_ROOM = 40 };

static bool check_line(const struct reader *reader, unsigned number, struct slice text)
{
    char word[WORD_ROOM];
    struct line line;
    const char *fault;

    split_line(text, &line);
    if (line.count == 0)
        return true;
    snprintf(word, sizeof(word), "%.*s", (int)line.words[0].len, line.words[0].at);
    if (slice_has_control(text) && memchr(text.at, '\0', text.len))
        return reader_fail(reader, reader->file, number, "a line cannot hold a NUL");
    for (size_t i = 0; i < WORDS; i++) {
        if (strcasecmp(words[i].name, word) != 0)
            continue;
        fault = rest_fault(&line, words[i].rest);
        return !fault || reader_fail(reader, reader->file, number, "%s: %s", word, fault);
    }
    return fail_word(reader, number, word);
}

static bool check_text(const struct reader *reader, struct slice text)
{
    unsigned number = 0;
    bool good = true;

    while (text.at) {
        struct slice line = slice_cut(&text, '\n');

        good &= check_line(reader, ++number, line);
    }
    return good;
}

/* Returns what was read, which the caller wipes and frees; NULL with *fault. */
static char *read_grants(int fd, size_t *len, const char **fault)
{
    char *text = malloc(GRANTS_FILE_MAX + 1);
    ssize_t got = 1;

    *len = 0;
    *fault = text ? NULL : "out of memory";
    while (text && got != 0 && *len <= GRANTS_FILE_MAX) {
        got = read(fd, text + *len, GRANTS_FILE_MAX + 1 - *len);
        if (got < 0 && errno != EINTR)
            break;
        *len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        *fault = strerror(errno);
    else if (*len > GRANTS_FILE_MAX)
        *fault = "the file is too large";
    return text;
}

bool grants_check(const char *file, struct config_error *error)
{
    const struct reader reader = {.file = file, .error = error};
    const char *fault;
    char *text = NULL;
    size_t len = 0;
    int fd = guarded_open(file, &fault);
    bool good;

    error->count = 0;
    if (fd >= 0) {
        text = read_grants(fd, &len, &fault);
        close(fd);
    }
    good = fault ? reader_fail(&reader, file, 0, "%s", fault)
                 : check_text(&reader, (struct slice){text, len});
    if (text)
        explicit_bzero(text, len);
    free(text);
    return good;
}
