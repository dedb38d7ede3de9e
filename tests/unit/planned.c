#include "planned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct control *control;
struct plan *plan;
int ended;

int planned_set_up(void **state)
{
    office_set_up(state);
    office_config.allow = ~0u;
    office_config.command_timeout = 800;
    office_config.limits.command_lines = 20;
    instance_configure(office, &office_config);
    control = control_new(office, office_session, &office_config);
    assert_non_null(control);
    office_bring_up();
    office_status(OFFICE_ALICE);
    script_told(-1);
    plan = plan_new();
    assert_non_null(plan);
    office->serial = 0;
    ended = 0;
    return 0;
}

int planned_tear_down(void **state)
{
    plan_free(plan);
    session_free(office_session);
    office_session = NULL;
    control_free(control);
    control_forbid_secrets(false);
    return office_end(state);
}

void planned_add(enum change_kind kind, int number)
{
    const struct change change = {.kind = kind, .instance = 1, .number = number};

    assert_true(plan_add(plan, &change));
}

void planned_add_text(enum change_kind kind, uint32_t row, const char *text)
{
    struct change change = {.kind = kind, .instance = 1, .row = row, .len = strlen(text)};

    memcpy(change.text, text, change.len);
    assert_true(plan_add(plan, &change));
}

void planned_on_end(void *arg)
{
    assert_ptr_equal(arg, &plan);
    ended++;
}

/* Checks and runs it; it goes on. */
void planned_run(void)
{
    assert_true(plan_check(plan));
    assert_true(plan_run(plan, planned_on_end, &plan));
    assert_int_equal(ended, 0);
}

void planned_ended(enum plan_error first, enum plan_error second)
{
    assert_int_equal(ended, 1);
    ended = 0;
    assert_int_equal(plan_error_of(plan, 0), first);
    if (plan_count(plan) > 1)
        assert_int_equal(plan_error_of(plan, 1), second);
}

void planned_refused(enum plan_error error)
{
    assert_false(plan_check(plan));
    assert_int_equal(plan_error_of(plan, plan_count(plan) - 1), error);
    script_sent("");
}

/* The last row of the commands. */
void planned_last(const char *text, enum command_result result, const char *reply)
{
    assert_string_equal(office->last_command.command, text);
    assert_int_equal(office->last_command.result, result);
    assert_string_equal(office->last_command.reply ? office->last_command.reply : "", reply);
}

void planned_ask_password(void)
{
    script_say(">PASSWORD:Need 'Auth' username/password\r\n");
    script_told(EVENT_INPUT_NEEDED, -1);
}
