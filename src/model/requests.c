#include "model/requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/event.h"
#include "model/instance.h"
#include "model/mask.h"

static void forget_challenge(struct request *request)
{
    if (request->challenge)
        explicit_bzero(request->challenge, strlen(request->challenge));
    free(request->challenge);
    request->challenge = NULL;
}

void request_fini(void *record)
{
    struct request *request = record;

    free(request->name);
    free(request->prompt);
    free(request->reason);
    forget_challenge(request);
    *request = (struct request){0};
}

static struct request *next_request(const struct instance *instance, uint32_t *row)
{
    return history_after(&instance->requests, *row, row);
}

/* Names are compared as they are kept. */
static bool is_called(const struct request *request, const char *clean)
{
    return strcmp(text_or_empty(request->name), clean) == 0;
}

static struct request *find_open(const struct instance *instance, enum request_kind kind,
                                 struct slice name, uint32_t *row)
{
    struct request *request;
    char clean[ADMIN_MAX + 1];

    text_clean(clean, ADMIN_MAX, name);
    *row = 0;
    while ((request = requests_open_after(instance, *row, row))) {
        if (is_called(request, clean) && (kind == REQUEST_UNKNOWN || request->kind == kind))
            return request;
    }
    return NULL;
}

struct request *requests_open_after(const struct instance *instance, uint32_t after, uint32_t *row)
{
    const struct open_requests *open = &instance->open_requests;

    for (size_t i = 0; i < open->count; i++) {
        if (open->rows[i] > after) {
            *row = open->rows[i];
            return history_at(&instance->requests, *row);
        }
    }
    return NULL;
}

struct request *requests_open(const struct instance *instance, uint32_t *row)
{
    return requests_open_after(instance, 0, row);
}

bool requests_block(const struct instance *instance)
{
    const struct request *request;
    uint32_t row = 0;

    while ((request = requests_open_after(instance, row, &row)))
        if (request->blocks)
            return true;
    return false;
}

static void forget_open(struct open_requests *open, uint32_t row)
{
    size_t kept = 0;

    for (size_t i = 0; i < open->count; i++)
        if (open->rows[i] != row)
            open->rows[kept++] = open->rows[i];
    open->count = kept;
}

static void end_request(struct instance *instance, struct request *request, uint32_t row,
                        enum request_status status)
{
    bool was_open = request->status == REQUEST_PENDING;

    request->status = status;
    if (status != REQUEST_FAILED)
        forget_challenge(request);
    if (!was_open)
        return;
    forget_open(&instance->open_requests, row);
    request->ended = clock_wall();
    event_tell(EVENT_INPUT_ENDED, instance, row, request);
}

/* What loses its row ends: none that is open goes without a word. */
static void withdraw_oldest(struct instance *instance, uint32_t keep)
{
    struct request *request;
    uint32_t row = 0;

    while ((request = requests_open(instance, &row)) && instance->requests.last - row >= keep)
        end_request(instance, request, row, REQUEST_WITHDRAWN);
}

static struct request *add_request(struct instance *instance)
{
    struct history *requests = &instance->requests;

    withdraw_oldest(instance, requests->last == UINT32_MAX ? 0 : requests->bound - 1);
    return history_push(requests);
}

void requests_resize(struct instance *instance, uint32_t bound)
{
    withdraw_oldest(instance, bound);
    history_resize(&instance->requests, bound);
}

static struct request *add_open(struct instance *instance)
{
    struct open_requests *open = &instance->open_requests;
    struct request *request;
    uint32_t row = 0;

    if (open->count == REQUESTS_OPEN_MAX) {
        request = requests_open(instance, &row);
        end_request(instance, request, row, REQUEST_WITHDRAWN);
    }
    request = add_request(instance);
    if (!request)
        return NULL;
    open->rows[open->count++] = instance->requests.last;
    request->status = REQUEST_PENDING;
    return request;
}

/* The last of that name, whatever has become of it. */
static struct request *find_last(const struct instance *instance, struct slice name,
                                 uint32_t *found)
{
    struct request *last = NULL;
    struct request *request;
    uint32_t row = 0;
    char clean[ADMIN_MAX + 1];

    text_clean(clean, ADMIN_MAX, name);
    while ((request = next_request(instance, &row))) {
        if (!is_called(request, clean))
            continue;
        last = request;
        *found = row;
    }
    return last;
}

static struct request *open_request(struct instance *instance, enum request_kind kind,
                                    struct slice name, bool *is_new)
{
    uint32_t row;
    struct request *request = find_open(instance, kind, name, &row);

    *is_new = request == NULL;
    if (!request) {
        request = add_open(instance);
        if (!request)
            return NULL;
        request->kind = kind;
        request->since = clock_wall();
        request->blocks = true;
        text_set(&request->name, ADMIN_MAX, name);
    }
    return request;
}

/* The last of that name that has ended, for the state of its challenge. */
static struct request *last_of(const struct instance *instance, const struct request *than)
{
    struct request *found = NULL;
    struct request *request;
    uint32_t row = 0;

    while ((request = next_request(instance, &row)) && request != than)
        if (is_called(request, text_or_empty(than->name)))
            found = request;
    return found;
}

/*
 * A dynamic challenge came with the failure before this request.  Only user name and password
 * together can answer it.
 */
static void take_challenge(struct instance *instance, struct request *request)
{
    struct request *last = last_of(instance, request);

    if (!last || last->status != REQUEST_FAILED)
        return;
    text_set(&request->reason, TEXT_MAX, slice_of(last->reason));
    if (!last->challenge || request->static_challenge || request->kind != REQUEST_USERNAME_PASSWORD)
        return;
    /* The state moves: it is for one answer. */
    request->challenge = last->challenge;
    last->challenge = NULL;
    request->challenged = true;
    request->echo = last->echo;
    text_set(&request->prompt, TEXT_MAX, slice_of(last->prompt));
}

void requests_asked(struct instance *instance, const struct request_message *asked)
{
    static const enum request_kind kinds[] = {
        [FORM_PASSWORD] = REQUEST_PASSWORD, [FORM_USERNAME_PASSWORD] = REQUEST_USERNAME_PASSWORD,
        [FORM_USERNAME] = REQUEST_USERNAME, [FORM_CONFIRM] = REQUEST_CONFIRM,
        [FORM_STRING] = REQUEST_STRING,
    };
    bool is_new;
    struct request *request = open_request(instance, kinds[asked->kind], asked->type, &is_new);

    if (!request)
        return;
    if (asked->challenge)
        forget_challenge(request); /* it brings one of its own */
    if (!request->challenge) {
        text_set(&request->prompt, TEXT_MAX, asked->prompt);
        request->static_challenge = request->challenged = asked->challenge;
        request->echo = asked->echo;
        request->concat = asked->concat;
    }
    request->certificate = slice_is(asked->type, "pkcs11-id-request");
    if (is_new)
        take_challenge(instance, request);
    requests_tell(instance);
}

static void ask_other(struct instance *instance, struct slice type, struct slice text, bool blocks)
{
    bool is_new;
    struct request *request = open_request(instance, REQUEST_OTHER, type, &is_new);

    if (!request)
        return;
    request->blocks = blocks;
    text_set(&request->prompt, TEXT_MAX, text);
    requests_tell(instance);
}

void requests_other(struct instance *instance, struct slice type, struct slice text)
{
    ask_other(instance, type, text, true);
}

void requests_login(struct instance *instance, struct slice text)
{
    ask_other(instance, slice_of("CLIENT"), text, false);
}

static bool is_waiting_for_server(enum state state)
{
    return state == STATE_AUTH_PENDING || state == STATE_GET_CONFIG;
}

static struct request *factor_after(const struct instance *instance, uint32_t *row)
{
    struct request *request;

    while ((request = requests_open_after(instance, *row, row)))
        if (request->by_server)
            return request;
    return NULL;
}

bool requests_factor_open(const struct instance *instance)
{
    uint32_t row = 0;

    return factor_after(instance, &row) != NULL;
}

static void on_factor_timeout(void *arg)
{
    struct instance *instance = arg;
    struct request *request;
    uint32_t row = 0;

    instance->factor_seconds = 0;
    while ((request = factor_after(instance, &row)))
        end_request(instance, request, row, REQUEST_WITHDRAWN);
}

static void start_factor_timer(struct instance *instance, int seconds)
{
    timer_stop(&instance->factor_timer);
    timer_init(&instance->factor_timer, on_factor_timeout, instance);
    timer_start(&instance->factor_timer, (int64_t)seconds * 1000);
}

void requests_factor(struct instance *instance, const struct factor_message *factor)
{
    bool is_new;
    struct request *request = open_request(
        instance, factor->response ? REQUEST_CHALLENGE : REQUEST_OTHER, factor->type, &is_new);

    if (!request)
        return;
    request->by_server = true;
    request->blocks = false;
    request->challenged = factor->response;
    request->echo = factor->echo;
    mask_set(&request->prompt, TEXT_MAX, factor->text);
    if (is_new && instance->factor_seconds == 0)
        start_factor_timer(instance, FACTOR_SECONDS);
    requests_tell(instance);
}

void requests_state_told(struct instance *instance, const struct state_line *line)
{
    struct request *request;
    uint32_t row = 0;
    int seconds = 0;

    if (line->state == STATE_AUTH_PENDING)
        seconds = state_pending_seconds(line->detail);
    if (seconds > FACTOR_SECONDS_MAX)
        seconds = FACTOR_SECONDS_MAX;
    if (seconds > 0)
        start_factor_timer(instance, seconds);
    if (seconds > 0 || !is_waiting_for_server(line->state))
        instance->factor_seconds = seconds;
    while ((request = requests_open_after(instance, row, &row)))
        if (!request->by_server || !is_waiting_for_server(line->state))
            end_request(instance, request, row, REQUEST_WITHDRAWN);
}

/*
 * "CRV1:FLAGS:STATE_ID:BASE64_USER:TEXT": the text is for people; the state id is a secret of the
 * server and goes into the answer only.
 */
static void read_dynamic_challenge(struct request *request, struct slice reason)
{
    struct slice rest = reason;
    struct slice flags;

    if (!slice_take_prefix(&rest, "CRV1:"))
        return;
    forget_challenge(request);
    request->challenge = text_new(TEXT_MAX, reason);
    request->challenged = true;
    flags = slice_cut(&rest, ':');
    request->echo = flags.len > 0 && memchr(flags.at, 'E', flags.len);
    slice_cut(&rest, ':');
    slice_cut(&rest, ':');
    text_set(&request->prompt, TEXT_MAX, rest);
}

/* Whether a failure can be that of this question. */
static bool can_fail(const struct request *request)
{
    return request->status == REQUEST_PENDING || request->status == REQUEST_ANSWERED;
}

void requests_failed(struct instance *instance, struct slice type, struct slice reason)
{
    uint32_t found;
    struct request *request = find_last(instance, type, &found);

    if (!request || !can_fail(request)) {
        /* What failed was never asked for here, e.g. a password from a file. */
        request = add_request(instance);
        if (!request)
            return;
        found = instance->requests.last;
        request->kind = REQUEST_UNKNOWN;
        request->status = REQUEST_FAILED;
        request->since = request->ended = clock_wall();
        text_set(&request->name, ADMIN_MAX, type);
    }
    mask_set(&request->reason, TEXT_MAX, reason);
    read_dynamic_challenge(request, reason);
    end_request(instance, request, found, REQUEST_FAILED);
    event_tell(EVENT_AUTH_FAILED, instance, found, request);
}

void requests_fatal(struct instance *instance, struct slice text)
{
    const struct slice name = slice_of("Private Key");
    const struct request *request;
    uint32_t row;

    if (!slice_is(text, "Error: private key password verification failed"))
        return;
    request = find_last(instance, name, &row);
    if (request && can_fail(request))
        requests_failed(instance, name, slice_of(NULL));
}

void requests_accepted(struct instance *instance, uint32_t row, bool username)
{
    struct request *request = history_at(&instance->requests, row);

    if (!request || request->status != REQUEST_PENDING)
        return;
    request->has_username |= username;
    request->has_answer |= !username || request->kind == REQUEST_USERNAME;
    if (request->has_answer &&
        (request->has_username || request->kind != REQUEST_USERNAME_PASSWORD))
        end_request(instance, request, row, REQUEST_ANSWERED);
}

void requests_withdraw(struct instance *instance)
{
    struct request *request;
    uint32_t row = 0;

    instance->factor_seconds = 0;
    while ((request = requests_open(instance, &row)))
        end_request(instance, request, row, REQUEST_WITHDRAWN);
}

void requests_forget_challenges(struct instance *instance)
{
    struct request *request;
    uint32_t row = 0;

    while ((request = next_request(instance, &row)))
        forget_challenge(request);
}

void requests_tell(struct instance *instance)
{
    struct request *request;
    uint32_t row = 0;

    if (!instance_in_contact(instance))
        return;
    while ((request = requests_open_after(instance, row, &row))) {
        if (request->told)
            continue;
        request->told = true;
        event_tell(EVENT_INPUT_NEEDED, instance, row, request);
    }
}
