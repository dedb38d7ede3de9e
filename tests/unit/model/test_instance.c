#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* What the daemon says of itself: mode, counters, messages, and who is told of them. */

#define TUNNEL(a, b, c, d, e)                                                                      \
    "OpenVPN STATISTICS\r\nUpdated,2026-11-23 17:31:43\r\nTUN/TAP read bytes," a                   \
    "\r\nTUN/TAP write bytes," b "\r\nTCP/UDP read bytes," c "\r\nTCP/UDP write bytes," d          \
    "\r\nAuth read bytes," e "\r\nEND\r\n"

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    return 0;
}

static void first_status(const char *reply)
{
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n", reply);
    peer_say(DAEMON_STATS);
}

static void test_server(void **state)
{
    (void)state;
    assert_int_equal(daemon_instance->mode, MODE_UNKNOWN);
    first_status(peer_capture("28-load-stats-marker", "status 3"));
    assert_int_equal(daemon_instance->mode, MODE_SERVER);
    assert_int_equal(daemon_instance->dco, TRUTH_FALSE);
    assert_int_equal(daemon_instance->bcast_queue_max, 0);
    assert_int_equal(daemon_instance->status_complete, TRUTH_TRUE);
    assert_int_equal(daemon_instance->status_unix, clock_wall());
}

static void test_real_client(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "1795453880,WAIT,,,,,,\r\n" DAEMON_CONNECTED);
    first_status(peer_capture("compat/2.6.14-client", "status 2"));
    assert_int_equal(daemon_instance->mode, MODE_CLIENT);
    assert_true(daemon_instance->link_read > 0 && daemon_instance->auth_read > 0);
    assert_int_equal(daemon_instance->clients.count, 0);
}

static void test_real_peer_to_peer(void **state)
{
    (void)state;
    first_status(peer_capture("19-p2p-static-key", "status"));
    assert_int_equal(daemon_instance->mode, MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->link_read, 204);
    assert_int_equal(daemon_instance->link_write, 204);
    assert_int_equal(daemon_instance->auth_read, 48);
}

/* Before it is connected a client may be either. */
static void test_mode_not_known_yet(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", "1795453880,CONNECTING,,,,,,\r\n");
    first_status(TUNNEL("1", "2", "3", "4", "5"));
    assert_int_equal(daemon_instance->mode, MODE_UNKNOWN);
    peer_say(">STATE:1795453999,AUTH,,,,,,\r\n");
    daemon_poll_reply(TUNNEL("1", "2", "3", "4", "5"));
    assert_int_equal(daemon_instance->mode, MODE_CLIENT);
}

/* 2.1.0 and 2.1.1 call it OpenVPN. */
static void test_oldest_client(void **state)
{
    (void)state;
    first_status("OpenVPN\r\nUpdated,Mon Nov 23 17:46:27 2026\r\nTUN/TAP read bytes,7\r\nEND\r\n");
    assert_int_equal(daemon_instance->mode, MODE_PEER_TO_PEER);
    assert_int_equal(daemon_instance->tun_read, 7);
}

/* Tunnel counters start again at each reconnect, those of the link with the process. */
static void test_counters(void **state)
{
    int64_t tunnel;
    int64_t started;

    (void)state;
    first_status(TUNNEL("10", "20", "18446744073709551615", "40", "50"));
    assert_int_equal(daemon_instance->tun_read, 10);
    assert_int_equal(daemon_instance->tun_write, 20);
    assert_true(daemon_instance->link_read == UINT64_MAX);
    assert_int_equal(daemon_instance->bytes_in, 100);
    assert_int_equal(daemon_instance->bytes_out, 200);
    assert_int_equal(daemon_instance->link_write, 40);
    assert_int_equal(daemon_instance->auth_read, 50);
    tunnel = daemon_instance->tunnel_mono;
    started = daemon_instance->started_mono;
    daemon_poll_reply(TUNNEL("11", "21", "18446744073709551615", "41", "51"));
    assert_int_equal(daemon_instance->tunnel_mono, tunnel);
    daemon_poll_reply(TUNNEL("1", "1", "1", "1", "1"));
    assert_int_equal(daemon_instance->tunnel_mono, clock_mono());
    assert_int_equal(daemon_instance->started_mono, started);
    peer_pass(5000);
    peer_say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,,\r\n");
    assert_int_equal(daemon_instance->tunnel_mono, clock_mono());
    peer_pass(5000);
    peer_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=1,bytesout=1\r\n");
    assert_int_equal(daemon_instance->started_mono, clock_mono());
    assert_int_equal(daemon_instance->bytes_in, 1);
}

#define KERNEL_ROW(name, real, in, out, since, cid)                                                \
    "CLIENT_LIST\t" name "\t" real "\t10.9.0.2\t\t" in "\t" out "\tx\t" since "\tUNDEF\t" cid      \
    "\t0\tAES-256-GCM\r\n"
#define KERNEL_ALICE(in, out) KERNEL_ROW("alice", "192.0.2.1:4000", in, out, "1795453800", "0")
#define KERNEL_BOB(in, out)   KERNEL_ROW("bob", "192.0.2.2:4000", in, out, "1795453801", "1")
#define KERNEL                "GLOBAL_STATS\tdco_enabled\t1\r\n"

static void assert_bytes(uint64_t in, uint64_t out)
{
    assert_int_equal(daemon_instance->bytes_in, in);
    assert_int_equal(daemon_instance->bytes_out, out);
}

/* With DCO the daemon counts only what it moves itself. */
static void test_counters_of_the_kernel(void **state)
{
    int64_t started;

    (void)state;
    daemon_status(KERNEL_ALICE("5000000000", "7000") KERNEL);
    assert_bytes(5000000000, 7000);
    started = daemon_instance->started_mono;
    daemon_poll(KERNEL_ALICE("5000000100", "7000") KERNEL_BOB("10", "20") KERNEL);
    assert_bytes(5000000110, 7020);
    daemon_poll(KERNEL_BOB("11", "22") KERNEL); /* alice's stay counted */
    assert_bytes(5000000111, 7022);
    assert_int_equal(daemon_client(0)->seen_mono, clock_mono() - 10000);
    daemon_poll(KERNEL_BOB("4", "30") KERNEL);
    assert_int_equal(daemon_client(0)->seen_mono, clock_mono());
    assert_bytes(5000000115, 7030);
    assert_int_equal(daemon_instance->started_mono, started);
    daemon_poll(KERNEL_BOB("5", "31") KERNEL);
    assert_int_equal(daemon_client(0)->seen_mono, clock_mono() - 10000);
    /* A restart has switched it off. */
    peer_say(">STATE:1795453999,EXITING,SIGTERM,,,,,\r\n");
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "78", DAEMON_CONNECTED);
    daemon_status(DAEMON_ALICE "GLOBAL_STATS\tdco_enabled\t0\r\n");
    assert_bytes(100, 200);
}

static void test_log_counters(void **state)
{
    (void)state;
    peer_watch_lines(true);
    peer_say(">LOG:1795453999,FNWD,all\r\n>LOG:1795453999,,none\r\n>LOG:1795453999,I,x\r\n"
             ">LOG:1795453999,W,\r\n>LOG:1795453999,Z,x\r\n>LOG:soon,,x\r\n");
    peer_told(EVENT_LOG, EVENT_LOG, EVENT_LOG, EVENT_LOG, -1);
    assert_int_equal(daemon_instance->fatals, 1);
    assert_int_equal(daemon_instance->errors, 1);
    assert_int_equal(daemon_instance->warnings, 2);
    assert_int_equal(daemon_instance->log.last, 4);
    assert_int_equal(daemon_instance->unknown_messages, 2);
}

static void test_unknown_messages(void **state)
{
    static const char *const odd[] = {">X:y",
                                      ">:",
                                      ">",
                                      ">STATE",
                                      ">STATE:",
                                      ">STATE:x,y",
                                      ">CLIENT:",
                                      ">CLIENT:ESTABLISHED",
                                      ">BYTECOUNT:1",
                                      ">PASSWORD:",
                                      ">PASSWORD:Need x",
                                      ">LOG:1"};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        peer_say(odd[i]);
        peer_say("\r\n");
    }
    peer_told(-1);
    /* A line without a type is no message. */
    assert_int_equal(daemon_instance->unknown_messages, sizeof(odd) / sizeof(odd[0]) - 2);
    peer_say(">BYTECOUNT:1,2\r\n>BYTECOUNT_CLI:1,2,3\r\n>UPDOWN:UP\r\n>PKCS11ID-COUNT:1\r\n");
    assert_int_equal(daemon_instance->unknown_messages, sizeof(odd) / sizeof(odd[0]) - 2);
}

static const char *info_of(const char *text)
{
    peer_say(">INFO:");
    peer_say(text);
    peer_say("\r\n");
    return text_or_empty(daemon_instance->info);
}

/* What stands behind the host of a URL is a token. */
static void test_masking(void **state)
{
    static char text[3001];

    (void)state;
    assert_string_equal(info_of("CR_TEXT:R,E:PIN?"), "CR_TEXT:R,E:PIN?");
    assert_string_equal(info_of("WEB_AUTH::https://a.example/t?s=1 x"),
                        "WEB_AUTH::https://a.example/***");
    assert_string_equal(info_of("OPEN_URL:https://a.example"), "OPEN_URL:https://a.example");
    assert_string_equal(info_of("OPEN_URL:https://a.example:1?x"),
                        "OPEN_URL:https://a.example:1/***");
    assert_string_equal(info_of("https://u:p@a.example/x"), "https://***");
    assert_string_equal(info_of("https://u:p@a.example"), "https://***");
    assert_string_equal(info_of("a://b c://d/e"), "a://b/***");
    assert_string_equal(info_of("://"), "://");
    assert_string_equal(info_of("x://@"), "x://***");
    assert_string_equal(info_of("x CRV1:R:SECRET:u:t https://h/"), "x CRV1:***");
    memset(text, 'x', sizeof(text) - 1);
    for (size_t at = TEXT_MAX - 20; at < TEXT_MAX + 5; at++) {
        memset(text, 'x', sizeof(text) - 1);
        memcpy(text + at, "://h/token@", 11);
        assert_null(strstr(info_of(text), "token"));
        assert_true(strlen(daemon_instance->info) <= TEXT_MAX);
        memset(text + at, 'x', 11);
        memcpy(text + at, "CRV1:token", 10);
        assert_null(strstr(info_of(text), "token"));
    }
    peer_say(">FATAL:cannot open https://a.example/t?s=1\r\n");
    assert_string_equal(daemon_instance->fatal_message, "cannot open https://a.example/***");
    /* A line of the log is masked only where a server may have put a token. */
    peer_say(">LOG:1795453999,W,See http://openvpn.net/howto.html#mitm for more info.\r\n");
    assert_string_equal(((struct log_record *)history_at(&daemon_instance->log, 1))->message,
                        "See http://openvpn.net/howto.html#mitm for more info.");
}

static void test_info(void **state)
{
    (void)state;
    peer_say(">INFO:something else\r\n");
    assert_string_equal(daemon_instance->info, "something else");
    peer_say(">NOTIFY:info,remote-exit,EXIT\r\n");
    assert_string_equal(daemon_instance->info, "info,remote-exit,EXIT");
    peer_say(PEER_GREETING);
    assert_string_equal(daemon_instance->info, "info,remote-exit,EXIT");
    peer_told(-1);
}

static void test_capabilities(void **state)
{
    daemon_end(state);
    daemon_set_up(state);
    peer_say(PEER_GREETING);
    daemon_synchronize_with("OpenVPN 2.6.14 x", "77", "",
                            "Management Interface for OpenVPN\r\nCommands:\r\n"
                            "kill cn                : Kill the client(s): all.\r\n"
                            "                         more of it: this\r\n"
                            "\r\n:\r\n: \r\nnet : Windows\r\n"
                            "kill IP:port           : Kill one.\r\n"
                            "get i|all [j]: Remotes.\r\nEND\r\n");
    assert_int_equal(daemon_instance->capability_count, 4);
    assert_string_equal(daemon_instance->capabilities[0].command, "kill cn");
    assert_string_equal(daemon_instance->capabilities[0].summary, "Kill the client(s): all.");
    assert_string_equal(daemon_instance->capabilities[1].command, "net");
    assert_string_equal(daemon_instance->capabilities[2].command, "kill IP:port");
    assert_string_equal(daemon_instance->capabilities[2].summary, "Kill one.");
    assert_string_equal(daemon_instance->capabilities[3].command, "get i|all [j]");
    assert_string_equal(daemon_instance->capabilities[3].summary, "Remotes.");
}

/* Settings are asked again when the daemon has gone on after a restart. */
static void test_settings_after_a_restart(void **state)
{
    (void)state;
    first_status(STATUS_TITLE STATUS_HEADERS "END\r\n");
    peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n");
    peer_sent("");
    peer_say(">HOLD:Waiting for hold release:0\r\n");
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_answer("verb\n", "SUCCESS: verb=5\r\n");
    peer_answer("mute\n", "SUCCESS: mute=9\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=nointeract\r\n");
    peer_say(">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    peer_sent("");
    assert_int_equal(daemon_instance->settings[SETTING_HOLD], 1);
    assert_int_equal(daemon_instance->settings[SETTING_VERB], 5);
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], 9);
    assert_int_equal(daemon_instance->settings[SETTING_AUTH_RETRY], AUTH_RETRY_NOINTERACT);
}

static void test_odd_numbers(void **state)
{
    static const char *const odd[] = {"SUCCESS: verb=-1\r\n", "SUCCESS: verb=99999999999\r\n",
                                      "SUCCESS: verb=16\r\n", "SUCCESS: verb=\r\n",
                                      "SUCCESS: verb=x\r\n",  "ERROR: no\r\n"};

    (void)state;
    first_status(STATUS_TITLE STATUS_HEADERS "END\r\n");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        peer_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n"
                 ">STATE:1795453999,CONNECTING,,,,,,\r\n");
        peer_answer("hold\n", i == 0 ? "SUCCESS: hold=2\r\n" : "SUCCESS: hold=x\r\n");
        peer_answer("verb\n", odd[i]);
        peer_answer("mute\n", "SUCCESS: mute=-5\r\n");
        peer_answer("auth-retry\n", "SUCCESS: auth-retry=always\r\n");
        assert_int_equal(daemon_instance->settings[SETTING_HOLD], 0);
        assert_int_equal(daemon_instance->settings[SETTING_VERB], 3);
        assert_int_equal(daemon_instance->settings[SETTING_MUTE], 0);
        assert_int_equal(daemon_instance->settings[SETTING_AUTH_RETRY], AUTH_RETRY_NONE);
    }
}

static char order[256];

static void note(void *arg, const struct event *event)
{
    size_t len = strlen(order);

    assert_ptr_equal(event->instance, daemon_instance);
    assert_int_equal(event->unix_time, clock_wall());
    assert_int_equal(event->mono, clock_mono());
    /* The model is already as it will be. */
    if (event->kind == EVENT_STATE)
        assert_int_equal(event->row, daemon_instance->states.last);
    if (event->kind == EVENT_TUNNEL_UP)
        assert_string_equal(event->reason, "SUCCESS");
    if (event->kind == EVENT_TUNNEL_DOWN)
        assert_string_equal(event->reason, "SIGUSR1");
    if (event->kind == EVENT_HOLD_WAITING)
        assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_TRUE);
    if (event->kind == EVENT_HOLD_ENDED)
        assert_int_equal(instance_hold_waiting(daemon_instance), TRUTH_FALSE);
    if (event->kind == EVENT_CLIENT_CONNECTED)
        assert_ptr_equal(clients_at(daemon_instance, event->row), event->client);
    if (event->kind == EVENT_CLIENT_DISCONNECTED)
        assert_ptr_equal(history_at(&daemon_instance->departures, event->row), event->departure);
    if (event->kind == EVENT_LOG)
        assert_ptr_equal(history_at(&daemon_instance->log, event->row), event->log);
    if (event->kind == EVENT_INPUT_NEEDED || event->kind == EVENT_INPUT_ENDED)
        assert_ptr_equal(history_at(&daemon_instance->requests, event->row), event->request);
    snprintf(order + len, sizeof(order) - len, "%s%d ", (const char *)arg, (int)event->kind);
}

/* In the order of registration, each with what it is about. */
static void test_observers(void **state)
{
    char a[] = "a";
    char b[] = "b";
    struct observer first = {.told = note, .arg = a};
    struct observer second = {.told = note, .arg = b};
    char expected[64];

    (void)state;
    observer_add(&first);
    observer_add(&second);
    order[0] = '\0';
    first_status(STATUS_TITLE STATUS_HEADERS DAEMON_ALICE "END\r\n");
    peer_say(">FATAL:x\r\n");
    snprintf(expected, sizeof(expected), "a%d b%d ", EVENT_FATAL, EVENT_FATAL);
    assert_string_equal(order, expected);
    observer_remove(&first);
    observer_remove(&first);
    order[0] = '\0';
    daemon_poll(DAEMON_BOB);
    peer_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n"
             ">HOLD:Waiting for hold release:5\r\n>LOG:1795453999,I,x\r\n"
             ">PASSWORD:Need 'Auth' password\r\n"
             ">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    snprintf(expected, sizeof(expected), "b%d b%d b%d b%d b%d b%d b%d b%d b%d b%d b%d b%d ",
             EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, EVENT_STATE, EVENT_TUNNEL_DOWN,
             EVENT_CLIENT_DISCONNECTED, EVENT_HOLD_WAITING, EVENT_LOG, EVENT_INPUT_NEEDED,
             EVENT_INPUT_ENDED, EVENT_HOLD_ENDED, EVENT_STATE, EVENT_TUNNEL_UP);
    assert_string_equal(order, expected);
    observer_remove(&second);
}

/* Time that jumps does no harm: what was measured in it is just wrong. */
static void test_wall_clock_goes_back(void **state)
{
    const struct departure_record *session;

    (void)state;
    daemon_status(DAEMON_ALICE);
    peer_say(">PASSWORD:Need 'Auth' password\r\n");
    peer_shift_wall(-1000000);
    daemon_poll("");
    peer_say(">STATE:5,CONNECTED,SUCCESS,,,,,\r\n");
    session = history_at(&daemon_instance->departures, 1);
    assert_true(session->ended < session->connected);
    assert_int_equal(instance_request_count(daemon_instance), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_server),
        TEST(test_real_client),
        TEST(test_real_peer_to_peer),
        TEST(test_mode_not_known_yet),
        TEST(test_oldest_client),
        TEST(test_counters),
        TEST(test_counters_of_the_kernel),
        TEST(test_log_counters),
        TEST(test_unknown_messages),
        TEST(test_masking),
        TEST(test_info),
        TEST(test_capabilities),
        TEST(test_settings_after_a_restart),
        TEST(test_odd_numbers),
        TEST(test_observers),
        TEST(test_wall_clock_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
