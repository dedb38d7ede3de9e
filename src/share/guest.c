#include "share/guest.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "model/instance.h"
#include "share/runner.h"

/* Wrong passwords that end it, as with a daemon. */
enum { TRIES = 3 };

/* Milliseconds that a login may take, and that what it was told last may take to go out. */
enum { LOGIN_WAIT = 30000, LINGER_WAIT = 10000 };

/* Unread bytes: of real-time messages, beside one answer; and before it may ask for more. */
enum { EVENTS_BYTES_MAX = 1048576, ANSWERED_BYTES = 65536 };

/* Bytes of its commands that are read ahead. */
enum { AHEAD_BYTES = 65536 };

static struct log_limit wrong = {.level = LOG_LEVEL_WARNING, .what = "guests without the password"};
static struct log_limit dropped = {.level = LOG_LEVEL_WARNING, .what = "guests that did not read"};

struct guest {
    struct site *site;
    const struct guest_host *host;
    void *arg;
    struct bufferevent *stream;
    char *peer;
    struct guest_row *row; /* NULL before it is let in */
    struct runner runner;
    int tries;
    bool skipping; /* what is read is the rest of a line that was too long */
    bool eof;      /* it says nothing more */
    bool leaving;  /* it goes when what it was told has gone out, or the timer fires */
    size_t answer; /* unread bytes of the answer to its command, or more */
    struct timer timer;
};

static struct evbuffer *output_of(const struct guest *guest)
{
    return bufferevent_get_output(guest->stream);
}

static size_t unread(const struct guest *guest)
{
    return evbuffer_get_length(output_of(guest));
}

static void send_guest(struct guest *guest, const char *text)
{
    if (!guest->runner.deaf)
        evbuffer_add(output_of(guest), text, strlen(text));
}

static void send_guest_line(struct guest *guest, struct slice line)
{
    if (guest->runner.deaf)
        return;
    evbuffer_add(output_of(guest), line.at, line.len);
    evbuffer_add(output_of(guest), "\r\n", 2);
}

/* Nothing more is taken from it; it is gone in a later turn. */
static void depart(struct guest *guest)
{
    if (guest->leaving)
        return;
    guest->leaving = true;
    bufferevent_disable(guest->stream, EV_READ);
    bufferevent_setwatermark(guest->stream, EV_WRITE, 0, 0);
    timer_start(&guest->timer, guest->runner.deaf || unread(guest) == 0 ? 0 : LINGER_WAIT);
}

/* What it has not read is dropped. */
static void turn_deaf(struct guest *guest)
{
    guest->runner.deaf = true;
    bufferevent_disable(guest->stream, EV_WRITE);
    evbuffer_drain(output_of(guest), unread(guest));
}

static void time_over(void *arg)
{
    struct guest *guest = arg;

    if (!guest->leaving && guest->site->row)
        guest->site->row->refused++; /* no login */
    guest->host->left(guest->arg, guest);
}

static void on_say(void *arg, struct slice line)
{
    struct guest *guest = arg;

    send_guest_line(guest, line);
    guest->answer += line.len + 2;
}

static void on_idle(void *arg);

static void on_wishes(void *arg)
{
    const struct guest *guest = arg;

    guest->host->changed(guest->arg);
}

static const struct runner_host runner_host = {on_say, on_idle, on_wishes};

static void let_in(struct guest *guest)
{
    const struct desk *desk = guest->site->desk;
    const char *greeting = session_greeting(desk->session);
    const char *question = session_question(desk->session);

    timer_stop(&guest->timer);
    guest->row = shares_guest_came(desk->instance, guest->site->row, guest->peer);
    if (!guest->row) {
        depart(guest);
        return;
    }
    runner_begin(&guest->runner, guest->site, guest->row, &runner_host, guest);
    log_info("%s: share %s, %s has come", desk->instance->name, guest->site->row->endpoint,
             guest->peer);
    if (greeting)
        send_guest_line(guest, slice_of(greeting));
    if (question)
        send_guest_line(guest, slice_of(question));
    guest->host->changed(guest->arg);
}

/* In a time that tells nothing of how much of it is right. */
static bool is_same_secret(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned char difference = a_len != b_len;

    for (size_t i = 0; i < a_len; i++)
        difference |=
            (unsigned char)((unsigned char)a[i] ^ (unsigned char)b[b_len ? i % b_len : 0]);
    return difference == 0;
}

static bool is_password(const struct guest *guest, struct slice line)
{
    const struct site *site = guest->site;
    char password[COMMAND_MAX + 1] = "";
    char error[256];
    int len = config_read_password(site->config->password_file, password, sizeof(password), error,
                                   sizeof(error));
    bool right = len > 0 && is_same_secret(line.at, line.len, password, (size_t)len);

    explicit_bzero(password, sizeof(password));
    if (len < 0 && log_admits(&wrong))
        log_error("%s: share %s: %s", site->desk->instance->name, site->row->endpoint, error);
    return right;
}

static void log_in_line(struct guest *guest, struct slice line)
{
    const struct site *site = guest->site;

    if (is_password(guest, line)) {
        send_guest(guest, "SUCCESS: password is correct\r\n");
        let_in(guest);
        return;
    }
    if (++guest->tries < TRIES) {
        send_guest(guest, "ENTER PASSWORD:");
        return;
    }
    if (log_admits(&wrong))
        log_warning("%s: share %s, %s gave %d wrong passwords", site->desk->instance->name,
                    site->row->endpoint, guest->peer, TRIES);
    site->row->refused++;
    depart(guest);
}

enum input { INPUT_NONE, INPUT_LINE, INPUT_LONG };

/* A longer line is skipped to its end, and told then. */
static enum input take_input(struct guest *guest, char line[COMMAND_MAX + 1], size_t *len)
{
    struct evbuffer *input = bufferevent_get_input(guest->stream);
    struct evbuffer_ptr end = evbuffer_search_eol(input, NULL, NULL, EVBUFFER_EOL_LF);
    bool fits = !guest->skipping && end.pos <= COMMAND_MAX;

    if (end.pos < 0) {
        guest->skipping |= evbuffer_get_length(input) > COMMAND_MAX;
        if (guest->skipping)
            evbuffer_drain(input, evbuffer_get_length(input));
        return INPUT_NONE;
    }
    *len = fits ? (size_t)end.pos : 0;
    if (fits)
        evbuffer_remove(input, line, *len);
    evbuffer_drain(input, (size_t)end.pos - *len + 1);
    guest->skipping = false;
    return fits ? INPUT_LINE : INPUT_LONG;
}

static void one_line(struct guest *guest, enum input input, struct slice line)
{
    if (!guest->row)
        log_in_line(guest, line);
    else if (input == INPUT_LONG)
        runner_long_line(&guest->runner);
    else if (!runner_line(&guest->runner, line))
        depart(guest);
}

/* A guest that does not read its answers is not read from either. */
static bool may_speak(const struct guest *guest)
{
    return !guest->leaving && unread(guest) <= ANSWERED_BYTES &&
           !(guest->row && runner_is_busy(&guest->runner));
}

static void take_lines(struct guest *guest)
{
    bool eight_bit = guest->site->desk->instance->dialect.eight_bit;
    char line[COMMAND_MAX + 1];
    enum input input = INPUT_LINE;
    size_t len = 0;

    while (input != INPUT_NONE && may_speak(guest)) {
        input = take_input(guest, line, &len);
        if (input != INPUT_NONE)
            one_line(guest, input, (struct slice){line, lexer_clean(line, len, eight_bit)});
    }
    explicit_bzero(line, sizeof(line));
    /* What it said before the end is done first. */
    if (guest->eof && input == INPUT_NONE && may_speak(guest))
        depart(guest);
}

static void on_idle(void *arg)
{
    take_lines(arg);
}

static void on_read(struct bufferevent *stream, void *arg)
{
    (void)stream;
    clock_idle_end();
    take_lines(arg);
}

static void on_written(struct bufferevent *stream, void *arg)
{
    struct guest *guest = arg;

    (void)stream;
    clock_idle_end();
    if (unread(guest) < guest->answer)
        guest->answer = unread(guest);
    if (!guest->leaving)
        take_lines(guest);
    else if (unread(guest) == 0)
        timer_start(&guest->timer, 0);
}

static void on_end(struct bufferevent *stream, short what, void *arg)
{
    struct guest *guest = arg;

    (void)stream;
    clock_idle_end();
    if (what & BEV_EVENT_ERROR)
        turn_deaf(guest);
    if (what & BEV_EVENT_WRITING) {
        if (guest->leaving)
            timer_start(&guest->timer, 0);
        else
            take_lines(guest);
        return;
    }
    guest->eof = true;
    take_lines(guest);
}

struct guest *guest_new(struct site *site, int fd, const char *peer, const struct guest_host *host,
                        void *arg, struct event_base *loop)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (guest) {
        *guest = (struct guest){.site = site, .host = host, .arg = arg, .peer = strdup(peer)};
        guest->stream = bufferevent_socket_new(loop, fd, BEV_OPT_CLOSE_ON_FREE);
    }
    if (!guest || !guest->peer || !guest->stream) {
        if (!guest || !guest->stream)
            close(fd);
        guest_free(guest);
        return NULL;
    }
    timer_init(&guest->timer, time_over, guest);
    bufferevent_setcb(guest->stream, on_read, on_written, on_end, guest);
    bufferevent_setwatermark(guest->stream, EV_READ, 0, AHEAD_BYTES);
    bufferevent_setwatermark(guest->stream, EV_WRITE, ANSWERED_BYTES, 0);
    bufferevent_enable(guest->stream, EV_READ | EV_WRITE);
    if (site->config->password_file) {
        timer_start(&guest->timer, LOGIN_WAIT);
        send_guest(guest, "ENTER PASSWORD:");
    } else {
        let_in(guest);
    }
    return guest;
}

void guest_free(struct guest *guest)
{
    if (!guest)
        return;
    timer_stop(&guest->timer);
    if (guest->row) {
        runner_end(&guest->runner);
        log_info("%s: share %s, %s has left", guest->site->desk->instance->name,
                 guest->site->row->endpoint, guest->peer);
        shares_guest_left(guest->site->desk->instance, guest->row);
    }
    if (guest->stream)
        bufferevent_free(guest->stream);
    free(guest->peer);
    free(guest);
}

void guest_lose(struct guest *guest)
{
    if (guest->row && !guest->leaving)
        send_guest(guest, ">FATAL:the agent has lost contact with the daemon\r\n");
    if (guest->row)
        runner_end(&guest->runner);
    depart(guest);
}

void guest_hear(struct guest *guest, struct slice line, const struct message *message)
{
    struct site *site = guest->site;

    if (!guest->row || guest->leaving || !runner_hears(&guest->runner, message))
        return;
    if (unread(guest) < guest->answer)
        guest->answer = unread(guest);
    if (unread(guest) - guest->answer + line.len <= EVENTS_BYTES_MAX) {
        send_guest_line(guest, line);
        return;
    }
    site->row->dropped++;
    if (log_admits(&dropped))
        log_warning("%s: share %s, %s does not read: it is dropped", site->desk->instance->name,
                    site->row->endpoint, guest->peer);
    turn_deaf(guest);
    depart(guest);
}

void guest_follow(struct guest *guest)
{
    if (guest->row)
        runner_follow(&guest->runner);
}

void guest_add_wants(const struct guest *guest, struct session_wants *wants)
{
    const struct runner *runner = &guest->runner;
    const struct filter *filter = &runner->filter;

    if (!guest->row || guest->leaving)
        return;
    wants->log |= filter->log || runner_awaits(runner, VERB_LOG);
    wants->echo |= filter->echo || runner_awaits(runner, VERB_ECHO);
    if (filter->bytecount > 0 &&
        (wants->bytecount == 0 || filter->bytecount < (unsigned)wants->bytecount))
        wants->bytecount = (int)filter->bytecount;
    if (runner->client_version > wants->client_version)
        wants->client_version = runner->client_version;
    wants->judges |= filter->sees_clients;
}
