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
#include "config/config.h"
#include "model/clients.h"
#include "model/users.h"
#include "tests/unit/fixtures/failing_memory.h"

/*
 * Random sessions of a few names against a model that is as simple as can be: arrays that are
 * looked through from end to end, and the sessions of each user one by one.
 */

enum { NAMES = 12, BOUND = 6, SESSIONS = 8, STEPS = 4000 };

static uint32_t seed;
static int64_t now_mono;
static int64_t wall_shift;

static int64_t mono(void)
{
    return now_mono;
}

static int64_t wall(void)
{
    return 1795453891 + now_mono / 1000 + wall_shift;
}

static const struct clock_source source = {mono, wall, mono};

static uint32_t below(uint32_t bound)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % bound;
}

/* What is expected of a name. */
static struct expected {
    bool there;
    uint32_t index;
    uint32_t connects;
    uint32_t rejected;
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t spent;
    uint64_t told; /* the seconds that were read last */
    unsigned left; /* the number of the step in which it went away */
} expected[NAMES];

static struct session {
    bool there;
    int name; /* -1: without a row */
    int64_t start;
    struct client client;
} sessions[SESSIONS];

static struct users users;
static struct instance_config config = {.limits.user_lines = BOUND};
static uint32_t last_index;
static uint32_t dropped;
static uint32_t clients;
static unsigned step;
static int64_t heard;

static unsigned online(int name)
{
    unsigned count = 0;

    for (int i = 0; i < SESSIONS; i++)
        count += sessions[i].there && sessions[i].name == name;
    return count;
}

static int64_t expected_milliseconds(int name)
{
    int64_t sum = expected[name].spent;

    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].there && sessions[i].name == name)
            sum += (heard > now_mono ? now_mono : heard) - sessions[i].start;
    return sum;
}

/* Whether there is room for one more, after the one who was away longest has gone. */
static bool expect_room(void)
{
    int oldest = -1;
    unsigned count = 0;

    for (int i = 0; i < NAMES; i++) {
        count += expected[i].there;
        if (expected[i].there && online(i) == 0 &&
            (oldest < 0 || expected[i].left < expected[oldest].left))
            oldest = i;
    }
    if (count < BOUND)
        return true;
    dropped++;
    if (oldest >= 0)
        expected[oldest] = (struct expected){0};
    return oldest >= 0;
}

static void name_client(struct client *client, int name)
{
    char text[16];

    snprintf(text, sizeof(text), "name%d", name);
    client->who.common_name = text_new(ADMIN_MAX, slice_of(text));
}

static void begin_session(struct session *session)
{
    int name = (int)below(NAMES);
    struct expected *user = &expected[name];
    struct client *client = &session->client;

    *session = (struct session){.there = true, .name = -1};
    client->base.index = ++clients;
    client->since = wall() - below(50);
    client->bytes_in = below(1000);
    client->bytes_out = below(1000);
    name_client(client, name);
    users_heard(&users);
    heard = now_mono;
    users_see(&users, client);
    if (!user->there && expect_room())
        *user = (struct expected){.there = true, .index = ++last_index};
    if (!user->there)
        return;
    session->name = name;
    session->start = now_mono - (wall() - client->since) * 1000;
    user->connects++;
    user->bytes_in += client->bytes_in;
    user->bytes_out += client->bytes_out;
}

/* A status: the bytes grow, or have begun anew. */
static void keep_session(struct session *session)
{
    struct client next = session->client;

    next.bytes_in = below(8) == 0 ? below(10) : next.bytes_in + below(1000);
    next.bytes_out += below(1000);
    users_move(&next, counter_growth(next.bytes_in, session->client.bytes_in),
               counter_growth(next.bytes_out, session->client.bytes_out));
    if (session->name >= 0) {
        struct expected *user = &expected[session->name];

        user->bytes_out += next.bytes_out - session->client.bytes_out;
        user->bytes_in += next.bytes_in < session->client.bytes_in
                              ? next.bytes_in
                              : next.bytes_in - session->client.bytes_in;
    }
    session->client = next;
    users_see(&users, &session->client);
}

static void end_session(struct session *session)
{
    uint32_t index = users_leave(&users, &session->client, wall());

    free(session->client.who.common_name);
    session->there = false;
    assert_int_equal(index, session->name < 0 ? 0 : expected[session->name].index);
    if (session->name < 0)
        return;
    expected[session->name].spent += now_mono - session->start;
    expected[session->name].left = step;
}

static void reject(void)
{
    struct client client = {0};
    int name = (int)below(NAMES);

    name_client(&client, name);
    users_reject(&users, &client.who);
    expected[name].rejected += expected[name].there;
    free(client.who.common_name);
}

static int name_of_index(uint32_t after)
{
    int found = -1;

    for (int i = 0; i < NAMES; i++)
        if (expected[i].there && expected[i].index > after &&
            (found < 0 || expected[i].index < expected[found].index))
            found = i;
    return found;
}

static void check_user(const struct user *user, int name)
{
    struct expected *want = &expected[name];
    uint64_t seconds = users_seconds(&users, user);
    char text[16];

    snprintf(text, sizeof(text), "name%d", name);
    assert_string_equal(user->name, text);
    assert_int_equal(user->index, want->index);
    assert_int_equal(user->sessions, online(name));
    assert_int_equal(user->connects, want->connects);
    assert_int_equal(user->rejected, want->rejected);
    assert_int_equal(user->bytes_in, want->bytes_in);
    assert_int_equal(user->bytes_out, want->bytes_out);
    assert_int_equal(seconds, expected_milliseconds(name) / 1000);
    assert_true(seconds >= want->told);
    want->told = seconds;
}

static void check_all(void)
{
    uint32_t at = 0;
    unsigned count = 0;
    int name;

    while ((name = name_of_index(at)) >= 0) {
        const struct user *user = users_after(&users, at);

        assert_non_null(user);
        check_user(user, name);
        at = user->index;
        count++;
    }
    assert_null(users_after(&users, at));
    assert_int_equal(users.count, count);
    assert_int_equal(users.dropped, dropped);
    assert_int_equal(users.last_index, last_index);
}

static char *copy_of(const char *text)
{
    return text ? text_copy(text) : NULL;
}

/* All that is worth keeping is kept, and put back where nothing is known. */
static void start_anew(void)
{
    struct users old = users;
    const struct user *user;

    memset(&users, 0, sizeof(users));
    users_configure(&users, &config);
    for (user = users_first(&old); user; user = users_next(&old, user)) {
        struct user *again = calloc(1, sizeof(*again));
        struct user like;

        assert_non_null(again);
        again->index = user->index;
        again->connects = user->connects;
        again->rejected = user->rejected;
        again->name = copy_of(user->name);
        again->bytes_in = user->bytes_in;
        again->bytes_out = user->bytes_out;
        again->created = user->created;
        again->last_connected = user->last_connected;
        again->last_seen = users_last_seen(&old, user);
        again->real_text = copy_of(user->real_text);
        again->spent = (int64_t)users_seconds(&old, user) * 1000;
        like = *again;
        assert_true(users_restore(&users, again));
        assert_false(users_restore(&users, &like));
    }
    users.last_index = old.last_index;
    users.dropped = old.dropped;
    for (int i = 0; i < SESSIONS; i++) {
        struct client *client = &sessions[i].client;
        uint32_t index = client->user && sessions[i].there ? client->user->index : 0;

        client->counted = index == 0; /* without a row it stays without */
        client->user = NULL;
        users_resume(&users, client, index);
    }
    users_fini(&old);
}

/* Whole seconds are kept. */
static void expect_anew(void)
{
    for (int i = 0; i < NAMES; i++) {
        expected[i].spent = expected_milliseconds(i) / 1000 * 1000;
    }
    for (int i = 0; i < SESSIONS; i++)
        sessions[i].start = heard;
    for (int i = 0; i < NAMES; i++)
        if (expected[i].there && online(i) > 0)
            expected[i].left = step;
}

static void step_once(void)
{
    struct session *session = &sessions[below(SESSIONS)];

    now_mono += 1000 * (int64_t)below(20);
    switch (below(8)) {
    case 0:
        reject();
        break;
    case 1:
        wall_shift += (int64_t)below(3) - 1;
        break;
    case 2:
        users_heard(&users);
        heard = now_mono;
        break;
    default:
        if (!session->there)
            begin_session(session);
        else if (below(2) == 0)
            keep_session(session);
        else
            end_session(session);
        break;
    }
}

static void forget_all(void)
{
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].there)
            free(sessions[i].client.who.common_name);
    memset(sessions, 0, sizeof(sessions));
    memset(expected, 0, sizeof(expected));
    users_fini(&users);
    users_configure(&users, &config);
    last_index = dropped = 0;
}

static void test_random(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 20; round++) {
        seed = round;
        forget_all();
        wall_shift = 0;
        heard = now_mono;
        for (step = 0; step < STEPS; step++) {
            step_once();
            check_all();
        }
    }
    forget_all();
}

static void test_kept_over_a_restart(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 20; round++) {
        seed = 1000 + round;
        forget_all();
        wall_shift = 0;
        heard = now_mono;
        for (step = 0; step < STEPS / 20; step++)
            step_once();
        users_heard(&users);
        heard = now_mono;
        start_anew();
        expect_anew();
        check_all();
        for (step = STEPS; step < STEPS + STEPS / 20; step++) {
            step_once();
            check_all();
        }
    }
    forget_all();
}

/* Without memory there is no row; the next status finds some. */
static void test_without_memory(void **state)
{
    struct client client = {.since = 5, .bytes_in = 7};
    bool failed = true;

    (void)state;
    name_client(&client, 1);
    for (long number = 1; failed; number++) {
        memory_fail_at(number);
        users_see(&users, &client);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_int_equal(users.count, client.user ? 1 : 0);
        assert_ptr_equal(users_after(&users, 0), client.user);
        assert_true(client.user || failed);
    }
    assert_int_equal(client.user->bytes_in, 7);
    assert_int_equal(client.user->connects, 1);
    assert_string_equal(client.user->name, "name1");
    free(client.who.common_name);
    users_fini(&users);
}

static int set_up(void **state)
{
    (void)state;
    now_mono = 1000000;
    wall_shift = 0;
    clock_use(&source);
    users_configure(&users, &config);
    return 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_random),
        TEST(test_kept_over_a_restart),
        TEST(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
