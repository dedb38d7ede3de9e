#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/fixtures/folder.h"

#define DAEMON "name = \"a\"; index = 1; management = \"unix:/run/a.sock\"; "
#define KEYS                                                                                       \
    "name, index, management, peer_user, password_file, status_interval, command_timeout, "        \
    "reply_timeout, log_lines, state_lines, echo_lines, session_lines, command_lines, "            \
    "request_lines, client_max, route_max, user_key, user_lines, openvpn_config, expiry_days, "    \
    "allow, "                                                                                      \
    "notify, notify_rate, share"
#define ALLOWED                                                                                    \
    "hold, kill, verb, mute, signal:SIGHUP, signal:SIGTERM, signal:SIGUSR1, signal:SIGUSR2, "      \
    "auth-retry, passwords, confirm, refresh, net, session"
#define GUESTS                                                                                     \
    "hold, kill, verb, mute, signal:SIGHUP, signal:SIGTERM, signal:SIGUSR1, signal:SIGUSR2, "      \
    "auth-retry, passwords, confirm, refresh, net, clients, sign, remote, push"
#define SHARE(text) ONE("\nshare = ( { " text " } );")
#define ONE(text)   "instances = ( { " DAEMON text " } );\n"

/* libconfig 1.5 loses a string that it meets in a wrong place. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

/* Each text is refused, and the error is the file's name and this. */
static const struct {
    const char *text;
    const char *tail;
} refused[] = {
    /* The file as a whole. */
    {"", ":1: instances: missing"},
    {"agentx = \"unix:/x\";\n", ":1: instances: missing"},
    {"\n\ninstances = ();\n", ":3: instances: no instances"},
    {"\ninstances = [];\n",
     ":2: instances: wrong type: a list ( ) is wanted, this is an array [ ]"},
    {"instances = {};\n", ":1: instances: wrong type: a list ( ) is wanted, this is a group { }"},
    {"instances = ( 1 );\n",
     ":1: instances[0]: wrong type: a group { } is wanted, this is a number"},
    {"\n\ninstance = ();\n", ":3: instance: unknown key (did you mean \"instances\"?)"},
    {"colour = 1;\n", ":1: colour: unknown key; known are agentx, listen, snmp_config, "
                      "state_dir, instances"},
    {"\nstate_dir = \"lib\";\n", ":2: state_dir: an absolute path is wanted"},
    {"listen = [ \"udp:127.0.0.1:1\" ]; snmp_config = \"/x\"; state_dir = \"\";\n" ONE(""),
     ":1: state_dir: listen needs a folder"},
    {"agentx = 1;\n", ":1: agentx: wrong type: a string is wanted, this is a number"},
    {"agentx = \"/x\";\n", ":1: agentx: \"/x\": a unix socket is written unix:/path"},
    {"listen = \"udp:0.0.0.0:161\";\n",
     ":1: listen: wrong type: an array [ ] is wanted, this is a string"},
    {"listen = [ ];\n", ":1: listen: 1 to 16 addresses are wanted"},
    {"listen = [ 1 ];\n", ":1: listen[0]: wrong type: a string is wanted, this is a number"},
    {"listen = [ \"udp:0.0.0.0:161\",\n \"udp:localhost:161\" ];\n",
     ":2: listen[1]: \"udp:localhost:161\": a numeric address of UDP and a port are wanted, such "
     "as udp:0.0.0.0:161 or udp6:[::]:161"},
    {"snmp_config = \"snmp.conf\";\n", ":1: snmp_config: an absolute path is wanted"},
    {"state_dir = 1;\n", ":1: state_dir: wrong type: a string is wanted, this is a number"},
    {"listen = [ \"udp:127.0.0.1:1\" ];\n" ONE(""), ":1: snmp_config: missing: listen needs it"},
    {"listen = [ \"udp:127.0.0.1:1\" ];\nagentx = \"unix:/x\"; snmp_config = \"/x\";\n" ONE(""),
     ":2: agentx: with listen there is no master agent"},
    {"\nsnmp_config = \"/x\";\n" ONE(""),
     ":2: snmp_config: without listen snmpd says who may do what"},
    {"a =\n= 1;\n", ":2: syntax error"},
    {"agentx = \"unix:/x\";\nagentx = \"unix:/y\";\n", ":2: agentx: duplicate setting name"},
    {"agentx = \"unix:/x\"; agentx = \"unix:/y\";\n", ":1: duplicate setting name"},
    {"# \"\n// /* @include\n/* \n\" */ instances = 1.5;\n",
     ":4: instances: wrong type: a list ( ) is wanted, this is a fraction"},
    {"\n/* no end\n\n", ":2: this comment is never closed"},
    {"\nagentx = \"no end;\n\n", ":2: agentx: this string is never closed"},
    {"\nagentx = \"a\\\"b\\x00c\";\n", ":2: agentx: a string cannot hold a NUL"},
    {"x = 1; @include \"/y\"\n", ":1: @include: write it on a line of its own: @include \"/path\""},
    {"\n@include \"/nonexistent/x\"\n", ":2: @include: /nonexistent/x: No such file or directory"},
    {"\n@include \"/\"\n", ":2: @include: /: Is a directory"},

    {"\xff\xfe", ": this is UTF-16 text: save it as UTF-8"},

    /* What libconfig says no more of than that it is wrong. */
    {"instances = (\n { a = 1; },\n);\n",
     ":3: syntax error: no comma may stand before a closing bracket"},
    {ONE("allow = [ \"hold\", ];"),
     ":1: syntax error: no comma may stand before a closing bracket"},
    {"instances = [\n {\n a = 1;\n }\n];\n",
     ":2: syntax error: groups stand in round brackets: ( { ... }, { ... } )"},
    {"instances = ( { a = 1; }\n{ a = 1; } );\n",
     ":2: syntax error: a comma is missing between two groups"},
    {"# x\nagentx = \xe2\x80\x9cunix:/x\xe2\x80\x9d;\n",
     ":2: syntax error: quotes must be straight ones, as in \"office\""},
    {"agentx = 'unix:/x';\n", ":1: syntax error: quotes must be double ones, as in \"office\""},
    {"agentx =\xc2\xa0\"unix:/x\";\n",
     ":1: syntax error: characters beyond ASCII, a space of that kind too, may stand in strings "
     "alone"},
    {"instances:\n  - name: office\n",
     ":2: syntax error: this looks like YAML; a setting is written key = value; and a list "
     "( { ... }, ... )"},
    {"---\n", ":1: syntax error: this looks like YAML; a setting is written key = value; and a "
              "list ( { ... }, ... )"},
    {"{ \"agentx\": \"unix:/x\" }\n",
     ":1: syntax error: this looks like JSON; a setting is written key = value;"},
    {"/* x */ \"agentx\": \"unix:/x\"\n", ":1: syntax error: a key stands without quotes"},
    {"agentx = office;\n", ":1: syntax error: a text stands in quotes"},
    {ONE("allow = [ hold ];"), ":1: syntax error: a text stands in quotes"},
    {"agentx \"unix:/x\";\n", ":1: syntax error: a setting is written key = value;"},
    {"[agentx]\n", ":1: syntax error: a setting is written key = value;"},
    {"instances = ( { a = -1.5e3; b = \"\\\"\"; c = true; # x\n",
     ":2: syntax error: a bracket is never closed"},

    /* Names, indexes, required keys. */
    {"instances = (\n { index = 1; } );\n", ":2: instances[0].name: missing"},
    {"instances = (\n { name = \"a\"; } );\n", ":2: instances[0].management: missing"},
    {ONE("\ntype = 1;"), ":2: instances[0].type: unknown key; known are " KEYS},
    {ONE("\npassword = \"secret\";"),
     ":2: instances[0].password: unknown key (did you mean \"password_file\"?)"},
    {ONE("\npassword_file = \"secret\";"),
     ":2: instances[0].password_file: the absolute path of a file that holds the password is "
     "wanted"},
    {ONE("\nlog_line = 1;"),
     ":2: instances[0].log_line: unknown key (did you mean \"log_lines\"?)"},
    {ONE("\nname = \"b\";"), ":2: name: duplicate setting name"},
    {"instances = ( { name = \"\"; } );\n",
     ":1: instances[0].name: a name has 1 to 32 bytes, this one 0"},
    {"instances = ( { name = \"123456789012345678901234567890123\"; } );\n",
     ":1: instances[0].name: a name has 1 to 32 bytes, this one 33"},
    {"instances = ( { name = \"a\\nb\"; } );\n",
     ":1: instances[0].name: a name is UTF-8 text without control characters"},
    {"instances = ( { name = \"\\xff\"; } );\n",
     ":1: instances[0].name: a name is UTF-8 text without control characters"},
    {"instances = ( { name = \"\xe2\x80\xae\"; } );\n",
     ":1: instances[0].name: a name is UTF-8 text without control characters"},
    {"instances = ( { " DAEMON " },\n { name = \"b\"; management = \"unix:/b\"; },\n"
     "{ index = 2;\nname = \"a\"; management = \"unix:/b\"; } );\n",
     ":4: instances[2].name: \"a\" is the name of instances[0] already"},
    {"instances = ( { " DAEMON " },\n { name = \"b\"; management = \"unix:/b\"; index = 1; });\n",
     ":2: instances[1].index: 1 is the index of instances[0] already"},

    /* Numbers. */
    {ONE("\nstatus_interval = 0;"),
     ":2: instances[0].status_interval: 0 is out of range (1..3600)"},
    {ONE("\nstatus_interval = 3601;"),
     ":2: instances[0].status_interval: 3601 is out of range (1..3600)"},
    {ONE("\nstatus_interval = 10.5;"), ":2: instances[0].status_interval: wrong type: a whole "
                                       "number is wanted, this is a fraction"},
    {ONE("\nstatus_interval = \"10\";"), ":2: instances[0].status_interval: wrong type: a whole "
                                         "number is wanted, this is a string"},
    {ONE("\nstatus_interval = true;"), ":2: instances[0].status_interval: wrong type: a whole "
                                       "number is wanted, this is true or false"},
    {ONE("\nstatus_interval = [ 10 ];"), ":2: instances[0].status_interval: wrong type: a whole "
                                         "number is wanted, this is an array [ ]"},
    {ONE("\nstatus_interval = 4294967297;"),
     ":2: instances[0].status_interval: 4294967297 is out of range (1..3600)"},
    {ONE("\nstatus_interval = 0x100000001;"),
     ":2: instances[0].status_interval: 4294967297 is out of range (1..3600)"},
    {ONE("\nstatus_interval = 0.99999999999;"), ":2: instances[0].status_interval: wrong type: a "
                                                "whole number is wanted, this is a fraction"},
    {ONE("\nstatus_interval = 99999999999999999999999;"),
     ":2: status_interval: this number is out of range"},
    {ONE("\nstatus_interval = 4294967297L;"),
     ":2: instances[0].status_interval: 4294967297 is out of range (1..3600)"},
    {ONE("\nstatus_interval = -5;"),
     ":2: instances[0].status_interval: -5 is out of range (1..3600)"},
    {"instances = ( { index = 0; } );\n",
     ":1: instances[0].index: 0 is out of range (1..2147483647)"},
    {"instances = ( { index = 2147483648L; } );\n",
     ":1: instances[0].index: 2147483648 is out of range (1..2147483647)"},
    {ONE("command_timeout = 99;"),
     ":1: instances[0].command_timeout: 99 is out of range (100..900)"},
    {ONE("command_timeout = 901;"),
     ":1: instances[0].command_timeout: 901 is out of range (100..900)"},
    {ONE("reply_timeout = 9;"), ":1: instances[0].reply_timeout: 9 is out of range (10..3600)"},
    {ONE("reply_timeout = 3601;"),
     ":1: instances[0].reply_timeout: 3601 is out of range (10..3600)"},
    {ONE("log_lines = 100001;"), ":1: instances[0].log_lines: 100001 is out of range (0..100000)"},
    {ONE("state_lines = 100001;"),
     ":1: instances[0].state_lines: 100001 is out of range (0..100000)"},
    {ONE("echo_lines = 100001;"),
     ":1: instances[0].echo_lines: 100001 is out of range (0..100000)"},
    {ONE("session_lines = 1000001;"),
     ":1: instances[0].session_lines: 1000001 is out of range (0..1000000)"},
    {ONE("command_lines = -1;"), ":1: instances[0].command_lines: -1 is out of range (0..100000)"},
    {ONE("request_lines = 0;"), ":1: instances[0].request_lines: 0 is out of range (1..10000)"},
    {ONE("client_max = 0;"), ":1: instances[0].client_max: 0 is out of range (1..1000000)"},
    {ONE("route_max = 1000001;"),
     ":1: instances[0].route_max: 1000001 is out of range (0..1000000)"},
    {ONE("user_lines = 0;"), ":1: instances[0].user_lines: 0 is out of range (1..1000000)"},
    {ONE("user_lines = 1000001;"),
     ":1: instances[0].user_lines: 1000001 is out of range (1..1000000)"},
    {ONE("openvpn_config = \"office.conf\";"),
     ":1: instances[0].openvpn_config: the absolute path of the daemon's own configuration file is "
     "wanted"},
    {ONE("openvpn_config = 1;"),
     ":1: instances[0].openvpn_config: wrong type: a string is wanted, this is a number"},
    {ONE("expiry_days = 30;"),
     ":1: instances[0].expiry_days: wrong type: an array [ ] is wanted, this is a number"},
    {ONE("expiry_days = [ 30, 0 ];"),
     ":1: instances[0].expiry_days[1]: 0 is out of range (1..3650)"},
    {ONE("expiry_days = [ 3651 ];"),
     ":1: instances[0].expiry_days[0]: 3651 is out of range (1..3650)"},
    {ONE("expiry_days = [ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 ];"),
     ":1: instances[0].expiry_days: 17 numbers, more than 16"},
    {ONE("notify_rate = 0;"), ":1: instances[0].notify_rate: 0 is out of range (1..100000)"},

    /* Users. */
    {ONE("\npeer_user = \"no such user\";"),
     ":2: instances[0].peer_user: \"no such user\": the system knows no such user"},
    {ONE("\npeer_user = \"\";"), ":2: instances[0].peer_user: \"\": the system knows no such user"},
    {ONE("\npeer_user = -1;"), ":2: instances[0].peer_user: -1 is out of range (0..4294967294)"},
    {ONE("\npeer_user = 4294967295L;"),
     ":2: instances[0].peer_user: 4294967295 is out of range (0..4294967294)"},
    {ONE("\npeer_user = true;"), ":2: instances[0].peer_user: wrong type: a whole number is "
                                 "wanted, this is true or false"},
    {"instances = ( { name = \"a\"; index = 1; management = \"tcp:[::1]:1\";\npeer_user = 0; } "
     ");\n",
     ":2: instances[0].peer_user: only a unix socket tells who listens"},

    /* Words. */
    {ONE("user_key = \"user\";"),
     ":1: instances[0].user_key: \"user\" is not known (common-name and username are)"},
    {ONE("user_key = [ \"username\" ];"),
     ":1: instances[0].user_key: wrong type: a string is wanted, this is an array [ ]"},
    {ONE("allow = \"hold\";"),
     ":1: instances[0].allow: wrong type: an array [ ] is wanted, this is a string"},
    {ONE("allow = [ \"hold\",\n\"kil\" ];"),
     ":2: instances[0].allow[1]: \"kil\" is not known (did you mean \"kill\"?)"},
    {ONE("allow = [ \"signal\" ];"),
     ":1: instances[0].allow[0]: signal needs a name: \"signal:SIGUSR1\" for example"},
    {ONE("allow = [ \"signal:SIGKILL\" ];"),
     ":1: instances[0].allow[0]: \"signal:SIGKILL\" is not known "
     "(SIGHUP, SIGTERM, SIGUSR1 and SIGUSR2 are)"},
    {ONE("allow = [ \"hold\", \"hold\" ];"), ":1: instances[0].allow[1]: \"hold\" is there twice"},
    {ONE("allow = [ 1 ];"),
     ":1: instances[0].allow[0]: wrong type: a string is wanted, this is a number"},
    {ONE("notify = [ \"states\" ];"),
     ":1: instances[0].notify[0]: \"states\" is not known (did you mean \"state\"?)"},
    {ONE("notify = [ \"\" ];"),
     ":1: instances[0].notify[0]: \"\" is not known; known are "
     "contact, state, state-all, fatal, hold, input, auth, client, reject, expiry, echo, "
     "log:FLAGS"},
    {ONE("notify = [ \"log\" ];"), ":1: instances[0].notify[0]: log needs flags, letters of IFNWD: "
                                   "\"log:FNW\" for example"},
    {ONE("notify = [ \"log:\" ];"),
     ":1: instances[0].notify[0]: log needs flags, letters of IFNWD: "
     "\"log:FNW\" for example"},
    {ONE("notify = [ \"log:FX\" ];"), ":1: instances[0].notify[0]: log flags are letters of IFNWD"},
    {ONE("notify = [ \"log:F\", \"log:W\" ];"),
     ":1: instances[0].notify[1]: \"log:W\" is there twice"},

    /* What people write must not reach the terminal as it is. */
    {ONE("allow = [ \"a\\x1b[2Jb\" ];"),
     ":1: instances[0].allow[0]: \"a [2Jb\" is not known; known are " ALLOWED},
    {ONE("allow = [ \"clients\" ];"),
     ":1: instances[0].allow[0]: \"clients\" is not known; known are " ALLOWED},

    /* Shares. */
    {ONE("\nshare = { };"),
     ":2: instances[0].share: wrong type: a list ( ) is wanted, this is a group { }"},
    {ONE("\nshare = ( 1 );"),
     ":2: instances[0].share[0]: wrong type: a group { } is wanted, this is a number"},
    {SHARE(""), ":2: instances[0].share[0].listen: missing"},
    {SHARE("colour = 1; listen = \"unix:/b\";"),
     ":2: instances[0].share[0].colour: unknown key; known are listen, mode, group, allow, guests, "
     "rate, password_file"},
    {SHARE("listen = \"unix:b\";"),
     ":2: instances[0].share[0].listen: \"unix:b\": the path of a unix socket must be absolute"},
    {SHARE("listen = \"tcp:192.0.2.1:7\"; password_file = \"/p\";"),
     ":2: instances[0].share[0].listen: \"tcp:192.0.2.1:7\": a unix socket or a loopback address "
     "is wanted, such as tcp:127.0.0.1:7505"},
    {SHARE("listen = \"tcp:localhost:7\"; password_file = \"/p\";"),
     ":2: instances[0].share[0].listen: \"tcp:localhost:7\": a unix socket or a loopback address "
     "is wanted, such as tcp:127.0.0.1:7505"},
    {SHARE("listen = \"tcp:127.0.0.1:7\";"),
     ":2: instances[0].share[0].password_file: missing: every user of this machine can connect to "
     "a TCP port"},
    {SHARE("listen = \"tcp:[::1]:7\"; password_file = \"/p\";\nmode = \"0660\";"),
     ":3: instances[0].share[0].mode: only a unix socket has one"},
    {SHARE("listen = \"tcp:[::1]:7\"; password_file = \"/p\";\ngroup = \"root\";"),
     ":3: instances[0].share[0].group: only a unix socket has one"},
    {SHARE("listen = \"unix:/b\"; password_file = \"secret\";"),
     ":2: instances[0].share[0].password_file: the absolute path of a file that holds the password "
     "is wanted"},
    {SHARE("listen = \"unix:/b\"; mode = \"660x\";"),
     ":2: instances[0].share[0].mode: \"660x\": a mode from \"0600\" to \"0777\" is wanted, such "
     "as \"0660\""},
    {SHARE("listen = \"unix:/b\"; mode = \"0060\";"),
     ":2: instances[0].share[0].mode: \"0060\": a mode from \"0600\" to \"0777\" is wanted, such "
     "as \"0660\""},
    {SHARE("listen = \"unix:/b\"; mode = 432;"),
     ":2: instances[0].share[0].mode: wrong type: a string is wanted, this is a number"},
    {SHARE("listen = \"unix:/b\"; group = \"no such\";"),
     ":2: instances[0].share[0].group: \"no such\": the system knows no such group"},
    {SHARE("listen = \"unix:/b\"; guests = 65;"),
     ":2: instances[0].share[0].guests: 65 is out of range (1..64)"},
    {SHARE("listen = \"unix:/b\"; rate = 0;"),
     ":2: instances[0].share[0].rate: 0 is out of range (1..1000)"},
    {SHARE("listen = \"unix:/b\"; allow = [ \"session\" ];"),
     ":2: instances[0].share[0].allow[0]: \"session\" is not known; known are " GUESTS},
    {SHARE("listen = \"unix:/run/a.sock\";"),
     ":2: instances[0].share[0].listen: \"unix:/run/a.sock\" is a management interface or another "
     "share's already"},
    {SHARE("listen = \"unix:/b\"; }, { listen = \"unix:/b\";"),
     ":2: instances[0].share[1].listen: \"unix:/b\" is a management interface or another share's "
     "already"},
    {"instances = ( { " DAEMON "share = ( { listen = \"unix:/c\"; } ); }, { name = \"b\"; index = "
     "2; management = \"unix:/c\"; } );\n",
     ":1: instances[0].share[0].listen: \"unix:/c\" is a management interface or another share's "
     "already"},
};

static void assert_refused(const char *text, const char *tail)
{
    struct config_error error;
    char expected[sizeof(error.text[0])];

    write_text(main_file, text);
    assert_null(config_load(main_file, &error, NULL));
    snprintf(expected, sizeof(expected), "%s%s", main_file, tail);
    assert_string_equal(error.text[0], expected);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(refused[i].text, refused[i].tail);
}

/* As many of them as there are, in the order of the file. */
static void test_all_faults(void **state)
{
    static const char *const tails[] = {
        ":2: agentx: wrong type: a string is wanted, this is a number",
        ":3: colour: unknown key; known are agentx, listen, snmp_config, state_dir, instances",
        ":5: instances[0].index: 0 is out of range (1..2147483647)",
        ":6: instances[0].allow[0]: \"kil\" is not known (did you mean \"kill\"?)",
        ":7: instances[0].allow[2]: wrong type: a string is wanted, this is a number",
        ":4: instances[0].management: missing",
        ":9: instances[2].name: \"a\" is the name of instances[0] already",
        ":9: instances[2].index: 1 is the index of instances[1] already",
    };
    struct config_error error;
    char expected[sizeof(error.text[0])];

    (void)state;
    write_text(main_file,
               "\nagentx = 99999999999;\ncolour = 1;\ninstances = ( { name = \"a\";\nindex = 0;\n"
               "allow = ( \"kil\", \"hold\",\n7 ); },\n"
               "{ name = \"b\"; index = 1; management = \"unix:/b\"; },\n"
               "{ name = \"a\"; index = 1; management = \"unix:/c\"; } );\n");
    assert_null(config_load(main_file, &error, NULL));
    assert_int_equal(error.count, sizeof(tails) / sizeof(tails[0]));
    for (size_t i = 0; i < error.count; i++) {
        snprintf(expected, sizeof(expected), "%s%s", main_file, tails[i]);
        assert_string_equal(error.text[i], expected);
    }
}

static void test_all_that_cannot_be_included(void **state)
{
    struct config_error error;

    (void)state;
    write_text(main_file, "@include \"/nowhere/a\"\n@include \"/nowhere/b\"\n/*");
    assert_null(config_load(main_file, &error, NULL));
    assert_int_equal(error.count, 3);
    assert_non_null(strstr(error.text[0], ":1: @include: /nowhere/a: No such file or directory"));
    assert_non_null(strstr(error.text[1], ":2: @include: /nowhere/b: No such file or directory"));
    assert_non_null(strstr(error.text[2], ":3: this comment is never closed"));
}

static void test_faults_beyond_the_bound_are_counted(void **state)
{
    struct config_error error;
    char text[4096] = "instances = (";

    (void)state;
    for (int i = 0; i < 3 * CONFIG_FAULTS_MAX; i++)
        strcat(text, " 1,");
    strcat(text, " 1 );");
    write_text(main_file, text);
    assert_null(config_load(main_file, &error, NULL));
    assert_int_equal(error.count, 3 * CONFIG_FAULTS_MAX + 1);
    assert_non_null(strstr(error.text[CONFIG_FAULTS_MAX - 1], "instances[19]: wrong type"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_all_faults),
        cmocka_unit_test(test_all_that_cannot_be_included),
        cmocka_unit_test(test_faults_beyond_the_bound_are_counted),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
