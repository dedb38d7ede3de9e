#include "checks.h"

#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "model/event.h"

/* Bytes of a character of UTF-8 by its first byte, and the smallest number that needs them. */
static unsigned decode(const unsigned char *at, unsigned *code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned bytes = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;

    REQUIRE(at[0] < 0x80 || (at[0] >= 0xc0 && at[0] < 0xf8));
    *code = bytes == 1 ? at[0] : at[0] & (0xffu >> (bytes + 1));
    for (unsigned i = 1; i < bytes; i++) {
        REQUIRE((at[i] & 0xc0) == 0x80);
        *code = *code << 6 | (at[i] & 0x3f);
    }
    REQUIRE(*code >= least[bytes] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff));
    return bytes;
}

void check_text(const char *text, size_t limit)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned code;

    if (!text)
        return;
    REQUIRE(strlen(text) <= limit);
    while (*at) {
        at += decode(at, &code);
        REQUIRE(code >= 0x20 && (code < 0x7f || code > 0x9f));
        REQUIRE((code < 0x2028 || code > 0x202e) && (code < 0x2066 || code > 0x2069));
    }
}

static bool is_word(char byte)
{
    return byte != '\0' && strchr("_0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                  byte);
}

/* Words of eight hex digits in a row, with a blank between them. */
static unsigned hex_words(const char *at)
{
    unsigned words = 0;

    while (strspn(at, "0123456789abcdef") == 8 && !is_word(at[8])) {
        words++;
        if (at[8] != ' ')
            break;
        at += 9;
    }
    return words;
}

/* Whatever the line is, nothing of the form of a key or a pushed token is in it. */
static void check_secrets(const char *text)
{
    static const char token[] = ",auth-token ";

    if (!text)
        return;
    for (const char *at = text; *at; at++)
        if (at == text || !is_word(at[-1]))
            REQUIRE(hex_words(at) < 3);
    for (const char *at = strstr(text, token); at; at = strstr(at + 1, token))
        REQUIRE(strchr("*.,'/", at[strlen(token)]));
}

static void check_line(const char *text)
{
    check_text(text, TEXT_MAX);
    check_secrets(text);
}

static void check_rows(const struct rows *rows, const struct rows_type *type, uint32_t max)
{
    uint32_t last = 0;

    REQUIRE(rows->count <= max);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row_base *row = rows->list[i];
        const struct row_key like = {type->hash(row), type->equal, row};

        REQUIRE(row->index > last && row->index <= rows->last_index);
        REQUIRE(rows_has(rows, row));
        REQUIRE(type->equal(rows_find(rows, &like), row));
        REQUIRE(rows_at(rows, row->index) == row);
        REQUIRE(rows_after(rows, row->index - 1) == row);
        last = row->index;
    }
    REQUIRE(!rows_after(rows, last));
}

static void check_clients(const struct instance *instance)
{
    uint32_t pending = 0;

    check_rows(&instance->clients, &client_rows, instance->client_max);
    for (size_t i = 0; i < instance->clients.count; i++) {
        const struct client *client = (const struct client *)instance->clients.list[i];

        pending += client->pending;
        check_text(client->who.common_name, ADMIN_MAX);
        check_text(client->who.username, ADMIN_MAX);
        check_text(client->who.real_text, ADMIN_MAX);
        check_text(client->cipher, ADMIN_MAX);
        if (client->peer) {
            check_text(client->peer->version, ADMIN_MAX);
            check_text(client->peer->platform, ADMIN_MAX);
            check_text(client->peer->gui, ADMIN_MAX);
            check_text(client->peer->sso, ADMIN_MAX);
        }
    }
    REQUIRE(instance->pending_clients <= pending);
    REQUIRE(instance->client_total <= instance->clients_peak);
}

/* The users are those whom the clients that are through belong to, and who were there before. */
static void check_users(const struct instance *instance)
{
    const struct users *users = &instance->users;
    uint32_t last = 0;
    uint32_t count = 0;
    uint32_t sessions = 0;

    for (const struct user *user; (user = users_after(users, last)); last = user->index) {
        REQUIRE(user->index > last && user->index <= users->last_index);
        check_text(user->name, ADMIN_MAX);
        check_text(user->real_text, ADMIN_MAX);
        REQUIRE(user->sessions <= user->connects);
        REQUIRE(users_seconds(users, user) <= INT64_MAX / 1000);
        sessions += user->sessions;
        count++;
    }
    REQUIRE(count == users->count && count <= users->bound);
    for (size_t i = 0; i < instance->clients.count; i++)
        sessions -= ((struct client *)instance->clients.list[i])->user != NULL;
    REQUIRE(sessions == 0);
    for (const struct user *user = users_first(users); user; user = users_next(users, user))
        count--;
    REQUIRE(count == 0);
}

static void check_routes(const struct instance *instance)
{
    check_rows(&instance->routes, &route_rows, instance->route_max);
    for (size_t i = 0; i < instance->routes.count; i++) {
        const struct route *route = (const struct route *)instance->routes.list[i];

        REQUIRE(route->client_index <= instance->clients.last_index);
        check_text(route->address, ADMIN_MAX);
        check_text(route->common_name, ADMIN_MAX);
    }
}

static void check_state(const struct state_record *state)
{
    REQUIRE(state->state <= STATE_AUTH_PENDING);
    check_text(state->name, ADMIN_MAX);
    check_text(state->reason, TEXT_MAX);
    check_text(state->remote_text, ADMIN_MAX);
    check_text(state->local_text, ADMIN_MAX);
}

static void check_request(const struct request *request)
{
    REQUIRE(request->kind >= REQUEST_UNKNOWN && request->kind <= REQUEST_CHALLENGE);
    REQUIRE(request->status >= REQUEST_PENDING && request->status <= REQUEST_WITHDRAWN);
    REQUIRE((request->status == REQUEST_PENDING) == (request->ended == 0));
    check_text(request->name, ADMIN_MAX);
    check_text(request->prompt, TEXT_MAX);
    check_line(request->reason);
    /* The state of a dynamic challenge is the server's secret. */
    REQUIRE(!request->reason || strncmp(request->reason, "CRV1:", 5) != 0 ||
            strcmp(request->reason, "CRV1:***") == 0);
}

static void check_session(const struct departure_record *session)
{
    REQUIRE(session->client_index > 0);
    check_text(session->who.common_name, ADMIN_MAX);
    check_text(session->who.username, ADMIN_MAX);
    check_text(session->who.real_text, ADMIN_MAX);
}

static void check_command(const struct command_record *command)
{
    REQUIRE(command->result >= RESULT_PENDING && command->result <= RESULT_REJECTED);
    check_text(command->command, TEXT_MAX);
    check_text(command->reply, TEXT_MAX);
}

/* The selections hold what one finds by looking at every row. */
static void check_selections(const struct instance *instance)
{
    const struct request *request;
    size_t peers = 0;
    size_t open = 0;

    for (size_t i = 0; i < instance->clients.count; i++) {
        const struct client *client = (const struct client *)instance->clients.list[i];

        if (client->peer)
            REQUIRE(peers < instance->peers.count &&
                    instance->peers.list[peers++] == &client->base);
    }
    REQUIRE(peers == instance->peers.count);
    for (uint32_t row = 0; (request = history_after(&instance->requests, row, &row));)
        if (request->status == REQUEST_PENDING)
            REQUIRE(open < instance->open_requests.count &&
                    instance->open_requests.rows[open++] == row);
    REQUIRE(open == instance->open_requests.count);
}

static void check_on_demand(const struct instance *instance)
{
    REQUIRE(instance->net.count <= NET_LINES_MAX && instance->pkcs11.count <= PKCS11_MAX);
    for (size_t i = 0; i < instance->net.count; i++)
        check_text(instance->net.lines[i], TEXT_MAX);
    for (size_t i = 0; i < instance->pkcs11.count; i++) {
        check_text(instance->pkcs11.certificates[i].id, TEXT_MAX);
        REQUIRE(instance->pkcs11.certificates[i].blob_len <= PKCS11_BLOB_MAX);
    }
}

static void check_history(const struct history *history)
{
    uint32_t sequence = 0;
    uint32_t count = 0;

    REQUIRE(history->count <= history->bound && history->count <= history->last);
    while (history_after(history, sequence, &sequence))
        count++;
    REQUIRE(count == history->count);
    REQUIRE(count == 0 || sequence <= history->last);
}

static void check_histories(const struct instance *instance)
{
    const void *record;
    uint32_t row;

    check_history(&instance->states);
    check_history(&instance->log);
    check_history(&instance->echo);
    check_history(&instance->departures);
    check_history(&instance->commands);
    check_history(&instance->requests);
    for (row = 0; (record = history_after(&instance->states, row, &row));)
        check_state(record);
    for (row = 0; (record = history_after(&instance->log, row, &row));)
        check_line(((const struct log_record *)record)->message);
    for (row = 0; (record = history_after(&instance->echo, row, &row));)
        check_line(((const struct log_record *)record)->message);
    for (row = 0; (record = history_after(&instance->departures, row, &row));)
        check_session(record);
    for (row = 0; (record = history_after(&instance->commands, row, &row));)
        check_command(record);
    for (row = 0; (record = history_after(&instance->requests, row, &row));)
        check_request(record);
}

void check_instance(const struct instance *instance)
{
    check_clients(instance);
    check_users(instance);
    check_routes(instance);
    check_histories(instance);
    check_selections(instance);
    check_on_demand(instance);
    check_state(&instance->state);
    check_command(&instance->last_command);
    check_line(instance->contact_error);
    check_text(instance->version, ADMIN_MAX);
    check_line(instance->fatal_message);
    check_line(instance->info);
    for (size_t i = 0; i < instance->capability_count; i++) {
        check_text(instance->capabilities[i].command, ADMIN_MAX);
        check_text(instance->capabilities[i].summary, ADMIN_MAX);
    }
    REQUIRE(instance->pid >= 0);
    for (enum setting setting = 0; setting < SETTINGS; setting++)
        REQUIRE(instance->settings[setting] >= SETTING_UNKNOWN &&
                instance->settings[setting] <= settings_max(setting));
    REQUIRE(instance->hold_hint >= 0);
}

/* What was told of clients, by index; greater indexes are not watched. */
enum { WATCHED = 1024 };

static struct {
    bool lost;
    bool holding;
    bool connected[WATCHED];
    bool gone[WATCHED];
} told;

unsigned checks_events;

static void client_told(const struct event *event)
{
    REQUIRE(event->row == event->client->base.index && event->row > 0);
    REQUIRE(!event->client->pending);
    REQUIRE(rows_at(&event->instance->clients, event->row) == event->client);
    if (event->row >= WATCHED)
        return;
    REQUIRE(!told.connected[event->row] && !told.gone[event->row]);
    told.connected[event->row] = true;
}

static void end_told(const struct event *event)
{
    uint32_t index = event->departure->client_index;

    REQUIRE(event->row == event->instance->departures.last);
    check_session(event->departure);
    if (index >= WATCHED)
        return;
    REQUIRE(!told.gone[index]);
    told.gone[index] = true;
}

static void hold_told(bool holding)
{
    REQUIRE(told.holding || holding);
    told.holding = holding;
}

static void loss_told(bool lost)
{
    REQUIRE(told.lost != lost);
    told.lost = lost;
}

static void request_told(const struct event *event, bool open)
{
    REQUIRE(history_at(&event->instance->requests, event->row) == event->request);
    REQUIRE(event->request->told || !open);
    REQUIRE((event->request->status == REQUEST_PENDING) == open);
    REQUIRE(!open || instance_in_contact(event->instance));
}

static void on_event(void *arg, const struct event *event)
{
    const struct instance *instance = event->instance;

    (void)arg;
    checks_events++;
    switch (event->kind) {
    case EVENT_CONTACT_LOST:
    case EVENT_CONTACT_RESTORED:
        loss_told(event->kind == EVENT_CONTACT_LOST);
        break;
    case EVENT_STATE:
        REQUIRE(instance_in_contact(instance));
        break;
    case EVENT_TUNNEL_UP:
    case EVENT_TUNNEL_DOWN:
        /* A tunnel that is down with its daemon, which has said so, is told when contact is lost.
         */
        REQUIRE(instance_in_contact(instance) ||
                (event->kind == EVENT_TUNNEL_DOWN && event->reason == instance->fatal_message));
        REQUIRE(instance->tunnel.up == (event->kind == EVENT_TUNNEL_UP));
        break;
    case EVENT_HOLD_WAITING:
    case EVENT_HOLD_ENDED:
        REQUIRE(instance_in_contact(instance));
        REQUIRE(instance->hold_waiting == (event->kind == EVENT_HOLD_WAITING));
        hold_told(instance->hold_waiting);
        break;
    case EVENT_INPUT_NEEDED:
    case EVENT_INPUT_ENDED:
        request_told(event, event->kind == EVENT_INPUT_NEEDED);
        break;
    case EVENT_AUTH_FAILED:
        request_told(event, false);
        break;
    case EVENT_CLIENT_CONNECTED:
        client_told(event);
        break;
    case EVENT_CLIENT_DISCONNECTED:
        end_told(event);
        break;
    case EVENT_CLIENT_REJECTED:
        REQUIRE(event->client->pending && event->row == event->client->base.index);
        REQUIRE(!rows_at(&instance->clients, event->row));
        REQUIRE(instance->logins_rejected > 0);
        break;
    case EVENT_CERTIFICATE_EXPIRES:
        REQUIRE(event->certificate == &instance->certificates.list[event->row - 1]);
        break;
    case EVENT_LOG:
        REQUIRE(history_at(&instance->log, event->row) == event->log);
        break;
    case EVENT_ECHO:
        REQUIRE(history_at(&instance->echo, event->row) == event->log);
        break;
    case EVENT_FATAL:
        break;
    case EVENT_KINDS:
        REQUIRE(false);
    }
}

static struct observer observer = {.told = on_event};

void checks_begin(void)
{
    memset(&told, 0, sizeof(told));
    checks_events = 0;
    observer_add(&observer);
}

void checks_end(void)
{
    observer_remove(&observer);
}
