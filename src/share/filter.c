#include "share/filter.h"

#include <string.h>

#include "protocol/logtext.h"

/* What env-filter leaves of an environment; the names are the daemon's. */
static bool is_listed(struct slice name)
{
    static const char *const names[] = {"username",
                                        "password",
                                        "X509_0_CN",
                                        "untrusted_ip",
                                        "dev",
                                        "ifconfig_local",
                                        "ifconfig_netmask",
                                        "daemon_pid",
                                        "daemon_start_time",
                                        "time_duration",
                                        "bytes_sent",
                                        "bytes_received",
                                        "session_id",
                                        "session_state",
                                        "ifconfig_pool_remote_ip",
                                        "ifconfig_pool_netmask"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_is(name, names[i]))
            return true;
    return slice_starts(name, "tls_serial_");
}

static bool env_filter_passes(int level, struct slice name)
{
    if (level == 0 || (level <= 1 && slice_starts(name, "X509_")))
        return true;
    return level <= 2 && is_listed(name);
}

static bool is_peer_info(struct slice name)
{
    return slice_starts(name, "IV_") || slice_starts(name, "UV_");
}

static bool passes_env(struct filter *filter, const struct message *message)
{
    struct slice name = message->env.name;

    if (filter->block == FILTER_OUTSIDE)
        return false;
    if (filter->block == FILTER_PEER && is_peer_info(name))
        return true;
    filter->block = FILTER_INSIDE;
    if (slice_is(name, "password") && !filter->sees_clients)
        return false;
    return env_filter_passes(filter->env_filter, name);
}

/* A response is as good as a password. */
static bool passes_client(struct filter *filter, const struct message *message)
{
    enum client_event event = message->client.event;
    bool hidden = event == CLIENT_CR_RESPONSE && !filter->sees_clients;

    if (hidden)
        filter->block = FILTER_OUTSIDE;
    else if (event == CLIENT_CONNECT || event == CLIENT_REAUTH)
        filter->block = FILTER_PEER;
    else
        filter->block = FILTER_INSIDE;
    return !hidden;
}

/* The end of a block, for who has its beginning. */
static bool passes_end(struct filter *filter)
{
    bool inside = filter->block != FILTER_OUTSIDE;

    filter->block = FILTER_OUTSIDE;
    return inside;
}

/* Traces of the session are other guests' commands, but those of states are news. */
static bool passes_log(const struct filter *filter, const struct log_line *line)
{
    if (!logtext_is_trace(line))
        return true;
    return filter->state && slice_starts(line->text, "MANAGEMENT: >STATE:");
}

static bool passes_bytecount(const struct filter *filter, unsigned wire, int64_t now)
{
    return filter->bytecount > 0 && now % filter->bytecount < wire;
}

bool filter_passes(struct filter *filter, const struct message *message, unsigned wire, int64_t now)
{
    switch (message->kind) {
    case MESSAGE_TEXT: /* the rest of a log line with a line feed in it, or of a lost reply */
    case MESSAGE_SUCCESS:
    case MESSAGE_ERROR:
    case MESSAGE_END:
    case MESSAGE_PROMPT:
    case MESSAGE_PKCS11_COUNT:
    case MESSAGE_PKCS11_ENTRY:
    case MESSAGE_MALFORMED: /* of a type that may hold secrets, or nothing */
        return false;
    case MESSAGE_INFO: /* each guest is greeted when it comes */
        return message->info.version == 0;
    case MESSAGE_STATE:
        return filter->state;
    case MESSAGE_LOG:
        return filter->log && passes_log(filter, &message->log);
    case MESSAGE_ECHO:
        return filter->echo;
    case MESSAGE_AUTH_TOKEN:
        return filter->sees_passwords;
    case MESSAGE_FACTOR: /* but for a text the address of a page that lets somebody in */
        return filter->sees_passwords || slice_is(message->factor.type, "CR_TEXT");
    case MESSAGE_BYTECOUNT:
    case MESSAGE_BYTECOUNT_CLIENT:
        return passes_bytecount(filter, wire, now);
    case MESSAGE_CLIENT:
        return passes_client(filter, message);
    case MESSAGE_UPDOWN:
        filter->block = FILTER_INSIDE;
        return true;
    case MESSAGE_CLIENT_ENV:
    case MESSAGE_UPDOWN_ENV:
        return passes_env(filter, message);
    case MESSAGE_CLIENT_END:
    case MESSAGE_UPDOWN_END:
        return passes_end(filter);
    case MESSAGE_HOLD:
    case MESSAGE_FATAL:
    case MESSAGE_REQUEST:
    case MESSAGE_AUTH_FAILED:
    case MESSAGE_REQUEST_OTHER:
    case MESSAGE_CLIENT_ADDRESS:
    case MESSAGE_NOTIFY:
    case MESSAGE_INFOMSG:
    case MESSAGE_UNKNOWN:
        return true;
    }
    return false;
}

bool filter_passes_listed(const struct filter *filter, struct slice line)
{
    struct log_line log;

    return !log_line_parse(line, &log) || passes_log(filter, &log);
}

bool *filter_flag(struct filter *filter, const char *verb)
{
    if (strcmp(verb, "state") == 0)
        return &filter->state;
    if (strcmp(verb, "log") == 0)
        return &filter->log;
    return strcmp(verb, "echo") == 0 ? &filter->echo : NULL;
}
