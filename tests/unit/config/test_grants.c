#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/grants.h"
#include "tests/unit/fixtures/folder.h"

static struct config_error error;

static bool check(const char *text)
{
    write_text(main_file, text);
    assert_int_equal(chmod(main_file, 0640), 0);
    return grants_check(main_file, &error);
}

static void test_good(void **state)
{
    (void)state;
    assert_true(check(""));
    assert_true(
        check("# users\n"
              "\tcreateUser  monitor SHA-256 \"a long password\" AES \"another # one\" # x\n"
              "createuser -e 0x8000000001020304 informs SHA \"a long password\"\r\n"
              "rouser monitor authPriv -V ovpnMonitor\n\n"
              "rwuser operator auth\n"
              "view ovpnMonitor included .1.3.6.1\n"
              "rocommunity public\nrocommunity public 127.0.0.1\nrocommunity6 public ::1/128\n"
              "rwcommunity private default -V all\nrocommunity public 10.0.0.0/8\n"
              "com2sec -Cn ctx office 192.0.2.0/24 public\ncom2sec6 office default public\n"
              "com2secunix office /run/x public\n"
              "group g usm monitor\naccess g \"\" usm priv exact all none none\n"
              "trapsink 127.0.0.1\ntrap2sink udp:127.0.0.1:1162 public\n"
              "informsink udp6:[::1]:162\ninformsink [::1] public\n"
              "trapsess -v2c -c public 192.0.2.1:162\n"
              "trapsess -v 2c -Ci -c public 192.0.2.1\n"
              "trapsess -v3 -u traps -l authPriv -a SHA -A \"a long password\" udp:192.0.2.1:162\n"
              "trapsess -Ci -v3 -e 0x8000000001020304 -u traps -l noAuthNoPriv 192.0.2.1\n"
              "authtrapenable 1\nsysLocation \"room 1\"\nsysContact x\nSYSNAME y\n"
              "exactEngineID 0x8000000001020304\nmaxGetbulkResponses 200"));
    assert_int_equal(error.count, 0);
}

/* Each is refused, and the fault is the file's name and this. */
static const struct {
    const char *text;
    const char *tail;
} refused[] = {
    {"\n\nroyser x\n", ":3: royser: unknown word (did you mean \"rouser\"?)"},
    {"colour blue\n", ":1: colour: unknown word"},
    {"perl print 1\n", ":1: perl: not taken: no program is run from here"},
    {"perlInitFile /x\n", ":1: perlInitFile: not taken: no program is run from here"},
    {"\"perl\" x\n", ":1: perl: not taken: no program is run from here"},
    {"extend-sh x /bin/true\n", ":1: extend-sh: not taken: no program is run from here"},
    {"pass .1.3 /bin/true\n", ":1: pass: not taken: no program is run from here"},
    {"dlmod x /x.so\n", ":1: dlmod: not taken: no program is run from here"},
    {"rouser x\nmaster agentx\n",
     ":2: master: not taken: there is no AgentX here; for other subagents take snmpd"},
    {"agentXSocket /x\n",
     ":1: agentXSocket: not taken: there is no AgentX here; for other subagents take snmpd"},
    {"agentaddress udp:161\n",
     ":1: agentaddress: not taken: the addresses stand in the key listen"},
    {"agentuser root\n", ":1: agentuser: not taken: the process is who has started it"},
    {"[snmp] persistentDir /x\n", ":1: [snmp]: not taken: sections are not read"},
    {"includeFile /x\n", ":1: includeFile: not taken: other files are not read"},
    {"per\\l x\n", ":1: per\\l: unknown word"},
    {"rouser\n", ":1: rouser: nothing stands behind it"},
    {"rouser # x\n", ":1: rouser: nothing stands behind it"},
    {"rocommunity public localhost\n",
     ":1: rocommunity: a numeric network, or default, is wanted as source"},
    {"com2sec office cafe public\n",
     ":1: com2sec: a numeric network, or default, is wanted as source"},
    {"com2sec office\n", ":1: com2sec: a numeric network, or default, is wanted as source"},
    {"trap2sink tcp:127.0.0.1:162 public\n",
     ":1: trap2sink: a numeric address of UDP is wanted, such as 192.0.2.1 or "
     "udp6:[2001:db8::1]:162"},
    {"trapsess -v2c -c public traps.example\n",
     ":1: trapsess: a numeric address of UDP is wanted, such as 192.0.2.1 or "
     "udp6:[2001:db8::1]:162"},
    {"informsink 127.0.0.1:0\n",
     ":1: informsink: a numeric address of UDP is wanted, such as 192.0.2.1 or "
     "udp6:[2001:db8::1]:162"},
    {"trapsess -Ci -v3 -u x 192.0.2.1\n",
     ":1: trapsess: informs of version 3 need the receiver's engine ID: -e 0x..."},
    {"trapsess -C i -u x 192.0.2.1\n",
     ":1: trapsess: informs of version 3 need the receiver's engine ID: -e 0x..."},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa x\n",
     ":1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: unknown word"},
};

static void assert_fault(const char *tail)
{
    char expected[512];

    snprintf(expected, sizeof(expected), "%s%s", main_file, tail);
    assert_string_equal(error.text[0], expected);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(check(refused[i].text));
        assert_int_equal(error.count, 1);
        assert_fault(refused[i].tail);
    }
}

/* A line that is wrong shows no more of itself than its first word. */
static void test_secrets_are_not_told(void **state)
{
    (void)state;
    assert_false(check("createuserr x SHA hush\nrocommunity hush localhost\n"
                       "trapsess -A hush -v2c tcp:1.2.3.4\n"));
    assert_int_equal(error.count, 3);
    for (size_t i = 0; i < error.count; i++)
        assert_null(strstr(error.text[i], "hush"));
}

static void test_nul(void **state)
{
    (void)state;
    write_bytes(main_file, "# x\nrouser x\0\nperl y\n", 21);
    assert_int_equal(chmod(main_file, 0600), 0);
    assert_false(grants_check(main_file, &error));
    assert_fault(":2: a line cannot hold a NUL");
}

static void test_unguarded(void **state)
{
    (void)state;
    write_text(main_file, "rouser x\n");
    assert_int_equal(chmod(main_file, 0644), 0);
    assert_false(grants_check(main_file, &error));
    assert_fault(": others can read it: refused (chmod o-r)");
    assert_int_equal(chmod(main_file, 0660), 0);
    assert_false(grants_check(main_file, &error));
    assert_fault(": group or others can write it: refused (chmod go-w)");
    assert_false(grants_check("/nonexistent/x", &error));
    assert_string_equal(error.text[0], "/nonexistent/x: No such file or directory");
    assert_false(grants_check("/", &error));
    assert_string_equal(error.text[0], "/: not a regular file");
}

static void test_size(void **state)
{
    char *text = malloc(GRANTS_FILE_MAX + 2);

    (void)state;
    assert_non_null(text);
    memset(text, '\n', GRANTS_FILE_MAX + 1);
    text[GRANTS_FILE_MAX] = '\0';
    assert_true(check(text));
    text[GRANTS_FILE_MAX] = '\n';
    text[GRANTS_FILE_MAX + 1] = '\0';
    assert_false(check(text));
    assert_fault(": the file is too large");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul),       cmocka_unit_test(test_secrets_are_not_told),
        cmocka_unit_test(test_unguarded), cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
