#include "model/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/mask.h"

void state_record_fini(void *record)
{
    struct state_record *state = record;

    free(state->name);
    free(state->reason);
    free(state->remote_text);
    free(state->local_text);
    *state = (struct state_record){0};
}

void log_record_fini(void *record)
{
    struct log_record *log = record;

    free(log->message);
    *log = (struct log_record){0};
}

void departure_record_fini(void *record)
{
    struct departure_record *session = record;

    identity_fini(&session->who);
    *session = (struct departure_record){0};
}

void command_record_fini(void *record)
{
    struct command_record *command = record;

    free(command->source);
    free(command->command);
    free(command->reply);
    *command = (struct command_record){0};
}

char *record_address(struct slice ip, struct slice port)
{
    char text[ADMIN_MAX + 1];
    bool brackets = port.len > 0 && memchr(ip.at, ':', ip.len);
    struct slice parts[] = {slice_of(brackets ? "[" : ""), ip, slice_of(brackets ? "]" : ""),
                            slice_of(port.len > 0 ? ":" : ""), port};
    size_t len = 0;

    if (ip.len == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].len > sizeof(text) - len)
            break;
        if (parts[i].len > 0)
            memcpy(text + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    return text_new(ADMIN_MAX, (struct slice){text, len});
}

void state_record_fill(struct state_record *record, const struct state_line *line)
{
    record->time = line->time;
    record->state = line->state;
    text_set(&record->name, ADMIN_MAX, line->name);
    text_set(&record->reason, TEXT_MAX, line->detail);
    record->tunnel = address_parse_tunnel(line->tunnel_ipv4, line->tunnel_ipv6);
    address_parse_pair(line->remote_addr, line->remote_port, &record->remote);
    address_parse_pair(line->local_addr, line->local_port, &record->local);
    record->remote_text = record_address(line->remote_addr, line->remote_port);
    record->local_text = record_address(line->local_addr, line->local_port);
}

void log_record_fill(struct log_record *record, const struct log_line *line)
{
    record->time = line->time;
    record->flags = line->flags;
    mask_set_log(&record->message, TEXT_MAX, line->text);
}

void echo_record_fill(struct log_record *record, const struct log_line *line)
{
    record->time = line->time;
    record->flags = line->flags;
    mask_set_echo(&record->message, TEXT_MAX, line->text);
}

void state_record_copy(struct state_record *to, const struct state_record *from)
{
    struct state_record copy = *from;

    copy.name = text_copy(from->name);
    copy.reason = text_copy(from->reason);
    copy.remote_text = text_copy(from->remote_text);
    copy.local_text = text_copy(from->local_text);
    state_record_fini(to);
    *to = copy;
}

bool state_record_equal(const struct state_record *a, const struct state_record *b)
{
    return a->time == b->time && a->state == b->state && text_equal(a->name, b->name) &&
           text_equal(a->reason, b->reason) && text_equal(a->remote_text, b->remote_text);
}

bool log_record_equal(const struct log_record *a, const struct log_record *b)
{
    return a->time == b->time && a->flags == b->flags && text_equal(a->message, b->message);
}
