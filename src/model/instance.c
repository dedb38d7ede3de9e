#include "model/instance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config/config.h"
#include "model/event.h"
#include "model/mask.h"

static bool set_up_histories(struct instance *instance, const struct limits *limits)
{
    return history_init(&instance->states, limits->state_lines, sizeof(struct state_record),
                        state_record_fini) &&
           history_init(&instance->log, limits->log_lines, sizeof(struct log_record),
                        log_record_fini) &&
           history_init(&instance->echo, limits->echo_lines, sizeof(struct log_record),
                        log_record_fini) &&
           history_init(&instance->departures, limits->session_lines,
                        sizeof(struct departure_record), departure_record_fini) &&
           history_init(&instance->commands, limits->command_lines, sizeof(struct command_record),
                        command_record_fini) &&
           history_init(&instance->requests, limits->request_lines, sizeof(struct request),
                        request_fini);
}

static void take_expiry_days(struct instance *instance, const struct instance_config *config)
{
    memcpy(instance->expiry_days, config->expiry_days, sizeof(instance->expiry_days));
    instance->expiry_day_count = config->expiry_day_count;
}

struct instance *instance_new(uint32_t index, const struct instance_config *config)
{
    struct instance *instance = calloc(1, sizeof(*instance));
    int64_t now = clock_mono();

    if (!instance)
        return NULL;
    instance->index = index;
    instance->contact = CONTACT_DISCONNECTED;
    instance->reverse = config->management.listen;
    instance->contact_mono = now;
    instance->started_mono = instance->tunnel_mono = now;
    instance->heard_mono = instance->status_mono = now;
    instance->contact_unix = clock_wall();
    instance->mode = MODE_UNKNOWN;
    instance->dco = instance->status_complete = TRUTH_UNKNOWN;
    for (enum setting setting = 0; setting < SETTINGS; setting++)
        instance->settings[setting] = SETTING_UNKNOWN;
    instance->last_command.result = RESULT_SUCCESS;
    /* RFC 2579, TestAndIncr: what it was before is not known, so nobody can guess it either. */
    instance->serial = (int)random_int31();
    instance->pkcs11.told = -1;
    instance->client_max = config->limits.client_max;
    instance->route_max = config->limits.route_max;
    users_configure(&instance->users, config);
    instance->clients_max = instance->clients_max_subnet = -1;
    take_expiry_days(instance, config);
    if (text_set(&instance->name, CONFIG_NAME_MAX, slice_of(config->name)) &&
        text_set(&instance->endpoint, ADMIN_MAX, slice_of(config->management.text)) &&
        set_up_histories(instance, &config->limits))
        return instance;
    instance_free(instance);
    return NULL;
}

void instance_configure(struct instance *instance, const struct instance_config *config)
{
    const struct limits *limits = &config->limits;

    text_set(&instance->endpoint, ADMIN_MAX, slice_of(config->management.text));
    history_resize(&instance->states, limits->state_lines);
    history_resize(&instance->log, limits->log_lines);
    history_resize(&instance->echo, limits->echo_lines);
    history_resize(&instance->departures, limits->session_lines);
    history_resize(&instance->commands, limits->command_lines);
    requests_resize(instance, limits->request_lines);
    instance->client_max = limits->client_max;
    instance->route_max = limits->route_max;
    users_configure(&instance->users, config);
    take_expiry_days(instance, config);
    certificates_check(instance);
}

void instance_number_behind(struct instance *instance, uint32_t index)
{
    uint32_t *const lasts[] = {&instance->clients.last_index, &instance->routes.last_index,
                               &instance->users.last_index, &instance->requests.last};

    for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++)
        if (*lasts[i] < index)
            *lasts[i] = index;
}

void instance_set_capabilities(struct instance *instance, struct capability *list, size_t count)
{
    assert(list || count == 0);
    for (size_t i = 0; i < instance->capability_count; i++) {
        free(instance->capabilities[i].command);
        free(instance->capabilities[i].summary);
    }
    free(instance->capabilities);
    instance->capabilities = list;
    instance->capability_count = count;
}

void instance_free(struct instance *instance)
{
    struct history *histories[] = {&instance->states,     &instance->log,      &instance->echo,
                                   &instance->departures, &instance->commands, &instance->requests};

    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++)
        if (histories[i]->record_size > 0)
            history_fini(histories[i]);
    rows_bury(&instance->clients, &client_rows);
    rows_bury(&instance->routes, &route_rows);
    timer_stop(&instance->factor_timer);
    reasons_fini(&instance->reasons);
    timer_stop(&instance->expiry_timer);
    certificates_fini(&instance->certificates);
    free(instance->peers.list);
    users_fini(&instance->users);
    shares_fini(&instance->shares);
    instance_set_capabilities(instance, NULL, 0);
    state_record_fini(&instance->state);
    command_record_fini(&instance->last_command);
    net_lines_fini(&instance->net);
    pkcs11_list_fini(&instance->pkcs11);
    free(instance->name);
    free(instance->endpoint);
    free(instance->contact_error);
    free(instance->version);
    free(instance->fatal_message);
    free(instance->info);
    free(instance->if_name);
    free(instance->device);
    free(instance->config_error);
    free(instance);
}

static unsigned contact_changes;

unsigned instance_contact_changes(void)
{
    return contact_changes;
}

static void tell_tunnel(struct instance *instance, bool up, const char *reason)
{
    bool news = up != instance->tunnel.up || (up && instance->tunnel.renewed);

    instance->tunnel = (struct tunnel){.up = up};
    if (news)
        event_tell_why(up ? EVENT_TUNNEL_UP : EVENT_TUNNEL_DOWN, instance, instance->states.last,
                       NULL, reason);
}

static void change_contact(struct instance *instance, enum contact contact)
{
    bool was_contact = instance_in_contact(instance);

    contact_changes++;
    instance->contact = contact;
    instance->contact_mono = clock_mono();
    instance->contact_unix = clock_wall();
    if (instance_in_contact(instance) && !was_contact)
        instance->contacts++;
    if (!was_contact || instance_in_contact(instance))
        return;
    instance->lost_unix = instance->contact_unix;
    if (instance->tunnel.doomed)
        tell_tunnel(instance, false, instance->fatal_message);
}

/* What is true only in contact would be told as unknown. */
void instance_tell_state(struct instance *instance)
{
    instance->state_untold = !instance_in_contact(instance);
    if (instance->state_untold)
        return;
    event_tell(EVENT_STATE, instance, instance->states.last, NULL);
    tell_tunnel(instance, instance->state.state == STATE_CONNECTED, instance->state.reason);
}

static void tell_hold(struct instance *instance)
{
    bool waiting = instance->hold_waiting;

    if (!instance_in_contact(instance) || instance->hold_told == waiting)
        return;
    instance->hold_told = waiting;
    event_tell(waiting ? EVENT_HOLD_WAITING : EVENT_HOLD_ENDED, instance, 0, NULL);
}

static void tell_untold(struct instance *instance)
{
    if (instance->state_untold)
        instance_tell_state(instance);
    tell_hold(instance);
    requests_tell(instance);
}

void instance_set_contact(struct instance *instance, enum contact contact, const char *error)
{
    text_set(&instance->contact_error, TEXT_MAX, slice_of(error));
    if (contact != instance->contact)
        change_contact(instance, contact);
    if ((contact == CONTACT_DISCONNECTED || contact == CONTACT_REFUSED) && !instance->loss_told) {
        instance->loss_told = true;
        event_tell(EVENT_CONTACT_LOST, instance, 0, NULL);
    }
    if (contact == CONTACT_UP && instance->loss_told) {
        instance->loss_told = false;
        event_tell(EVENT_CONTACT_RESTORED, instance, 0, NULL);
    }
    if (instance_in_contact(instance))
        tell_untold(instance);
}

void instance_begin_session(struct instance *instance)
{
    instance->status_seen = false;
    instance->clients_old = instance->clients.last_index;
}

void instance_heard(struct instance *instance)
{
    instance->heard_mono = clock_mono();
    if (instance->status_seen && instance_in_contact(instance))
        users_heard(&instance->users);
}

void instance_set_version(struct instance *instance, struct slice version)
{
    text_set(&instance->version, ADMIN_MAX, version);
    instance->dialect = command_dialect_of(version);
}

/* Of a new process that has said nothing yet the last state of the old one is not true. */
static void forget_state(struct instance *instance)
{
    if (instance->state.time == 0)
        return;
    state_record_fini(&instance->state);
    instance->state_mono = clock_mono();
    if (instance->contacts > 0)
        instance_tell_state(instance);
}

void instance_forget_process(struct instance *instance)
{
    clients_end_old(instance, instance->lost_unix ? instance->lost_unix : clock_wall());
    forget_state(instance);
    instance->mode = MODE_UNKNOWN;
    instance->course = (struct course){0};
    instance->tunnel.renewed = true;
    instance->load_told = false;
    instance->numbers_told = 0;
    instance->bytes_in = instance->bytes_out = 0;
    instance->link_read = instance->link_write = 0;
    instance->dco = TRUTH_UNKNOWN;
    instance->status_unix = 0;
    instance->status_complete = TRUTH_UNKNOWN;
    instance->status_mono = instance->started_mono = instance->tunnel_mono = clock_mono();
}

void instance_set_pid(struct instance *instance, int64_t pid)
{
    if (instance->pid == pid)
        return;
    if (instance->pid != 0)
        instance_forget_process(instance);
    instance->pid = pid;
}

void instance_set_state(struct instance *instance, const struct state_record *record)
{
    state_record_copy(&instance->state, record);
    instance->state_mono = clock_mono();
}

/*
 * A request or a hold is over when the daemon goes on to its next state: it says nothing of the
 * kind while it waits.
 */
void instance_state_told(struct instance *instance, const struct state_line *line)
{
    struct state_record record = {0};
    struct state_record *kept = history_push(&instance->states);

    bool changed = course_follow(&instance->course, line->state);

    state_record_fill(&record, line);
    if (changed)
        instance_set_state(instance, &record);
    if (kept)
        *kept = record;
    else
        state_record_fini(&record);
    requests_state_told(instance, line);
    instance_set_hold(instance, false, 0);
    if (line->state == STATE_CONNECTED) {
        instance->tunnel_mono = clock_mono();
        requests_forget_challenges(instance);
    }
    if (changed)
        instance_tell_state(instance);
    if (line->state == STATE_RECONNECTING || line->state == STATE_EXITING)
        clients_end_all(instance);
}

void instance_log_told(struct instance *instance, const struct log_line *line)
{
    struct log_record *record = history_push(&instance->log);

    instance->fatals += (line->flags & LOG_FLAG_FATAL) != 0;
    instance->errors += (line->flags & LOG_FLAG_NONFATAL) != 0;
    instance->warnings += (line->flags & LOG_FLAG_WARNING) != 0;
    reasons_log_told(&instance->reasons, line);
    if (!record)
        return;
    log_record_fill(record, line);
    event_tell(EVENT_LOG, instance, instance->log.last, record);
}

void instance_echo_told(struct instance *instance, const struct log_line *line)
{
    struct log_record *record = history_push(&instance->echo);

    if (!record)
        return;
    echo_record_fill(record, line);
    event_tell(EVENT_ECHO, instance, instance->echo.last, record);
}

void instance_set_hold(struct instance *instance, bool waiting, int seconds)
{
    instance->hold_waiting = waiting;
    instance->hold_hint = seconds;
    tell_hold(instance);
}

void instance_fatal_told(struct instance *instance, struct slice text)
{
    mask_set(&instance->fatal_message, TEXT_MAX, text);
    instance->fatal_unix = clock_wall();
    instance->tunnel.doomed = instance->tunnel.up;
    event_tell(EVENT_FATAL, instance, 0, NULL);
}

void instance_info_told(struct instance *instance, struct slice text)
{
    mask_set(&instance->info, TEXT_MAX, text);
}

/*
 * A counter that went back belongs to another process, whatever its process id.  One that answers
 * has not ended: then what looked like its last words was a text that it logged.
 */
void instance_set_bytes(struct instance *instance, uint64_t in, uint64_t out)
{
    instance->load_told = true;
    instance->tunnel.doomed = false;
    if (instance->dco == TRUTH_TRUE)
        return;
    if (in < instance->bytes_in || out < instance->bytes_out)
        instance->started_mono = clock_mono();
    instance->bytes_in = in;
    instance->bytes_out = out;
}

void instance_set_dco(struct instance *instance, bool dco)
{
    bool began = dco && instance->dco != TRUTH_TRUE;

    instance->dco = dco ? TRUTH_TRUE : TRUTH_FALSE;
    if (!began)
        return;
    instance->started_mono = clock_mono();
    instance->bytes_in = instance->bytes_out = 0;
    for (size_t i = 0; i < instance->clients.count; i++) {
        const struct client *client = (const struct client *)instance->clients.list[i];

        instance_count_client(instance, client->bytes_in, client->bytes_out);
    }
}

void instance_count_client(struct instance *instance, uint64_t in, uint64_t out)
{
    if (instance->dco != TRUTH_TRUE)
        return;
    instance->bytes_in += in;
    instance->bytes_out += out;
}

enum state instance_state(const struct instance *instance)
{
    if (!instance_in_contact(instance))
        return STATE_UNKNOWN;
    /* Daemons go on to ask for their configuration while a server waits for its answer. */
    if (instance->state.state == STATE_GET_CONFIG && requests_factor_open(instance))
        return STATE_AUTH_PENDING;
    return instance->state.state;
}

enum truth instance_hold_waiting(const struct instance *instance)
{
    if (!instance_in_contact(instance))
        return TRUTH_UNKNOWN;
    return instance->hold_waiting ? TRUTH_TRUE : TRUTH_FALSE;
}

bool instance_counts_clients(const struct instance *instance)
{
    return instance_in_contact(instance) && instance->load_told;
}

uint32_t instance_client_count(const struct instance *instance)
{
    return instance_in_contact(instance) ? instance->client_total : 0;
}

uint32_t instance_pending_count(const struct instance *instance)
{
    return instance_in_contact(instance) ? instance->pending_clients : 0;
}

void instance_set_interface(struct instance *instance, uint32_t index, const char *name)
{
    instance->if_index = text_set(&instance->if_name, ADMIN_MAX, slice_of(name)) ? index : 0;
}

int64_t instance_clients_max(const struct instance *instance)
{
    /* Kills take a protocol since 2.7 too. */
    return instance->dialect.kill_by_proto ? instance->clients_max_subnet : instance->clients_max;
}

uint32_t instance_if_index(const struct instance *instance)
{
    return instance_in_contact(instance) ? instance->if_index : 0;
}

const char *instance_if_name(const struct instance *instance)
{
    return instance_if_index(instance) ? instance->if_name : NULL;
}

uint32_t instance_request_count(const struct instance *instance)
{
    return instance_in_contact(instance) ? (uint32_t)instance->open_requests.count : 0;
}
