#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/text.h"
#include "base/timers.h"
#include "config/config.h"
#include "control/control.h"
#include "control/plan.h"
#include "model/rows.h"
#include "session/session.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/wire.h"
#include "tests/unit/fixtures/failing_memory.h"
#include "tests/unit/fixtures/folder.h"
#include "tests/unit/fixtures/status_headers.h"

/*
 * Every allocation of a scenario fails once, each in a run of its own: alone, and with all that
 * come after it.
 */

/* More allocations than any scenario has. */
enum { RUNS_MAX = 20000 };

static char name[] = "office";
static char endpoint[] = "unix:/run/office.sock";
static const struct instance_config config = {
    .name = name,
    .index = 1,
    .management = {.text = endpoint},
    .status_interval = 10,
    .command_timeout = 800,
    .reply_timeout = 120,
    .allow = ~0u,
    .limits = {.log_lines = 10,
               .state_lines = 10,
               .echo_lines = 10,
               .session_lines = 10,
               .command_lines = 10,
               .request_lines = 10,
               .client_max = 100,
               .route_max = 100,
               .user_lines = 3},
};
static struct instance_config reloaded;

#define HEADERS STATUS_TITLE STATUS_HEADERS
#define CLIENT(name, id)                                                                           \
    "CLIENT_LIST\t" name "\t192.0.2." id ":4000\t10.9.0." id "\t\t5\t6\tx\t1795453800\tuser\t" id  \
    "\t0\tAES\r\n"
#define ROUTE(name, id)                                                                            \
    "ROUTING_TABLE\t10.9.0." id "\t" name "\t192.0.2." id ":4000\tx\t1795453800\r\n"

static const char first_status[] = HEADERS CLIENT("alice", "1") CLIENT("bob", "2")
    ROUTE("alice", "1") ROUTE("bob", "2") "GLOBAL_STATS\tMax bcast/mcast queue length\t0\r\n";
static const char last_status[] =
    HEADERS CLIENT("bob", "2") CLIENT("carol", "3") ROUTE("bob", "2") ROUTE("carol", "3");
static const struct polite server = {
    77, NULL, "1795453890,CONNECTED,SUCCESS,10.9.0.1,192.0.2.9,1194,127.0.0.1,1194\r\n",
    "1795453890,I,Initialization Sequence Completed\r\n", first_status};
static const struct polite client = {
    78, NULL, "1795453891,GET_CONFIG,,,,,,\r\n", NULL,
    "OpenVPN STATISTICS\r\nUpdated,2026-11-25 16:00:00\r\nTUN/TAP read bytes,5\r\n"
    "TCP/UDP read bytes,9\r\nTCP/UDP write bytes,9\r\nAuth read bytes,9\r\n"};
static struct polite daemon_now;

static const char happenings[] =
    ">CLIENT:ESTABLISHED,7\r\n>CLIENT:ENV,common_name=dave\r\n>CLIENT:ENV,time_unix=1795453800\r\n"
    ">CLIENT:ENV,trusted_ip=192.0.2.7\r\n>CLIENT:ENV,trusted_port=4000\r\n"
    ">CLIENT:ENV,IV_VER=2.6.14\r\n>CLIENT:ENV,END\r\n"
    ">PASSWORD:Need 'Auth' username/password\r\n"
    ">PASSWORD:Verification Failed: 'Auth' ['CRV1:R,E:id:dXNlcg==:Your code?']\r\n"
    ">PASSWORD:Need 'Auth' username/password\r\n"
    ">PASSWORD:Verification Failed: 'Auth' ['CRV1:R,E:id:dXNlcg==:Your code?']\r\n"
    ">NEED-OK:Need 'token' confirmation MSG:Insert it\r\n>REMOTE:a.example,1194,udp\r\n"
    ">LOG:1795453991,N,a line\r\n>ECHO:1795453992,an echo\r\n>FATAL:not really\r\n"
    ">INFO:https://a.example/secret\r\n>STATE:1795453993,RECONNECTING,ping-restart,,,,,\r\n"
    ">STATE:1795453994,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n";

static struct instance *instance;
static struct session *session;
static struct control *control;

/* What the scenario has come to, while nothing was missing. */
static struct {
    bool answered;
    bool refreshed;
    bool client;
} reached;

/* Far more commands than are asked in a row. */
enum { ANSWERS_MAX = 1000 };

static void answer_all(void)
{
    int answers = 0;

    while (wire_answer(&daemon_now))
        assert_true(++answers < ANSWERS_MAX);
}

static bool begin(void)
{
    daemon_now = server;
    instance = instance_new(1, &config);
    session = instance ? session_new(instance, &config, &wire_kind, NULL) : NULL;
    control = session ? control_new(instance, session, &config) : NULL;
    if (!control)
        return false;
    session_start(session);
    wire_turn();
    return true;
}

static void on_plan_end(void *arg)
{
    *(bool *)arg = true;
}

/* A manager's changes; those that there is no memory for are left out. */
static void manage(const struct change *changes, size_t count)
{
    struct plan *plan = plan_new();
    bool ended = false;

    if (!plan)
        return;
    wire_permit(true);
    for (size_t i = 0; i < count; i++)
        plan_add(plan, &changes[i]);
    if (plan_check(plan) && plan_run(plan, on_plan_end, &ended)) {
        answer_all();
        wire_pass(config.command_timeout);
        answer_all();
        assert_true(ended);
    }
    plan_commit(plan);
    answer_all();
    plan_free(plan);
    wire_permit(false);
}

static void manage_settings(void)
{
    const struct change settings[] = {
        {.kind = CHANGE_VERB, .instance = 1, .number = 4},
        {.kind = CHANGE_MUTE, .instance = 1, .number = 5},
        {.kind = CHANGE_REFRESH, .instance = 1},
        {.kind = CHANGE_NET_REFRESH, .instance = 1},
        {.kind = CHANGE_PKCS11_REFRESH, .instance = 1},
    };

    manage(settings, sizeof(settings) / sizeof(settings[0]));
    reached.refreshed = instance->net.count == 3 && instance->pkcs11.count == 2;
}

static void manage_answer(void)
{
    const char *question = ">PASSWORD:Need 'HTTP Proxy' username/password\r\n";
    uint32_t row = 0;
    struct request *request;

    wire_say(slice_of(question));
    request = requests_open(instance, &row);
    if (!request)
        return;
    manage(
        (const struct change[]){
            {.kind = CHANGE_USERNAME, .instance = 1, .row = row, .len = 1, .text = "u"},
            {.kind = CHANGE_PASSWORD, .instance = 1, .row = row, .len = 1, .text = "p"}},
        2);
    request = history_at(&instance->requests, row);
    reached.answered = request && request->status == REQUEST_ANSWERED;
}

static void come_back(const struct polite *as)
{
    wire_hang_up(0);
    daemon_now = *as;
    wire_pass(1000);
    wire_greet(&daemon_now);
    answer_all();
    wire_pass(1000);
    answer_all();
}

/* Another process, in client mode, and the first again. */
static void change_daemons(void)
{
    come_back(&client);
    reached.client = instance->mode == MODE_CLIENT && instance->tun_read == 5;
    check_instance(instance);
    come_back(&server);
}

/*
 * Start, statuses with a client that comes and one that goes, questions, what a manager asks for,
 * a reload, losses.
 */
static void live(void)
{
    wire_greet(&daemon_now);
    answer_all();
    wire_say(slice_of(happenings));
    answer_all();
    wire_pass(1);
    answer_all();
    manage_settings();
    manage_answer();
    session_configure(session, &reloaded);
    control_configure(control, &reloaded);
    daemon_now.status = last_status;
    wire_pass(10000);
    answer_all();
    change_daemons();
    daemon_now.status = last_status;
    wire_hang_up(0);
    wire_pass(1000);
    wire_greet(&daemon_now);
    answer_all();
    check_instance(instance);
}

static bool row_is(size_t row, const char *common_name, const char *real)
{
    const struct client *found;

    if (row >= instance->clients.count)
        return false;
    found = (const struct client *)instance->clients.list[row];
    return strcmp(text_or_empty(found->who.common_name), common_name) == 0 &&
           strcmp(text_or_empty(found->who.real_text), real) == 0 &&
           strcmp(text_or_empty(found->who.username), "user") == 0 && found->who.tunnel.has_ipv4;
}

static bool is_well(void)
{
    const struct route *route;

    if (instance->contact != CONTACT_UP || instance->status_complete != TRUTH_TRUE ||
        instance->clients.count != 2 || instance->routes.count != 2 || instance->pid != 77)
        return false;
    route = (const struct route *)instance->routes.list[1];
    return row_is(0, "bob", "192.0.2.2:4000") && row_is(1, "carol", "192.0.2.3:4000") &&
           strcmp(text_or_empty(route->address), "10.9.0.3") == 0 &&
           route->client_index == instance->clients.list[1]->index;
}

/* With memory again all is well after a status, without a new session. */
static void recover(void)
{
    bool was_open = wire_is_open();

    for (int second = 0; second < 100 && !is_well(); second++) {
        wire_pass(1000);
        if (wire_is_open() && !was_open)
            wire_greet(&daemon_now);
        was_open = wire_is_open();
        answer_all();
    }
    assert_true(is_well());
    assert_true(wire_is_open());
    check_instance(instance);
}

static void end(void)
{
    session_free(session);
    control_free(control);
    if (instance)
        instance_free(instance);
    rows_bury_now();
    session = NULL;
    control = NULL;
    instance = NULL;
    checks_end();
}

/* One run; true when an allocation failed in it. */
static bool run(void (*make_fail)(long number), long number)
{
    bool failed;
    long blocks = memory_blocks();

    wire_reset();
    checks_begin();
    make_fail(number);
    if (begin()) {
        live();
        failed = memory_has_failed();
        memory_fail_at(0);
        recover();
    } else {
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_true(failed);
    }
    end();
    assert_int_equal(timers_next(), -1);
    if (memory_blocks() != blocks)
        fail_msg("allocation %ld failed: %ld blocks are lost", number, memory_blocks() - blocks);
    return failed;
}

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    reloaded = config;
    reloaded.limits.log_lines = 3;
    reloaded.limits.session_lines = 20;
    wire_clock_start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    memory_fail_at(0);
    end(); /* of a test that failed */
    wire_clock_stop();
    return 0;
}

/* Until one does not fail: that one had all its memory. */
static void run_all(void (*make_fail)(long number))
{
    long number = 1;

    memset(&reached, 0, sizeof(reached));
    assert_false(run(make_fail, 0));
    assert_true(reached.refreshed && reached.answered && reached.client);
    while (number < RUNS_MAX && run(make_fail, number))
        number++;
    assert_in_range(number, 100, RUNS_MAX - 1);
}

static void test_one_is_missing(void **state)
{
    (void)state;
    run_all(memory_fail_at);
}

static void test_memory_ends(void **state)
{
    (void)state;
    run_all(memory_fail_from);
}

/* While nothing can be had what is there stays as it is, or goes. */
static void test_no_memory_at_all(void **state)
{
    (void)state;
    wire_reset();
    checks_begin();
    assert_true(begin());
    wire_greet(&daemon_now);
    answer_all();
    assert_int_equal(instance->clients.count, 2);
    memory_fail_from(1);
    wire_say(slice_of(happenings));
    wire_pass(60000);
    answer_all();
    check_instance(instance);
    memory_fail_at(0);
    daemon_now.status = last_status;
    recover();
    end();
}

static const char config_text[] =
    "agentx = \"unix:/run/x\";\ninstances = (\n"
    "{ name = \"a\"; index = 1; management = \"unix:/run/a.sock\"; password_file = \"/x\"; },\n"
    "{ name = \"b\"; management = \"tcp:[::1]:7505\"; notify = [ \"log:FN\" ]; } );\n";

static void test_config(void **state)
{
    struct config_error error;
    long number = 1;
    bool failed = true;

    (void)state;
    write_text(main_file, config_text);
    for (; failed && number < RUNS_MAX; number++) {
        long blocks = memory_blocks();
        struct config *loaded;

        memory_fail_at(number);
        loaded = config_load(main_file, &error, NULL);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_int_equal(loaded == NULL, failed);
        if (failed)
            assert_non_null(strstr(error.text[0], "out of memory"));
        config_free(loaded);
        assert_int_equal(memory_blocks(), blocks);
    }
    assert_in_range(number, 8, RUNS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_at_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config, folder_set_up, folder_tear_down),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
