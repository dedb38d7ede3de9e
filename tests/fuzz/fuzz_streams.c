#include "base/clock.h"
#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "model/replay.h"
#include "protocol/lines.h"
#include "protocol/message.h"

/*
 * The streams of an instance: lists that are replayed, and real-time messages.  A list ends with
 * END; behind an escape stands which stream the next list is of, or a change of the bounds.
 */

static char name[] = "fuzz";
static char endpoint[] = "unix:/run/fuzz.sock";
static const struct instance_config small = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.log_lines = 12, .state_lines = 0, .echo_lines = 3, .request_lines = 1},
};
static const struct instance_config large = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.log_lines = 40, .state_lines = 10, .echo_lines = 1, .request_lines = 4},
};

static struct instance *instance;
static struct replay replay;

static void take_list_line(struct slice line)
{
    replay_line(&replay, line);
}

static const struct history *history_of(enum replay_stream stream)
{
    return stream == REPLAY_STATE ? &instance->states
           : stream == REPLAY_LOG ? &instance->log
                                  : &instance->echo;
}

static void take_message(struct slice line)
{
    struct message message;

    message_parse(line, &message);
    if (message.kind == MESSAGE_STATE)
        instance_state_told(instance, &message.state);
    else if (message.kind == MESSAGE_LOG)
        instance_log_told(instance, &message.log);
    else if (message.kind == MESSAGE_ECHO)
        instance_echo_told(instance, &message.log);
    else if (message.kind == MESSAGE_REQUEST)
        requests_asked(instance, &message.request);
    else if (message.kind == MESSAGE_AUTH_FAILED)
        requests_failed(instance, message.failed.type, message.failed.reason);
    else if (message.kind == MESSAGE_FATAL)
        instance_fatal_told(instance, message.text);
    else if (message.kind == MESSAGE_INFO)
        instance_info_told(instance, message.text);
    else if (message.kind == MESSAGE_HOLD)
        instance_set_hold(instance, true, message.hold.seconds);
    else
        take_list_line(line);
}

/* Reads the list again: all of it is known by now. */
static void repeat(struct slice list)
{
    enum replay_stream stream = replay.stream;
    uint32_t last = history_of(stream)->last;
    unsigned events = checks_events;
    static struct lines lines;
    struct slice line;

    replay_begin(&replay, stream, instance);
    lines_init(&lines);
    while (lines_next(&lines, &list, &line))
        if (line.len > 0 && line.at[0] != '>')
            take_list_line(line);
    replay_commit(&replay);
    REQUIRE(history_of(stream)->last == last && events == checks_events);
}

static bool has_message(struct slice bytes)
{
    struct slice line;

    while (bytes.len > 0) {
        line = slice_cut(&bytes, '\n');
        if (slice_starts(line, ">"))
            return true;
    }
    return false;
}

static void take_bytes(struct slice bytes)
{
    static struct lines lines;
    const char *from = bytes.at;
    struct slice line;

    lines_init(&lines);
    while (lines_next(&lines, &bytes, &line)) {
        struct slice list = {from, (size_t)(bytes.at - from)};

        if (!slice_is(line, "END")) {
            take_message(line);
            continue;
        }
        replay_commit(&replay);
        check_instance(instance);
        if (!has_message(list))
            repeat(list);
        replay_begin(&replay, replay.stream, instance);
        from = bytes.at;
    }
}

static void happen(int code)
{
    enum replay_stream stream = replay.stream;

    replay_abort(&replay);
    switch (code & 7) {
    case 0:
    case 1:
    case 2:
        stream = (enum replay_stream)(code & 7);
        break;
    case 3:
        instance_configure(instance, &small);
        break;
    case 4:
        instance_configure(instance, &large);
        break;
    case 5:
        instance_set_contact(instance, CONTACT_DISCONNECTED, "gone");
        break;
    case 6:
        instance_set_contact(instance, CONTACT_UP, NULL);
        break;
    case 7:
        /* Sequence numbers wrap. */
        if (instance->log.last < UINT32_MAX - 50)
            instance->log.last = UINT32_MAX - 50;
        break;
    }
    replay_begin(&replay, stream, instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const char *bytes;
    size_t len;
    int code;

    clock_use(&fuzz_clock);
    checks_begin();
    instance = instance_new(1, &large);
    instance_set_contact(instance, CONTACT_UP, NULL);
    replay_begin(&replay, REPLAY_LOG, instance);
    while (fuzz_next(&input, &bytes, &len, &code)) {
        take_bytes((struct slice){bytes, len});
        if (code >= 0)
            happen(code);
        check_instance(instance);
    }
    replay_abort(&replay);
    instance_free(instance);
    rows_bury_now();
    checks_end();
    clock_use(NULL);
    return 0;
}
