#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "protocol/state.h"
#include "tests/unit/fixtures/folder.h"

#define DAEMON    "name = \"a\"; index = 1; management = \"unix:/run/a.sock\"; "
#define ONE(text) "instances = ( { " DAEMON text " } );\n"

static char warnings[2048];

static void keep_warning(const char *text)
{
    size_t len = strlen(warnings);

    snprintf(warnings + len, sizeof(warnings) - len, "%s\n", text);
}

static struct config *load(const char *text, struct config_error *error)
{
    warnings[0] = '\0';
    memset(error, 0, sizeof(*error));
    write_text(main_file, text);
    return config_load(main_file, error, keep_warning);
}

static struct config *load_good(const char *text)
{
    struct config_error error;
    struct config *config = load(text, &error);

    if (!config)
        fail_msg("%s", error.text[0]);
    return config;
}

/* Checks that a text is refused with exactly FILE and tail. */
static void assert_refused(const char *text, const char *file, const char *tail)
{
    struct config_error error;
    char expected[sizeof(error.text[0])];
    struct config *config = load(text, &error);

    snprintf(expected, sizeof(expected), "%s%s", file, tail);
    assert_null(config);
    assert_string_equal(error.text[0], expected);
}

static void assert_warned(const char *text, const char *tail)
{
    char expected[512];

    config_free(load_good(text));
    snprintf(expected, sizeof(expected), "%s%s\n", main_file, tail);
    assert_string_equal(warnings, expected);
}

static void assert_peer(const char *text, bool checked, uint32_t user)
{
    struct config *config = load_good(text);

    assert_int_equal(config->instances[0].peer_checked, checked);
    assert_int_equal(config->instances[0].peer_user, user);
    config_free(config);
}

static void test_peer_user(void **state)
{
    (void)state;
    assert_peer(ONE(""), false, 0);
    assert_peer(ONE("peer_user = \"root\";"), true, 0);
    assert_peer(ONE("peer_user = 0;"), true, 0);
    assert_peer(ONE("peer_user = 4294967294L;"), true, 4294967294);
}

static size_t warned;

static void count_warning(const char *text)
{
    (void)text;
    warned++;
}

/* Each has the address of the first, and is told so once. */
static void test_many_with_one_address(void **state)
{
    enum { MANY = 20000 };
    FILE *file = fopen(main_file, "w");
    struct config_error error;
    struct config *config;

    (void)state;
    assert_non_null(file);
    fputs("instances = (\n", file);
    for (int i = 1; i <= MANY; i++)
        fprintf(file, "{ name = \"d%d\"; index = %d; management = \"tcp:127.0.0.1:1\"; }%s\n", i, i,
                i < MANY ? "," : ");");
    fclose(file);
    warned = 0;
    config = config_load(main_file, &error, count_warning);
    assert_non_null(config);
    assert_int_equal(config->count, MANY);
    assert_int_equal(warned, MANY - 1);
    config_free(config);
}

/* Each with a value that is not its default. */
static const char every_key[] =
    "# all keys\n"
    "agentx = \"tcp:127.0.0.1:705\";\n"
    "state_dir = \"/var/x\";\n"
    "instances = (\n"
    "  {\n"
    "    name = \"B\xc3\xbcro 1\"; index = 7L;\n"
    "    management = \"tcp:[::1]:7505\";\n"
    "    password_file = \"/etc/x.pw\";\n"
    "    status_interval = 1; command_timeout = 100; reply_timeout = 3600;\n"
    "    log_lines = 0; state_lines = 1; echo_lines = 2; session_lines = 3;\n"
    "    command_lines = 4; request_lines = 5; client_max = 6; route_max = 0x10;\n"
    "    user_key = \"username\"; user_lines = 7;\n"
    "    openvpn_config = \"/etc/openvpn/server/b.conf\"; expiry_days = [ 90, 1 ];\n"
    "    allow = [ \"hold\", \"signal:SIGUSR1\", \"session\" ];\n"
    "    notify = [ \"state-all\", \"log:FNW\", \"client\", \"echo\" ];\n"
    "    notify_rate = 9;\n"
    "  },\n"
    "  { name = \"b\"; index = 2147483647; management = \"unix:/run/b.sock\"; }\n"
    ");\n";

static void test_every_key(void **state)
{
    struct config *config = load_good(every_key);
    const struct instance_config *one = &config->instances[0];

    (void)state;
    assert_string_equal(warnings, "");
    assert_string_equal(config->file, main_file);
    assert_string_equal(config->agentx, "tcp:127.0.0.1:705");
    assert_string_equal(config->state_dir, "/var/x");
    assert_int_equal(config->count, 2);
    assert_string_equal(one->name, "B\xc3\xbcro 1");
    assert_int_equal(one->index, 7);
    assert_string_equal(one->management.text, "tcp:[::1]:7505");
    assert_null(one->management.path);
    assert_string_equal(one->management.host, "::1");
    assert_int_equal(one->management.port, 7505);
    assert_string_equal(one->password_file, "/etc/x.pw");
    assert_int_equal(one->status_interval, 1);
    assert_int_equal(one->command_timeout, 100);
    assert_int_equal(one->reply_timeout, 3600);
    assert_int_equal(one->limits.log_lines, 0);
    assert_int_equal(one->limits.state_lines, 1);
    assert_int_equal(one->limits.echo_lines, 2);
    assert_int_equal(one->limits.session_lines, 3);
    assert_int_equal(one->limits.command_lines, 4);
    assert_int_equal(one->limits.request_lines, 5);
    assert_int_equal(one->limits.client_max, 6);
    assert_int_equal(one->limits.route_max, 16);
    assert_int_equal(one->limits.user_lines, 7);
    assert_true(one->by_username);
    assert_string_equal(one->openvpn_config, "/etc/openvpn/server/b.conf");
    assert_int_equal(one->expiry_day_count, 2);
    assert_int_equal(one->expiry_days[0], 90);
    assert_int_equal(one->expiry_days[1], 1);
    assert_int_equal(one->allow, ALLOW_HOLD | ALLOW_SIGUSR1 | ALLOW_SESSION);
    assert_int_equal(one->notify, NOTIFY_STATE_ALL | NOTIFY_LOG | NOTIFY_CLIENT | NOTIFY_ECHO);
    assert_int_equal(one->log_alert_flags, LOG_FLAG_FATAL | LOG_FLAG_NONFATAL | LOG_FLAG_WARNING);
    assert_int_equal(one->notify_rate, 9);
    assert_int_equal(one->line, 5);
    assert_int_equal(config->instances[1].index, 2147483647);
    assert_int_equal(config->instances[1].line, 18);
    config_free(config);
}

static void test_shares(void **state)
{
    struct config *config = load_good(
        ONE("share = ( { listen = \"unix:/run/b.sock\"; mode = \"0660\"; group = \"root\"; "
            "allow = [ \"clients\", \"hold\", \"signal:SIGHUP\" ]; guests = 64; rate = 1000; },\n"
            "{ listen = \"tcp:[::1]:7506\"; password_file = \"/etc/s.pw\"; } );"));
    const struct share_config *one = config->instances[0].shares;

    (void)state;
    assert_string_equal(warnings, "");
    assert_int_equal(config->instances[0].share_count, 2);
    assert_string_equal(one->listen.path, "/run/b.sock");
    assert_int_equal(one->mode, 0660);
    assert_true(one->has_group);
    assert_int_equal(one->group, 0);
    assert_int_equal(one->allow, ALLOW_CLIENTS | ALLOW_HOLD | ALLOW_SIGHUP);
    assert_int_equal(one->guests, 64);
    assert_int_equal(one->rate, 1000);
    assert_null(one->password_file);
    assert_int_equal(one[1].listen.port, 7506);
    assert_int_equal(one[1].mode, 0600);
    assert_false(one[1].has_group);
    assert_int_equal(one[1].allow, 0);
    assert_int_equal(one[1].guests, 8);
    assert_int_equal(one[1].rate, 20);
    assert_string_equal(one[1].password_file, "/etc/s.pw");
    assert_int_equal(one[1].line, 2);
    config_free(config);
    assert_warned(ONE("share = ( { listen = \"unix:/b\";\nmode = \"0666\"; } );"),
                  ":2: instances[0].share[0].mode: every user of this machine can be a guest");
    config_free(load_good(ONE("share = ( );")));
}

/* A word and its bit, both ways. */
static void test_permissions(void **state)
{
    (void)state;
    for (unsigned place = 0; place < PERMISSIONS_OF_GUESTS; place++)
        assert_int_equal(config_permission(config_permission_word((enum permission_place)place)),
                         1u << place);
    assert_int_equal(config_permission("signal"), 0);
    assert_int_equal(config_permission("push"), ALLOW_PUSH);
    assert_int_equal(ALLOW_ALL & (ALLOW_CLIENTS | ALLOW_SIGN | ALLOW_REMOTE | ALLOW_PUSH), 0);
}

static void test_stand_alone(void **state)
{
    struct config *config =
        load_good("listen = [ \"udp:0.0.0.0:161\", \"udp6:[::]:161\" ];\n"
                  "snmp_config = \"/etc/x.conf\"; state_dir = \"/var/x\";\n" ONE(""));

    (void)state;
    assert_int_equal(config->listen_count, 2);
    assert_string_equal(config->listen[1], "udp6:[::]:161");
    assert_string_equal(config->snmp_config, "/etc/x.conf");
    assert_string_equal(config->state_dir, "/var/x");
    config_free(config);
}

static void test_defaults(void **state)
{
    struct config *config = load_good(ONE(""));
    const struct instance_config *one = &config->instances[0];

    (void)state;
    assert_string_equal(config->agentx, "unix:/var/agentx/master");
    assert_null(config->listen);
    assert_int_equal(config->listen_count, 0);
    assert_null(config->snmp_config);
    assert_string_equal(config->state_dir, LOCALSTATEDIR "/lib/openvpn-agentx");
    assert_int_equal(config->count, 1);
    assert_string_equal(one->management.path, "/run/a.sock");
    assert_null(one->management.host);
    assert_null(one->password_file);
    assert_int_equal(one->status_interval, 10);
    assert_int_equal(one->command_timeout, 800);
    assert_int_equal(one->reply_timeout, 120);
    assert_int_equal(one->limits.log_lines, 250);
    assert_int_equal(one->limits.state_lines, 100);
    assert_int_equal(one->limits.echo_lines, 100);
    assert_int_equal(one->limits.session_lines, 1000);
    assert_int_equal(one->limits.command_lines, 100);
    assert_int_equal(one->limits.request_lines, 100);
    assert_null(one->openvpn_config);
    assert_int_equal(one->expiry_day_count, 4);
    assert_int_equal(one->expiry_days[0], 30);
    assert_int_equal(one->expiry_days[3], 1);
    assert_int_equal(one->limits.client_max, 100000);
    assert_int_equal(one->limits.route_max, 100000);
    assert_int_equal(one->limits.user_lines, 10000);
    assert_false(one->by_username);
    assert_int_equal(one->allow, 0);
    assert_int_equal(one->notify, NOTIFY_CONTACT | NOTIFY_STATE | NOTIFY_FATAL | NOTIFY_HOLD |
                                      NOTIFY_INPUT | NOTIFY_AUTH | NOTIFY_EXPIRY);
    assert_int_equal(one->log_alert_flags, 0);
    assert_int_equal(one->notify_rate, 60);
    config_free(config);
}

static void test_every_word(void **state)
{
    static const struct {
        const char *word;
        unsigned bit;
    } allow[] = {{"hold", ALLOW_HOLD},
                 {"kill", ALLOW_KILL},
                 {"verb", ALLOW_VERB},
                 {"mute", ALLOW_MUTE},
                 {"signal:SIGHUP", ALLOW_SIGHUP},
                 {"signal:SIGTERM", ALLOW_SIGTERM},
                 {"signal:SIGUSR1", ALLOW_SIGUSR1},
                 {"signal:SIGUSR2", ALLOW_SIGUSR2},
                 {"auth-retry", ALLOW_AUTH_RETRY},
                 {"passwords", ALLOW_PASSWORDS},
                 {"confirm", ALLOW_CONFIRM},
                 {"refresh", ALLOW_REFRESH},
                 {"net", ALLOW_NET},
                 {"session", ALLOW_SESSION}},
      notify[] = {
          {"contact", NOTIFY_CONTACT}, {"state", NOTIFY_STATE},   {"state-all", NOTIFY_STATE_ALL},
          {"fatal", NOTIFY_FATAL},     {"hold", NOTIFY_HOLD},     {"input", NOTIFY_INPUT},
          {"auth", NOTIFY_AUTH},       {"client", NOTIFY_CLIENT}, {"reject", NOTIFY_REJECT},
          {"expiry", NOTIFY_EXPIRY},   {"log:I", NOTIFY_LOG},     {"echo", NOTIFY_ECHO}};
    struct config *config;
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(allow) / sizeof(allow[0]); i++) {
        snprintf(text, sizeof(text), ONE("allow = [ \"%s\" ];"), allow[i].word);
        config = load_good(text);
        assert_int_equal(config->instances[0].allow, allow[i].bit);
        config_free(config);
    }
    for (size_t i = 0; i < sizeof(notify) / sizeof(notify[0]); i++) {
        snprintf(text, sizeof(text), ONE("notify = ( \"%s\" );"), notify[i].word);
        config = load_good(text);
        assert_int_equal(config->instances[0].notify, notify[i].bit);
        config_free(config);
    }
    config = load_good(ONE("notify = [ \"log:DWNFI\" ];"));
    assert_int_equal(config->instances[0].log_alert_flags, LOG_FLAG_INFO | LOG_FLAG_FATAL |
                                                               LOG_FLAG_NONFATAL |
                                                               LOG_FLAG_WARNING | LOG_FLAG_DEBUG);
    config_free(config);
    config = load_good(ONE("user_key = \"common-name\";"));
    assert_false(config->instances[0].by_username);
    config_free(config);
    config = load_good(ONE("notify = [ ]; allow = [ ];"));
    assert_int_equal(config->instances[0].notify, 0);
    assert_int_equal(config->instances[0].allow, 0);
    config_free(config);
}

#define KNOWN                                                                                      \
    "; known are name, index, management, peer_user, password_file, status_interval, "             \
    "command_timeout, reply_timeout, log_lines, state_lines, echo_lines, session_lines, "          \
    "command_lines, request_lines, client_max, route_max, user_key, user_lines, openvpn_config, "  \
    "expiry_days, allow, notify, notify_rate, share"

static void test_file(void **state)
{
    struct config_error error;
    char expected[128];

    (void)state;
    assert_null(config_load("/nonexistent/x.conf", &error, NULL));
    assert_string_equal(error.text[0], "/nonexistent/x.conf: No such file or directory");
    assert_null(config_load(folder, &error, NULL));
    snprintf(expected, sizeof(expected), "%s: Is a directory", folder);
    assert_string_equal(error.text[0], expected);
    assert_int_equal(mkfifo(other_file, 0600), 0);
    assert_null(config_load(other_file, &error, NULL));
    snprintf(expected, sizeof(expected), "%s: not a regular file", other_file);
    assert_string_equal(error.text[0], expected);
    assert_int_equal(unlink(other_file), 0);
}

/* libconfig would take it for the end of the file, and leave out what follows. */
static void test_nul(void **state)
{
    static const char *const starts[] = {"\nx", "\n# ", "\n// ", "\n/*", "\nx = \"a"};
    struct config_error error;
    char expected[128];
    char text[32];

    (void)state;
    snprintf(expected, sizeof(expected), "%s:2: a NUL byte", main_file);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        int len = snprintf(text, sizeof(text), "%s%cb\";\n", starts[i], '\0');

        write_bytes(main_file, text, (size_t)len);
        assert_null(config_load(main_file, &error, NULL));
        assert_string_equal(error.text[0], expected);
    }
}

/* Some editors write one; it says nothing, in an included file neither. */
static void test_byte_order_mark(void **state)
{
    char text[256];

    (void)state;
    snprintf(text, sizeof(text), "\xef\xbb\xbf@include \"%s\"\n", other_file);
    write_text(other_file, "\xef\xbb\xbf" ONE(""));
    config_free(load_good(text));
    assert_int_equal(unlink(other_file), 0);
    assert_refused("\xef\xbb\xbf", main_file, ":1: instances: missing");
}

/* Errors in an included file name that file; one that includes itself comes to an end. */
static void test_include(void **state)
{
    char text[256];

    (void)state;
    snprintf(text, sizeof(text), "# x\n  @include \"%s\" agentx = \"unix:/x\";\n", other_file);
    write_text(other_file, ONE("verb = 1;"));
    assert_refused(text, other_file, ":1: instances[0].verb: unknown key" KNOWN);
    write_text(other_file, "\nagentx =\n\"unix:/x\";");
    assert_refused(text, main_file, ":2: agentx: duplicate setting name");
    write_text(other_file, "\n\nx = 99999999999999999999;");
    assert_refused(text, other_file, ":3: x: this number is out of range");
    write_text(other_file, "/*");
    assert_refused(text, other_file, ":1: this comment is never closed");
    write_text(other_file, text);
    assert_refused(text, other_file, ":2: @include: files include each other too deeply");
    write_text(other_file, ONE(""));
    config_free(load_good(text));
    assert_int_equal(unlink(other_file), 0);
}

/* Wherever the agent was started and has gone since. */
static void test_include_begins_in_the_folder_of_its_file(void **state)
{
    char inner_folder[64];
    char inner[96];
    char last[96];
    char none[96];
    char *here = getcwd(NULL, 0);

    (void)state;
    snprintf(inner_folder, sizeof(inner_folder), "%s/inner", folder);
    snprintf(inner, sizeof(inner), "%s/first", inner_folder);
    snprintf(last, sizeof(last), "%s/last", inner_folder);
    assert_int_equal(mkdir(inner_folder, 0700), 0);
    write_text(inner, "# x\n@include \"last\"");
    write_text(last, ONE("log_lines = 1;"));
    assert_int_equal(chdir("/"), 0);
    config_free(load_good("@include \"inner/first\"\n"));
    write_text(last, "\n" ONE("verb = 1;"));
    assert_refused("@include \"inner/first\"\n", last, ":2: instances[0].verb: unknown key" KNOWN);
    snprintf(none, sizeof(none), ":2: @include: %s/none: No such file or directory", folder);
    assert_refused("\n@include \"none\"\n", main_file, none);
    assert_int_equal(chdir(here), 0);
    free(here);
    unlink(last);
    unlink(inner);
    assert_int_equal(rmdir(inner_folder), 0);
}

static void test_warnings(void **state)
{
    struct config_error error;

    (void)state;
    assert_warned("instances = (\n { name = \"a\"; management = \"unix:/a\"; } );\n",
                  ":2: instances[0].index: missing: \"a\" gets the next free number, which may "
                  "change when the agent starts again");
    assert_warned("instances = ( { name = \"a\"; index = 1;\nmanagement = \"tcp:192.0.2.1:7\"; });",
                  ":2: instances[0].management: the management protocol is not encrypted, and this "
                  "goes over a network");
    assert_warned("instances = ( { name = \"a\"; index = 1; management = \"tcp:[::1]:7\"; },\n"
                  "{ name = \"b\"; index = 2; management = \"tcp:[0:0::1]:7\"; } );",
                  ":2: instances[1].management: instances[0] has the same; a daemon serves one of "
                  "them at a time");
    assert_warned("instances = ( { " DAEMON " }, { name = \"b\"; index = 2;\n"
                  "management = \"unix:/run/a.sock\"; } );",
                  ":2: instances[1].management: instances[0] has the same; a daemon serves one of "
                  "them at a time");
    write_text(main_file, "instances = ({ name = \"a\"; management = \"unix:/a\"; });");
    config_free(config_load(main_file, &error, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer_user),
        cmocka_unit_test(test_many_with_one_address),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_stand_alone),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_word),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_include),
        cmocka_unit_test(test_include_begins_in_the_folder_of_its_file),
        cmocka_unit_test(test_warnings),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
