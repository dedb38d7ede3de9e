#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/folder.h"

#define DAEMON    "name = \"a\"; index = 1; management = \"unix:/run/a.sock\"; "
#define ONE(text) "instances = ( { " DAEMON text " } );\n"

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
    {"colour = 1;\n", ":1: colour: unknown key"},
    {"agentx = 1;\n", ":1: agentx: wrong type: a string is wanted, this is a number"},
    {"agentx = \"/x\";\n", ":1: agentx: \"/x\": a unix socket is written unix:/path"},
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

    /* Names, indexes, required keys. */
    {"instances = (\n { index = 1; } );\n", ":2: instances[0].name: missing"},
    {"instances = (\n { name = \"a\"; } );\n", ":2: instances[0].management: missing"},
    {ONE("\ntype = 1;"), ":2: instances[0].type: unknown key"},
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
    {ONE("\nstatus_interval = 4294967297;"), ":2: status_interval: this number is out of range"},
    {ONE("\nstatus_interval = 0x100000001;"), ":2: status_interval: this number is out of range"},
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
    {ONE("notify = [ \"\" ];"), ":1: instances[0].notify[0]: \"\" is not known"},
    {ONE("notify = [ \"log\" ];"), ":1: instances[0].notify[0]: log needs flags, letters of IFNWD: "
                                   "\"log:FNW\" for example"},
    {ONE("notify = [ \"log:\" ];"),
     ":1: instances[0].notify[0]: log needs flags, letters of IFNWD: "
     "\"log:FNW\" for example"},
    {ONE("notify = [ \"log:FX\" ];"), ":1: instances[0].notify[0]: log flags are letters of IFNWD"},
    {ONE("notify = [ \"log:F\", \"log:W\" ];"),
     ":1: instances[0].notify[1]: \"log:W\" is there twice"},

    /* What people write must not reach the terminal as it is. */
    {ONE("allow = [ \"a\\x1b[2Jb\" ];"), ":1: instances[0].allow[0]: \"a [2Jb\" is not known"},
};

static void assert_refused(const char *text, const char *tail)
{
    struct config_error error;
    char expected[sizeof(error.text)];

    write_text(main_file, text);
    assert_null(config_load(main_file, &error, NULL));
    snprintf(expected, sizeof(expected), "%s%s", main_file, tail);
    assert_string_equal(error.text, expected);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(refused[i].text, refused[i].tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
