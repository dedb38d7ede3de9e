#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/unit/fixtures/daemon.h"

/* Who was let in, and stays: what its sessions have moved and lasted, whatever happens to them. */

#define START 1795454891 /* the wall clock of peer_begin() */

/* A row with a user name ("UNDEF": none) and both byte counters. */
#define ROW(name, real, ipv4, in, out, since, user, cid)                                           \
    "CLIENT_LIST\t" name "\t" real "\t" ipv4 "\t\t" in "\t" out "\tx\t" since "\t" user "\t" cid   \
    "\t0\tAES-256-GCM\r\n"
#define ANN(in, out)      ROW("ann", "192.0.2.1:40", "10.9.0.2", in, out, "1795454791", "a", "0")
#define ANN_TOO(in, out)  ROW("ann", "192.0.2.2:40", "10.9.0.3", in, out, "1795454891", "a2", "1")
#define ANN_BACK(in, out) ROW("ann", "192.0.2.3:40", "10.9.0.4", in, out, "1795454991", "a", "2")
#define BEN               ROW("ben", "192.0.2.4:40", "10.9.0.5", "1", "1", "1795453890", "b", "3")
#define CAT               ROW("cat", "192.0.2.5:40", "10.9.0.6", "1", "1", "1795453890", "c", "4")
#define DAN               ROW("dan", "192.0.2.6:40", "10.9.0.7", "1", "1", "1795453890", "d", "5")
#define PENDING(name)     ROW(name, "192.0.2.9:40", "", "1", "1", "1795453890", "mallory", "9")
#define NAMELESS          ROW("UNDEF", "192.0.2.9:40", "10.9.0.9", "1", "1", "1795453890", "e", "8")
#define ENV(text)         ">CLIENT:ENV," text "\r\n"

static const struct user *user_called(const char *name)
{
    const struct user *found = NULL;
    const struct user *user;

    for (uint32_t at = 0; (user = users_after(&daemon_instance->users, at)); at = user->index)
        if (strcmp(user->name, name) == 0) {
            assert_null(found);
            found = user;
        }
    return found;
}

static uint64_t seconds_of(const char *name)
{
    return users_seconds(&daemon_instance->users, user_called(name));
}

static int64_t seen_of(const char *name)
{
    return users_last_seen(&daemon_instance->users, user_called(name));
}

static void assert_user(const char *name, uint32_t sessions, uint32_t connects, uint64_t in,
                        uint64_t out)
{
    const struct user *user = user_called(name);

    assert_non_null(user);
    assert_int_equal(user->sessions, sessions);
    assert_int_equal(user->connects, connects);
    assert_int_equal(user->bytes_in, in);
    assert_int_equal(user->bytes_out, out);
}

/* The names in the order of their indexes. */
static void assert_names(const char *expected)
{
    char names[256] = "";
    const struct user *user;

    for (uint32_t at = 0; (user = users_after(&daemon_instance->users, at)); at = user->index) {
        size_t len = strlen(names);

        snprintf(names + len, sizeof(names) - len, "%s ", user->name);
    }
    assert_string_equal(names, expected);
}

/* Up, with one session of ann. */
static int set_up(void **state)
{
    daemon_set_up(state);
    daemon_bring_up();
    daemon_status(ANN("100", "10"));
    return 0;
}

static void begin_again(void)
{
    daemon_end(NULL);
    daemon_begin();
    daemon_bring_up();
}

static void test_there_when_the_agent_comes(void **state)
{
    const struct user *ann = user_called("ann");

    (void)state;
    assert_user("ann", 1, 1, 100, 10);
    assert_int_equal(ann->index, 1);
    assert_int_equal(ann->created, clock_wall());
    assert_int_equal(ann->last_connected, START - 100);
    assert_int_equal(seconds_of("ann"), 100);
    assert_string_equal(ann->real_text, "192.0.2.1:40");
    assert_memory_equal(ann->tunnel.ipv4, "\x0a\x09\x00\x02", 4);
    assert_ptr_equal(daemon_client(0)->user, ann);
}

static void test_comes_and_goes(void **state)
{
    (void)state;
    daemon_poll(ANN("150", "20"));
    assert_user("ann", 1, 1, 150, 20);
    assert_int_equal(seconds_of("ann"), 110);
    daemon_poll("");
    assert_user("ann", 0, 1, 150, 20);
    assert_int_equal(seconds_of("ann"), 120);
    assert_int_equal(seen_of("ann"), START + 20);
    assert_string_equal(user_called("ann")->real_text, "192.0.2.1:40");
    peer_pass(80000);
    assert_int_equal(seconds_of("ann"), 120);
    assert_int_equal(seen_of("ann"), START + 20);
    daemon_poll(ANN_BACK("7", "5"));
    assert_user("ann", 1, 2, 157, 25);
    assert_int_equal(user_called("ann")->index, 1);
    assert_int_equal(user_called("ann")->last_connected, START + 100);
    assert_int_equal(user_called("ann")->created, START);
    assert_string_equal(user_called("ann")->real_text, "192.0.2.3:40");
    assert_int_equal(
        ((const struct departure_record *)history_at(&daemon_instance->departures, 1))->user_index,
        1);
}

/* Each counter of a session may fall by itself: what it has now is new. */
static void test_a_counter_that_falls(void **state)
{
    (void)state;
    daemon_poll(ANN("30", "15"));
    assert_user("ann", 1, 1, 130, 15);
    daemon_poll(ANN("40", "1"));
    assert_user("ann", 1, 1, 140, 16);
}

static void test_sessions_of_one_name_add_up(void **state)
{
    (void)state;
    daemon_poll(ANN("100", "10") ANN_TOO("1000", "1"));
    assert_user("ann", 2, 2, 1100, 11);
    assert_names("ann ");
    assert_int_equal(seconds_of("ann"), 110 + 10);
    assert_string_equal(user_called("ann")->real_text, "192.0.2.2:40");
    daemon_poll(ANN("200", "10") ANN_TOO("1000", "2"));
    assert_user("ann", 2, 2, 1200, 12);
    assert_int_equal(seconds_of("ann"), 120 + 20);
    /* Who began last has gone: the other shows where ann is. */
    daemon_poll(ANN("200", "10"));
    assert_user("ann", 1, 2, 1200, 12);
    assert_int_equal(seconds_of("ann"), 130 + 30);
    assert_string_equal(user_called("ann")->real_text, "192.0.2.1:40");
    assert_memory_equal(user_called("ann")->tunnel.ipv4, "\x0a\x09\x00\x02", 4);
    daemon_poll("");
    assert_user("ann", 0, 2, 1200, 12);
    assert_int_equal(seconds_of("ann"), 140 + 30);
}

/* A client that floats has another address. */
static void test_another_address(void **state)
{
    (void)state;
    daemon_poll(ROW("ann", "203.0.113.7:5", "10.9.0.2", "100", "10", "1795454791", "a", "0"));
    assert_user("ann", 1, 1, 100, 10);
    assert_string_equal(user_called("ann")->real_text, "203.0.113.7:5");
}

static void test_strangers_have_no_row(void **state)
{
    (void)state;
    daemon_poll(ANN("100", "10") PENDING("mallory"));
    assert_int_equal(daemon_instance->pending_clients, 1);
    assert_names("ann ");
    daemon_poll(ANN("100", "10"));
    assert_names("ann ");
    assert_int_equal(daemon_instance->logins_rejected, 1);
    assert_int_equal(user_called("ann")->rejected, 0);
    assert_int_equal(daemon_instance->users.dropped, 0);
    /* A name that was let in before. */
    daemon_poll(ANN("100", "10") PENDING("ann"));
    daemon_poll(ANN("100", "10"));
    assert_int_equal(user_called("ann")->rejected, 1);
    assert_user("ann", 1, 1, 100, 10);
}

/* What a restart cuts off is no rejected login. */
static void test_a_login_that_a_restart_cuts_off(void **state)
{
    (void)state;
    daemon_poll(ANN("100", "10") PENDING("ann"));
    peer_say(">STATE:1795453900,RECONNECTING,SIGUSR1,,,,,\r\n");
    assert_int_equal(user_called("ann")->rejected, 0);
    assert_user("ann", 0, 1, 100, 10);
}

static void test_who_waits_comes_through(void **state)
{
    (void)state;
    daemon_poll(ANN("100", "10") PENDING("eve"));
    daemon_poll(ANN("100", "10")
                    ROW("eve", "192.0.2.9:40", "10.9.0.9", "9", "9", "1795453890", "mallory", "9"));
    assert_user("eve", 1, 1, 9, 9);
    assert_names("ann eve ");
}

/* The block comes before the status, and tells no bytes. */
static void test_a_block(void **state)
{
    (void)state;
    peer_say(">CLIENT:ESTABLISHED,2\r\n" ENV("time_unix=1795454991") ENV("common_name=ann")
                 ENV("trusted_ip=192.0.2.3") ENV("trusted_port=40") ENV("END"));
    assert_user("ann", 2, 2, 100, 10);
    assert_string_equal(user_called("ann")->real_text, "192.0.2.3:40");
    daemon_poll(ANN("100", "10") ANN_BACK("5", "5"));
    assert_user("ann", 2, 2, 105, 15);
    peer_say(">CLIENT:DISCONNECT,2\r\n" ENV("END"));
    assert_user("ann", 1, 2, 105, 15);
}

/* The clients are the same, and have moved more meanwhile. */
static void test_contact_lost_and_found(void **state)
{
    (void)state;
    daemon_poll(ANN("100", "10") BEN);
    daemon_lose();
    assert_user("ann", 1, 1, 100, 10);
    assert_int_equal(seconds_of("ann"), 110);
    assert_int_equal(seen_of("ann"), START + 10);
    peer_pass(100);
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    /* It speaks, but has not said yet who is there. */
    assert_int_equal(seconds_of("ann"), 110);
    assert_int_equal(seen_of("ann"), START + 10);
    peer_pass(3000);
    daemon_status(ANN("400", "15"));
    assert_user("ann", 1, 1, 400, 15);
    assert_int_equal(seconds_of("ann"), clock_wall() - START + 100);
    assert_int_equal(seen_of("ann"), clock_wall());
    assert_user("ben", 0, 1, 1, 1);
}

/* Its last word is the end of what is known: time stands still until it is settled. */
static void test_another_process_is_there(void **state)
{
    (void)state;
    daemon_lose();
    daemon_return();
    daemon_synchronize("OpenVPN 2.6.14 x", "78", DAEMON_CONNECTED);
    assert_user("ann", 0, 1, 100, 10);
    assert_int_equal(seconds_of("ann"), 100);
    assert_int_equal(seen_of("ann"), START);
    /* The same client id and bytes, and another session. */
    daemon_status(ROW("ann", "192.0.2.1:40", "10.9.0.2", "100", "10", "1795454999", "a", "0"));
    assert_user("ann", 1, 2, 200, 20);
    assert_int_equal(seconds_of("ann"), 100);
}

static void test_detached(void **state)
{
    (void)state;
    session_detach(daemon_session);
    peer_pass(60000);
    assert_user("ann", 1, 1, 100, 10);
    assert_int_equal(seconds_of("ann"), 100);
    session_attach(daemon_session);
    peer_turn();
    peer_connect();
    peer_say(PEER_GREETING);
    daemon_synchronize("OpenVPN 2.6.14 x", "77", DAEMON_CONNECTED);
    daemon_status(ANN("300", "10"));
    assert_user("ann", 1, 1, 300, 10);
    assert_int_equal(seconds_of("ann"), 160);
}

/* The wall clock may jump as it likes. */
static void test_a_clock_that_jumps(void **state)
{
    (void)state;
    peer_shift_wall(-1000000);
    daemon_poll(ANN("100", "10"));
    assert_int_equal(seconds_of("ann"), 110);
    daemon_poll(ROW("ann", "192.0.2.1:40", "10.9.0.2", "100", "10", "1895453999", "a", "7"));
    assert_int_equal(seconds_of("ann"), 120);
    daemon_poll("");
    assert_int_equal(seconds_of("ann"), 130);
    peer_shift_wall(5000000);
    assert_int_equal(seconds_of("ann"), 130);
}

static void test_who_was_away_longest_goes(void **state)
{
    (void)state;
    daemon_config.limits.user_lines = 3;
    begin_again();
    daemon_status(ANN("1", "1") BEN CAT);
    daemon_poll(ANN("1", "1") BEN);
    daemon_poll(BEN);
    assert_names("ann ben cat ");
    assert_int_equal(daemon_instance->users.dropped, 0);
    daemon_poll(BEN DAN);
    assert_names("ann ben dan ");
    assert_int_equal(daemon_instance->users.dropped, 1);
    assert_int_equal(user_called("dan")->index, 4);
    /* cat is another one now: her row was gone. */
    daemon_poll(BEN DAN CAT);
    assert_names("ben dan cat ");
    assert_int_equal(user_called("cat")->index, 5);
    assert_user("cat", 1, 1, 1, 1);
    assert_int_equal(daemon_instance->users.dropped, 2);
}

/* All are online: who comes has no row, is counted once and stays without. */
static void test_no_room(void **state)
{
    (void)state;
    daemon_config.limits.user_lines = 2;
    begin_again();
    daemon_status(ANN("1", "1") BEN);
    daemon_poll(ANN("1", "1") BEN CAT);
    daemon_poll(ANN("1", "1") BEN CAT);
    assert_names("ann ben ");
    assert_int_equal(daemon_instance->users.dropped, 1);
    assert_null(daemon_client(2)->user);
    daemon_poll(ANN("1", "1") CAT);
    daemon_poll(ANN("1", "1"));
    assert_names("ann ben ");
    assert_int_equal(
        ((const struct departure_record *)history_at(&daemon_instance->departures, 2))->user_index,
        0);
    daemon_poll(ANN("1", "1") DAN);
    assert_names("ann dan ");
}

static void test_another_bound(void **state)
{
    (void)state;
    daemon_poll(ANN("1", "1") BEN CAT);
    daemon_poll(CAT DAN);
    daemon_poll(CAT);
    assert_names("ann ben cat dan ");
    daemon_config.limits.user_lines = 2;
    instance_configure(daemon_instance, &daemon_config);
    assert_names("cat dan ");
    assert_int_equal(daemon_instance->users.dropped, 2);
    daemon_config.limits.user_lines = 1;
    instance_configure(daemon_instance, &daemon_config);
    assert_names("cat ");
}

static void test_user_names(void **state)
{
    (void)state;
    daemon_config.by_username = true;
    begin_again();
    daemon_status(ANN("1", "1") ANN_TOO("1", "1") NAMELESS ROW(
        "fay", "192.0.2.7:1", "10.9.0.10", "1", "1", "1795453890", "UNDEF", "6"));
    assert_names("a a2 e fay ");
    assert_user("a", 1, 1, 1, 1);
    /* A login of that name is rejected, whatever its certificate. */
    daemon_poll(ANN("1", "1") ROW("x", "192.0.2.9:4", "", "1", "1", "1795453890", "a2", "9"));
    daemon_poll(ANN("1", "1"));
    assert_int_equal(user_called("a2")->rejected, 1);
}

/* Without a certificate there is no common name. */
static void test_no_name(void **state)
{
    (void)state;
    daemon_poll(ANN("1", "1") NAMELESS);
    assert_names("ann ");
    assert_null(daemon_client(1)->user);
    assert_int_equal(daemon_instance->users.dropped, 0);
}

static void test_indexes_go_on_behind(void **state)
{
    (void)state;
    instance_number_behind(daemon_instance, 1795453890);
    instance_number_behind(daemon_instance, 7);
    daemon_poll(ANN("1", "1") BEN);
    requests_other(daemon_instance, slice_of("Question"), slice_of("MSG:?"));
    assert_int_equal(user_called("ann")->index, 1);
    assert_int_equal(user_called("ben")->index, 1795453891);
    assert_int_equal(daemon_client(1)->base.index, 1795453891);
    assert_int_equal(daemon_instance->requests.last, 1795453891);
    assert_int_equal(daemon_instance->routes.last_index, 1795453890);
    assert_null(users_after(&daemon_instance->users, 1795453891));
}

/* Without more indexes there are no more users: none is given to another. */
static void test_the_last_index(void **state)
{
    (void)state;
    instance_number_behind(daemon_instance, UINT32_MAX - 1);
    daemon_poll(ANN("1", "1") BEN);
    assert_int_equal(user_called("ben")->index, UINT32_MAX);
    daemon_poll(ANN("1", "1") BEN CAT);
    assert_names("ann ben ");
    assert_int_equal(daemon_instance->users.dropped, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, daemon_end)
    const struct CMUnitTest tests[] = {
        TEST(test_there_when_the_agent_comes),
        TEST(test_comes_and_goes),
        TEST(test_a_counter_that_falls),
        TEST(test_sessions_of_one_name_add_up),
        TEST(test_another_address),
        TEST(test_strangers_have_no_row),
        TEST(test_a_login_that_a_restart_cuts_off),
        TEST(test_who_waits_comes_through),
        TEST(test_a_block),
        TEST(test_contact_lost_and_found),
        TEST(test_another_process_is_there),
        TEST(test_detached),
        TEST(test_a_clock_that_jumps),
        TEST(test_who_was_away_longest_goes),
        TEST(test_no_room),
        TEST(test_another_bound),
        TEST(test_user_names),
        TEST(test_no_name),
        TEST(test_indexes_go_on_behind),
        TEST(test_the_last_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
