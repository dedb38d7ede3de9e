#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/mask.h"

/* Lines as daemons of 2.1 to 2.7 write them, with keys and tokens that are none. */

#define HEX     "0123abcd 4567cdef 89ab0123 00000000 11111111 22222222 33333333 deadbeef"
#define TOKEN   "SESS_ID_AT_0SldN/Ai0tzT9iOTAAAAAGsKYqIAAAAAawpiou3nVDd9ldUreUTtA6zv+OZVln7T"
#define ALICE   "alice/192.0.2.1:36094 "
#define ALICE27 "alice/udp6:[2001:db8::1]:36094 "
#define STATUS  "]: 'PUSH_REPLY,ifconfig 10.9.0.2 255.255.255.0,peer-id 0"

typedef void set_function(char **where, size_t limit, struct slice text);

static void assert_masked(set_function *set, const char *text, const char *expected)
{
    char *masked = NULL;

    set(&masked, TEXT_MAX, slice_of(text));
    assert_string_equal(masked, expected);
    free(masked);
}

static void assert_log(const char *text, const char *expected)
{
    assert_masked(mask_set_log, text, expected);
}

static void assert_shown(const char *text)
{
    assert_log(text, text);
}

/* Every way by which a text gets out. */
static void assert_everywhere(const char *text, const char *expected)
{
    assert_masked(mask_set_log, text, expected);
    assert_masked(mask_set_echo, text, expected);
    assert_masked(mask_set, text, expected);
}

static void test_keys(void **state)
{
    static const char *const words[] = {
        "Outgoing Control Channel Authentication: HMAC KEY: ",
        "Incoming Control Channel Encryption: CIPHER KEY: ",
        "192.0.2.1:54749 tls-crypt-v2 server key: CIPHER KEY: ",
        "auth-token secret: HMAC KEY: ",
        "Static Encrypt: CIPHER KEY: ",
        ALICE "Outgoing dynamic tls-crypt: CIPHER KEY: ",
        ALICE27 "Data Channel Encrypt: HMAC KEY: ",
        ALICE "Master Encrypt (cipher, AES-256-GCM, 256 bits): ",
        ALICE "Master Decrypt (hmac, SHA1, 160 bits): ",
        ALICE "Master Encrypt (cipher): ",
        "Client pre_master: ",
        ALICE "Server random1: ",
        ALICE "Client random2: ",
        "Cipher source entropy: ",
        "HMAC source entropy: ",
        "tls1_P_hash sec: ",
        "tls1_P_hash seed: ",
        "tls1_PRF out[256]: ",
        ALICE "DECRYPT TO: ",
        ALICE "TLS-CRYPT WRAP FROM: ",
        "BIO read tls_read_plaintext 77: ",
        "tls_crypt_v2_unwrap_client_key: unwrapping client key (len=333): ",
    };
    char line[512];
    char expected[512];

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        snprintf(line, sizeof(line), "%s" HEX, words[i]);
        snprintf(expected, sizeof(expected), "%s***", words[i]);
        assert_everywhere(line, expected);
    }
}

static void test_forms_of_keys(void **state)
{
    (void)state;
    assert_log("x: HMAC KEY: 01234567 89ab", "x: HMAC KEY: ***");
    assert_log("x: CIPHER KEY: 01234567 89abcdef", "x: CIPHER KEY: ***");
    assert_log("ENCRYPT TO: 01234567 89abcdef 55[more...]", "ENCRYPT TO: ***[more...]");
    assert_log("DATA 01234567 89abcdef", "DATA ***");
    assert_log("tls_hmac=01234567 89abcdef 01234567 pid=[ #1 ]", "tls_hmac=*** pid=[ #1 ]");
    assert_log("export_user_keying_material: exported keying material: 0123456789abcdef0123",
               "export_user_keying_material: exported keying material: ***");
    assert_log("ENV [12] 'exported_keying_material=0123456789abcdef'",
               "ENV [12] 'exported_keying_material=***");
    assert_log(ALICE "PLUGIN_CALL: ENVP[3] = 'API_KEY=hunter2'", ALICE "PLUGIN_CALL: ENVP[3] =***");
}

/* A line that is cut in a key has not a byte of it. */
static void test_cut_keys(void **state)
{
    char line[2 * TEXT_MAX];
    char *masked = NULL;

    (void)state;
    for (size_t at = TEXT_MAX - 120; at < TEXT_MAX; at++) {
        memset(line, ' ', at);
        snprintf(line + at, sizeof(line) - at, "x: HMAC KEY: " HEX " " HEX);
        mask_set(&masked, TEXT_MAX, slice_of(line));
        assert_true(strlen(masked) <= TEXT_MAX);
        assert_null(strstr(masked, "0123abcd 4"));
    }
    free(masked);
}

static void test_no_keys(void **state)
{
    (void)state;
    assert_shown("TLS: Initial packet from [AF_INET]192.0.2.1:28583, sid=114e5f9e 7218d726");
    assert_shown("TLS: tls_multi_process: mysid=114e5f9e 7218d726, stored-sid=00000000 00000000");
    assert_shown("auth-token secret: HMAC size=32 block_size=32");
    assert_shown("peer fingerprint 01:23:45:67:89:ab:cd:ef:01:23:45:67");
    assert_shown("Local Options hash (VER=V4): '504e774e'");
    assert_shown("deadbeef");
    assert_shown("deadbeef or cafebabe");
    assert_shown("0123456789abcdef0123456789abcdef/192.0.2.1:1000 peer info: IV_VER=2.6.14");
}

static void test_tokens(void **state)
{
    (void)state;
    assert_everywhere("192.0.2.1:36094 Generated token for client: " TOKEN " (alice)",
                      "192.0.2.1:36094 Generated token for client: *** (alice)");
    /* 2.4 */
    assert_everywhere("192.0.2.1:36094 Generated token for client: 1u/+a==",
                      "192.0.2.1:36094 Generated token for client: ***");
    /* 2.3, with any verb */
    assert_everywhere(
        "PUSH: Received control message: 'PUSH_REPLY,ping 1,auth-token a b/c=,peer-id "
        "0'",
        "PUSH: Received control message: 'PUSH_REPLY,ping 1,auth-token ***,peer-id 0'");
    assert_everywhere(ALICE "SENT CONTROL [alice" STATUS ",auth-token " TOKEN "' (status=1)",
                      ALICE "SENT CONTROL [alice" STATUS ",auth-token ***' (status=1)");
    assert_everywhere(ALICE "TLS: " TOKEN, ALICE "TLS: SESS_ID_AT_***");
    assert_shown(ALICE "SENT CONTROL [alice" STATUS ",auth-token,cipher AES-256-GCM' (status=1)");
    assert_shown("Using random OpenVPN auth-token server key.");
    assert_shown("  auth_token_secret_file = '[UNDEF]'");
}

static void test_answers_to_challenges(void **state)
{
    (void)state;
    assert_everywhere(ALICE "CR response was sent by client ('MTIzNDU2')",
                      ALICE "CR response was sent by client ('***')");
    assert_everywhere("SENT CONTROL [server]: 'CR_RESPONSE,MTIzNDU2' (status=1)",
                      "SENT CONTROL [server]: 'CR_RESPONSE,***' (status=1)");
    assert_everywhere("AUTH: Received control message: AUTH_FAILED,CRV1:R,E:st:dXNlcg==:PIN?",
                      "AUTH: Received control message: AUTH_FAILED,CRV1:***");
    assert_everywhere(ALICE "SENT CONTROL [alice]: 'AUTH_FAILED,CRV1:R:st:dQ==:PIN' (status=1)",
                      ALICE "SENT CONTROL [alice]: 'AUTH_FAILED,CRV1:***");
    assert_everywhere("MULTI: connection rejected: no, CLI:CRV1:R:st:dQ==:PIN",
                      "MULTI: connection rejected: no, CLI:CRV1:***");
    assert_shown("AUTH: Received control message: AUTH_FAILED,SESSION: token expired");
}

static void test_web_logins(void **state)
{
    (void)state;
    assert_everywhere("Info command was pushed by server ('OPEN_URL:https://a.example/t?s=1')",
                      "Info command was pushed by server ('OPEN_URL:https://a.example/***");
    assert_everywhere(ALICE "SENT CONTROL [a]: 'INFO_PRE,WEB_AUTH::https://a.example/t' (status=1)",
                      ALICE "SENT CONTROL [a]: 'INFO_PRE,WEB_AUTH::https://a.example/***");
    assert_shown("Info command was pushed by server ('CR_TEXT:R,E:PIN?')");
    assert_masked(mask_set_echo, "OPEN_URL:https://a.example/t", "OPEN_URL:https://a.example/***");
    assert_masked(mask_set_echo, "see https://a.example/t", "see https://a.example/t");
}

static void test_proxies(void **state)
{
    (void)state;
    assert_log("Send to HTTP proxy: 'Proxy-Authorization: Basic YTpi'",
               "Send to HTTP proxy: 'Proxy-Authorization: ***");
    assert_log("Send to HTTP proxy: 'X-Secret: 1: 2'", "Send to HTTP proxy: 'X-Secret: ***");
    assert_shown("Send to HTTP proxy: 'CONNECT 192.0.2.1:443 HTTP/1.0'");
    assert_log("  custom_header[0] = X-Secret: hunter2", "  custom_header[0] = X-Secret: ***");
}

/* What a management client sent, where the line is not whole. */
static void test_commands(void **state)
{
    (void)state;
    assert_log("MANAGEMENT: CMD 'username \"Auth\" \"bob\"", "MANAGEMENT: CMD '***");
}

/* Who chooses a name of the form of a daemon's line hides nothing but his name. */
static void test_names(void **state)
{
    static const char *const names[] = {
        "CRV1:zz",  "OPEN_URL:https://h/", "WEB_AUTH:x", "MANAGEMENT: Client x", "Options error: x",
        "deadbeef", "auth-token x",        "KEY: x",     "AUTH_FAILED,CRV1:x",   "CR_RESPONSE,x",
        "ENV x=",
    };
    static const char *const hidden[] = {
        ",auth-token x", "SESS_ID_AT_x",      "MANAGEMENT: CMD 'x",        "]: 'AUTH_FAILED,CRV1:x",
        "ENV [x=y",      "deadbeef cafebabe", "Send to HTTP proxy: 'x: y", "x, CLI:CRV1:x",
    };
    const char *rest = "/192.0.2.1:4000 VERIFY OK: depth=0, CN=alice";
    char line[256];
    char *masked = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(line, sizeof(line), "%s%s", names[i], rest);
        assert_shown(line);
        snprintf(line, sizeof(line), "VERIFY OK: depth=0, CN=%s, O=x", names[i]);
        assert_shown(line);
    }
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        snprintf(line, sizeof(line), "%s%s", hidden[i], rest);
        mask_set_log(&masked, TEXT_MAX, slice_of(line));
        assert_non_null(strstr(masked, "***"));
        assert_string_equal(strstr(masked, "/192.0.2.1"), rest);
    }
    free(masked);
}

/* Nor does the name bring to light what stands behind it. */
static void test_secrets_behind_names(void **state)
{
    static const char *const names[] = {
        "x/192.0.2.9:1 y", "]: '", "KEY: ", "'", "a,b", "sid=", "0"};
    char line[1024];
    char *masked = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(line, sizeof(line),
                 "%s/192.0.2.1:4000 SENT CONTROL [%s" STATUS ",auth-token " TOKEN "' (status=1)",
                 names[i], names[i]);
        mask_set_log(&masked, TEXT_MAX, slice_of(line));
        assert_null(strstr(masked, TOKEN));
        snprintf(line, sizeof(line), "%s/192.0.2.1:4000 x: CIPHER KEY: " HEX, names[i]);
        mask_set_log(&masked, TEXT_MAX, slice_of(line));
        assert_null(strstr(masked, "0123abcd"));
        snprintf(line, sizeof(line),
                 "%s/192.0.2.1:4000 SENT CONTROL [%s]: 'AUTH_FAILED,CRV1:R:STATE", names[i],
                 names[i]);
        mask_set_log(&masked, TEXT_MAX, slice_of(line));
        assert_null(strstr(masked, "STATE"));
    }
    free(masked);
}

static void test_odd_texts(void **state)
{
    char line[TEXT_MAX + 1];
    char *masked = NULL;

    (void)state;
    assert_shown("/");
    /* One secret within what another shows. */
    assert_log("ENV [,auth-token x,SESS_ID_AT_x=y", "ENV [,auth-token ***,SESS_ID_AT_******");
    assert_log("Send to HTTP proxy: '01234567 89abcdef: x", "Send to HTTP proxy: '***: ***");
    assert_masked(mask_set, "ENV [=y https://a/b", "ENV [=***");
    assert_shown("//192.0.2.1:4000");
    assert_shown(",auth-token ");
    assert_shown("ENV [");
    assert_shown("Send to HTTP proxy: '");
    mask_set_log(&masked, TEXT_MAX, slice_of(""));
    assert_null(masked);
    /* The stars are longer than what they stand for. */
    for (size_t at = 0; at + 13 < TEXT_MAX; at += 13)
        memcpy(line + at, ",auth-token x", 14);
    mask_set_log(&masked, TEXT_MAX, slice_of(line));
    assert_true(strlen(masked) <= TEXT_MAX && strstr(masked, "***,auth-token ***"));
    free(masked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_forms_of_keys),
        cmocka_unit_test(test_cut_keys),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_answers_to_challenges),
        cmocka_unit_test(test_web_logins),
        cmocka_unit_test(test_proxies),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_secrets_behind_names),
        cmocka_unit_test(test_odd_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
