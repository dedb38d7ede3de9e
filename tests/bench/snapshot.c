/*
 * What a status of many clients with a route each takes: time, and the longest that it keeps all
 * else waiting.  Prints "what TAB value TAB unit", and is no test: run it by `make bench`, which
 * has callgrind count what take_again() does.  The arguments are numbers of clients.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timers.h"
#include "config/config.h"
#include "model/instance.h"
#include "model/snapshot.h"
#include "protocol/lines.h"
#include "protocol/message.h"
#include "protocol/status.h"

enum { ROUNDS = 9, READ = 16384 }; /* statuses that are timed; octets that are read in one turn */

/* The octets of a status, and where they go. */
static struct {
    char *text;
    size_t len;
    struct instance *instance;
    struct status_reader reader;
    struct snapshot snapshot;
    struct lines lines;
    double longest; /* turn, in milliseconds */
} self;

/* Of the processor: others may use it too. */
static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void end_turn(double *begin)
{
    double now = milliseconds();

    if (now - *begin > self.longest)
        self.longest = now - *begin;
    *begin = now;
}

static void take_line(struct slice line)
{
    struct message message;
    struct status_row row;

    message_parse(line, &message);
    status_line(&self.reader, line, &row);
    snapshot_row(&self.snapshot, &row);
}

/* As a session does, in pieces as they come from the socket. */
static void take_status(void)
{
    double begin = milliseconds();

    self.longest = 0;
    status_begin(&self.reader);
    snapshot_begin(&self.snapshot, self.instance, false);
    for (size_t at = 0; at < self.len; at += READ) {
        struct slice piece = {self.text + at, self.len - at < READ ? self.len - at : READ};
        struct slice line;

        while (lines_next(&self.lines, &piece, &line))
            take_line(line);
        end_turn(&begin);
    }
    snapshot_commit(&self.snapshot);
    end_turn(&begin);
    while (timers_next() == 0) {
        timers_run();
        end_turn(&begin);
    }
}

/* Once more, with rows that are there. */
__attribute__((noinline)) void take_again(void);

void take_again(void)
{
    take_status();
}

static const char *const head[] = {
    "TITLE\tOpenVPN 2.6.14",
    "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t"
    "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\t"
    "Peer ID\tData Channel Cipher",
    "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\t"
    "Last Ref (time_t)",
};

static void write_status(unsigned count)
{
    FILE *stream = open_memstream(&self.text, &self.len);

    if (!stream)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
        fprintf(stream, "%s\r\n", head[i]);
    for (unsigned i = 0; i < count; i++)
        fprintf(stream,
                "CLIENT_LIST\tclient%u\t192.0.2.%u:%u\t10.%u.%u.%u\t\t%u\t%u\t"
                "2026-11-23 17:11:32\t1795453892\tUNDEF\t%u\t%u\tAES-256-GCM\r\n",
                i, i % 250, 1024 + i % 60000, i >> 16, (i >> 8) & 255, i & 255, i, i, i, i);
    for (unsigned i = 0; i < count; i++)
        fprintf(stream,
                "ROUTING_TABLE\t10.%u.%u.%u\tclient%u\t192.0.2.%u:%u\t2026-11-23 17:11:32\t"
                "1795453892\r\n",
                i >> 16, (i >> 8) & 255, i & 255, i, i % 250, 1024 + i % 60000);
    fprintf(stream, "END\r\n");
    fclose(stream);
}

static int is_longer(const void *a, const void *b)
{
    const double *one = a;
    const double *other = b;

    return (*one > *other) - (*one < *other);
}

static void measure(unsigned count)
{
    char name[] = "bench";
    char endpoint[] = "unix:/none";
    const struct instance_config config = {
        .name = name,
        .management.text = endpoint,
        .limits = {.session_lines = 10,
                   .client_max = 1000000,
                   .route_max = 1000000,
                   .user_lines = 1000000},
    };
    double took[ROUNDS];
    double turns[ROUNDS];

    self.instance = instance_new(1, &config);
    if (!self.instance)
        exit(EXIT_FAILURE);
    lines_init(&self.lines);
    write_status(count);
    take_status();
    for (int round = 0; round < ROUNDS; round++) {
        double begin = milliseconds();

        take_again();
        took[round] = (milliseconds() - begin) * 1e3 / count;
        turns[round] = self.longest;
    }
    qsort(took, ROUNDS, sizeof(*took), is_longer);
    qsort(turns, ROUNDS, sizeof(*turns), is_longer);
    printf("status of %u clients, each with its route\t%.2f\tus\t%.2f to %.2f\n", count,
           took[ROUNDS / 2], took[0], took[ROUNDS - 1]);
    printf("status of %u clients, its longest turn\t%.2f\tms\t%.2f to %.2f\n", count,
           turns[ROUNDS / 2], turns[0], turns[ROUNDS - 1]);
    instance_free(self.instance);
    rows_bury_now();
    free(self.text);
}

int main(int argc, char **argv)
{
    static const unsigned counts[] = {1000, 10000, 100000};

    for (int i = 1; i < argc; i++)
        measure((unsigned)strtoul(argv[i], NULL, 10));
    for (size_t i = 0; argc == 1 && i < sizeof(counts) / sizeof(counts[0]); i++)
        measure(counts[i]);
    return 0;
}
