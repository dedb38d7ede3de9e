#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/source.h"
#include "protocol/lines.h"
#include "protocol/status.h"
#include "tests/unit/fixtures/folder.h"
#include "tests/unit/fixtures/manager.h"

/* At the bounds of openvpn-agentx.conf(5), and one beyond. */

/* A reply of many lines; the owned frees it. */
static char *repeat(const char *begin, const char *line, size_t count, const char *end)
{
    size_t size = strlen(begin) + count * (strlen(line) + 16) + strlen(end) + 1;
    char *text = malloc(size);
    size_t len;

    assert_non_null(text);
    len = (size_t)snprintf(text, size, "%s", begin);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, size - len, "%s %zu\r\n", line, i);
    snprintf(text + len, size - len, "%s", end);
    return text;
}

/* Runs a plan that only reads something again. */
static void refresh(enum change_kind kind)
{
    plan_free(plan);
    plan = plan_new();
    manager_add(kind, 0);
    assert_true(plan_check(plan));
    assert_false(plan_run(plan, manager_on_end, &plan));
    plan_commit(plan);
}

static void net_of(size_t count)
{
    char *reply = repeat("", "route", count, "END\r\n" DAEMON_STATS);

    refresh(CHANGE_NET_REFRESH);
    peer_answer("net\nload-stats\n", reply);
    free(reply);
    assert_int_equal(daemon_instance->last_command.result, RESULT_SUCCESS);
}

static void test_net_lines(void **state)
{
    (void)state;
    net_of(NET_LINES_MAX);
    assert_int_equal(daemon_instance->net.count, NET_LINES_MAX);
    assert_string_equal(daemon_instance->net.lines[NET_LINES_MAX - 1], "route 1999");
    net_of(NET_LINES_MAX + 1);
    assert_int_equal(daemon_instance->net.count, NET_LINES_MAX);
    assert_string_equal(daemon_instance->net.lines[NET_LINES_MAX - 1], "route 1999");
    net_of(1);
    assert_int_equal(daemon_instance->net.count, 1);
}

/* A token of so many certificates: how many of them are asked for. */
static int pkcs11_of(int count)
{
    char command[64];
    char reply[128];
    int asked = 0;

    refresh(CHANGE_PKCS11_REFRESH);
    peer_answer("load-stats\n", DAEMON_STATS);
    snprintf(reply, sizeof(reply), ">PKCS11ID-COUNT:%d\r\n" DAEMON_STATS, count);
    peer_answer("pkcs11-id-count\nload-stats\n", reply);
    while (daemon_instance->last_command.result == RESULT_PENDING) {
        peer_answer("load-stats\n", DAEMON_STATS);
        snprintf(command, sizeof(command), "pkcs11-id-get %d\nload-stats\n", asked);
        snprintf(reply, sizeof(reply),
                 ">PKCS11ID-ENTRY:'%d', ID:'token %d', BLOB:'AA=='\r\n" DAEMON_STATS, asked, asked);
        peer_answer(command, reply);
        asked++;
    }
    peer_sent("");
    return asked;
}

static void test_certificates(void **state)
{
    (void)state;
    assert_int_equal(pkcs11_of(PKCS11_MAX), PKCS11_MAX);
    assert_int_equal(daemon_instance->pkcs11.count, PKCS11_MAX);
    assert_int_equal(daemon_instance->pkcs11.told, PKCS11_MAX);
    assert_int_equal(pkcs11_of(PKCS11_MAX + 1), PKCS11_MAX);
    assert_int_equal(daemon_instance->pkcs11.count, PKCS11_MAX);
    assert_int_equal(daemon_instance->pkcs11.told, PKCS11_MAX);
    assert_string_equal(daemon_instance->pkcs11.certificates[PKCS11_MAX - 1].id, "token 199");
}

static void test_certificates_that_nobody_counts(void **state)
{
    static struct pkcs11_list list;

    (void)state;
    for (int i = 0; i < PKCS11_MAX + 1; i++)
        pkcs11_list_add(&list, slice_of("a"), slice_of("b"), false);
    assert_int_equal(list.count, PKCS11_MAX);
    pkcs11_list_fini(&list);
}

/* A line of the daemon is cut before that, so it can only come from elsewhere. */
static void test_long_certificates(void **state)
{
    static char blob[PKCS11_BLOB_MAX + 1];
    static struct pkcs11_list list;

    (void)state;
    memset(blob, 'b', sizeof(blob));
    pkcs11_list_add(&list, slice_of("a"), (struct slice){blob, PKCS11_BLOB_MAX}, false);
    assert_int_equal(list.certificates[0].blob_len, PKCS11_BLOB_MAX);
    assert_false(list.certificates[0].truncated);
    pkcs11_list_add(&list, slice_of("a"), (struct slice){blob, sizeof(blob)}, false);
    assert_int_equal(list.certificates[1].blob_len, PKCS11_BLOB_MAX);
    assert_true(list.certificates[1].truncated);
    pkcs11_list_fini(&list);
}

/* The longest line of a daemon holds a certificate; of a longer one it is told. */
static void test_certificate_of_a_long_line(void **state)
{
    static const char begin[] = ">PKCS11ID-ENTRY:'0', ID:'a', BLOB:'";
    static char blob[LINES_MAX + 1];
    char *reply;

    (void)state;
    for (size_t beyond = 0; beyond < 2; beyond++) {
        size_t len = LINES_MAX - strlen(begin) - 1 + beyond;

        memset(blob, 'b', sizeof(blob));
        blob[len] = '\0';
        reply = malloc(strlen(begin) + len + 256);
        assert_non_null(reply);
        sprintf(reply, "%s%s'\r\n" DAEMON_STATS, begin, blob);
        refresh(CHANGE_PKCS11_REFRESH);
        peer_answer("load-stats\n", DAEMON_STATS);
        peer_answer("pkcs11-id-count\nload-stats\n", ">PKCS11ID-COUNT:1\r\n" DAEMON_STATS);
        peer_answer("load-stats\n", DAEMON_STATS);
        peer_answer("pkcs11-id-get 0\nload-stats\n", reply);
        free(reply);
        assert_int_equal(daemon_instance->pkcs11.count, 1);
        assert_int_equal(daemon_instance->pkcs11.certificates[0].truncated, beyond > 0);
    }
}

static void test_changes_of_a_plan(void **state)
{
    const struct change change = {.kind = CHANGE_VERB, .instance = 1, .number = 5};

    (void)state;
    for (size_t i = 0; i < PLAN_MAX; i++)
        assert_true(plan_add(plan, &change));
    assert_false(plan_add(plan, &change));
    assert_int_equal(plan_count(plan), PLAN_MAX);
}

static void capabilities_of(size_t count, size_t kept)
{
    char *reply = repeat("Commands:\r\n", "verb : x", count, "END\r\n");

    daemon_end(NULL);
    assert_int_equal(daemon_set_up(NULL), 0);
    peer_say(PEER_GREETING);
    daemon_synchronize_with("OpenVPN 2.6.14 x", "77", "", reply);
    free(reply);
    assert_int_equal(daemon_instance->capability_count, kept);
    assert_string_equal(daemon_instance->capabilities[0].summary, "x 0");
    assert_int_equal(daemon_instance->contact, CONTACT_UP);
}

static void test_capabilities(void **state)
{
    (void)state;
    capabilities_of(200, 200);
    capabilities_of(201, 200);
}

/* A status with so many columns. */
static void columns_of(size_t count)
{
    static const char known[] = "Common Name\tReal Address\tConnected Since (time_t)\tClient "
                                "ID\tBytes Received\tBytes Sent";
    char status[2048] = STATUS_TITLE "HEADER\tCLIENT_LIST\t";

    strcat(status, known);
    for (size_t i = 6; i < count; i++)
        strcat(status, "\tmore");
    strcat(status, "\r\nCLIENT_LIST\tzoe\t192.0.2.9:4000\t1795453899\t9\t5\t6");
    for (size_t i = 6; i < count; i++)
        strcat(status, "\tx");
    strcat(status, "\r\nEND\r\n" DAEMON_STATS);
    daemon_poll_reply(status);
}

static void test_columns_of_a_status(void **state)
{
    (void)state;
    columns_of(STATUS_COLUMNS);
    assert_int_equal(daemon_instance->clients.count, 1);
    assert_string_equal(daemon_client(0)->who.common_name, "zoe");
    assert_int_equal(daemon_instance->status_complete, TRUTH_TRUE);
    peer_forget();
    columns_of(STATUS_COLUMNS + 1);
    assert_int_equal(daemon_instance->status_complete, TRUTH_FALSE);
    assert_int_equal(daemon_instance->rows_dropped, 1);
    peer_forget();
}

static struct config *load_padded(size_t size, struct config_error *error)
{
    static const char text[] =
        "instances = ( { name = \"a\"; index = 1; management = \"unix:/run/a.sock\"; } );\n";
    char *bytes = malloc(size);
    struct config *config;

    assert_non_null(bytes);
    memset(bytes, ' ', size);
    memcpy(bytes, text, strlen(text));
    write_bytes(main_file, bytes, size);
    free(bytes);
    config = config_load(main_file, error, NULL);
    return config;
}

static void test_size_of_a_configuration(void **state)
{
    struct config_error error;
    struct config *config = load_padded(SOURCE_MAX, &error);

    (void)state;
    assert_non_null(config);
    config_free(config);
    assert_null(load_padded(SOURCE_MAX + 1, &error));
    assert_non_null(strstr(error.text[0], "too large for a configuration"));
}

#define PLANNED(test) cmocka_unit_test_setup_teardown(test, manager_set_up, manager_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLANNED(test_net_lines),
        PLANNED(test_certificates),
        cmocka_unit_test(test_certificates_that_nobody_counts),
        cmocka_unit_test(test_long_certificates),
        PLANNED(test_certificate_of_a_long_line),
        PLANNED(test_changes_of_a_plan),
        PLANNED(test_columns_of_a_status),
        cmocka_unit_test_setup_teardown(test_capabilities, daemon_set_up, daemon_end),
        cmocka_unit_test_setup_teardown(test_size_of_a_configuration, folder_set_up,
                                        folder_tear_down),
    };

    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
