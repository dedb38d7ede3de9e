/*
 * How long a status of many clients takes to be read, and whether that grows faster than the
 * number of clients.  Not a test: run it by `make bench`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/timers.h"
#include "config/config.h"
#include "model/instance.h"
#include "model/snapshot.h"
#include "protocol/status.h"

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void feed(struct snapshot *snapshot, struct status_reader *reader, const char *line)
{
    struct status_row row;

    status_line(reader, slice_of(line), &row);
    snapshot_row(snapshot, &row);
}

static const char *const head[] = {
    "TITLE\tOpenVPN 2.6.14",
    "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t"
    "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\t"
    "Peer ID\tData Channel Cipher",
    "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\t"
    "Last Ref (time_t)",
};

static void feed_clients(struct snapshot *snapshot, struct status_reader *reader, unsigned count)
{
    char line[512];

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
        feed(snapshot, reader, head[i]);
    for (unsigned i = 0; i < count; i++) {
        snprintf(line, sizeof(line),
                 "CLIENT_LIST\tclient%u\t192.0.2.%u:%u\t10.%u.%u.%u\t\t%u\t%u\t"
                 "2026-11-23 17:11:32\t1795453892\tUNDEF\t%u\t%u\tAES-256-GCM",
                 i, i % 250, 1024 + i % 60000, i >> 16, (i >> 8) & 255, i & 255, i, i, i, i);
        feed(snapshot, reader, line);
    }
    for (unsigned i = 0; i < count; i++) {
        snprintf(line, sizeof(line),
                 "ROUTING_TABLE\t10.%u.%u.%u\tclient%u\t192.0.2.%u:%u\t2026-11-23 17:11:32\t"
                 "1795453892",
                 i >> 16, (i >> 8) & 255, i & 255, i, i % 250, 1024 + i % 60000);
        feed(snapshot, reader, line);
    }
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
    struct instance *instance = instance_new(1, &config);
    struct status_reader reader;
    struct snapshot snapshot;
    double begin, read, committed, freed;

    if (!instance)
        exit(1);
    for (int turn = 0; turn < 2; turn++) { /* the second finds the rows of the first again */
        status_begin(&reader);
        snapshot_begin(&snapshot, instance, false);
        begin = milliseconds();
        feed_clients(&snapshot, &reader, count);
        read = milliseconds();
        snapshot_commit(&snapshot);
        committed = milliseconds();
        while (timers_next() == 0)
            timers_run();
        freed = milliseconds();
    }
    printf("%7u clients and routes: read %7.1f ms, %5.2f us a row; swap %6.1f ms; free %6.1f ms\n",
           count, read - begin, (read - begin) * 1e3 / (2 * count), committed - read,
           freed - committed);
    instance_free(instance);
    rows_bury_now();
}

int main(void)
{
    measure(1000);
    measure(10000);
    measure(50000);
    measure(100000);
    return 0;
}
