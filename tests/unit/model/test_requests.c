#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* What the daemon waits for, from the question to its end. */

#define NEED      ">PASSWORD:Need 'Auth' username/password\r\n"
#define FAILED    ">PASSWORD:Verification Failed: 'Auth'\r\n"
#define CHALLENGE ">PASSWORD:Verification Failed: 'Auth' ['CRV1:R,E:STATE:dXNlcg==:Enter PIN']\r\n"
#define GONE_ON   ">STATE:1795453999,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n"

static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    return 0;
}

static const struct request *request_at(uint32_t row)
{
    const struct request *request = history_at(&daemon_instance->requests, row);

    assert_non_null(request);
    return request;
}

/* A user name and a password were taken for the open question. */
static void accept_both(void)
{
    uint32_t row;

    if (!requests_open(daemon_instance, &row))
        row = daemon_instance->requests.last;
    requests_accepted(daemon_instance, row, true);
    requests_accepted(daemon_instance, row, false);
}

static void test_answered(void **state)
{
    uint32_t row;

    (void)state;
    peer_say(NEED);
    peer_told(EVENT_INPUT_NEEDED, -1);
    assert_ptr_equal(requests_open(daemon_instance, &row), request_at(1));
    assert_int_equal(row, 1);
    assert_int_equal(request_at(1)->kind, REQUEST_USERNAME_PASSWORD);
    assert_string_equal(request_at(1)->name, "Auth");
    assert_int_equal(request_at(1)->ended, 0);
    /* Both are needed, in any order. */
    requests_accepted(daemon_instance, 1, false);
    peer_told(-1);
    assert_int_equal(request_at(1)->status, REQUEST_PENDING);
    requests_accepted(daemon_instance, 1, true);
    peer_told(EVENT_INPUT_ENDED, -1);
    assert_int_equal(request_at(1)->status, REQUEST_ANSWERED);
    assert_true(request_at(1)->ended >= request_at(1)->since);
    assert_null(requests_open(daemon_instance, &row));
    assert_int_equal(instance_request_count(daemon_instance), 0);
    /* Once. */
    accept_both();
    peer_say(GONE_ON);
    peer_told(EVENT_STATE, -1);
    assert_int_equal(request_at(1)->status, REQUEST_ANSWERED);
}

static void test_failed(void **state)
{
    (void)state;
    peer_say(NEED);
    accept_both();
    peer_say(">PASSWORD:Verification Failed: 'Auth' ['no, not today']\r\n");
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_AUTH_FAILED, -1);
    assert_int_equal(request_at(1)->status, REQUEST_FAILED);
    assert_string_equal(request_at(1)->reason, "no, not today");
    /* The next question says why. */
    peer_say(NEED);
    assert_string_equal(request_at(2)->reason, "no, not today");
    /* Failed without an answer of ours: the open one has. */
    peer_say(FAILED);
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_AUTH_FAILED, -1);
    assert_int_equal(request_at(2)->status, REQUEST_FAILED);
    assert_null(request_at(2)->reason);
}

/* 2.3 and 2.7 say nothing else of a wrong passphrase; the versions between say both. */
static void test_a_wrong_passphrase(void **state)
{
    const char fatal[] = ">FATAL:Error: private key password verification failed\r\n";

    (void)state;
    peer_say(fatal);
    peer_told(EVENT_FATAL, -1);
    peer_say(">PASSWORD:Need 'Private Key' password\r\n");
    requests_accepted(daemon_instance, 1, false);
    peer_say(">FATAL:something else\r\n");
    assert_int_equal(request_at(1)->status, REQUEST_ANSWERED);
    peer_say(fatal);
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_FATAL, EVENT_AUTH_FAILED, EVENT_FATAL,
              -1);
    assert_int_equal(request_at(1)->status, REQUEST_FAILED);
    peer_say(fatal);
    peer_told(EVENT_FATAL, -1);
    peer_say(">PASSWORD:Need 'Private Key' password\r\n"
             ">PASSWORD:Verification Failed: 'Private Key'\r\n");
    peer_say(fatal);
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_AUTH_FAILED, EVENT_FATAL, -1);
    assert_int_equal(daemon_instance->requests.count, 2);
}

/* A password from a file: nobody was asked. */
static void test_failed_without_question(void **state)
{
    (void)state;
    peer_say(FAILED FAILED);
    peer_told(EVENT_AUTH_FAILED, EVENT_AUTH_FAILED, -1);
    assert_int_equal(daemon_instance->requests.count, 2);
    assert_int_equal(request_at(2)->kind, REQUEST_UNKNOWN);
    assert_int_equal(request_at(2)->status, REQUEST_FAILED);
}

static void test_withdrawn_by_a_state(void **state)
{
    (void)state;
    peer_say(NEED ">NEED-OK:Need 'token' confirmation MSG:Insert it\r\n" GONE_ON);
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_INPUT_ENDED,
              EVENT_STATE, -1);
    assert_int_equal(request_at(1)->status, REQUEST_WITHDRAWN);
    assert_int_equal(request_at(2)->status, REQUEST_WITHDRAWN);
}

static void test_repeated(void **state)
{
    (void)state;
    peer_say(NEED NEED);
    peer_told(EVENT_INPUT_NEEDED, -1);
    assert_int_equal(daemon_instance->requests.count, 1);
    /* Another kind under the same name is another question. */
    peer_say(">PASSWORD:Need 'Auth' username\r\n>PASSWORD:Need 'Private Key' password\r\n");
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_NEEDED, -1);
    assert_int_equal(instance_request_count(daemon_instance), 3);
}

static void test_static_challenge(void **state)
{
    (void)state;
    peer_say(">PASSWORD:Need 'Auth' username/password SC:3,Enter PIN, please\r\n");
    assert_true(request_at(1)->static_challenge);
    assert_true(request_at(1)->echo);
    assert_true(request_at(1)->concat);
    assert_string_equal(request_at(1)->prompt, "Enter PIN, please");
    peer_say(NEED);
    assert_false(request_at(1)->static_challenge);
    assert_null(request_at(1)->prompt);
}

/* The state of the challenge is for the answer only. */
static void test_dynamic_challenge(void **state)
{
    (void)state;
    peer_say(NEED);
    accept_both();
    peer_say(CHALLENGE NEED);
    assert_string_equal(request_at(1)->reason, "CRV1:***");
    assert_string_equal(request_at(2)->reason, "CRV1:***");
    assert_string_equal(request_at(2)->prompt, "Enter PIN");
    assert_string_equal(request_at(2)->challenge, "CRV1:R,E:STATE:dXNlcg==:Enter PIN");
    assert_true(request_at(2)->echo);
    /* What comes behind an answer that was taken has nothing of it. */
    accept_both();
    peer_say(NEED);
    assert_null(request_at(3)->challenge);
    assert_null(request_at(3)->reason);
}

/* The answer belongs to a server, not to the daemon's process: it may be given after a restart. */
static void test_a_dynamic_challenge_is_kept(void **state)
{
    (void)state;
    peer_say(CHALLENGE ">STATE:1795453999,RECONNECTING,auth-failure,,,,,\r\n");
    daemon_lose();
    daemon_return();
    peer_say(NEED);
    daemon_synchronize("OpenVPN 2.6.14 x", "78", DAEMON_CONNECTED);
    assert_string_equal(request_at(2)->prompt, "Enter PIN");
    assert_non_null(request_at(2)->challenge);
    /* A question that is repeated is the same. */
    peer_say(NEED);
    assert_string_equal(request_at(2)->prompt, "Enter PIN");
    assert_non_null(request_at(2)->challenge);
    assert_true(request_at(2)->challenged);
    assert_true(request_at(2)->echo);
    /* Until it brings a challenge of its own. */
    peer_say(">PASSWORD:Need 'Auth' username/password SC:0,Other PIN\r\n");
    assert_string_equal(request_at(2)->prompt, "Other PIN");
    assert_null(request_at(2)->challenge);
    assert_true(request_at(2)->static_challenge);
    assert_false(request_at(2)->echo);
}

static void assert_plain_question(uint32_t row)
{
    peer_say(NEED);
    assert_int_equal(daemon_instance->requests.last, row);
    assert_null(request_at(row)->challenge);
    assert_null(request_at(row)->prompt);
    assert_false(request_at(row)->challenged);
    assert_false(request_at(row)->echo);
}

static void test_a_dynamic_challenge_ends(void **state)
{
    (void)state;
    peer_say(CHALLENGE GONE_ON);
    assert_null(request_at(1)->challenge);
    assert_plain_question(2);
    accept_both();
    /* Somebody else may answer while the agent is away. */
    peer_say(CHALLENGE);
    session_detach(daemon_session);
    peer_say(DAEMON_STATS);
    assert_null(request_at(2)->challenge);
    session_attach(daemon_session);
    peer_turn();
    peer_connect();
    peer_say(PEER_GREETING);
    assert_plain_question(3);
}

/* It is answered with a user name and a password, so it is for a question for both. */
static void test_a_dynamic_challenge_of_others(void **state)
{
    (void)state;
    peer_say(">PASSWORD:Verification Failed: 'Private Key' ['CRV1:R,E:STATE:dXNlcg==:PIN']\r\n"
             ">PASSWORD:Need 'Private Key' password\r\n");
    assert_null(request_at(2)->challenge);
    peer_say(CHALLENGE ">PASSWORD:Need 'Auth' username/password SC:0,Other PIN\r\n");
    assert_null(request_at(4)->challenge);
    assert_string_equal(request_at(4)->prompt, "Other PIN");
}

static void test_odd_challenges(void **state)
{
    static const char *const odd[] = {
        "CRV1:", "CRV1::", "CRV1:E:S", "CRV1:E:S:", "CRV1:E:S:u", "CRV1:::::", "XCRV1:E:S:u:t"};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        peer_say(">PASSWORD:Verification Failed: 'Auth' ['");
        peer_say(odd[i]);
        peer_say("']\r\n" NEED);
        assert_null(strstr(request_at(daemon_instance->requests.last)->reason, "S"));
        accept_both();
    }
}

static void test_kinds(void **state)
{
    static const struct {
        const char *line;
        const char *name;
        const char *prompt;
        enum request_kind kind;
    } kinds[] = {
        {">PASSWORD:Need 'Private Key' password\r\n", "Private Key", "", REQUEST_PASSWORD},
        {">PASSWORD:Need 'HTTP Proxy' username/password\r\n", "HTTP Proxy", "",
         REQUEST_USERNAME_PASSWORD},
        {">PASSWORD:Need 'Auth' username\r\n", "Auth", "", REQUEST_USERNAME},
        {">NEED-OK:Need 'token-insertion-request' confirmation MSG:Insert\r\n",
         "token-insertion-request", "Insert", REQUEST_CONFIRM},
        {">NEED-STR:Need 'pkcs11-id-request' string MSG:Which?\r\n", "pkcs11-id-request", "Which?",
         REQUEST_STRING},
        {">RSA_SIGN:eA==\r\n", "RSA_SIGN", "eA==", REQUEST_OTHER},
        {">PK_SIGN:eA==,RSA_PKCS1_PADDING\r\n", "PK_SIGN", "eA==,RSA_PKCS1_PADDING", REQUEST_OTHER},
        {">NEED-CERTIFICATE:macosx-keychain:x\r\n", "NEED-CERTIFICATE", "macosx-keychain:x",
         REQUEST_OTHER},
        {">REMOTE:vpn.example,1194,udp\r\n", "REMOTE", "vpn.example,1194,udp", REQUEST_OTHER},
        {">PROXY:1,TCP,vpn.example\r\n", "PROXY", "1,TCP,vpn.example", REQUEST_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct request *request;

        peer_say(kinds[i].line);
        request = request_at((uint32_t)i + 1);
        assert_int_equal(request->kind, kinds[i].kind);
        assert_string_equal(request->name, kinds[i].name);
        assert_string_equal(text_or_empty(request->prompt), kinds[i].prompt);
        assert_int_equal(request->status, REQUEST_PENDING);
    }
    assert_int_equal(instance_request_count(daemon_instance), sizeof(kinds) / sizeof(kinds[0]));
}

/* No open question loses its row without a word. */
static void test_bound(void **state)
{
    struct instance_config config;

    daemon_end(state);
    daemon_set_up(state);
    config = daemon_config;
    config.limits.request_lines = 2;
    session_configure(daemon_session, &config);
    daemon_bring_up();
    peer_say(">REMOTE:a,1,udp\r\n>PROXY:1,TCP,b\r\n");
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_NEEDED, -1);
    peer_say(NEED);
    peer_told(EVENT_INPUT_ENDED, EVENT_INPUT_NEEDED, -1);
    assert_null(history_at(&daemon_instance->requests, 1));
    assert_int_equal(instance_request_count(daemon_instance), 2);
    /* A failure of something else takes a row too. */
    peer_say(">PASSWORD:Verification Failed: 'Private Key'\r\n");
    peer_told(EVENT_INPUT_ENDED, EVENT_AUTH_FAILED, -1);
    /* A smaller bound withdraws what it drops. */
    peer_say(">PROXY:1,TCP,b\r\n");
    peer_told(EVENT_INPUT_ENDED, EVENT_INPUT_NEEDED, -1);
    peer_say(NEED);
    peer_told(EVENT_INPUT_NEEDED, -1);
    config.limits.request_lines = 1;
    session_configure(daemon_session, &config);
    peer_told(EVENT_INPUT_ENDED, -1);
    assert_int_equal(instance_request_count(daemon_instance), 1);
    session_configure(daemon_session, &daemon_config);
    assert_int_equal(instance_request_count(daemon_instance), 1);
}

/* One more than may be open: the oldest ends. */
static void test_open_at_once(void **state)
{
    struct instance_config config = daemon_config;
    char line[64];
    uint32_t row;

    (void)state;
    config.limits.request_lines = 2 * REQUESTS_OPEN_MAX;
    session_configure(daemon_session, &config);
    for (int i = 0; i < REQUESTS_OPEN_MAX; i++) {
        snprintf(line, sizeof(line), ">PASSWORD:Need 'token %d' password\r\n", i);
        peer_say(line);
        peer_told(EVENT_INPUT_NEEDED, -1);
    }
    requests_accepted(daemon_instance, 2, false);
    peer_told(EVENT_INPUT_ENDED, -1);
    peer_say(NEED);
    peer_told(EVENT_INPUT_NEEDED, -1);
    assert_int_equal(instance_request_count(daemon_instance), REQUESTS_OPEN_MAX);
    peer_say(">PROXY:1,TCP,b\r\n");
    peer_told(EVENT_INPUT_ENDED, EVENT_INPUT_NEEDED, -1);
    assert_int_equal(request_at(1)->status, REQUEST_WITHDRAWN);
    assert_int_equal(instance_request_count(daemon_instance), REQUESTS_OPEN_MAX);
    assert_ptr_equal(requests_open(daemon_instance, &row), request_at(3));
    assert_int_equal(row, 3);
    assert_ptr_equal(requests_open_after(daemon_instance, 3, &row), request_at(4));
    assert_null(requests_open_after(daemon_instance, daemon_instance->requests.last, &row));
    session_configure(daemon_session, &daemon_config);
}

static void test_last_number(void **state)
{
    (void)state;
    daemon_instance->requests.last = UINT32_MAX - 1;
    peer_say(NEED);
    assert_int_equal(request_at(UINT32_MAX)->status, REQUEST_PENDING);
    peer_say(">PROXY:1,TCP,b\r\n");
    peer_told(EVENT_INPUT_NEEDED, EVENT_INPUT_ENDED, EVENT_INPUT_NEEDED, -1);
    assert_string_equal(request_at(1)->name, "PROXY");
    assert_int_equal(instance_request_count(daemon_instance), 1);
}

/* Names and texts of a daemon that means no good. */
static void test_hostile_texts(void **state)
{
    static char prompt[15001];

    (void)state;
    memset(prompt, '\'', sizeof(prompt) - 1);
    peer_say(">PASSWORD:Need '");
    peer_say(prompt);
    peer_say("' password\r\n");
    assert_int_equal(strlen(request_at(1)->name), ADMIN_MAX);
    peer_say(">NEED-OK:Need 'x' confirmation MSG:");
    peer_say(prompt);
    peer_say("\r\n");
    assert_int_equal(strlen(request_at(2)->prompt), TEXT_MAX);
    peer_say(">PASSWORD:Need '' password\r\n>PASSWORD:Need 'a\001\377' password\r\n");
    assert_string_equal(request_at(4)->name, "a \xef\xbf\xbd");
    /* Neither a name that was cut nor one that was cleaned makes a new row each time. */
    peer_say(">PASSWORD:Need '' password\r\n>PASSWORD:Need 'a\001\377' password\r\n");
    peer_say(">PASSWORD:Need '");
    peer_say(prompt);
    peer_say("' password\r\n");
    assert_int_equal(daemon_instance->requests.count, 4);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_answered),
        TEST(test_failed),
        TEST(test_a_wrong_passphrase),
        TEST(test_failed_without_question),
        TEST(test_withdrawn_by_a_state),
        TEST(test_repeated),
        TEST(test_static_challenge),
        TEST(test_dynamic_challenge),
        TEST(test_a_dynamic_challenge_is_kept),
        TEST(test_a_dynamic_challenge_ends),
        TEST(test_a_dynamic_challenge_of_others),
        TEST(test_odd_challenges),
        TEST(test_kinds),
        TEST(test_bound),
        TEST(test_open_at_once),
        TEST(test_last_number),
        TEST(test_hostile_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
