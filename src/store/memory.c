#include "store/memory.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "store/fields.h"

/* A field of the structure in question. */
#define FIELD(type, member)                                                                        \
    {                                                                                              \
        FIELD_##type, offsetof(STRUCT, member), 0                                                  \
    }
#define ENUM(member, last)                                                                         \
    {                                                                                              \
        FIELD_ENUM, offsetof(STRUCT, member), last                                                 \
    }
#define TEXT(member, limit)                                                                        \
    {                                                                                              \
        FIELD_TEXT, offsetof(STRUCT, member), limit                                                \
    }

#define STRUCT struct memory_agent
static const struct field agent_fields[] = {FIELD(BOOL, running), FIELD(U32, notifications)};
#undef STRUCT

#define STRUCT struct instance
static const struct field instance_fields[] = {
    TEXT(name, CONFIG_NAME_MAX),    FIELD(I64, pid),
    FIELD(TIME, lost_unix),         ENUM(course.state, STATE_AUTH_PENDING),
    FIELD(BOOL, course.assigned),   FIELD(BOOL, course.waited),
    FIELD(BOOL, course.client),     FIELD(BOOL, course.peer),
    FIELD(BOOL, clients_known),     FIELD(U32, anonymous),
    FIELD(U32, logins_accepted),    FIELD(U32, logins_rejected),
    FIELD(U32, users.dropped),      FIELD(U32, users.last_index),
    FIELD(U32, clients.last_index), FIELD(U32, routes.last_index),
    FIELD(U32, requests.last),      FIELD(U32, states.last),
    FIELD(U32, log.last),           FIELD(U32, echo.last),
    FIELD(U32, departures.last),    FIELD(U32, commands.last),
};
#undef STRUCT

#define STRUCT struct state_record
static const struct field state_fields[] = {
    FIELD(TIME, time),      ENUM(state, STATE_AUTH_PENDING), TEXT(name, ADMIN_MAX),
    TEXT(reason, TEXT_MAX), FIELD(TUNNEL, tunnel),           FIELD(ADDRESS, remote),
    FIELD(ADDRESS, local),  TEXT(remote_text, ADMIN_MAX),    TEXT(local_text, ADMIN_MAX),
};
#undef STRUCT

#define STRUCT struct user
static const struct field user_fields[] = {
    FIELD(U32, index),      TEXT(name, ADMIN_MAX),      FIELD(U32, connects),
    FIELD(U32, rejected),   FIELD(U64, bytes_in),       FIELD(U64, bytes_out),
    FIELD(TIME, spent),     FIELD(TIME, created),       FIELD(TIME, last_connected),
    FIELD(TIME, last_seen), TEXT(real_text, ADMIN_MAX), FIELD(TUNNEL, tunnel),
};
#undef STRUCT

/* NOLINTBEGIN(bugprone-macro-parentheses): what is named is a member. */
#define IDENTITY(who)                                                                              \
    TEXT(who.common_name, ADMIN_MAX), TEXT(who.username, ADMIN_MAX), FIELD(ADDRESS, who.real),     \
        TEXT(who.real_text, ADMIN_MAX), FIELD(TUNNEL, who.tunnel)
/* NOLINTEND(bugprone-macro-parentheses) */

#define STRUCT struct memory_client
static const struct field client_fields[] = {
    FIELD(U32, client.base.index), FIELD(I64, client.cid),      FIELD(I64, client.peer_id),
    FIELD(TIME, client.since),     IDENTITY(client.who),        FIELD(U64, client.bytes_in),
    FIELD(U64, client.bytes_out),  FIELD(BOOL, client.pending), FIELD(U32, user_index),
};
#undef STRUCT

#define STRUCT struct memory_departure
static const struct field departure_fields[] = {
    FIELD(U32, sequence),          FIELD(U32, record.client_index), FIELD(U32, record.user_index),
    IDENTITY(record.who),          FIELD(U64, record.bytes_in),     FIELD(U64, record.bytes_out),
    FIELD(TIME, record.connected), FIELD(TIME, record.ended),
};
#undef STRUCT

#define KIND(name, member)                                                                         \
    {                                                                                              \
        name, member##_fields, sizeof(member##_fields) / sizeof(struct field),                     \
            offsetof(struct memory_record, member)                                                 \
    }
static const struct kind {
    const char *word;
    const struct field *fields;
    size_t count;
    size_t offset; /* of the structure in a record */
} kinds[MEMORY_KINDS] = {
    [MEMORY_AGENT] = KIND("agent", agent),    [MEMORY_INSTANCE] = KIND("instance", instance),
    [MEMORY_STATE] = KIND("state", state),    [MEMORY_USER] = KIND("user", user),
    [MEMORY_CLIENT] = KIND("client", client), [MEMORY_DEPARTURE] = KIND("session", departure),
};

static void write_record(struct output *output, enum memory_kind kind, const void *structure)
{
    output_text(output, kinds[kind].word);
    fields_write(output, kinds[kind].fields, kinds[kind].count, structure);
}

/* The moment that clients were last known to be there matters only while there are some. */
static int64_t last_moment(const struct instance *instance)
{
    if (instance->clients.count == 0)
        return 0;
    return instance_in_contact(instance) ? clock_wall() : instance->lost_unix;
}

static void write_users(struct output *output, const struct users *users)
{
    for (const struct user *user = users_first(users); user; user = users_next(users, user)) {
        struct user copy = *user;

        copy.spent = (int64_t)users_seconds(users, user) * 1000;
        copy.last_seen = users_last_seen(users, user);
        write_record(output, MEMORY_USER, &copy);
    }
}

static void write_clients(struct output *output, const struct rows *clients)
{
    for (size_t i = 0; i < clients->count; i++) {
        const struct client *client = (const struct client *)clients->list[i];
        const struct memory_client copy = {*client, client->user ? client->user->index : 0};

        write_record(output, MEMORY_CLIENT, &copy);
    }
}

static void write_departures(struct output *output, const struct history *departures)
{
    struct memory_departure copy = {0};
    const struct departure_record *record;

    while ((record = history_after(departures, copy.sequence, &copy.sequence))) {
        copy.record = *record;
        write_record(output, MEMORY_DEPARTURE, &copy);
    }
}

bool memory_write_instance(struct output *output, const struct instance *instance)
{
    struct instance copy = *instance;

    copy.lost_unix = last_moment(instance);
    write_record(output, MEMORY_INSTANCE, &copy);
    if (instance->state.time != 0)
        write_record(output, MEMORY_STATE, &instance->state);
    write_users(output, &instance->users);
    write_clients(output, &instance->clients);
    write_departures(output, &instance->departures);
    return !output->failed;
}

uint64_t memory_sum(struct output *output, const struct model *model, bool running)
{
    const struct memory_agent agent = {running, model->notifications};

    output_text(output, MEMORY_HEAD "\n");
    write_record(output, MEMORY_AGENT, &agent);
    for (size_t i = 0; i < model->count && !output->failed; i++)
        memory_write_instance(output, model->instances[i]);
    output_flush(output);
    return output->sum;
}

bool memory_write(struct output *output, const struct model *model, bool running)
{
    char last[sizeof(MEMORY_END) + MEMORY_SUM_LEN + 1];

    snprintf(last, sizeof(last), MEMORY_END "%0*llx\n", MEMORY_SUM_LEN,
             (unsigned long long)memory_sum(output, model, running));
    output_text(output, last);
    return output_flush(output);
}

/* What a line is; *fields is what stands behind its word. */
static const struct kind *line_kind(struct slice line, struct slice *fields)
{
    struct slice word = slice_cut(&line, '\t');

    *fields = line;
    for (size_t i = 0; i < MEMORY_KINDS; i++)
        if (slice_is(word, kinds[i].word))
            return &kinds[i];
    return NULL;
}

bool memory_check(struct slice line)
{
    struct slice fields;
    const struct kind *kind = line_kind(line, &fields);

    return kind && fields_read(fields, kind->fields, kind->count, NULL);
}

bool memory_read(struct slice line, struct memory_record *record)
{
    struct slice fields;
    const struct kind *kind = line_kind(line, &fields);

    memset(record, 0, sizeof(*record));
    if (!kind)
        return false;
    record->kind = (enum memory_kind)(kind - kinds);
    if (fields_read(fields, kind->fields, kind->count, (char *)record + kind->offset))
        return true;
    memory_fini(record);
    return false;
}

void memory_fini(struct memory_record *record)
{
    const struct kind *kind = &kinds[record->kind];

    fields_fini(kind->fields, kind->count, (char *)record + kind->offset);
}
