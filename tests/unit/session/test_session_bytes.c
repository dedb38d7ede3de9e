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
#include "tests/unit/fixtures/daemon.h"

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
    daemon_set_up(state);
    daemon_config.password_file = file;
    peer_watch_lines(true);
    return 0;
}

/* One event for the loss, however often it is tried; none of it before there is contact. */
static void test_wrong_password(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        peer_say(PROMPT);
        assert_int_equal(daemon_instance->contact,
                         i == 0 ? CONTACT_AUTHENTICATING : CONTACT_REFUSED);
        peer_answer("pw\n", PROMPT);
        assert_int_equal(daemon_instance->contact, CONTACT_REFUSED);
        assert_non_null(
            strstr(daemon_instance->contact_error, "does not take the management password"));
        peer_pass(30000);
        peer_connect();
    }
    peer_told(EVENT_CONTACT_LOST, -1);
    peer_say(PROMPT);
    peer_answer("pw\n", CORRECT PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    peer_told(EVENT_CONTACT_RESTORED, -1);
    assert_null(daemon_instance->contact_error);
}

static void test_password_is_missing(void **state)
{
    (void)state;
    daemon_config.password_file = NULL;
    peer_say(PROMPT);
    assert_int_equal(daemon_instance->contact, CONTACT_REFUSED);
    assert_non_null(strstr(daemon_instance->contact_error, "password_file"));
    peer_told(EVENT_CONTACT_LOST, -1);
}

/* What a daemon says in its life: recorded answers and messages of all kinds. */
static void live(void)
{
    peer_say(PROMPT CORRECT PEER_GREETING ">HOLD:Waiting for hold release:0\r\n");
    peer_sent("pw\nversion\n");
    peer_say(peer_capture("compat/2.6.14-server", "version"));
    peer_answer("pid\n", peer_capture("compat/2.6.14-server", "pid"));
    peer_answer("state on all\n", "SUCCESS: ON\r\n" DAEMON_CONNECTED "END\r\n");
    peer_answer("verb\n", "SUCCESS: verb=4\r\n");
    peer_answer("log on all\n", "SUCCESS: ON\r\n1795453000,N,one\r\n\r\nEND\r\n");
    peer_answer("hold\n", "SUCCESS: hold=1\r\n");
    peer_answer("mute\n", "SUCCESS: mute=20\r\n");
    peer_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    peer_answer("help\n", peer_capture("compat/2.6.14-server", "help"));
    peer_answer("load-stats\n", DAEMON_STATS);
    peer_answer("status 3\nload-stats\n",
                peer_capture("21-tcp-server-tun-iroute-cached", "status 3"));
    peer_say(DAEMON_STATS);
    peer_say(peer_capture("05-server-signals", "hold release"));
    peer_say(">PASSWORD:Need 'Auth' username/password\r\n>FATAL:out of luck\r\n");
    peer_close(0);
}

static void print(char *text, size_t size)
{
    int len =
        snprintf(text, size, "%s %lld %d %d %s %zu %zu %u %u %u %u %u\n", daemon_instance->version,
                 (long long)daemon_instance->pid, daemon_instance->settings[SETTING_VERB],
                 daemon_instance->settings[SETTING_MUTE], daemon_instance->contact_error,
                 daemon_instance->capability_count, daemon_instance->routes.count,
                 daemon_instance->clients.last_index, daemon_instance->states.last,
                 daemon_instance->log.last, daemon_instance->requests.last,
                 daemon_instance->unknown_messages);
    const struct log_record *record;
    uint32_t row = 0;

    for (size_t i = 0; i < daemon_instance->clients.count; i++)
        len += snprintf(text + len, size - (size_t)len, "%u %s %s\n", daemon_client(i)->base.index,
                        daemon_client(i)->who.common_name, daemon_client(i)->who.real_text);
    while ((record = history_after(&daemon_instance->log, row, &row)))
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
        peer_forget();
        daemon_end(state);
        set_up(state);
        if (turn < 5)
            peer_segments(turn + 1);
        else
            peer_random_segments(turn);
        live();
        print(pieces, sizeof(pieces));
        assert_string_equal(pieces, whole);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_wrong_password),
        TEST(test_password_is_missing),
        TEST(test_any_segments),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
