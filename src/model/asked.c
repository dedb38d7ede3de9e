#include "model/asked.h"

#include <assert.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/instance.h"

static void fill_record(struct command_record *record, const char *source, const char *text,
                        uint64_t ticket)
{
    record->time = clock_wall();
    record->ticket = ticket;
    record->result = RESULT_PENDING;
    text_set(&record->source, TEXT_MAX, slice_of(source));
    text_set(&record->command, TEXT_MAX, slice_of(text));
}

uint64_t asked_begin(struct instance *instance, const char *source, const char *text)
{
    struct command_record *record = history_push(&instance->commands);
    uint64_t ticket = instance->last_command.ticket + 1;

    command_record_fini(&instance->last_command);
    fill_record(&instance->last_command, source, text, ticket);
    instance->last_command_sequence = record ? instance->commands.last : 0;
    if (record)
        fill_record(record, source, text, ticket);
    return ticket;
}

/* Tickets grow with the rows; what is still open is among the newest. */
static struct command_record *find_record(const struct instance *instance, uint64_t ticket)
{
    const struct history *commands = &instance->commands;

    for (uint32_t back = 0; back < commands->count; back++) {
        struct command_record *record = history_at(commands, commands->last - back);

        if (record->ticket <= ticket)
            return record->ticket == ticket ? record : NULL;
    }
    return NULL;
}

static void end_record(struct command_record *record, enum command_result result,
                       struct slice reply, int64_t milliseconds)
{
    record->result = result;
    record->milliseconds =
        milliseconds < 0 || milliseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)milliseconds;
    text_set(&record->reply, TEXT_MAX, reply);
}

void asked_end(struct instance *instance, uint64_t ticket, enum command_result result,
               struct slice reply, int64_t milliseconds)
{
    struct command_record *record = find_record(instance, ticket);

    assert(result != RESULT_PENDING);
    if (record)
        end_record(record, result, reply, milliseconds);
    if (instance->last_command.ticket == ticket)
        end_record(&instance->last_command, result, reply, milliseconds);
}

void asked_reject(struct instance *instance, const char *source, const char *text, const char *why)
{
    uint64_t ticket = asked_begin(instance, source, text);

    asked_end(instance, ticket, RESULT_REJECTED, slice_of(why), 0);
}
