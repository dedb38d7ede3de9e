#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "control/control.h"
#include "control/plan.h"
#include "tests/unit/fixtures/daemon.h"

/*
 * Plans against a daemon that answers when it likes and refuses what it likes: whatever happens,
 * the settings end as they were, or all as was wanted.
 */

enum { ROUNDS = 3000, VALUES = 2, LINES = 64 };

static const char *const names[VALUES] = {"verb", "mute"};
static const enum change_kind kinds[VALUES] = {CHANGE_VERB, CHANGE_MUTE};

/* The daemon. */
static struct {
    int values[VALUES];
    char lines[LINES][64]; /* not answered yet */
    int count;
    bool refuses; /* changes to the wanted values */
    int wanted[VALUES];
} fake;

static struct control *control;
static struct plan *plan;
static int ended;
static uint32_t seed = 1194;

static uint32_t choose(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % below;
}

static void on_end(void *arg)
{
    (void)arg;
    ended++;
}

/* Takes in what the agent has sent. */
static void listen_to_agent(void)
{
    char sent[1024];
    const char *at = sent;

    peer_take(sent, sizeof(sent));
    while (*at) {
        size_t len = strcspn(at, "\n");

        assert_true(fake.count < LINES && len < sizeof(fake.lines[0]));
        memcpy(fake.lines[fake.count], at, len);
        fake.lines[fake.count++][len] = '\0';
        at += len + 1;
    }
}

static const char *answer_to(const char *line)
{
    static char text[64];
    int value;

    if (strcmp(line, "load-stats") == 0)
        return DAEMON_STATS;
    for (int i = 0; i < VALUES; i++) {
        size_t len = strlen(names[i]);

        if (strncmp(line, names[i], len) != 0)
            continue;
        if (line[len] == '\0') {
            snprintf(text, sizeof(text), "SUCCESS: %s=%d\r\n", names[i], fake.values[i]);
            return text;
        }
        value = atoi(line + len + 1);
        if (value == fake.wanted[i] && fake.refuses && choose(2) == 0)
            return "ERROR: no\r\n";
        fake.values[i] = value;
        return "SUCCESS: done\r\n";
    }
    return fake.refuses && choose(2) ? "ERROR: no\r\n" : "SUCCESS: done\r\n";
}

/* Answers the oldest line; false when there is none. */
static bool answer(void)
{
    char line[64];

    listen_to_agent();
    if (fake.count == 0)
        return false;
    memcpy(line, fake.lines[0], sizeof(line));
    memmove(fake.lines[0], fake.lines[1], (size_t)--fake.count * sizeof(line));
    peer_say(answer_to(line));
    return true;
}

static void something_happens(void)
{
    switch (choose(4)) {
    case 0:
        peer_pass(choose(300));
        break;
    default:
        answer();
        break;
    }
}

static void wait_for_end(void)
{
    while (ended == 0)
        something_happens();
    assert_int_equal(ended, 1);
    ended = 0;
}

static bool has_failed(void)
{
    bool failed = false;

    for (size_t i = 0; i < plan_count(plan); i++)
        failed |= plan_error_of(plan, i) != PLAN_OK;
    return failed;
}

static void fill(void)
{
    for (int i = 0; i < VALUES; i++) {
        struct change change = {.kind = kinds[i], .instance = 1};

        fake.wanted[i] = change.number = 10 + i;
        assert_true(plan_add(plan, &change));
    }
    if (choose(2)) {
        const struct change change = {.kind = CHANGE_FORGET, .instance = 1};

        assert_true(plan_add(plan, &change));
    }
}

/* Whether the manager would hear that all was put back. */
static bool undo(void)
{
    if (plan_undo(plan, on_end, NULL))
        wait_for_end();
    return !has_failed();
}

static void play_round(void)
{
    int before[VALUES];
    bool failed;
    bool undone = false;

    memcpy(before, fake.values, sizeof(before));
    fake.refuses = choose(3) == 0;
    plan = plan_new();
    fill();
    if (!plan_check(plan)) {
        plan_free(plan);
        while (answer())
            ;
        return;
    }
    if (plan_run(plan, on_end, NULL))
        wait_for_end();
    failed = has_failed();
    if (failed)
        undone = undo();
    else
        plan_commit(plan);
    if (undone)
        assert_memory_equal(fake.values, before, sizeof(before));
    plan_free(plan);
    while (answer()) /* late ones too */
        ;
    assert_int_equal(ended, 0);
    assert_memory_equal(fake.values, failed ? before : fake.wanted, sizeof(before));
    assert_int_equal(daemon_instance->settings[SETTING_VERB], fake.values[0]);
    assert_int_equal(daemon_instance->settings[SETTING_MUTE], fake.values[1]);
}

static void test_settings_end_as_they_were_or_as_wanted(void **state)
{
    daemon_set_up(state);
    daemon_config.allow = ~0u;
    daemon_config.command_timeout = 800;
    daemon_config.status_interval = 3600;
    control = control_new(daemon_instance, daemon_session, &daemon_config);
    daemon_bring_up();
    daemon_status(DAEMON_ALICE);
    for (int round = 0; round < ROUNDS; round++) {
        fake.values[0] = daemon_instance->settings[SETTING_VERB] = 3;
        fake.values[1] = daemon_instance->settings[SETTING_MUTE] = 0;
        play_round();
    }
    session_free(daemon_session);
    daemon_session = NULL;
    control_free(control);
    peer_pass(LOG_PERIOD); /* the refused ones that the log left out are told */
    daemon_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_end_as_they_were_or_as_wanted),
    };

    log_set_level(LOG_LEVEL_WARNING);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
