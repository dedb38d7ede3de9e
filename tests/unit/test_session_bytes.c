#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "office.h"

/* The whole session, log-in included, whatever segments the bytes come in. */

#define PROMPT  "ENTER PASSWORD:"
#define CORRECT "SUCCESS: password is correct\r\n"

static char file[] = "/tmp/openvpn-agentx-test-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(file);
    bool good = fd >= 0 && write(fd, "pw\n", 3) == 3 && fchmod(fd, 0600) == 0;

    (void)state;
    if (fd >= 0)
        close(fd);
    return good ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

static int set_up(void **state)
{
    office_set_up(state);
    office_config.password_file = file;
    script_watch_lines(true);
    return 0;
}

/* One event for the loss, however often it is tried; none of it before there is contact. */
static void test_wrong_password(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        script_say(PROMPT);
        assert_int_equal(office->contact, i == 0 ? CONTACT_AUTHENTICATING : CONTACT_REFUSED);
        script_answer("pw\n", PROMPT);
        assert_int_equal(office->contact, CONTACT_REFUSED);
        assert_non_null(strstr(office->contact_error, "does not take the management password"));
        script_pass(30000);
        script_connect();
    }
    script_told(EVENT_CONTACT_LOST, -1);
    script_say(PROMPT);
    script_answer("pw\n", CORRECT SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED);
    script_told(EVENT_CONTACT_RESTORED, -1);
    assert_null(office->contact_error);
}

static void test_password_is_missing(void **state)
{
    (void)state;
    office_config.password_file = NULL;
    script_say(PROMPT);
    assert_int_equal(office->contact, CONTACT_REFUSED);
    assert_non_null(strstr(office->contact_error, "password_file"));
    script_told(EVENT_CONTACT_LOST, -1);
}

/* What a daemon says in its life: recorded answers and messages of all kinds. */
static void live(void)
{
    script_say(PROMPT CORRECT SCRIPT_GREETING ">HOLD:Waiting for hold release:0\r\n");
    script_sent("pw\nversion\n");
    script_say(script_capture("compat/2.6.14-server", "version"));
    script_answer("pid\n", script_capture("compat/2.6.14-server", "pid"));
    script_answer("state on all\n", "SUCCESS: ON\r\n" OFFICE_CONNECTED "END\r\n");
    script_answer("verb\n", "SUCCESS: verb=4\r\n");
    script_answer("log on all\n", "SUCCESS: ON\r\n1795453000,N,one\r\n\r\nEND\r\n");
    script_answer("hold\n", "SUCCESS: hold=1\r\n");
    script_answer("mute\n", "SUCCESS: mute=20\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    script_answer("help\n", script_capture("compat/2.6.14-server", "help"));
    script_answer("load-stats\n", OFFICE_STATS);
    script_answer("status 3\nload-stats\n",
                  script_capture("21-tcp-server-tun-iroute-cached", "status 3"));
    script_say(OFFICE_STATS);
    script_say(script_capture("05-server-signals", "hold release"));
    script_say(">PASSWORD:Need 'Auth' username/password\r\n>FATAL:out of luck\r\n");
    script_close(0);
}

static void print(char *text, size_t size)
{
    int len =
        snprintf(text, size, "%s %lld %d %d %s %zu %zu %u %u %u %u %u\n", office->version,
                 (long long)office->pid, office->settings[SETTING_VERB],
                 office->settings[SETTING_MUTE], office->contact_error, office->capability_count,
                 office->routes.count, office->clients.last_index, office->states.last,
                 office->log.last, office->requests.last, office->unknown_messages);
    const struct log_record *record;
    uint32_t row = 0;

    for (size_t i = 0; i < office->clients.count; i++)
        len += snprintf(text + len, size - (size_t)len, "%u %s %s\n", office_client(i)->base.index,
                        office_client(i)->common_name, office_client(i)->real_text);
    while ((record = history_after(&office->log, row, &row)))
        len += snprintf(text + len, size - (size_t)len, "%s\n", text_or_empty(record->message));
    assert_true((size_t)len < size);
}

static void test_any_segments(void **state)
{
    static char whole[65536];
    static char pieces[65536];

    live();
    print(whole, sizeof(whole));
    assert_non_null(strstr(whole, "out of luck"));
    for (unsigned turn = 0; turn < 30; turn++) {
        script_forget();
        office_end(state);
        set_up(state);
        if (turn < 5)
            script_segments(turn + 1);
        else
            script_random_segments(turn);
        live();
        print(pieces, sizeof(pieces));
        assert_string_equal(pieces, whole);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, office_end)
    const struct CMUnitTest tests[] = {
        TEST(test_wrong_password),
        TEST(test_password_is_missing),
        TEST(test_any_segments),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
