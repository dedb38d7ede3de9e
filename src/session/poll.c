#include "base/clock.h"
#include "base/log.h"
#include "protocol/reply.h"
#include "session/session_private.h"

/* Polls without news after which a status is asked for all the same. */
enum { SKIPS_MAX = 5 };

/* For its own moment a poll may come before its interval is over by this share of it. */
enum { EARLY = 4 };

/* A status must not take more than this share of the time: a twentieth. */
enum { STRETCH = 20 };

/* A daemon that was deaf once is not left alone for long: five minutes, in milliseconds. */
enum { STRETCH_MAX = 300000 };

/* Those who want it now need not wait for the interval, but for this and what is stretched. */
enum { NOW_MIN = 1000 };

/* Milliseconds between two polls: so many, or as many as the last status demands. */
static int64_t stretch(const struct session *session, int64_t interval)
{
    int64_t stretched = session->took * STRETCH;

    if (stretched > STRETCH_MAX)
        stretched = STRETCH_MAX;
    return stretched > interval ? stretched : interval;
}

static int64_t poll_pause(const struct session *session)
{
    return stretch(session, (int64_t)session->config->status_interval * 1000);
}

/*
 * Milliseconds until the daemon's own moment in the interval comes, behind most of an interval at
 * least.  The moments of neighbours are far apart (by the golden ratio), so that however many
 * daemons there are, and although all began together, the load is even.
 */
static int64_t until_own_moment(const struct session *session, int64_t interval)
{
    uint32_t spread = (uint32_t)((session->instance->index - 1) * UINT64_C(2654435769));
    int64_t own = (int64_t)(spread * (uint64_t)interval >> 32);
    int64_t left = (own - clock_mono() % interval + interval) % interval;

    return left < interval - interval / EARLY ? left + interval : left;
}

static void schedule(struct session *session)
{
    int64_t interval = (int64_t)session->config->status_interval * 1000;
    int64_t left = poll_pause(session);

    if (!session->aligned && left == interval)
        left = until_own_moment(session, interval);
    session->aligned = true;
    session->polling = false;
    timer_start(&session->poll, left);
}

/* Numbers that say whether anything can have changed since the last status. */
static bool take_stats(struct session *session, struct slice text)
{
    struct load_stats stats;
    bool news;

    if (!reply_load_stats(text, &stats))
        return true;
    news = stats.clients != session->stats_clients || stats.bytes_in != session->stats_in ||
           stats.bytes_out != session->stats_out;
    session->stats_clients = stats.clients;
    session->stats_in = stats.bytes_in;
    session->stats_out = stats.bytes_out;
    clients_set_total(session->instance, stats.clients);
    instance_set_bytes(session->instance, stats.bytes_in, stats.bytes_out);
    return news;
}

static void status_line_read(void *arg, struct slice line, const struct message *message)
{
    struct session *session = arg;
    struct status_row row;

    (void)message;
    status_line(&session->reader, line, &row);
    snapshot_row(&session->snapshot, &row);
}

static void take_status(struct session *session)
{
    bool taken = snapshot_commit(&session->snapshot);

    session->skips = taken ? 0 : SKIPS_MAX;
    if (taken)
        waiting_status(session);
}

/* What each status brings, however it is written; false when the session has ended. */
static bool end_status(struct session *session, const struct reply *reply)
{
    if (reply->outcome == OUTCOME_LOST) {
        snapshot_abort(&session->snapshot);
        return false;
    }
    session->took += reply->took;
    take_stats(session, reply->marker);
    if (reply->outcome == OUTCOME_SUCCESS)
        take_status(session);
    else if (reply->outcome != OUTCOME_CUT)
        snapshot_abort(&session->snapshot);
    return true;
}

/* The list that no row cuts, in the place of one that was. */
static void plain_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    if (!end_status(session, reply))
        return;
    snapshot_abort(&session->snapshot);
    session->skips = SKIPS_MAX; /* as long as there is a cut, each poll looks for its end */
    schedule(session);
}

static void ask_plain(struct session *session)
{
    const struct listener listener = {.line = status_line_read, .done = plain_done, .arg = session};
    struct command command;

    command_status(&command, 1);
    status_begin(&session->reader);
    snapshot_begin(&session->snapshot, session->instance, true);
    if (!connection_ask(session->connection, &command, &listener))
        schedule(session);
}

/* An over-long row cuts the reply, its END included. */
static void status_cut(struct session *session)
{
    bool server = snapshot_commit_cut(&session->snapshot);

    if (!session->cut_seen)
        log_warning("%s: the status was cut, as a row of more than 511 bytes does; %s",
                    session->config->name,
                    server ? "status 1 tells who stands behind it" : "the last one stays");
    session->cut_seen = true;
    if (server)
        ask_plain(session);
    else
        schedule(session);
}

static void status_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;

    session->took = 0;
    if (!end_status(session, reply))
        return;
    said_look(session);
    if (reply->outcome == OUTCOME_CUT) {
        status_cut(session);
        return;
    }
    session->cut_seen &= reply->outcome != OUTCOME_SUCCESS;
    session->status_refused = reply->outcome != OUTCOME_SUCCESS;
    schedule(session);
}

static void ask_status(struct session *session)
{
    const struct listener listener = {
        .line = status_line_read, .done = status_done, .arg = session};
    struct command command;

    command_status(&command, 3);
    status_begin(&session->reader);
    snapshot_begin(&session->snapshot, session->instance, false);
    session->asked = clock_mono();
    session->skips = 0;
    if (!connection_ask(session->connection, &command, &listener))
        schedule(session);
}

/*
 * Each status is a line in the daemon's log and pushes one out of its history; load-stats is not
 * logged.  Where nothing went over the link nothing else can have changed.  With DCO the kernel
 * counts, and the daemon's numbers prove nothing.
 */
static void stats_done(void *arg, const struct reply *reply)
{
    struct session *session = arg;
    bool news;

    if (reply->outcome == OUTCOME_LOST)
        return;
    ending_doubt(session);
    tunnel_follow(session);
    news = take_stats(session, reply->text) || session->instance->dco == TRUTH_TRUE ||
           session->instance->pending_clients > 0;
    if (session->status_refused || (!news && session->skips++ < SKIPS_MAX))
        schedule(session);
    else
        ask_status(session);
}

static void on_poll(void *arg)
{
    const struct listener listener = {.done = stats_done, .arg = arg};
    struct session *session = arg;
    struct command command;

    if (session->polling)
        return;
    /* Again, if there was no room for it before. */
    if (session->refresh_due)
        startup_refresh(session);
    streams_follow(session);
    session->polling = true;
    command_load_stats(&command);
    if (!connection_ask(session->connection, &command, &listener))
        schedule(session);
}

void poll_start(struct session *session)
{
    session->status_refused = session->cut_seen = false;
    session->skips = SKIPS_MAX;
    session->took = 0;
    session->aligned = false;
    on_poll(session);
}

void poll_stop(struct session *session)
{
    timer_stop(&session->poll);
    timer_init(&session->poll, on_poll, session);
    snapshot_abort(&session->snapshot);
    session->polling = false;
}

/*
 * Whatever load-stats says, a status follows it, but not within so many milliseconds of the last.
 */
static void want_status(struct session *session, int64_t distance)
{
    int64_t left = session->asked + distance - clock_mono();

    session->status_refused = false;
    session->skips = SKIPS_MAX;
    if (session->synchronized && !session->polling)
        timer_start(&session->poll, left > 0 ? left : 0);
}

/* A daemon that goes through all its states in a second is not asked in each of them. */
void poll_soon(struct session *session)
{
    want_status(session, poll_pause(session));
}

void poll_now(struct session *session)
{
    want_status(session, stretch(session, NOW_MIN));
}
