#include "model/replay.h"

#include <string.h>

#include "base/clock.h"
#include "model/instance.h"
#include "protocol/logtext.h"

/* Lines that must agree before two histories are taken for the same. */
enum { AGREE = 8 };

static struct history *target(const struct replay *replay)
{
    switch (replay->stream) {
    case REPLAY_STATE:
        return &replay->instance->states;
    case REPLAY_LOG:
        return &replay->instance->log;
    case REPLAY_ECHO:
        break;
    }
    return &replay->instance->echo;
}

bool replay_begin(struct replay *replay, enum replay_stream stream, struct instance *instance)
{
    const struct history *history;
    uint32_t bound;

    *replay = (struct replay){.stream = stream, .instance = instance};
    history = target(replay);
    bound = history->bound;
    /* The last state is wanted even where none is kept. */
    if (bound == 0 && stream == REPLAY_STATE)
        bound = 1;
    replay->active = history_init(&replay->lines, bound, history->record_size, history->fini);
    return replay->active;
}

static bool read_replayed(const struct replay *replay, struct slice line, struct log_line *log)
{
    return replay->stream == REPLAY_LOG ? log_line_parse(line, log) : echo_line_parse(line, log);
}

static bool same(const struct replay *replay, const void *a, const void *b)
{
    return replay->stream == REPLAY_STATE ? state_record_equal(a, b) : log_record_equal(a, b);
}

/* Whether the known history ends with the replayed lines up to the one with that number. */
static bool ends_with(const struct replay *replay, uint32_t sequence)
{
    const struct history *known = target(replay);

    for (uint32_t back = 0; back < AGREE; back++) {
        const void *ours = history_at(known, known->last - back);
        const void *theirs = history_at(&replay->lines, sequence - back);

        if (!ours || !theirs)
            return back > 0;
        if (!same(replay, ours, theirs))
            return false;
    }
    return true;
}

/* Whether the newest line is the last that the agent knows; where none are kept, the last state. */
static bool is_last_known(const struct replay *replay, const struct state_record *record)
{
    const struct state_record *state = &replay->instance->state;

    if (state->time == 0)
        return false;
    if (target(replay)->count > 0)
        return ends_with(replay, replay->lines.last);
    return state_record_equal(record, state);
}

/* A server says CONNECTED once, so another one is that of a new start. */
static void follow(struct replay *replay, const struct state_record *record)
{
    if (is_last_known(replay, record)) {
        replay->known = true;
        replay->restarted = false;
        replay->course = replay->instance->course;
        state_record_copy(&replay->state, &replay->instance->state);
        return;
    }
    if (course_follow(&replay->course, record->state))
        state_record_copy(&replay->state, record);
    if (!replay->restarted &&
        (record->state == STATE_RECONNECTING || record->state == STATE_EXITING ||
         record->state == STATE_CONNECTED)) {
        replay->restarted = true;
        replay->ended = record->time;
    }
}

void replay_line(struct replay *replay, struct slice line)
{
    struct state_line state;
    struct log_line log;
    void *record;

    if (!replay->active || line.len == 0)
        return;
    if (replay->stream == REPLAY_STATE ? !state_parse(line, &state)
                                       : !read_replayed(replay, line, &log)) {
        replay->instance->rows_dropped++;
        return;
    }
    if (replay->stream == REPLAY_LOG && logtext_is_trace(&log))
        return;
    record = history_push(&replay->lines);
    if (!record)
        return;
    if (replay->stream == REPLAY_STATE) {
        state_record_fill(record, &state);
        follow(replay, record);
    } else if (replay->stream == REPLAY_LOG) {
        log_record_fill(record, &log);
    } else {
        echo_record_fill(record, &log);
    }
}

/* Number of the last replayed line that the agent knows already, 0 when it knows none. */
static uint32_t last_known(const struct replay *replay)
{
    uint32_t sequence = replay->lines.last;

    for (uint32_t left = replay->lines.count; left > 0; left--, sequence--)
        if (ends_with(replay, sequence))
            return sequence;
    return 0;
}

/* Moves the record, texts and all, to the end of the known history. */
static void keep_record(struct replay *replay, void *record)
{
    struct history *history = target(replay);
    void *slot = history_push(history);

    if (!slot)
        return;
    memcpy(slot, record, history->record_size);
    memset(record, 0, history->record_size);
}

/* What has become of the process that told the last known state. */
static void settle_past(const struct replay *replay)
{
    if (!replay->known)
        instance_forget_process(replay->instance);
    else if (replay->restarted)
        clients_end_old(replay->instance, replay->ended);
}

static void settle_state(struct replay *replay)
{
    const struct state_record *last = &replay->state;
    struct instance *instance = replay->instance;

    if (instance->state.time != 0)
        settle_past(replay);
    instance->course = replay->course;
    if (last->time == 0 || state_record_equal(last, &instance->state))
        return;
    instance_set_state(instance, last);
    if (instance->contacts == 0) {
        instance->tunnel.up = last->state == STATE_CONNECTED;
        return;
    }
    instance->tunnel_mono = clock_mono(); /* it has been set up again */
    instance_tell_state(instance);
}

void replay_commit(struct replay *replay)
{
    uint32_t sequence;
    void *record;

    if (!replay->active)
        return;
    sequence = last_known(replay);
    if (replay->stream == REPLAY_STATE)
        settle_state(replay);
    while ((record = history_after(&replay->lines, sequence, &sequence)))
        keep_record(replay, record);
    replay_abort(replay);
}

void replay_abort(struct replay *replay)
{
    if (!replay->active)
        return;
    history_fini(&replay->lines);
    state_record_fini(&replay->state);
    replay->active = false;
}
