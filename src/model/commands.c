#include "model/commands.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/instance.h"

static void fill(struct command_record *record, const char *text)
{
    record->time = clock_wall();
    record->result = RESULT_PENDING;
    text_set(&record->command, TEXT_MAX, slice_of(text));
}

uint32_t commands_begin(struct instance *instance, const char *text)
{
    struct command_record *record = history_push(&instance->commands);

    command_record_fini(&instance->last_command);
    fill(&instance->last_command, text);
    instance->last_command_sequence = record ? instance->commands.last : 0;
    if (record)
        fill(record, text);
    return instance->last_command_sequence;
}

static void end(struct command_record *record, enum command_result result, struct slice reply,
                int64_t milliseconds)
{
    record->result = result;
    record->milliseconds =
        milliseconds < 0 || milliseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)milliseconds;
    text_set(&record->reply, TEXT_MAX, reply);
}

void commands_end(struct instance *instance, uint32_t sequence, enum command_result result,
                  struct slice reply, int64_t milliseconds)
{
    struct command_record *record = history_at(&instance->commands, sequence);

    if (record)
        end(record, result, reply, milliseconds);
    if (instance->last_command_sequence == sequence)
        end(&instance->last_command, result, reply, milliseconds);
}

void commands_reject(struct instance *instance, const char *text, const char *why)
{
    uint32_t sequence = commands_begin(instance, text);

    commands_end(instance, sequence, RESULT_REJECTED, slice_of(why), 0);
}
