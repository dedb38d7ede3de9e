/*
 * What an instance, its rows and the notifications that wait take of the heap: the figures behind
 * LIMITS in openvpn-agentx.conf(5), with texts as they usually are and with the longest.  Not a
 * test: run it by `make bench`.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/notify/outbox.h"
#include "agent/notify/triggers.h"
#include "agent/tables/tables.h"
#include "agent/tables/walker.h"
#include "base/text.h"
#include "config/config.h"
#include "connection/transport.h"
#include "model/asked.h"
#include "model/model.h"
#include "model/snapshot.h"
#include "protocol/status.h"
#include "session/session.h"

enum { ROWS = 1000 };

static char name[] = "bench";
static char endpoint[] = "unix:/run/openvpn-agentx/bench.sock";
static struct instance_config config = {
    .name = name,
    .management.text = endpoint,
    .notify_rate = 100000,
    .limits = {.log_lines = ROWS,
               .state_lines = ROWS,
               .echo_lines = ROWS,
               .session_lines = ROWS,
               .command_lines = ROWS,
               .request_lines = ROWS,
               .client_max = ROWS,
               .route_max = ROWS},
};
static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194};

static struct model model;
static struct instance *instance;

/* Texts of the rows; set by measure(). */
static struct texts {
    const char *length; /* for the report */
    char admin[ADMIN_MAX + 1];
    char text[TEXT_MAX + 1];
    bool longest;
} now;

static void choose_texts(bool longest)
{
    now.longest = longest;
    now.length = longest ? "longest texts" : "usual texts";
    memset(&now.admin, 0, sizeof(now.admin));
    memset(&now.text, 0, sizeof(now.text));
    memset(now.admin, 'a', longest ? ADMIN_MAX : 20);
    memset(now.text, 't', longest ? TEXT_MAX : 100);
}

static size_t used(void)
{
    return mallinfo2().uordblks;
}

/* Slots of a history are there from the start, so they are added to what a row takes. */
static void report(const char *what, size_t before, size_t slot)
{
    printf("%-40s %-14s %6zu bytes\n", what, now.length, (used() - before) / ROWS + slot);
}

static void feed(struct snapshot *snapshot, struct status_reader *reader, const char *line)
{
    struct status_row row;

    status_line(reader, slice_of(line), &row);
    snapshot_row(snapshot, &row);
}

/* The longest texts are longer than those of a daemon, whose rows end at 511 bytes. */
static void client_line(char *line, size_t size, unsigned i)
{
    if (now.longest)
        snprintf(line, size,
                 "CLIENT_LIST\t%05u%.250s\t%05u%.250s\t10.8.%u.%u\tfd00::%x\t1\t1\tx\t"
                 "1795453892\t%.255s\t%u\t%u\t%.255s",
                 i, now.admin, i, now.admin, i >> 8, i & 255, i, now.admin, i, i, now.admin);
    else
        snprintf(line, size,
                 "CLIENT_LIST\tlaptop-of-employee-%05u\t198.51.100.%u:%u\t10.8.%u.%u\t\t%u\t%u\t"
                 "2026-11-23 17:11:32\t1795453892\temployee%05u\t%u\t%u\tAES-256-GCM",
                 i, i % 250, 10000 + i, i >> 8, i & 255, i, i, i, i, i);
}

static void route_line(char *line, size_t size, unsigned i)
{
    if (now.longest)
        snprintf(line, size, "ROUTING_TABLE\t%05u%.250s\t%05u%.250s\t%05u%.250s\tx\t1795453892", i,
                 now.admin, i, now.admin, i, now.admin);
    else
        snprintf(line, size,
                 "ROUTING_TABLE\t10.8.%u.%u\tlaptop-of-employee-%05u\t198.51.100.%u:%u\t"
                 "2026-11-23 17:11:32\t1795453892",
                 i >> 8, i & 255, i, i % 250, 10000 + i);
}

static void measure_clients(void)
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
    char line[2048];
    size_t before = used();

    status_begin(&reader);
    snapshot_begin(&snapshot, instance, false);
    feed(&snapshot, &reader, title);
    feed(&snapshot, &reader, clients);
    for (unsigned i = 0; i < ROWS; i++) {
        client_line(line, sizeof(line), i);
        feed(&snapshot, &reader, line);
    }
    report("client, while a status is read", before, 0);
    feed(&snapshot, &reader, routes);
    for (unsigned i = 0; i < ROWS; i++) {
        route_line(line, sizeof(line), i);
        feed(&snapshot, &reader, line);
    }
    snapshot_commit(&snapshot);
    report("client with one route", before, 0);
}

/* What the block of a client adds to each. */
static void measure_peers(void)
{
    static const char *const names[] = {"IV_VER", "IV_PLAT", "IV_GUI_VER", "IV_SSO"};
    size_t before = used();

    for (unsigned i = 0; i < ROWS; i++) {
        const struct client *client = (const struct client *)instance->clients.list[i];
        struct established block = {.cid = client->cid, .since = client->since};

        established_env(&block, slice_of("common_name"), slice_of(client->who.common_name));
        established_env(&block, slice_of("username"), slice_of(client->who.username));
        for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++)
            established_env(&block, slice_of(names[at]), slice_of(now.admin));
        clients_established(instance, &block);
        established_fini(&block);
    }
    report("peer of a client", before, 0);
}

/* While the clients were counted there was no room for them. */
static void measure_users(void)
{
    size_t before = used();

    instance->users.bound = ROWS;
    for (unsigned i = 0; i < ROWS; i++) {
        struct client *client = (struct client *)instance->clients.list[i];

        client->counted = false;
        users_see(&instance->users, client);
    }
    report("user", before, 0);
}

static void measure_log(void)
{
    const struct log_line line = {.time = 1795453892, .text = slice_of(now.text)};
    size_t before = used();

    for (unsigned i = 0; i < ROWS; i++)
        instance_log_told(instance, &line);
    report("log or echo line", before, sizeof(struct log_record));
}

static void measure_states(void)
{
    struct state_line line = {
        .time = 1795453892,
        .state = STATE_CONNECTED,
        .name = slice_of("CONNECTED"),
        .detail = slice_of("SUCCESS"),
        .tunnel_ipv4 = slice_of("10.8.0.1"),
        .remote_addr = slice_of("198.51.100.1"),
        .remote_port = slice_of("1194"),
    };
    size_t before;

    if (now.longest) {
        line.name = line.remote_addr = line.local_addr = slice_of(now.admin);
        line.detail = slice_of(now.text);
    }
    instance_state_told(instance, &line); /* the last one is kept once more */
    history_clear(&instance->states);
    before = used();
    for (unsigned i = 0; i < ROWS; i++)
        instance_state_told(instance, &line);
    report("state", before, sizeof(struct state_record));
}

static void measure_sessions(void)
{
    size_t before;

    clients_end_all(instance);
    rows_bury_now();
    before = used();
    history_clear(&instance->departures);
    printf("%-40s %-14s %6zu bytes\n", "ended session", now.length,
           (before - used()) / ROWS + sizeof(struct departure_record));
}

static void measure_commands(void)
{
    size_t before = used();

    for (unsigned i = 0; i < ROWS; i++) {
        uint64_t ticket = asked_begin(instance, "snmp", now.longest ? now.text : "signal SIGUSR1");

        asked_end(instance, ticket, RESULT_SUCCESS,
                  slice_of(now.longest ? now.text : "signal SIGUSR1 thrown"), 1);
    }
    report("command", before, sizeof(struct command_record));
}

/* The longest are those that have failed, with a reason. */
static void measure_requests(void)
{
    const struct request_message need = {
        .kind = FORM_USERNAME_PASSWORD,
        .type = slice_of(now.longest ? now.admin : "Auth"),
        .prompt = slice_of(now.longest ? now.text : "Your code?"),
    };
    size_t before = used();

    for (unsigned i = 0; i < ROWS; i++) {
        requests_asked(instance, &need);
        if (now.longest)
            requests_failed(instance, need.type, slice_of(now.text));
        else
            requests_withdraw(instance);
    }
    report("question", before, sizeof(struct request));
}

static void measure_capabilities(void)
{
    size_t before = used();
    struct capability *list = calloc(ROWS, sizeof(*list));

    for (unsigned i = 0; list && i < ROWS; i++)
        list[i] = (struct capability){text_new(ADMIN_MAX, slice_of(now.admin)),
                                      text_new(ADMIN_MAX, slice_of(now.text))};
    instance_set_capabilities(instance, list, list ? ROWS : 0);
    report("command of a daemon's help", before, 0);
    instance_set_capabilities(instance, NULL, 0);
}

static void measure_on_demand(void)
{
    char blob[PKCS11_BLOB_MAX];
    size_t before = used();

    memset(blob, 'b', sizeof(blob));
    for (unsigned i = 0; i < ROWS; i++)
        net_lines_add(&instance->net, slice_of(now.text));
    report("line of net", before, 0);
    net_lines_fini(&instance->net);
    before = used();
    for (unsigned i = 0; i < PKCS11_MAX; i++)
        pkcs11_list_add(&instance->pkcs11, slice_of(now.text),
                        (struct slice){blob, now.longest ? sizeof(blob) : 1500}, false);
    printf("%-40s %-14s %6zu bytes\n", "certificate", now.length, (used() - before) / PKCS11_MAX);
    pkcs11_list_fini(&instance->pkcs11);
}

static void measure(bool longest)
{
    choose_texts(longest);
    users_fini(&instance->users);
    measure_clients();
    measure_peers();
    measure_users();
    measure_states();
    measure_log();
    measure_commands();
    measure_requests();
    measure_sessions();
    measure_capabilities();
    measure_on_demand();
    history_clear(&instance->states);
    history_clear(&instance->log);
    history_clear(&instance->commands);
    history_clear(&instance->requests);
}

/* Each row of the histories tells one: what a notification takes while it waits. */
static void measure_notification(const char *what, enum notify_kind kind, void (*happen)(void))
{
    size_t before;
    size_t after;

    config.notify = kind;
    config.log_alert_flags = LOG_FLAG_WARNING;
    outbox_start(4 * ROWS);
    happen(); /* the rows that it leaves are there before */
    triggers_configure(instance->index, &config);
    before = used();
    happen();
    after = used();
    printf("%-40s %-14s %6zu bytes\n", what, now.length,
           (after - before) / (outbox_waiting() ? outbox_waiting() : 1));
    triggers_forget(instance->index);
    outbox_stop();
}

static void clients_come_and_go(void)
{
    struct established block = {0};

    for (unsigned i = 0; i < ROWS; i++) {
        block.cid = (int64_t)i;
        block.since = 1795453892;
        established_env(&block, slice_of("common_name"), slice_of(now.admin));
        established_env(&block, slice_of("username"), slice_of(now.admin));
        established_env(&block, slice_of("trusted_ip"), slice_of("198.51.100.1"));
        established_env(&block, slice_of("trusted_port"), slice_of("4000"));
        clients_established(instance, &block);
        established_fini(&block);
    }
    clients_end_all(instance);
    rows_bury_now();
}

static void ask(void)
{
    const struct request_message need = {
        .kind = FORM_CONFIRM, .type = slice_of(now.admin), .prompt = slice_of(now.text)};

    for (unsigned i = 0; i < ROWS; i++) {
        requests_asked(instance, &need);
        requests_withdraw(instance);
    }
}

static void warn(void)
{
    const struct log_line line = {
        .time = 1795453892, .flags = LOG_FLAG_WARNING, .text = slice_of(now.text)};

    for (unsigned i = 0; i < ROWS; i++)
        instance_log_told(instance, &line);
}

static void measure_notifications(bool longest)
{
    choose_texts(longest);
    instance_set_contact(instance, CONTACT_UP, NULL);
    measure_notification("notification of a client", NOTIFY_CLIENT, clients_come_and_go);
    measure_notification("notification of a question", NOTIFY_INPUT, ask);
    measure_notification("notification of a log line", NOTIFY_LOG, warn);
}

int main(void)
{
    const struct walker walker = {root, sizeof(root) / sizeof(root[0]), tables, table_count,
                                  &model};
    struct session *session;
    size_t before;

    mallopt(M_MMAP_THRESHOLD, 1 << 25); /* all is in one heap, so that it is counted alike */
    before = used();
    instance = instance_new(1, &config);
    session = instance ? session_new(instance, &config, &socket_transport, NULL) : NULL;
    if (!session || !model_add(&model, instance))
        return 1;
    instance_set_version(instance, slice_of("OpenVPN 2.6.14"));
    printf("%-40s %-14s %6zu bytes\n", "instance and its session, without rows", "",
           used() - before);
    measure(false);
    measure(true);
    triggers_start(&walker);
    measure_notifications(false);
    measure_notifications(true);
    triggers_stop();
    session_free(session);
    model_fini(&model);
    rows_bury_now();
    return 0;
}
