/*
 * What an instance and its rows take of the heap: the figures behind LIMITS in
 * openvpn-agentx.conf(5).  Not a test: run it by `make bench`.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "connection/transport.h"
#include "model/instance.h"
#include "model/snapshot.h"
#include "protocol/status.h"
#include "session/session.h"

enum { ROWS = 10000 };

static char name[] = "bench";
static char endpoint[] = "unix:/none";
static const struct instance_config config = {
    .name = name,
    .management.text = endpoint,
    .limits = {.log_lines = 2 * ROWS,
               .state_lines = ROWS,
               .echo_lines = ROWS,
               .session_lines = ROWS,
               .command_lines = ROWS,
               .request_lines = ROWS,
               .client_max = ROWS,
               .route_max = ROWS},
};

static size_t used(void)
{
    return mallinfo2().uordblks;
}

static void report(const char *what, size_t before, size_t slot, size_t rows)
{
    printf("%-56s %6zu bytes\n", what, (used() - before) / rows + slot);
}

static void feed(struct snapshot *snapshot, struct status_reader *reader, const char *line)
{
    struct status_row row;

    status_line(reader, slice_of(line), &row);
    snapshot_row(snapshot, &row);
}

static void measure_clients(struct instance *instance)
{
    static const char title[] = "TITLE\tOpenVPN 2.6.14";
    static const char clients[] =
        "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t"
        "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\t"
        "Client ID\tPeer ID\tData Channel Cipher";
    static const char routes[] = "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\t"
                                 "Real Address\tLast Ref\tLast Ref (time_t)";
    struct status_reader reader;
    struct snapshot snapshot;
    char line[512];
    size_t before = used();

    status_begin(&reader);
    snapshot_begin(&snapshot, instance);
    feed(&snapshot, &reader, title);
    feed(&snapshot, &reader, clients);
    for (unsigned i = 0; i < ROWS; i++) {
        snprintf(line, sizeof(line),
                 "CLIENT_LIST\tlaptop-of-employee-%05u\t198.51.100.%u:%u\t10.8.%u.%u\t\t%u\t%u\t"
                 "2026-11-23 17:11:32\t1795453892\temployee%05u\t%u\t%u\tAES-256-GCM",
                 i, i % 250, 10000 + i, i >> 8, i & 255, i, i, i, i, i);
        feed(&snapshot, &reader, line);
    }
    report("client, while a status is read", before, 0, ROWS);
    feed(&snapshot, &reader, routes);
    for (unsigned i = 0; i < ROWS; i++) {
        snprintf(line, sizeof(line),
                 "ROUTING_TABLE\t10.8.%u.%u\tlaptop-of-employee-%05u\t198.51.100.%u:%u\t"
                 "2026-11-23 17:11:32\t1795453892",
                 i >> 8, i & 255, i, i % 250, 10000 + i);
        feed(&snapshot, &reader, line);
    }
    snapshot_commit(&snapshot);
    report("client and one route", before, 0, ROWS);
}

/* Slots of a history are there from the start, so they are added to what a line takes. */
static void measure_log(struct instance *instance, size_t len)
{
    char text[1024];
    char what[64];
    const struct log_line line = {.time = 1795453892, .text = {text, len}};
    size_t before = used();

    memset(text, 'x', sizeof(text));
    for (unsigned i = 0; i < ROWS; i++)
        instance_log_told(instance, &line);
    snprintf(what, sizeof(what), "log or echo line of %zu bytes", len);
    report(what, before, sizeof(struct log_record), ROWS);
}

static void measure_states(struct instance *instance)
{
    const struct state_line line = {
        .time = 1795453892,
        .state = STATE_CONNECTED,
        .name = slice_of("CONNECTED"),
        .detail = slice_of("SUCCESS"),
        .tunnel_ipv4 = slice_of("10.8.0.1"),
        .remote_addr = slice_of("198.51.100.1"),
        .remote_port = slice_of("1194"),
    };
    size_t before = used();

    for (unsigned i = 0; i < ROWS; i++)
        instance_state_told(instance, &line);
    report("state", before, sizeof(struct state_record), ROWS);
}

static void measure_sessions(struct instance *instance)
{
    size_t before;

    clients_end_all(instance);
    rows_bury_now();
    before = used();
    history_clear(&instance->sessions);
    printf("%-56s %6zu bytes\n", "ended session",
           (before - used()) / ROWS + sizeof(struct session_record));
}

int main(void)
{
    struct instance *instance;
    struct session *session;
    size_t before;
    size_t slots = ROWS * (3 * sizeof(struct log_record) + sizeof(struct state_record) +
                           sizeof(struct session_record) + sizeof(struct command_record) +
                           sizeof(struct request));

    mallopt(M_MMAP_THRESHOLD, 1 << 25); /* all is in one heap, so that it is counted alike */
    before = used();
    instance = instance_new(1, &config);
    session = session_new(instance, &config, &socket_transport, NULL);
    if (!instance || !session)
        return 1;
    printf("%-56s %6zu bytes\n", "instance and its session, without rows", used() - before - slots);
    measure_clients(instance);
    measure_log(instance, 80);
    measure_log(instance, 1024);
    measure_states(instance);
    measure_sessions(instance);
    session_free(session);
    instance_free(instance);
    rows_bury_now();
    return 0;
}
