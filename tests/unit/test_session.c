#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timers.h"
#include "model/event.h"
#include "model/rows.h"
#include "session/session.h"

/* A clock that the test moves, so that two minutes take no time. */
static int64_t now_mono = 1000000;

static int64_t mono(void)
{
    return now_mono;
}

static int64_t wall(void)
{
    return 1795453891 + now_mono / 1000;
}

static const struct clock_source test_clock = {mono, wall};

static void pass(int64_t milliseconds)
{
    int64_t end = now_mono + milliseconds;

    while (timers_next() >= 0 && now_mono + timers_next() <= end) {
        now_mono += timers_next();
        timers_run();
    }
    now_mono = end;
}

/* A socket that the test plays: what was sent last, whether it is open. */
static struct {
    const struct transport_handler *handler;
    void *arg;
    bool open;
    int opened;
    char sent[4096];
} wire;

static struct transport *wire_open(void *loop, const struct endpoint *endpoint,
                                   const struct transport_handler *handler, void *arg, int *error)
{
    (void)loop;
    (void)endpoint;
    (void)error;
    wire.handler = handler;
    wire.arg = arg;
    wire.open = true;
    wire.opened++;
    wire.sent[0] = '\0';
    return (struct transport *)&wire;
}

static void wire_send(struct transport *transport, const char *bytes, size_t len)
{
    (void)transport;
    assert_true(strlen(wire.sent) + len < sizeof(wire.sent));
    strncat(wire.sent, bytes, len);
}

static void wire_close(struct transport *transport)
{
    if (transport)
        wire.open = false;
}

static const struct transport_kind wire_kind = {wire_open, wire_send, wire_close};

static void say(const char *text)
{
    assert_true(wire.open);
    wire.handler->received(wire.arg, slice_of(text));
}

/* The daemon reads what was sent, which must be this, and answers. */
static void expect(const char *sent, const char *answer)
{
    assert_string_equal(wire.sent, sent);
    wire.sent[0] = '\0';
    say(answer);
}

#define GREETING ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n"

static char name[] = "office";
static char endpoint_text[] = "unix:/run/office.sock";
static char endpoint_path[] = "/run/office.sock";
static const struct instance_config config = {
    .name = name,
    .index = 1,
    .management = {.text = endpoint_text, .path = endpoint_path},
    .status_interval = 10,
    .reply_timeout = 120,
    .limits = {.log_lines = 10,
               .state_lines = 10,
               .session_lines = 10,
               .request_lines = 10,
               .client_max = 100,
               .route_max = 100},
};

static struct instance *instance;
static struct session *session;
static char told[256]; /* numbers of the events, in order */

static void on_event(void *arg, const struct event *event)
{
    size_t len = strlen(told);

    (void)arg;
    snprintf(told + len, sizeof(told) - len, " %d", (int)event->kind);
}

static struct observer observer = {.told = on_event};

static void assert_told(enum event_kind kind)
{
    char number[8];

    snprintf(number, sizeof(number), " %d", (int)kind);
    assert_string_equal(told, number);
    told[0] = '\0';
}

static int set_up(void **state)
{
    (void)state;
    clock_use(&test_clock);
    wire.open = false;
    wire.opened = 0;
    told[0] = '\0';
    observer_add(&observer);
    instance = instance_new(1, &config);
    session = session_new(instance, &config, &wire_kind, NULL);
    session_start(session);
    wire.handler->connected(wire.arg);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    session_free(session);
    instance_free(instance);
    rows_bury_now();
    observer_remove(&observer);
    clock_use(NULL);
    assert_int_equal(timers_next(), -1);
    return 0;
}

static const char stats[] = "SUCCESS: nclients=1,bytesin=100,bytesout=200\r\n";

static void synchronize(const char *pid, const char *states)
{
    char text[512];

    expect("version\n", "OpenVPN Version: OpenVPN 2.6.14 x\r\nManagement Version: 5\r\nEND\r\n");
    snprintf(text, sizeof(text), "SUCCESS: pid=%s\r\n", pid);
    expect("pid\n", text);
    snprintf(text, sizeof(text), "SUCCESS: real-time state notification set to ON\r\n%sEND\r\n",
             states);
    expect("state on all\n", text);
    expect("log on all\n", "SUCCESS: real-time log notification set to ON\r\nEND\r\n");
    expect("hold\n", "SUCCESS: hold=0\r\n");
    expect("verb\n", "SUCCESS: verb=3\r\n");
    expect("mute\n", "SUCCESS: mute=0\r\n");
    expect("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    expect("help\n", "Commands:\r\nverb [n] : level\r\nEND\r\n");
}

#define CONNECTED "1795453890,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n"

static void bring_up(void)
{
    say(GREETING);
    synchronize("77", CONNECTED);
    assert_int_equal(instance->contact, CONTACT_UP);
}

#define STATUS(row)                                                                                \
    "TITLE\tOpenVPN 2.6.14\r\n"                                                                    \
    "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t"      \
    "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\t"            \
    "Client ID\tPeer ID\tData Channel Cipher\r\n" row
#define ALICE                                                                                      \
    "CLIENT_LIST\talice\t192.0.2.1:4000\t10.9.0.2\t\t5\t6\tx\t1795453800\tUNDEF\t0\t0\tAES\r\n"

/* The first poll after the start. */
static void first_status(void)
{
    expect("load-stats\n", stats);
    expect("status 3\nload-stats\n", STATUS(ALICE) "END\r\n");
    say(stats);
    assert_int_equal(instance->clients.count, 1);
    assert_int_equal(instance->status_complete, TRUTH_TRUE);
}

static void test_start_up(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(instance->pid, 77);
    assert_int_equal(instance->verb, 3);
    assert_int_equal(instance_state(instance), STATE_CONNECTED);
    assert_int_equal(instance->capability_count, 1);
    first_status();
    assert_int_equal(instance->mode, MODE_SERVER);
    /* What was there before the agent is no news. */
    assert_string_equal(told, "");
}

static void test_events_of_the_start_wait_for_contact(void **state)
{
    (void)state;
    say(GREETING ">HOLD:Waiting for hold release:0\r\n");
    assert_string_equal(told, "");
    synchronize("77", "");
    assert_told(EVENT_HOLD_WAITING);
    assert_int_equal(instance_hold_waiting(instance), TRUTH_TRUE);
}

static void test_an_idle_daemon_is_asked_rarely(void **state)
{
    (void)state;
    bring_up();
    first_status();
    for (int poll = 0; poll < 5; poll++) {
        pass(10000);
        expect("load-stats\n", stats);
        assert_string_equal(wire.sent, "");
    }
    pass(10000);
    expect("load-stats\n", stats);
    assert_string_equal(wire.sent, "status 3\nload-stats\n");
}

static void test_news_bring_a_status(void **state)
{
    (void)state;
    bring_up();
    first_status();
    pass(10000);
    expect("load-stats\n", "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    expect("status 3\nload-stats\n", STATUS("") "END\r\n"
                                                "SUCCESS: nclients=0,bytesin=101,bytesout=200\r\n");
    assert_int_equal(instance->clients.count, 0);
    assert_told(EVENT_CLIENT_DISCONNECTED);
}

static void test_a_cut_status_keeps_the_rows(void **state)
{
    (void)state;
    bring_up();
    first_status();
    pass(10000);
    expect("load-stats\n", "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    /* The marker comes, END does not. */
    expect("status 3\nload-stats\n", STATUS("") "SUCCESS: nclients=2,bytesin=101,bytesout=200\r\n");
    assert_int_equal(instance->clients.count, 1);
    assert_int_equal(instance->status_complete, TRUTH_FALSE);
    assert_string_equal(told, "");
}

static void test_a_refused_status_waits_for_the_next_state(void **state)
{
    (void)state;
    bring_up();
    expect("load-stats\n", stats);
    expect("status 3\nload-stats\n",
           "ERROR: The 'status' command is not supported by the current daemon mode\r\n");
    say(stats);
    for (int poll = 0; poll < 20; poll++) {
        pass(10000);
        expect("load-stats\n", stats);
        assert_string_equal(wire.sent, "");
    }
    say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    pass(1);
    expect("load-stats\n", stats);
    assert_string_equal(wire.sent, "status 3\nload-stats\n");
}

static void test_an_overdue_answer(void **state)
{
    (void)state;
    bring_up();
    assert_string_equal(wire.sent, "load-stats\n");
    pass(4999);
    assert_int_equal(instance->contact, CONTACT_UP);
    pass(1);
    assert_int_equal(instance->contact, CONTACT_STALE);
    assert_int_equal(instance_state(instance), STATE_CONNECTED);
    pass(114999);
    assert_true(wire.open);
    assert_string_equal(told, "");
    pass(1);
    assert_false(wire.open);
    assert_int_equal(instance->contact, CONTACT_DISCONNECTED);
    assert_int_equal(instance_state(instance), STATE_UNKNOWN);
    assert_told(EVENT_CONTACT_LOST);
}

static void test_a_late_answer_brings_contact_back(void **state)
{
    (void)state;
    bring_up();
    pass(60000);
    assert_int_equal(instance->contact, CONTACT_STALE);
    expect("load-stats\n", stats);
    assert_int_equal(instance->contact, CONTACT_UP);
    assert_string_equal(told, "");
}

static void test_a_silent_daemon_keeps_our_place(void **state)
{
    (void)state;
    pass(10000);
    assert_int_equal(instance->contact, CONTACT_REFUSED);
    assert_told(EVENT_CONTACT_LOST);
    pass(3600000);
    assert_true(wire.open);
    assert_int_equal(wire.opened, 1);
    say(GREETING);
    synchronize("77", CONNECTED);
    assert_told(EVENT_CONTACT_RESTORED);
}

static void test_no_password_is_configured(void **state)
{
    (void)state;
    say("ENTER PASSWORD:");
    assert_false(wire.open);
    assert_int_equal(instance->contact, CONTACT_REFUSED);
    assert_non_null(strstr(instance->contact_error, "password_file"));
}

static void lose_and_return(const char *pid, const char *states)
{
    wire.handler->closed(wire.arg, 0);
    assert_told(EVENT_CONTACT_LOST);
    pass(1000);
    wire.handler->connected(wire.arg);
    say(GREETING);
    synchronize(pid, states);
}

static void test_the_same_daemon_returns(void **state)
{
    uint32_t index;

    (void)state;
    bring_up();
    first_status();
    index = instance->clients.list[0]->index;
    lose_and_return("77", CONNECTED);
    assert_told(EVENT_CONTACT_RESTORED);
    first_status();
    assert_int_equal(instance->clients.list[0]->index, index);
    assert_string_equal(told, "");
    assert_int_equal(instance->states.last, 1);
}

static void test_another_daemon_returns(void **state)
{
    char expected[32];

    (void)state;
    bring_up();
    first_status();
    lose_and_return("78", "1795453895,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n");
    snprintf(expected, sizeof(expected), " %d %d %d", (int)EVENT_CLIENT_DISCONNECTED,
             (int)EVENT_CONTACT_RESTORED, (int)EVENT_STATE);
    assert_string_equal(told, expected);
    assert_int_equal(instance->clients.count, 0);
}

static void assert_reason(const char *last_words, const char *reason)
{
    bring_up();
    say(last_words);
    wire.handler->closed(wire.arg, 0);
    assert_string_equal(instance->contact_error, reason);
}

static void test_end_by_exit(void **state)
{
    (void)state;
    assert_reason(">STATE:1795453999,EXITING,SIGTERM,,,,,\r\n", "the daemon has ended: SIGTERM");
}

static void test_end_by_fatal(void **state)
{
    (void)state;
    assert_reason(">FATAL:cannot bind\r\n", "the daemon has ended on a fatal error: cannot bind");
    assert_string_equal(instance->fatal_message, "cannot bind");
}

static void test_end_by_config(void **state)
{
    (void)state;
    assert_reason(">LOG:1795453999,,Options error: no such option\r\n",
                  "the daemon has ended: Options error: no such option");
}

static void test_end_without_reason(void **state)
{
    (void)state;
    assert_reason(">LOG:1795453999,I,all is well\r\n", "the daemon closed the session");
}

static void test_secrets_are_not_kept(void **state)
{
    (void)state;
    bring_up();
    say(">PASSWORD:Auth-Token:SECRET\r\n"
        ">LOG:1795453999,D,MANAGEMENT: CMD 'username \"Auth\" \"SECRET\"'\r\n"
        ">CLIENT:ESTABLISHED,5\r\n>CLIENT:ENV,password=SECRET\r\n>CLIENT:ENV,END\r\n");
    assert_int_equal(instance->log.count, 0);
    assert_int_equal(instance->unknown_messages, 0);
    assert_null(instance->info);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_start_up),
        TEST(test_events_of_the_start_wait_for_contact),
        TEST(test_an_idle_daemon_is_asked_rarely),
        TEST(test_news_bring_a_status),
        TEST(test_a_cut_status_keeps_the_rows),
        TEST(test_a_refused_status_waits_for_the_next_state),
        TEST(test_an_overdue_answer),
        TEST(test_a_late_answer_brings_contact_back),
        TEST(test_a_silent_daemon_keeps_our_place),
        TEST(test_no_password_is_configured),
        TEST(test_the_same_daemon_returns),
        TEST(test_another_daemon_returns),
        TEST(test_end_by_exit),
        TEST(test_end_by_fatal),
        TEST(test_end_by_config),
        TEST(test_end_without_reason),
        TEST(test_secrets_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
