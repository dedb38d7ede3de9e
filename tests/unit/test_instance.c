#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "office.h"

/* What the daemon says of itself: mode, counters, messages, and who is told of them. */

#define TUNNEL(a, b, c, d, e)                                                                      \
    "OpenVPN STATISTICS\r\nUpdated,2026-11-23 17:31:43\r\nTUN/TAP read bytes," a                   \
    "\r\nTUN/TAP write bytes," b "\r\nTCP/UDP read bytes," c "\r\nTCP/UDP write bytes," d          \
    "\r\nAuth read bytes," e "\r\nEND\r\n"

static int set_up(void **state)
{
    office_set_up(state);
    office_bring_up();
    return 0;
}

static void first_status(const char *reply)
{
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n", reply);
    script_say(OFFICE_STATS);
}

static void test_server(void **state)
{
    (void)state;
    assert_int_equal(office->mode, MODE_UNKNOWN);
    first_status(script_capture("28-load-stats-marker", "status 3"));
    assert_int_equal(office->mode, MODE_SERVER);
    assert_int_equal(office->dco, TRUTH_FALSE);
    assert_int_equal(office->bcast_queue_max, 0);
    assert_int_equal(office->status_complete, TRUTH_TRUE);
    assert_int_equal(office->status_unix, clock_wall());
}

static void test_real_client(void **state)
{
    office_end(state);
    office_set_up(state);
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", "1795453880,WAIT,,,,,,\r\n" OFFICE_CONNECTED);
    first_status(script_capture("compat/2.6.14-client", "status 2"));
    assert_int_equal(office->mode, MODE_CLIENT);
    assert_true(office->link_read > 0 && office->auth_read > 0);
    assert_int_equal(office->clients.count, 0);
}

static void test_real_peer_to_peer(void **state)
{
    (void)state;
    first_status(script_capture("19-p2p-static-key", "status"));
    assert_int_equal(office->mode, MODE_PEER_TO_PEER);
    assert_int_equal(office->link_read, 204);
    assert_int_equal(office->link_write, 204);
    assert_int_equal(office->auth_read, 48);
}

/* Before it is connected a client may be either. */
static void test_mode_not_known_yet(void **state)
{
    office_end(state);
    office_set_up(state);
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", "1795453880,CONNECTING,,,,,,\r\n");
    first_status(TUNNEL("1", "2", "3", "4", "5"));
    assert_int_equal(office->mode, MODE_UNKNOWN);
    script_say(">STATE:1795453999,AUTH,,,,,,\r\n");
    office_poll_reply(TUNNEL("1", "2", "3", "4", "5"));
    assert_int_equal(office->mode, MODE_CLIENT);
}

/* 2.1.0 and 2.1.1 call it OpenVPN. */
static void test_oldest_client(void **state)
{
    (void)state;
    first_status("OpenVPN\r\nUpdated,Mon Nov 23 17:46:27 2026\r\nTUN/TAP read bytes,7\r\nEND\r\n");
    assert_int_equal(office->mode, MODE_PEER_TO_PEER);
    assert_int_equal(office->tun_read, 7);
}

/* Tunnel counters start again at each reconnect, those of the link with the process. */
static void test_counters(void **state)
{
    int64_t tunnel;
    int64_t started;

    (void)state;
    first_status(TUNNEL("10", "20", "18446744073709551615", "40", "50"));
    assert_int_equal(office->tun_read, 10);
    assert_int_equal(office->tun_write, 20);
    assert_true(office->link_read == UINT64_MAX);
    assert_int_equal(office->bytes_in, 100);
    assert_int_equal(office->bytes_out, 200);
    assert_int_equal(office->link_write, 40);
    assert_int_equal(office->auth_read, 50);
    tunnel = office->tunnel_mono;
    started = office->started_mono;
    office_poll_reply(TUNNEL("11", "21", "18446744073709551615", "41", "51"));
    assert_int_equal(office->tunnel_mono, tunnel);
    office_poll_reply(TUNNEL("1", "1", "1", "1", "1"));
    assert_int_equal(office->tunnel_mono, clock_mono());
    assert_int_equal(office->started_mono, started);
    script_pass(5000);
    script_say(">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,,\r\n");
    assert_int_equal(office->tunnel_mono, clock_mono());
    script_pass(5000);
    script_answer("load-stats\n", "SUCCESS: nclients=0,bytesin=1,bytesout=1\r\n");
    assert_int_equal(office->started_mono, clock_mono());
    assert_int_equal(office->bytes_in, 1);
}

#define KERNEL_ROW(name, real, in, out, since, cid)                                                \
    "CLIENT_LIST\t" name "\t" real "\t10.9.0.2\t\t" in "\t" out "\tx\t" since "\tUNDEF\t" cid      \
    "\t0\tAES-256-GCM\r\n"
#define KERNEL_ALICE(in, out) KERNEL_ROW("alice", "192.0.2.1:4000", in, out, "1795453800", "0")
#define KERNEL_BOB(in, out)   KERNEL_ROW("bob", "192.0.2.2:4000", in, out, "1795453801", "1")
#define KERNEL                "GLOBAL_STATS\tdco_enabled\t1\r\n"

static void assert_bytes(uint64_t in, uint64_t out)
{
    assert_int_equal(office->bytes_in, in);
    assert_int_equal(office->bytes_out, out);
}

/* With DCO the daemon counts only what it moves itself. */
static void test_counters_of_the_kernel(void **state)
{
    int64_t started;

    (void)state;
    office_status(KERNEL_ALICE("5000000000", "7000") KERNEL);
    assert_bytes(5000000000, 7000);
    started = office->started_mono;
    office_poll(KERNEL_ALICE("5000000100", "7000") KERNEL_BOB("10", "20") KERNEL);
    assert_bytes(5000000110, 7020);
    office_poll(KERNEL_BOB("11", "22") KERNEL); /* alice's stay counted */
    assert_bytes(5000000111, 7022);
    assert_int_equal(office_client(0)->seen_mono, clock_mono() - 10000);
    office_poll(KERNEL_BOB("4", "30") KERNEL);
    assert_int_equal(office_client(0)->seen_mono, clock_mono());
    assert_bytes(5000000115, 7030);
    assert_int_equal(office->started_mono, started);
    office_poll(KERNEL_BOB("5", "31") KERNEL);
    assert_int_equal(office_client(0)->seen_mono, clock_mono() - 10000);
    /* A restart has switched it off. */
    script_say(">STATE:1795453999,EXITING,SIGTERM,,,,,\r\n");
    office_lose();
    office_return();
    office_synchronize("OpenVPN 2.6.14 x", "78", OFFICE_CONNECTED);
    office_status(OFFICE_ALICE "GLOBAL_STATS\tdco_enabled\t0\r\n");
    assert_bytes(100, 200);
}

static void test_log_counters(void **state)
{
    (void)state;
    script_watch_lines(true);
    script_say(">LOG:1795453999,FNWD,all\r\n>LOG:1795453999,,none\r\n>LOG:1795453999,I,x\r\n"
               ">LOG:1795453999,W,\r\n>LOG:1795453999,Z,x\r\n>LOG:soon,,x\r\n");
    script_told(EVENT_LOG, EVENT_LOG, EVENT_LOG, EVENT_LOG, -1);
    assert_int_equal(office->fatals, 1);
    assert_int_equal(office->errors, 1);
    assert_int_equal(office->warnings, 2);
    assert_int_equal(office->log.last, 4);
    assert_int_equal(office->unknown_messages, 2);
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
        script_say(odd[i]);
        script_say("\r\n");
    }
    script_told(-1);
    /* A line without a type is no message. */
    assert_int_equal(office->unknown_messages, sizeof(odd) / sizeof(odd[0]) - 2);
    script_say(">BYTECOUNT:1,2\r\n>BYTECOUNT_CLI:1,2,3\r\n>UPDOWN:UP\r\n>PKCS11ID-COUNT:1\r\n");
    assert_int_equal(office->unknown_messages, sizeof(odd) / sizeof(odd[0]) - 2);
}

static const char *info_of(const char *text)
{
    script_say(">INFOMSG:");
    script_say(text);
    script_say("\r\n");
    return text_or_empty(office->info);
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
        assert_true(strlen(office->info) <= TEXT_MAX);
        memset(text + at, 'x', 11);
        memcpy(text + at, "CRV1:token", 10);
        assert_null(strstr(info_of(text), "token"));
    }
    script_say(">FATAL:cannot open https://a.example/t?s=1\r\n");
    assert_string_equal(office->fatal_message, "cannot open https://a.example/***");
    /* A line of the log is masked only where a server may have put a token. */
    script_say(">LOG:1795453999,W,See http://openvpn.net/howto.html#mitm for more info.\r\n");
    assert_string_equal(((struct log_record *)history_at(&office->log, 1))->message,
                        "See http://openvpn.net/howto.html#mitm for more info.");
}

static void test_info(void **state)
{
    (void)state;
    script_say(">INFO:something else\r\n");
    assert_string_equal(office->info, "something else");
    script_say(">NOTIFY:info,remote-exit,EXIT\r\n");
    assert_string_equal(office->info, "info,remote-exit,EXIT");
    script_say(SCRIPT_GREETING);
    assert_string_equal(office->info, "info,remote-exit,EXIT");
    script_told(-1);
}

static void test_capabilities(void **state)
{
    office_end(state);
    office_set_up(state);
    script_say(SCRIPT_GREETING);
    office_synchronize_with("OpenVPN 2.6.14 x", "77", "",
                            "Management Interface for OpenVPN\r\nCommands:\r\n"
                            "kill cn                : Kill the client(s): all.\r\n"
                            "                         more of it: this\r\n"
                            "\r\n:\r\n: \r\nnet : Windows\r\n"
                            "kill IP:port           : Kill one.\r\n"
                            "get i|all [j]: Remotes.\r\nEND\r\n");
    assert_int_equal(office->capability_count, 4);
    assert_string_equal(office->capabilities[0].command, "kill cn");
    assert_string_equal(office->capabilities[0].summary, "Kill the client(s): all.");
    assert_string_equal(office->capabilities[1].command, "net");
    assert_string_equal(office->capabilities[2].command, "kill IP:port");
    assert_string_equal(office->capabilities[2].summary, "Kill one.");
    assert_string_equal(office->capabilities[3].command, "get i|all [j]");
    assert_string_equal(office->capabilities[3].summary, "Remotes.");
}

/* Settings are asked again when the daemon has gone on after a restart. */
static void test_settings_after_a_restart(void **state)
{
    (void)state;
    first_status(STATUS_TITLE STATUS_HEADERS "END\r\n");
    script_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n");
    script_sent("");
    script_say(">HOLD:Waiting for hold release:0\r\n");
    script_answer("hold\n", "SUCCESS: hold=1\r\n");
    script_answer("verb\n", "SUCCESS: verb=5\r\n");
    script_answer("mute\n", "SUCCESS: mute=9\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=nointeract\r\n");
    script_say(">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    script_sent("");
    assert_int_equal(office->settings[SETTING_HOLD], 1);
    assert_int_equal(office->settings[SETTING_VERB], 5);
    assert_int_equal(office->settings[SETTING_MUTE], 9);
    assert_int_equal(office->settings[SETTING_AUTH_RETRY], AUTH_RETRY_NOINTERACT);
}

static void test_odd_numbers(void **state)
{
    static const char *const odd[] = {"SUCCESS: verb=-1\r\n", "SUCCESS: verb=99999999999\r\n",
                                      "SUCCESS: verb=16\r\n", "SUCCESS: verb=\r\n",
                                      "SUCCESS: verb=x\r\n",  "ERROR: no\r\n"};

    (void)state;
    first_status(STATUS_TITLE STATUS_HEADERS "END\r\n");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        script_say(">STATE:1795453999,RECONNECTING,SIGHUP,,,,,\r\n"
                   ">STATE:1795453999,CONNECTING,,,,,,\r\n");
        script_answer("hold\n", i == 0 ? "SUCCESS: hold=2\r\n" : "SUCCESS: hold=x\r\n");
        script_answer("verb\n", odd[i]);
        script_answer("mute\n", "SUCCESS: mute=-5\r\n");
        script_answer("auth-retry\n", "SUCCESS: auth-retry=always\r\n");
        assert_int_equal(office->settings[SETTING_HOLD], 0);
        assert_int_equal(office->settings[SETTING_VERB], 3);
        assert_int_equal(office->settings[SETTING_MUTE], 0);
        assert_int_equal(office->settings[SETTING_AUTH_RETRY], AUTH_RETRY_NONE);
    }
}

static char order[256];

static void note(void *arg, const struct event *event)
{
    size_t len = strlen(order);

    assert_ptr_equal(event->instance, office);
    assert_int_equal(event->unix_time, clock_wall());
    assert_int_equal(event->mono, clock_mono());
    /* The model is already as it will be. */
    if (event->kind == EVENT_STATE)
        assert_int_equal(event->row, office->states.last);
    if (event->kind == EVENT_HOLD_WAITING)
        assert_int_equal(instance_hold_waiting(office), TRUTH_TRUE);
    if (event->kind == EVENT_HOLD_ENDED)
        assert_int_equal(instance_hold_waiting(office), TRUTH_FALSE);
    if (event->kind == EVENT_CLIENT_CONNECTED)
        assert_ptr_equal(clients_at(office, event->row), event->client);
    if (event->kind == EVENT_CLIENT_DISCONNECTED)
        assert_ptr_equal(history_at(&office->departures, event->row), event->departure);
    if (event->kind == EVENT_LOG)
        assert_ptr_equal(history_at(&office->log, event->row), event->log);
    if (event->kind == EVENT_INPUT_NEEDED || event->kind == EVENT_INPUT_ENDED)
        assert_ptr_equal(history_at(&office->requests, event->row), event->request);
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
    first_status(STATUS_TITLE STATUS_HEADERS OFFICE_ALICE "END\r\n");
    script_say(">FATAL:x\r\n");
    snprintf(expected, sizeof(expected), "a%d b%d ", EVENT_FATAL, EVENT_FATAL);
    assert_string_equal(order, expected);
    observer_remove(&first);
    observer_remove(&first);
    order[0] = '\0';
    office_poll(OFFICE_BOB);
    script_say(">STATE:1795453999,RECONNECTING,SIGUSR1,,,,,\r\n"
               ">HOLD:Waiting for hold release:5\r\n>LOG:1795453999,I,x\r\n"
               ">PASSWORD:Need 'Auth' password\r\n"
               ">STATE:1795453999,CONNECTED,SUCCESS,,,,,\r\n");
    snprintf(expected, sizeof(expected), "b%d b%d b%d b%d b%d b%d b%d b%d b%d b%d ",
             EVENT_CLIENT_DISCONNECTED, EVENT_CLIENT_CONNECTED, EVENT_STATE,
             EVENT_CLIENT_DISCONNECTED, EVENT_HOLD_WAITING, EVENT_LOG, EVENT_INPUT_NEEDED,
             EVENT_INPUT_ENDED, EVENT_HOLD_ENDED, EVENT_STATE);
    assert_string_equal(order, expected);
    observer_remove(&second);
}

/* Time that jumps does no harm: what was measured in it is just wrong. */
static void test_wall_clock_goes_back(void **state)
{
    const struct departure_record *session;

    (void)state;
    office_status(OFFICE_ALICE);
    script_say(">PASSWORD:Need 'Auth' password\r\n");
    script_shift_wall(-1000000);
    office_poll("");
    script_say(">STATE:5,CONNECTED,SUCCESS,,,,,\r\n");
    session = history_at(&office->departures, 1);
    assert_true(session->ended < session->connected);
    assert_int_equal(instance_request_count(office), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, office_end)
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
