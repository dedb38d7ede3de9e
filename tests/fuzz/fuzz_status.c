#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "model/snapshot.h"
#include "protocol/lines.h"

/*
 * Replies of `status`, in any format, one behind the other, into one instance.  Behind an escape: a
 * reply that was cut, a loss of contact, another daemon, a client that comes by its block.
 */

static char name[] = "fuzz";
static char endpoint[] = "unix:/run/fuzz.sock";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.session_lines = 20,
               .request_lines = 5,
               .client_max = 50,
               .route_max = 60,
               .user_lines = 10},
};

struct reading {
    struct instance *instance;
    struct snapshot snapshot;
    struct status_reader reader;
    const char *from; /* the reply in hand, to be read again; NULL when it is in pieces */
    uint32_t clients;
    uint32_t routes;
};

static void begin(struct reading *reading)
{
    status_begin(&reading->reader);
    snapshot_begin(&reading->snapshot, reading->instance, false);
    reading->clients = reading->routes = 0;
}

static void check_row(const struct status_row *row)
{
    REQUIRE(row->kind <= STATUS_END);
    if (row->kind == STATUS_CLIENT)
        REQUIRE(row->client.common_name.len > 0 && row->client.cid >= INT64_MIN + 1);
    if (row->kind == STATUS_ROUTE)
        REQUIRE(row->route.address.len > 0);
}

/* Returns true when the reply is complete. */
static bool take_line(struct reading *reading, struct slice line)
{
    struct status_row row;

    status_line(&reading->reader, line, &row);
    check_row(&row);
    reading->clients += row.kind == STATUS_CLIENT;
    reading->routes += row.kind == STATUS_ROUTE;
    if (row.kind != STATUS_END)
        snapshot_row(&reading->snapshot, &row);
    return row.kind == STATUS_END;
}

static void commit(struct reading *reading)
{
    const struct instance *instance = reading->instance;
    bool whole = reading->snapshot.server && reading->snapshot.dropped == 0;
    bool known = reading->snapshot.server || reading->snapshot.tunnel;
    bool good = snapshot_commit(&reading->snapshot);

    /* Only clients that came or went within the reply spoil it. */
    REQUIRE(good || !reading->from);
    if (good && whole) {
        REQUIRE(instance->clients.count == reading->clients);
        REQUIRE(instance->routes.count == reading->routes);
        REQUIRE(instance->mode == MODE_SERVER);
    }
    REQUIRE((instance->status_complete == TRUTH_TRUE) ==
            (good && known && reading->snapshot.dropped == 0));
    check_instance(instance);
}

static void read_again(struct reading *reading, const char *end)
{
    struct slice bytes = {reading->from, (size_t)(end - reading->from)};
    static struct lines lines;
    struct slice line;

    begin(reading);
    lines_init(&lines);
    while (lines_next(&lines, &bytes, &line))
        take_line(reading, line);
    commit(reading);
}

/*
 * The same reply again: nothing happens, and every row keeps its index.  A full table has room for
 * new rows only after those that ended are gone, so what it dropped may come with the first
 * repetition, but not later.
 */
static void repeat(struct reading *reading, const char *end)
{
    const struct rows *clients = &reading->instance->clients;
    const struct rows *routes = &reading->instance->routes;
    uint32_t last_client;
    uint32_t last_route;
    unsigned events;
    size_t count;

    if (reading->snapshot.dropped > 0)
        read_again(reading, end);
    last_client = clients->last_index;
    last_route = routes->last_index;
    events = checks_events;
    count = clients->count;
    read_again(reading, end);
    REQUIRE(events == checks_events && count == clients->count);
    REQUIRE(last_client == clients->last_index);
    REQUIRE(last_route == routes->last_index);
}

static void take_bytes(struct reading *reading, struct slice bytes)
{
    static struct lines lines;
    struct slice line;

    lines_init(&lines);
    while (lines_next(&lines, &bytes, &line)) {
        if (!take_line(reading, line))
            continue;
        commit(reading);
        if (reading->from)
            repeat(reading, bytes.at);
        begin(reading);
        reading->from = bytes.at;
    }
}

static void come_by_block(struct instance *instance, int code)
{
    struct established block = {.cid = code & 7, .since = 1795453800 + (code >> 3 & 3)};

    instance_set_version(instance, slice_of("OpenVPN 2.6.14"));
    established_env(&block, slice_of("common_name"), slice_of("alice"));
    established_env(&block, slice_of("trusted_ip"), slice_of("192.0.2.1"));
    established_env(&block, slice_of("IV_VER"), slice_of("2.6.14"));
    clients_established(instance, &block);
    established_fini(&block);
}

static void happen(struct reading *reading, int code)
{
    struct instance *instance = reading->instance;

    reading->from = NULL;
    if (code < 0)
        return;
    if (code >= 128) {
        come_by_block(instance, code);
        check_instance(instance);
        return;
    }
    snapshot_abort(&reading->snapshot);
    switch (code & 3) {
    case 1:
        instance_set_contact(instance, CONTACT_DISCONNECTED, "gone");
        instance_set_contact(instance, CONTACT_UP, NULL);
        break;
    case 2:
        instance_set_pid(instance, code);
        break;
    case 3:
        clients_end_all(instance);
        break;
    default:
        break;
    }
    begin(reading);
    check_instance(instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct reading reading = {.instance = NULL};
    const char *bytes;
    size_t len;
    int code;

    clock_use(&fuzz_clock);
    checks_begin();
    reading.instance = instance_new(1, &config);
    instance_set_contact(reading.instance, CONTACT_UP, NULL);
    begin(&reading);
    while (fuzz_next(&input, &bytes, &len, &code)) {
        if (!reading.snapshot.server && !reading.snapshot.tunnel)
            reading.from = bytes;
        take_bytes(&reading, (struct slice){bytes, len});
        happen(&reading, code);
    }
    snapshot_abort(&reading.snapshot);
    instance_free(reading.instance);
    rows_bury_now();
    checks_end();
    clock_use(NULL);
    return 0;
}
