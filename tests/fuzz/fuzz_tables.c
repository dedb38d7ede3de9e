#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/varbind.h"
#include "agent/tables/tables.h"
#include "agent/tables/walker.h"
#include "base/clock.h"
#include "base/text.h"
#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "model/asked.h"
#include "model/model.h"
#include "model/snapshot.h"
#include "protocol/lines.h"
#include "protocol/message.h"

/*
 * GET and GETNEXT over the real tables: the lines of the input make a model of three instances, an
 * escape goes on to another of them; a walk over all of it is the list that random questions are
 * held against.
 */

enum { INSTANCES = 3, NAME_MAX_LEN = 24, CELLS_MAX = 20000, QUESTIONS = 100, CAPABILITIES = 3 };

static char name[] = "fuzz";
static char endpoint[] = "unix:/run/fuzz.sock";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.log_lines = 4,
               .state_lines = 4,
               .echo_lines = 2,
               .session_lines = 3,
               .command_lines = 3,
               .request_lines = 3,
               .client_max = 5,
               .route_max = 5,
               .user_lines = 4},
};
static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194};

static struct model model;
static struct snapshot snapshot;
static struct status_reader reader;
static struct established block;

static void take_status(struct slice line)
{
    struct status_row row;

    if (slice_starts(line, "TITLE") || slice_starts(line, "OpenVPN STAT")) {
        snapshot_abort(&snapshot);
        status_begin(&reader);
        snapshot_begin(&snapshot, snapshot.instance, false);
    }
    status_line(&reader, line, &row);
    if (row.kind == STATUS_END)
        snapshot_commit(&snapshot);
    else
        snapshot_row(&snapshot, &row);
}

static void take_block(struct instance *instance, const struct message *message)
{
    if (message->kind == MESSAGE_CLIENT_ENV) {
        established_env(&block, message->env.name, message->env.value);
    } else if (message->kind == MESSAGE_CLIENT_END) {
        clients_established(instance, &block);
        established_fini(&block);
    } else {
        established_fini(&block);
        block.cid = message->client.cid;
    }
}

static void take_line(struct instance *instance, struct slice line)
{
    struct message message;

    message_parse(line, &message);
    switch (message.kind) {
    case MESSAGE_STATE:
        instance_state_told(instance, &message.state);
        break;
    case MESSAGE_LOG:
        instance_log_told(instance, &message.log);
        break;
    case MESSAGE_ECHO:
        instance_echo_told(instance, &message.log);
        break;
    case MESSAGE_FATAL:
        instance_fatal_told(instance, message.text);
        break;
    case MESSAGE_INFO:
        instance_info_told(instance, message.text);
        break;
    case MESSAGE_HOLD:
        instance_set_hold(instance, true, message.hold.seconds);
        break;
    case MESSAGE_REQUEST:
        requests_asked(instance, &message.request);
        break;
    case MESSAGE_REQUEST_OTHER:
        requests_other(instance, message.type, message.text);
        break;
    case MESSAGE_AUTH_FAILED:
        requests_failed(instance, message.failed.type, message.failed.reason);
        break;
    case MESSAGE_BYTECOUNT:
        instance_set_bytes(instance, message.bytecount.in, message.bytecount.out);
        break;
    case MESSAGE_CLIENT:
    case MESSAGE_CLIENT_ENV:
    case MESSAGE_CLIENT_END:
        take_block(instance, &message);
        break;
    default:
        take_status(line);
        break;
    }
}

static void take_bytes(struct instance *instance, struct slice bytes)
{
    static struct lines lines;
    struct slice line;

    snapshot_begin(&snapshot, instance, false);
    status_begin(&reader);
    lines_init(&lines);
    while (lines_next(&lines, &bytes, &line))
        take_line(instance, line);
    snapshot_abort(&snapshot);
    established_fini(&block);
    check_instance(instance);
}

/* The list grows by a copy of itself and one line, as the session's list of `help` does. */
static void add_capability(struct instance *instance, struct slice text)
{
    size_t count = instance->capability_count;
    struct capability *list = calloc(count + 1, sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        list[i].command = text_copy(instance->capabilities[i].command);
        list[i].summary = text_copy(instance->capabilities[i].summary);
    }
    list[count].command = text_new(ADMIN_MAX, text);
    instance_set_capabilities(instance, list, count + 1);
}

/* What no line of a daemon brings by itself, because a manager or the start has to ask for it. */
static void ask_for(struct instance *instance, int code, struct slice text)
{
    char shown[32] = "";
    uint64_t ticket;

    if (code & 32) {
        memcpy(shown, text.at, text.len < sizeof(shown) ? text.len : sizeof(shown) - 1);
        ticket = asked_begin(instance, "snmp", shown);
        if (code & 8)
            asked_end(instance, ticket, RESULT_SUCCESS, text, code);
    }
    if (code & 64)
        net_lines_add(&instance->net, text);
    if (code & 64 && instance->capability_count < CAPABILITIES)
        add_capability(instance, text);
    if (code & 128)
        pkcs11_list_add(&instance->pkcs11, text, text, code & 8);
}

static void happen(struct instance *instance, int code, struct slice text)
{
    if (code & 4)
        instance_set_contact(instance, code & 8 ? CONTACT_DISCONNECTED : CONTACT_UP, "changed");
    if (code & 16)
        clients_end_all(instance);
    ask_for(instance, code, text);
}

/* A place in the order of OIDs. */
struct place {
    unsigned long at[NAME_MAX_LEN];
    size_t len;
};

static struct place cells[CELLS_MAX];
static size_t cell_count;

static int compare(const struct place *a, const struct place *b)
{
    for (size_t i = 0; i < a->len && i < b->len; i++)
        if (a->at[i] != b->at[i])
            return a->at[i] < b->at[i] ? -1 : 1;
    return (a->len > b->len) - (a->len < b->len);
}

static struct place place_of(const struct walker_cell *cell)
{
    struct place place = {.len = cell->oid_len};

    REQUIRE(cell->oid_len <= NAME_MAX_LEN);
    memcpy(place.at, cell->oid, cell->oid_len * sizeof(place.at[0]));
    return place;
}

static void check_value(const struct walker_cell *cell)
{
    netsnmp_variable_list varbind = {.type = ASN_NULL};
    const struct value *value = &cell->value;
    size_t limit = cell->table == &pkcs11_table ? PKCS11_BLOB_MAX : TEXT_MAX;

    if (cell->column->type == VALUE_OCTETS)
        REQUIRE(value->octets.len <= limit && (value->octets.at || value->octets.len == 0));
    REQUIRE(snmp_set_var_objid(&varbind, cell->oid, cell->oid_len) == 0);
    REQUIRE(varbind_set(&varbind, cell->column->type, value));
    REQUIRE(varbind_size_now(&varbind) <= varbind_size(cell->oid_len, cell->column->type, value));
    snmp_free_var_internals(&varbind);
}

/* A cell says the same of itself in its OID, its table and its row, and a GET finds it. */
static void check_cell(const struct walker *walker, const struct walker_cell *cell)
{
    const struct table *table = cell->table;
    struct walker_cell same;
    size_t at = walker->root_len;

    REQUIRE(cell->oid_len == at + table->path_len + 1 + table->arity);
    REQUIRE(memcmp(cell->oid, walker->root, at * sizeof(cell->oid[0])) == 0);
    for (size_t i = 0; i < table->path_len; i++)
        REQUIRE(cell->oid[at++] == table->path[i]);
    REQUIRE(cell->oid[at++] == cell->column->number);
    for (size_t i = 0; i < table->arity; i++)
        REQUIRE(cell->oid[at++] == cell->row.index[i]);
    REQUIRE(walker_get(walker, cell->oid, cell->oid_len, &same) == WALKER_FOUND);
    REQUIRE(same.table == table && same.column == cell->column);
    REQUIRE(same.row.item == cell->row.item && same.row.instance == cell->row.instance);
    check_value(cell);
}

/* The first column of a table has all rows; of the others, cells may be absent. */
static void check_column(const struct walker_cell *cell)
{
    static const struct table *table;
    static const struct column *column;
    static size_t rows;
    static size_t rows_of_first;

    if (cell && cell->table == table && cell->column == column) {
        rows++;
    } else {
        REQUIRE(!cell || cell->table == table || cell->column == cell->table->columns);
        REQUIRE(!cell || cell->table != table || cell->column > column);
        if (!cell || cell->table != table)
            rows_of_first = 0;
        table = cell ? cell->table : NULL;
        column = cell ? cell->column : NULL;
        rows = cell ? 1 : 0;
    }
    if (cell && column == table->columns)
        rows_of_first = rows;
    REQUIRE(rows <= rows_of_first);
}

static void walk(const struct walker *walker)
{
    struct walker_cell cell = {.oid_len = 0};

    cell_count = 0;
    while (walker_next(walker, cell.oid, cell.oid_len, NULL, 0, &cell) == WALKER_FOUND) {
        REQUIRE(cell_count < CELLS_MAX);
        cells[cell_count] = place_of(&cell);
        REQUIRE(cell_count == 0 || compare(&cells[cell_count - 1], &cells[cell_count]) < 0);
        cell_count++;
        check_cell(walker, &cell);
        check_column(&cell);
    }
    check_column(NULL);
}

static size_t in_contact(const struct instance *instance)
{
    size_t count = instance->clients.count * client_table.column_count;

    count += instance->clients.count * client_control_table.column_count;
    count += instance->routes.count * route_table.column_count;
    for (size_t row = 0; row < instance->clients.count; row++)
        if (((const struct client *)instance->clients.list[row])->peer)
            count += peer_table.column_count;
    return count;
}

/* An open question is seen in contact only; what can be answered is in a second table then. */
static size_t of_request(const struct request *request, bool contact)
{
    if (request->status != REQUEST_PENDING)
        return request_table.column_count;
    if (!contact)
        return 0;
    switch (request->kind) {
    case REQUEST_CONFIRM:
        return request_table.column_count + confirm_table.column_count;
    case REQUEST_PASSWORD:
    case REQUEST_USERNAME_PASSWORD:
    case REQUEST_USERNAME:
    case REQUEST_STRING:
        return request_table.column_count + credential_table.column_count;
    default:
        return request_table.column_count;
    }
}

/* Numbers that are not known: what load-stats and a status tell, and what is true in contact. */
static size_t absent_of(const struct instance *instance, bool contact)
{
    size_t count = instance->load_told ? 0 : 2;

    count += contact ? 0 : 1 + instance->users.count; /* PendingRequests, Sessions */
    count += instance_clients_max(instance) < 0;
    count += contact && instance->load_told ? 0 : 2;
    for (unsigned number = 0; number < STATUS_OTHER_NUMBER; number++)
        count += number != STATUS_DCO && !(instance->numbers_told >> number & 1);
    for (uint32_t row = 0; row < instance->departures.count; row++) {
        const struct departure_record *departure =
            history_at(&instance->departures, instance->departures.last - row);

        count += departure->connected <= 0;
    }
    for (size_t row = 0; row < instance->clients.count && contact; row++)
        count += ((const struct client *)instance->clients.list[row])->since <= 0;
    return count;
}

/* What the walk has to see, by what the model says it has. */
static size_t cells_expected(void)
{
    size_t count = scalar_table.column_count;

    for (size_t i = 0; i < model.count; i++) {
        const struct instance *instance = model.instances[i];
        bool contact = instance_in_contact(instance);
        const struct request *request;
        uint32_t row = 0;

        count += instance_table.column_count + control_table.column_count;
        count += instance->users.count * user_table.column_count;
        count += instance->capability_count * capability_table.column_count;
        count += instance->states.count * state_table.column_count;
        count += instance->log.count * log_table.column_count;
        count += instance->echo.count * echo_table.column_count;
        count += instance->departures.count * session_table.column_count;
        count += instance->commands.count * command_table.column_count;
        count += instance->net.count * net_table.column_count;
        count += instance->pkcs11.count * pkcs11_table.column_count;
        count += instance->certificates.count * certificate_table.column_count;
        count += instance->shares.list.count * share_table.column_count;
        count += instance->shares.guests.count * guest_table.column_count;
        while ((request = history_after(&instance->requests, row, &row)))
            count += of_request(request, contact);
        count += contact ? in_contact(instance) : 0;
        count -= absent_of(instance, contact);
    }
    return count;
}

/* Near some cell, or anywhere. */
static struct place question(uint64_t *seed)
{
    static const unsigned long steps[] = {1, -1UL, 2, 1UL << 32, 1UL << 63};
    struct place place = cells[fuzz_random(seed, cell_count)];

    for (uint64_t changes = fuzz_random(seed, 3); changes > 0; changes--)
        place.at[fuzz_random(seed, place.len)] +=
            steps[fuzz_random(seed, sizeof(steps) / sizeof(steps[0]))];
    if (fuzz_random(seed, 3) == 0)
        place.len = fuzz_random(seed, place.len + 1);
    while (fuzz_random(seed, 4) == 0 && place.len < NAME_MAX_LEN)
        place.at[place.len++] = fuzz_random(seed, 3) - 1;
    return place;
}

/* The first cell that stands behind a place, or at it. */
static const struct place *seek(const struct place *place, bool at)
{
    size_t low = 0;
    size_t high = cell_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&cells[middle], place) >= (at ? 0 : 1))
            high = middle;
        else
            low = middle + 1;
    }
    return low < cell_count ? &cells[low] : NULL;
}

static bool has_prefix(const struct place *place, const struct place *prefix)
{
    return place->len >= prefix->len &&
           memcmp(place->at, prefix->at, prefix->len * sizeof(prefix->at[0])) == 0;
}

static void ask_next(const struct walker *walker, const struct place *from, struct place scope)
{
    struct walker_cell cell;
    const struct place *expected =
        compare(from, &scope) < 0 ? seek(&scope, true) : seek(from, false);

    if (expected && !has_prefix(expected, &scope))
        expected = NULL;
    if (walker_next(walker, from->at, from->len, scope.at, scope.len, &cell) == WALKER_FOUND) {
        struct place got = place_of(&cell);

        REQUIRE(expected && compare(&got, expected) == 0);
        check_cell(walker, &cell);
    } else {
        REQUIRE(!expected);
    }
}

static void ask_get(const struct walker *walker, const struct place *place)
{
    const struct place *found = seek(place, true);
    bool there = found && compare(found, place) == 0;
    struct walker_cell cell;

    REQUIRE((walker_get(walker, place->at, place->len, &cell) == WALKER_FOUND) == there);
}

static void ask(const struct walker *walker, uint64_t seed)
{
    for (int i = 0; i < QUESTIONS; i++) {
        struct place place = question(&seed);
        struct place scope = question(&seed);

        if (fuzz_random(&seed, 3) == 0)
            scope.len = 0;
        else if (fuzz_random(&seed, 2) == 0 && scope.len > walker->root_len + 1)
            scope.len = walker->root_len + 1;
        ask_next(walker, &place, scope);
        ask_get(walker, &place);
    }
}

/* A share with some guests. */
static void open_share(struct instance *instance, uint32_t guests)
{
    struct share_row *share = shares_add(instance, "unix:/run/share.sock");

    REQUIRE(share);
    shares_configure(share, ALLOW_CLIENTS | ALLOW_VERB, 8);
    while (guests-- > 0) {
        struct guest_row *guest = shares_guest_came(instance, share, "uid 1 pid 2");

        REQUIRE(guest);
        guest->streams = guests;
        shares_commanded(guest, "status 3");
    }
}

static void fill(struct fuzz_input *input)
{
    const char *bytes;
    size_t len;
    int code;
    size_t current = 0;

    for (uint32_t i = 0; i < INSTANCES; i++) {
        struct instance *instance = instance_new(3 * i + 1, &config);

        REQUIRE(model_add(&model, instance));
        instance_set_contact(instance, CONTACT_UP, NULL);
        instance_set_version(instance, slice_of("OpenVPN 2.6.14"));
        open_share(instance, i);
    }
    while (fuzz_next(input, &bytes, &len, &code)) {
        take_bytes(model.instances[current], (struct slice){bytes, len});
        if (code < 0)
            continue;
        happen(model.instances[current], code, (struct slice){bytes, len});
        current = (size_t)(code & 3) % INSTANCES;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct walker walker = {root, sizeof(root) / sizeof(root[0]), tables, table_count,
                                  &model};
    struct fuzz_input input = {data, size};

    clock_use(&fuzz_clock);
    fill(&input);
    walk(&walker);
    REQUIRE(cell_count == cells_expected());
    ask(&walker, fuzz_seed(data, size));
    model_fini(&model);
    clock_use(NULL);
    return 0;
}
