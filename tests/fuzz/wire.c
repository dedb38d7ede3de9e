#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/timers.h"
#include "fuzz.h"
#include "protocol/command.h"

static int64_t now;

static int64_t mono(void)
{
    return now;
}

static int64_t wall(void)
{
    return 1795453891 + now / 1000;
}

static const struct clock_source moved_clock = {mono, wall, mono};

void wire_clock_start(void)
{
    now = 1000000;
    clock_use(&moved_clock);
}

void wire_clock_stop(void)
{
    clock_use(NULL);
}

void wire_pass(int64_t milliseconds)
{
    int64_t end = now + milliseconds;

    while (timers_next() >= 0 && now + timers_next() <= end) {
        now += timers_next();
        timers_run();
    }
    now = end;
}

void wire_turn(void)
{
    wire_pass(0);
}

static struct {
    const struct transport_handler *handler;
    void *arg;
    bool open;
    bool connected;
    int refuse;
    bool managed;    /* a manager may ask for more than what is harmless */
    unsigned served; /* commands answered since the open, for figures that change */
    size_t len;
    char sent[COMMAND_MAX * 50];
} wire;

static struct transport *wire_open(struct event_base *loop, const struct endpoint *endpoint,
                                   const struct transport_handler *handler, void *arg, int *error)
{
    (void)loop;
    (void)endpoint;
    REQUIRE(!wire.open);
    if (wire.refuse) {
        *error = wire.refuse;
        return NULL;
    }
    wire.handler = handler;
    wire.arg = arg;
    wire.open = true;
    wire.connected = false;
    wire.len = 0;
    return (struct transport *)&wire;
}

/* What may be sent unasked, and the password of a login. */
static bool is_harmless(struct slice line)
{
    static const char *const commands[] = {
        "version", "pid",     "state on all", "echo on all", "log on all", "hold",
        "verb",    "mute",    "help",         "auth-retry",  "load-stats", "status 3",
        "log off", "hunter2", "status 1",     "env-filter 0"};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (slice_is(line, commands[i]))
            return true;
    return false;
}

static void wire_send(struct transport *transport, const char *bytes, size_t len)
{
    REQUIRE(transport == (struct transport *)&wire && wire.open && wire.connected);
    REQUIRE(len > 1 && bytes[len - 1] == '\n');
    REQUIRE(wire.managed || is_harmless((struct slice){bytes, len - 1}));
    REQUIRE(wire.len + len <= sizeof(wire.sent));
    memcpy(wire.sent + wire.len, bytes, len);
    wire.len += len;
}

static void wire_close(struct transport *transport)
{
    REQUIRE(!transport || wire.open);
    if (transport)
        wire.open = wire.connected = false;
}

static int wire_descriptor(const struct transport *transport)
{
    REQUIRE(transport == (struct transport *)&wire);
    return -1;
}

const struct transport_kind wire_kind = {
    .open = wire_open, .send = wire_send, .close = wire_close, .descriptor = wire_descriptor};

void wire_reset(void)
{
    memset(&wire, 0, sizeof(wire));
}

void wire_refuse(int error)
{
    wire.refuse = error;
}

void wire_permit(bool managed)
{
    wire.managed = managed;
}

bool wire_is_open(void)
{
    return wire.open;
}

void wire_accept(void)
{
    if (!wire.open || wire.connected)
        return;
    wire.connected = true;
    wire.handler->connected(wire.arg, TRANSPORT_PEER_UNKNOWN);
    wire_turn();
}

void wire_say(struct slice bytes)
{
    const size_t turn = 16384;

    wire_accept();
    while (bytes.len > 0 && wire.open) {
        struct slice segment = {bytes.at, bytes.len < turn ? bytes.len : turn};

        wire.handler->received(wire.arg, segment);
        wire_turn();
        bytes = slice_skip(bytes, segment.len);
    }
}

void wire_hang_up(int error)
{
    if (!wire.open)
        return;
    wire.handler->closed(wire.arg, error);
    wire_turn();
}

size_t wire_unanswered(void)
{
    return wire.len;
}

void wire_ignore(void)
{
    wire.len = 0;
}

static void say(const char *text)
{
    wire_say(slice_of(text));
}

#define GREETING ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n"

void wire_greet(const struct polite *daemon)
{
    wire_accept();
    say(daemon->password ? "ENTER PASSWORD:" : GREETING);
}

static void answer_single(const struct polite *daemon, struct slice line)
{
    char text[128] = "";

    if (daemon->password && slice_is(line, daemon->password))
        say("SUCCESS: password is correct\r\n" GREETING);
    else if (slice_is(line, "pid"))
        snprintf(text, sizeof(text), "SUCCESS: pid=%lld\r\n", (long long)daemon->pid);
    else if (slice_is(line, "load-stats"))
        snprintf(text, sizeof(text), "SUCCESS: nclients=1,bytesin=%u,bytesout=5\r\n", wire.served);
    else if (slice_is(line, "hold"))
        say("SUCCESS: hold=0\r\n");
    else if (slice_is(line, "verb") || slice_is(line, "mute"))
        snprintf(text, sizeof(text), "SUCCESS: %.4s=3\r\n", line.at);
    else if (slice_is(line, "auth-retry"))
        say("SUCCESS: auth-retry=none\r\n");
    else if (slice_is(line, "env-filter 0"))
        say("SUCCESS: env_filter_level=0\r\n");
    else
        say("ERROR: unknown command, enter 'help' for more options\r\n");
    say(text);
}

/* What a manager has asked for; false when it is something else. */
static bool answer_manager(struct slice line)
{
    if (slice_is(line, "net"))
        say("interface eth0\r\n\r\nroute default\r\nEND\r\n");
    else if (slice_is(line, "pkcs11-id-count"))
        say(">PKCS11ID-COUNT:2\r\n");
    else if (slice_starts(line, "pkcs11-id-get "))
        say(">PKCS11ID-ENTRY:'0', ID:'a token', BLOB:'AAAA'\r\n");
    else if (slice_starts(line, "verb ") || slice_starts(line, "mute ") ||
             slice_starts(line, "username ") || slice_starts(line, "password ") ||
             slice_starts(line, "needok "))
        say("SUCCESS: taken\r\n");
    else
        return false;
    return true;
}

static void answer_stream(const char *stream, const char *lines)
{
    char text[128];

    snprintf(text, sizeof(text), "SUCCESS: real-time %s notification set to ON\r\n", stream);
    say(text);
    say(lines ? lines : "");
    say("END\r\n");
}

static void answer(const struct polite *daemon, struct slice line)
{
    wire.served++;
    if (slice_is(line, "version"))
        say("OpenVPN Version: OpenVPN 2.6.14 x\r\nManagement Version: 5\r\nEND\r\n");
    else if (slice_is(line, "help"))
        say("Commands:\r\nverb [n]  : level\r\nhold  : hold\r\nEND\r\n");
    else if (slice_is(line, "state on all"))
        answer_stream("state", daemon->states);
    else if (slice_is(line, "log on all"))
        answer_stream("log", daemon->log);
    else if (slice_is(line, "echo on all"))
        answer_stream("echo", NULL);
    else if (slice_is(line, "status 3")) {
        say(daemon->status);
        say(daemon->plain ? "" : "END\r\n");
    } else if (slice_is(line, "status 1") && daemon->plain) {
        say(daemon->plain);
        say("END\r\n");
    } else if (!wire.managed || !answer_manager(line)) {
        answer_single(daemon, line);
    }
}

bool wire_answer(const struct polite *daemon)
{
    char copy[COMMAND_MAX];
    struct slice rest = {wire.sent, wire.len};
    struct slice line = slice_cut(&rest, '\n');

    if (!wire.open || line.len == 0)
        return false;
    memcpy(copy, line.at, line.len);
    line.at = copy;
    memmove(wire.sent, rest.at, rest.len);
    wire.len = rest.len;
    answer(daemon, line);
    return true;
}
