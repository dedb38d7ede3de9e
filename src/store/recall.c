#include "store/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/memory.h"

void recall_begin(struct recall *recall, struct model *model)
{
    *recall = (struct recall){.model = model};
}

/* The last number that may have been given. */
static uint32_t last_given(const struct recall *recall, uint32_t last)
{
    uint32_t room = recall->cut_short ? RECALL_ROOM : 0;

    return last < UINT32_MAX - room ? last + room : UINT32_MAX;
}

/* A memory that could not be written for a while knows less than what the agent begins with. */
static void go_on_behind(const struct recall *recall, uint32_t *last, uint32_t from)
{
    uint32_t given = last_given(recall, from);

    if (*last < given)
        *last = given;
}

static void recall_agent(struct recall *recall, const struct memory_agent *agent)
{
    recall->cut_short = agent->running;
    recall->model->notifications = last_given(recall, agent->notifications);
}

static struct instance *find_name(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->count; i++)
        if (text_equal(model->instances[i]->name, name))
            return model->instances[i];
    return NULL;
}

static void recall_numbers(const struct recall *recall, struct instance *to,
                           const struct instance *from)
{
    go_on_behind(recall, &to->clients.last_index, from->clients.last_index);
    go_on_behind(recall, &to->routes.last_index, from->routes.last_index);
    go_on_behind(recall, &to->users.last_index, from->users.last_index);
    go_on_behind(recall, &to->requests.last, from->requests.last);
    go_on_behind(recall, &to->states.last, from->states.last);
    go_on_behind(recall, &to->log.last, from->log.last);
    go_on_behind(recall, &to->echo.last, from->echo.last);
    go_on_behind(recall, &to->commands.last, from->commands.last);
    go_on_behind(recall, &to->departures.last, from->departures.last);
}

/* A memory has each once; what says otherwise was not written by us. */
static bool has_part(const struct instance *instance)
{
    return instance->users.count > 0 || instance->clients.count > 0 ||
           instance->departures.count > 0;
}

static void recall_instance(struct recall *recall, const struct instance *from)
{
    struct instance *to = find_name(recall->model, from->name);
    int64_t now = clock_wall();

    if (to && has_part(to))
        to = NULL;
    recall->instance = to;
    recall->client = recall->departed = 0;
    if (!to)
        return;
    recall_numbers(recall, to, from);
    to->pid = from->pid;
    to->lost_unix = from->lost_unix < now ? from->lost_unix : now;
    to->course = from->course;
    to->clients_known = from->clients_known;
    to->anonymous = from->anonymous;
    to->logins_accepted = from->logins_accepted;
    to->logins_rejected = from->logins_rejected;
    to->users.dropped = from->users.dropped;
}

/* Moves a structure that another part takes and frees to the heap; NULL when memory is out. */
static void *moved(struct recall *recall, const void *structure, size_t size)
{
    void *copy = malloc(size);

    if (copy)
        memcpy(copy, structure, size);
    recall->starved |= !copy;
    return copy;
}

static void recall_state(struct instance *instance, struct state_record *state)
{
    state_record_fini(&instance->state);
    instance->state = *state;
    *state = (struct state_record){0};
}

static void recall_user(struct recall *recall, struct user *from)
{
    struct user *user = moved(recall, from, sizeof(*user));

    if (user && users_restore(&recall->instance->users, user))
        *from = (struct user){0};
    else
        free(user);
}

/* The last index, which is known already, is above it. */
static void recall_client(struct recall *recall, struct memory_client *from)
{
    struct rows *clients = &recall->instance->clients;
    uint32_t last = clients->last_index;
    struct client *client;

    if (from->client.base.index <= recall->client || from->client.base.index > last)
        return;
    client = client_copy(&from->client);
    recall->starved |= !client;
    clients->last_index = recall->client;
    if (client && clients_restore(recall->instance, client, from->user_index))
        recall->client = client->base.index;
    else
        client_free(client);
    clients->last_index = last;
}

/* Under its number, which others behind it may have had that the memory does not have. */
static void recall_departure(struct recall *recall, struct memory_departure *from)
{
    struct history *departures = &recall->instance->departures;
    uint32_t last = departures->last;
    struct departure_record *record;

    if (from->sequence <= recall->departed || from->sequence > last)
        return;
    recall->departed = from->sequence;
    departures->last = from->sequence - 1;
    record = history_push(departures);
    departures->last = last;
    recall->starved |= !record && departures->bound > 0;
    if (!record)
        return;
    *record = from->record;
    from->record = (struct departure_record){0};
}

static void recall_record(struct recall *recall, struct memory_record *record)
{
    if (record->kind == MEMORY_AGENT)
        recall_agent(recall, &record->agent);
    else if (record->kind == MEMORY_INSTANCE)
        recall_instance(recall, &record->instance);
    else if (!recall->instance)
        return;
    else if (record->kind == MEMORY_STATE)
        recall_state(recall->instance, &record->state);
    else if (record->kind == MEMORY_USER)
        recall_user(recall, &record->user);
    else if (record->kind == MEMORY_CLIENT)
        recall_client(recall, &record->client);
    else if (record->kind == MEMORY_DEPARTURE)
        recall_departure(recall, &record->departure);
}

void recall_line(void *arg, struct slice line)
{
    struct memory_record record;
    struct recall *recall = arg;

    if (!memory_read(line, &record)) {
        recall->starved = true;
        return;
    }
    recall_record(recall, &record);
    memory_fini(&record);
}
