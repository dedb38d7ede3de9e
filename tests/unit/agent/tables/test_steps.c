#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/tables/tables.h"
#include "agent/tables/walker.h"
#include "config/config.h"
#include "model/asked.h"
#include "model/model.h"
#include "model/snapshot.h"
#include "tests/unit/fixtures/status_headers.h"

/*
 * What walker.h promises: an answer's work does not grow with the rows, in any table.  All that an
 * answer runs through is linked from a copy that calls __sanitizer_cov_trace_pc() in each basic
 * block, so in each turn of a loop: those calls are the steps.
 */

enum { FEW = 64, MANY = 4096, DAEMONS = 2 };

void __sanitizer_cov_trace_pc(void);

static unsigned long steps;

void __sanitizer_cov_trace_pc(void)
{
    steps++;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const unsigned long root[] = {1, 3, 6, 1, 4, 1, 99};
static const char *client_start = "1795453892"; /* or "", which a status may leave out */
static struct model model;
static struct walker walker = {root, COUNT(root), tables, 0, &model};

static void feed(struct snapshot *snapshot, struct status_reader *reader, char *lines)
{
    char *rest = lines;

    for (char *line; (line = strtok_r(rest, "\r\n", &rest));) {
        struct status_row row;

        status_line(reader, slice_of(line), &row);
        snapshot_row(snapshot, &row);
    }
}

static void add_clients(struct instance *instance, unsigned count)
{
    struct snapshot snapshot;
    struct status_reader reader;
    char line[512] = STATUS_TITLE STATUS_HEADERS;

    status_begin(&reader);
    snapshot_begin(&snapshot, instance, false);
    feed(&snapshot, &reader, line);
    for (unsigned i = 0; i < count; i++) {
        snprintf(line, sizeof(line),
                 "CLIENT_LIST\tc%u\t192.0.2.1:%u\t10.0.0.1\t\t1\t1\t\t%s\tu\t%u\t1\tx", i, i,
                 client_start, i);
        feed(&snapshot, &reader, line);
        snprintf(line, sizeof(line), "ROUTING_TABLE\t10.%u.%u.%u\tc%u\t192.0.2.1:%u\tx\t1795453892",
                 i >> 16, (i >> 8) & 255, i & 255, i, i);
        feed(&snapshot, &reader, line);
    }
    assert_true(snapshot_commit(&snapshot));
    assert_int_equal(instance->clients.count, count);
    assert_int_equal(instance->routes.count, count);
    assert_int_equal(instance->users.count, count);
}

/* The first and the last client have told of themselves. */
static void add_peers(struct instance *instance, unsigned count)
{
    struct established first = {.cid = 0, .since = 1795453892};
    struct established last = {.cid = count - 1, .since = 1795453892};

    clients_established(instance, &first);
    clients_established(instance, &last);
    established_fini(&first);
    established_fini(&last);
    assert_int_equal(instance->peers.count, 2);
}

/* Open are the last two, one of each table that they are in. */
static void add_requests(struct instance *instance, unsigned count)
{
    const struct request_message credential = {.kind = FORM_PASSWORD, .type = slice_of("Key")};
    const struct request_message confirm = {.kind = FORM_CONFIRM, .type = slice_of("token")};

    for (unsigned i = 0; i < count; i++) {
        requests_withdraw(instance);
        requests_asked(instance, &credential);
    }
    requests_asked(instance, &confirm);
}

static void add_records(struct instance *instance, unsigned count)
{
    struct state_line state = {.time = 1795453892, .state = STATE_CONNECTED};
    struct log_line line = {.time = 1795453892, .text = slice_of("text")};

    state.name = slice_of("CONNECTED");
    for (unsigned i = 0; i < count; i++) {
        uint64_t ticket = asked_begin(instance, "verb 3");

        asked_end(instance, ticket, RESULT_SUCCESS, slice_of("SUCCESS"), 1);
        instance_state_told(instance, &state);
        instance_log_told(instance, &line);
        instance_echo_told(instance, &line);
    }
}

/* The table of ended sessions is filled by clients that leave. */
static void fill(struct instance *instance, unsigned count)
{
    instance_set_version(instance, slice_of("OpenVPN 2.6.14"));
    instance_set_contact(instance, CONTACT_UP, NULL);
    add_records(instance, count);
    add_clients(instance, count);
    clients_end_all(instance);
    add_clients(instance, count);
    if (*client_start)
        add_peers(instance, count);
    add_requests(instance, count);
}

/* Two daemons: one in contact, one of which only what stays is seen. */
static void set_up_model(unsigned count)
{
    char name[] = "office";
    char endpoint[] = "unix:/run/office";
    struct instance_config config = {.name = name, .management.text = endpoint};

    config.limits = (struct limits){2 * count, 2 * count, 2 * count, 2 * count, 2 * count,
                                    2 * count, 2 * count, 2 * count, 2 * count};
    for (uint32_t index = 1; index <= DAEMONS; index++) {
        struct instance *instance = instance_new(index, &config);

        assert_true(model_add(&model, instance));
        fill(instance, count);
    }
    instance_set_contact(model.instances[1], CONTACT_DISCONNECTED, "gone");
}

struct question {
    unsigned long oid[WALKER_OID_MAX];
    size_t len;
    bool next; /* GETNEXT, else GET */
};

/* The steps of an answer, its value included. */
static unsigned long ask(const struct question *question)
{
    struct walker_cell cell;

    steps = 0;
    if (question->next)
        walker_next(&walker, question->oid, question->len, NULL, 0, &cell);
    else
        walker_get(&walker, question->oid, question->len, &cell);
    return steps;
}

/* The most steps of a question about any column: rows that are there, that are not, and beyond. */
static unsigned long most_steps(const struct table *table, unsigned count)
{
    const uint32_t rows[] = {0, 1, count / 2, count, count + 1, 3 * count / 2, 2 * count};
    unsigned long most = 0;

    for (size_t i = 0; i < table->column_count * DAEMONS * 2 * COUNT(rows); i++) {
        size_t column = i % table->column_count;
        size_t rest = i / table->column_count;
        uint32_t index[] = {(uint32_t)(rest % DAEMONS) + 1, rows[rest / DAEMONS / 2]};
        struct question question = {.next = rest / DAEMONS % 2};
        unsigned long took;

        question.len = walker_oid(&walker, table, table->columns + column, index, question.oid);
        took = ask(&question);
        most = took > most ? took : most;
    }
    return most;
}

/* A binary search takes a turn more for each doubling. */
static void compare_few_and_many(void)
{
    unsigned long few[32] = {0};

    walker.table_count = table_count;
    assert_true(table_count <= COUNT(few));
    set_up_model(FEW);
    for (size_t i = 0; i < table_count; i++)
        few[i] = most_steps(tables[i], FEW);
    model_fini(&model);
    if (few[0] == 0)
        skip(); /* a compiler that cannot do it */
    set_up_model(MANY);
    for (size_t i = 0; i < table_count; i++) {
        unsigned long many = most_steps(tables[i], MANY);

        print_message("%s: %lu steps of %d rows, %lu of %d\n", tables[i]->name, few[i], FEW, many,
                      MANY);
        assert_true(many < 3 * few[i]);
    }
    model_fini(&model);
}

static void test_rows_are_not_scanned(void **state)
{
    (void)state;
    compare_few_and_many();
}

/* A column of which no cell is there: of clients, and of sessions, whose start is not told. */
static void test_absent_cells_are_not_scanned(void **state)
{
    (void)state;
    client_start = "";
    compare_few_and_many();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_not_scanned),
        cmocka_unit_test(test_absent_cells_are_not_scanned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
