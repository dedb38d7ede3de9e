#include "ctl/show.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/slice.h"
#include "ctl/listing.h"
#include "ctl/online.h"

#define NEWEST       20 /* rows of a history, unless -n says otherwise */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAEMON                                                                                     \
    {                                                                                              \
        {"daemon", "DAEMON", OUTPUT_TEXT, 6, 1}, LISTING_DAEMON, 0                                 \
    }
#define INDEX(key, title)                                                                          \
    {                                                                                              \
        {key, title, OUTPUT_NUMBER, 0, 0}, LISTING_INDEX, 0                                        \
    }
#define VALUE(object, key, title, style)                                                           \
    {                                                                                              \
        {key, title, OUTPUT_##style, 0, 0}, LISTING_OBJECT, object                                 \
    }
#define DULL(object, key, title, style, drop)                                                      \
    {                                                                                              \
        {key, title, OUTPUT_##style, 0, drop}, LISTING_OBJECT, object                              \
    }
#define LONG(object, key, title, least, drop)                                                      \
    {                                                                                              \
        {key, title, OUTPUT_TEXT, least, drop}, LISTING_OBJECT, object                             \
    }

static const struct listing_column user_columns[] = {
    DAEMON,
    INDEX("index", NULL),
    LONG(ovpnUserName, "name", "NAME", 10, 0),
    VALUE(ovpnUserOnline, "online", "ONLINE", TEXT),
    VALUE(ovpnUserLastSeenUnix, "last_seen", "SEEN AGO", AGO),
    VALUE(ovpnUserConnects, "sessions", "SESSIONS", NUMBER),
    DULL(ovpnUserSeconds, "seconds", "TIME", SECONDS, 2),
    VALUE(ovpnUserBytesIn, "bytes_in", "IN", BYTES),
    VALUE(ovpnUserBytesOut, "bytes_out", "OUT", BYTES),
    VALUE(ovpnUserRejected, "rejected", "REFUSED", NUMBER),
};
static const struct listing users = {
    .columns = user_columns, .count = COUNT(user_columns), .none = "Nobody was ever here."};

static const struct listing_column state_columns[] = {
    DAEMON,
    INDEX("number", NULL),
    VALUE(ovpnStateTimeUnix, "time", "TIME", TIME),
    LONG(ovpnStateName, "state", "STATE", 12, 0),
    LONG(ovpnStateReason, "reason", "REASON", 10, 0),
    LONG(ovpnStateTunnelText, "tunnel", "TUNNEL", 9, 0),
    LONG(ovpnStateRemoteText, "remote", "REMOTE", 9, 2),
};
static const struct listing states = {
    .columns = state_columns, .count = COUNT(state_columns), .none = "No states are known."};

static const struct listing_column echo_columns[] = {
    DAEMON,
    INDEX("number", NULL),
    VALUE(ovpnEchoTimeUnix, "time", "TIME", TIME),
    LONG(ovpnEchoMessage, "message", "MESSAGE", 20, 0),
};
static const struct listing echoes = {
    .columns = echo_columns, .count = COUNT(echo_columns), .none = "No echo messages."};

static const struct listing_column command_columns[] = {
    DAEMON,
    INDEX("number", NULL),
    VALUE(ovpnCommandTimeUnix, "time", "TIME", TIME),
    DULL(ovpnCommandSource, "source", "BY", TEXT, 3),
    LONG(ovpnCommandCommand, "command", "COMMAND", 12, 0),
    VALUE(ovpnCommandResult, "result", "RESULT", TEXT),
    DULL(ovpnCommandMilliseconds, "milliseconds", "MS", NUMBER, 2),
    LONG(ovpnCommandReply, "reply", "REPLY", 12, 0),
};
static const struct listing commands = {
    .columns = command_columns, .count = COUNT(command_columns), .none = "Nothing was asked."};

static bool is_open(const struct grid *rows, const struct row *row)
{
    return cell_number(&row->cells[rows->columns - 1], 0) ==
           objects_value(ovpnRequestStatus, "pending");
}

static const struct listing_column request_columns[] = {
    DAEMON,
    INDEX("number", "NUMBER"),
    VALUE(ovpnRequestSinceUnix, "since", "SINCE", TIME),
    VALUE(ovpnRequestKind, "kind", "KIND", TEXT),
    LONG(ovpnRequestName, "name", "NAME", 8, 0),
    LONG(ovpnRequestPrompt, "prompt", "PROMPT", 10, 0),
    LONG(ovpnRequestReason, "reason", "LAST TIME", 10, 2),
    VALUE(ovpnRequestStatus, "status", "STATUS", TEXT),
};

/* What ends first comes first; what has no end, last. */
static int by_time_left(const void *a, const void *b)
{
    const struct row *const rows[] = {a, b};
    int64_t left[2];

    for (int i = 0; i < 2; i++)
        left[i] = cell_number(&rows[i]->cells[2], INT64_MAX);
    return left[0] < left[1] ? -1 : left[0] > left[1];
}

static const struct listing_column certificate_columns[] = {
    DAEMON,
    INDEX("index", NULL),
    VALUE(ovpnCertificateRole, "role", "ROLE", TEXT),
    LONG(ovpnCertificateSubject, "subject", "SUBJECT", 16, 0),
    VALUE(ovpnCertificateSecondsLeft, "seconds_left", "LEFT", SECONDS),
    VALUE(ovpnCertificateNotAfterUnix, "expires", "EXPIRES", TIME),
    LONG(ovpnCertificateSerial, "serial", NULL, 0, 0),
    LONG(ovpnCertificateSource, "source", "FILE", 12, 2),
};
static const struct listing certificates = {
    .columns = certificate_columns,
    .count = COUNT(certificate_columns),
    .none = "No certificates: has openvpn-agentx.conf the key openvpn_config?",
    .compare = by_time_left};

static const struct listing_column share_columns[] = {
    DAEMON,
    INDEX("index", NULL),
    LONG(ovpnShareEndpoint, "endpoint", "SHARE", 16, 0),
    LONG(ovpnShareAllow, "allow", "ALLOW", 8, 2),
    VALUE(ovpnShareGuests, "guests", "GUESTS", NUMBER),
    VALUE(ovpnShareGuestsMax, "guests_max", "MOST", NUMBER),
    DULL(ovpnShareConnects, "connects", "CAME", NUMBER, 4),
    DULL(ovpnShareRefused, "refused", "REFUSED", NUMBER, 3),
    VALUE(ovpnShareCommands, "commands", "COMMANDS", NUMBER),
    VALUE(ovpnShareDenied, "denied", "DENIED", NUMBER),
    LONG(ovpnShareLastDenied, "last_denied", "LAST DENIED", 10, 3),
    DULL(ovpnShareDropped, "dropped", "DROPPED", NUMBER, 4),
};
static const struct listing shares = {
    .columns = share_columns,
    .count = COUNT(share_columns),
    .none = "Nothing is shared: has openvpn-agentx.conf the key share?"};

static const struct listing_column guest_columns[] = {
    DAEMON,
    INDEX("index", NULL),
    VALUE(ovpnGuestShare, "share", "SHARE", NUMBER),
    LONG(ovpnGuestPeer, "peer", "WHO", 12, 0),
    VALUE(ovpnGuestSinceUnix, "since", "SINCE", TIME),
    DULL(ovpnGuestStreams, "streams", "HEARS", TEXT, 2),
    VALUE(ovpnGuestCommands, "commands", "COMMANDS", NUMBER),
    LONG(ovpnGuestLastCommand, "last_command", "LAST", 12, 0),
};
static const struct listing guests = {
    .columns = guest_columns, .count = COUNT(guest_columns), .none = "No guest is there."};

/* "-n N": the newest N rows of each daemon. */
static bool take_newest(int letter, const char *value, void *context)
{
    size_t *newest = context;
    int count;

    if (letter != 'n' || !slice_to_int(slice_of(value), 1, 1000000, &count)) {
        fault_exit(OUTCOME_USAGE, "-n takes a number from 1 on");
        return false;
    }
    *newest = (size_t)count;
    return true;
}

static int show_history(struct call *call, const struct listing *listing)
{
    size_t newest = call->page.format == PAGE_TABLE ? NEWEST : 0;

    if (!call_options(call, "n:", NULL, take_newest, &newest))
        return OUTCOME_USAGE;
    return listing_run(call, listing, newest);
}

int show_users(struct call *call)
{
    return listing_run(call, &users, 0);
}

int show_states(struct call *call)
{
    return show_history(call, &states);
}

int show_echoes(struct call *call)
{
    return show_history(call, &echoes);
}

int show_commands(struct call *call)
{
    return show_history(call, &commands);
}

int show_certificates(struct call *call)
{
    return listing_run(call, &certificates, 0);
}

int show_shares(struct call *call)
{
    return listing_run(call, &shares, 0);
}

int show_guests(struct call *call)
{
    return listing_run(call, &guests, 0);
}

/* "-a": also those that have ended. */
static bool take_all(int letter, const char *value, void *context)
{
    (void)letter;
    (void)value;
    *(bool *)context = true;
    return true;
}

int show_requests(struct call *call)
{
    bool all = false;
    struct listing requests = {.columns = request_columns, .count = COUNT(request_columns)};

    if (!call_options(call, "a", NULL, take_all, &all))
        return OUTCOME_USAGE;
    requests.none = all ? "Nobody has asked anything." : "Nobody waits for an answer.";
    requests.shows = all ? NULL : is_open;
    return listing_run(call, &requests, 0);
}

/* Over the whole session: two readings are top's. */
static int64_t mean_rate(const struct row *row)
{
    int64_t seconds = cell_number(&row->cells[CLIENT_SECONDS], 0);
    int64_t in = cell_number(&row->cells[CLIENT_IN], -1);
    int64_t out = cell_number(&row->cells[CLIENT_OUT], -1);

    return seconds > 0 && in >= 0 && out >= 0 ? (in / seconds) + (out / seconds) : -1;
}

int show_clients(struct call *call)
{
    struct daemons daemons;
    struct grid rows = {0};
    struct output output;
    struct fault fault;
    unsigned long only;
    int status = OUTCOME_OK;

    if (!call_words(call, 0, 1))
        return OUTCOME_USAGE;
    output_init(&output, online_fields, online_field_count, clock_wall());
    if (daemons_of_call(&daemons, call, 1, &only, &fault) &&
        online_read(&rows, call->remote, only, &fault)) {
        for (size_t i = 0; i < rows.count; i++)
            online_add(&output, &daemons, &rows.row[i], mean_rate(&rows.row[i]));
        if (!output_print(&output, &call->page, "Nobody is connected."))
            status = fault_exit(OUTCOME_FAILED, "out of memory");
    } else {
        status = fault_tell(&fault);
    }
    output_fini(&output);
    grid_fini(&rows);
    daemons_fini(&daemons);
    return status;
}
