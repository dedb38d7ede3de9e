#include "caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char name[] = "office";
static char endpoint_path[] = "/run/office.sock";
static const struct instance_config usual = {
    .name = name,
    .management = {.path = endpoint_path},
    .reply_timeout = 120,
};

struct instance_config caller_config;
struct connection *caller;
static char record[65536];
static size_t record_len;
static const char *awaited;
static void (*action)(void);

static void act_on(const char *told)
{
    if (!awaited || strcmp(told, awaited) != 0)
        return;
    awaited = NULL;
    action();
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
    char line[20000];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(line));
    assert_true(record_len + (size_t)len + 2 < sizeof(record));
    record_len += (size_t)sprintf(record + record_len, "%s\n", line);
    act_on(line);
}

static void on_phase(void *arg, enum connection_phase phase, const char *error)
{
    static const char *const names[] = {[PHASE_DISCONNECTED] = "disconnected",
                                        [PHASE_CONNECTING] = "connecting",
                                        [PHASE_AUTHENTICATING] = "authenticating",
                                        [PHASE_OPEN] = "open",
                                        [PHASE_STALE] = "stale",
                                        [PHASE_REFUSED] = "refused",
                                        [PHASE_CLOSED] = "closed"};

    assert_ptr_equal(arg, &caller);
    note("%s%s%s", names[phase], error ? ": " : "", error ? error : "");
}

static void on_message(void *arg, const struct message *message)
{
    assert_ptr_equal(arg, &caller);
    if (message->type.len > 0)
        note(">%.*s %.*s", (int)message->type.len, message->type.at, (int)message->text.len,
             message->text.len ? message->text.at : "");
    else
        note("- %.*s", (int)message->text.len, message->text.len ? message->text.at : "");
}

static void on_heard(void *arg)
{
    assert_ptr_equal(arg, &caller);
    act_on("heard");
}

static void on_cut(void *arg)
{
    assert_ptr_equal(arg, &caller);
    act_on("cut");
}

static const struct connection_handler handler = {on_phase, on_message, on_heard, on_cut};

static void on_line(void *arg, struct slice line, const struct message *message)
{
    assert_ptr_equal(arg, &caller);
    assert_non_null(message);
    note("| %.*s", (int)line.len, line.len ? line.at : "");
}

static void on_done(void *arg, const struct reply *reply)
{
    static const char *const names[] = {[OUTCOME_SUCCESS] = "success",
                                        [OUTCOME_ERROR] = "error",
                                        [OUTCOME_CUT] = "cut",
                                        [OUTCOME_LOST] = "lost",
                                        [OUTCOME_UNSENT] = "unsent"};

    assert_ptr_equal(arg, &caller);
    note("%s%s%.*s%s%.*s", names[reply->outcome], reply->text.len ? " " : "", (int)reply->text.len,
         reply->text.len ? reply->text.at : "", reply->marker.len ? " + " : "",
         (int)reply->marker.len, reply->marker.len ? reply->marker.at : "");
}

int caller_set_up(void **state)
{
    (void)state;
    script_begin();
    record_len = 0;
    record[0] = '\0';
    awaited = NULL;
    caller_config = usual;
    caller = connection_new(&caller_config, &handler, &caller, &script_transport, NULL);
    assert_non_null(caller);
    connection_open(caller);
    script_turn();
    script_connect();
    caller_told("connecting\n");
    return 0;
}

int caller_end(void **state)
{
    (void)state;
    connection_free(caller);
    script_end();
    return 0;
}

void caller_told(const char *expected)
{
    assert_string_equal(record, expected);
    record_len = 0;
    record[0] = '\0';
}

void caller_ends(const char *expected)
{
    size_t len = strlen(expected);

    assert_true(record_len >= len);
    assert_string_equal(record + record_len - len, expected);
    record_len = 0;
    record[0] = '\0';
}

void caller_copy(char *copy, size_t size)
{
    assert_true(record_len < size);
    memcpy(copy, record, record_len + 1);
    record_len = 0;
    record[0] = '\0';
}

void caller_greet(void)
{
    script_say(SCRIPT_GREETING);
    caller_told(
        "open\n>INFO OpenVPN Management Interface Version 5 -- type 'help' for more info\n");
}

void caller_ask_command(const struct command *command)
{
    const struct listener listener = {.line = on_line, .done = on_done, .arg = &caller};

    assert_true(connection_ask(caller, command, &listener));
}

void caller_ask(void (*build)(struct command *command))
{
    struct command command;

    build(&command);
    caller_ask_command(&command);
}

void caller_ask_setting(enum setting setting)
{
    struct command command;

    settings_query(setting, &command);
    caller_ask_command(&command);
}

void caller_when(const char *line, void (*act)(void))
{
    awaited = line;
    action = act;
}
