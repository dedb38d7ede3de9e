#include "office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char name[] = "office";
static char endpoint_text[] = "unix:/run/office.sock";
static char endpoint_path[] = "/run/office.sock";
static const struct instance_config usual = {
    .name = name,
    .index = 1,
    .management = {.text = endpoint_text, .path = endpoint_path},
    .status_interval = 10,
    .reply_timeout = 120,
    .limits = {.log_lines = 10,
               .state_lines = 10,
               .session_lines = 10,
               .request_lines = 10,
               .client_max = 100,
               .route_max = 100},
};

struct instance_config office_config;
struct instance *office;
struct session *office_session;

void office_begin(void)
{
    script_begin();
    office = instance_new(1, &office_config);
    office_session = session_new(office, &office_config, &script_transport, NULL);
    session_start(office_session);
    script_turn();
    script_connect();
}

int office_set_up(void **state)
{
    (void)state;
    office_config = usual;
    office_total = -1;
    office_begin();
    return 0;
}

int office_end(void **state)
{
    (void)state;
    session_free(office_session);
    instance_free(office);
    script_end();
    return 0;
}

static void answer_format(const char *command, const char *format, const char *word)
{
    char text[4096];
    int len = snprintf(text, sizeof(text), format, word);

    assert_true(len > 0 && (size_t)len < sizeof(text));
    script_answer(command, text);
}

void office_synchronize(const char *version, const char *pid, const char *states)
{
    office_synchronize_with(version, pid, states, "Commands:\r\nverb [n] : level\r\nEND\r\n");
}

void office_synchronize_with(const char *version, const char *pid, const char *states,
                             const char *help)
{
    answer_format("version\n", "OpenVPN Version: %s\r\nManagement Version: 5\r\nEND\r\n", version);
    answer_format("pid\n", "SUCCESS: pid=%s\r\n", pid);
    answer_format("state on all\n", "SUCCESS: real-time state notification set to ON\r\n%sEND\r\n",
                  states);
    if (office->echo.bound > 0)
        script_answer("echo on all\n", "SUCCESS: real-time echo notification set to ON\r\nEND\r\n");
    script_answer("verb\n", "SUCCESS: verb=3\r\n");
    if (office->log.bound > 0)
        script_answer("log on all\n", "SUCCESS: real-time log notification set to ON\r\nEND\r\n");
    script_answer("hold\n", "SUCCESS: hold=0\r\n");
    script_answer("mute\n", "SUCCESS: mute=0\r\n");
    script_answer("auth-retry\n", "SUCCESS: auth-retry=none\r\n");
    script_answer("help\n", help);
    assert_int_equal(office->contact, CONTACT_UP);
}

void office_bring_up(void)
{
    script_say(SCRIPT_GREETING);
    office_synchronize("OpenVPN 2.6.14 x", "77", OFFICE_CONNECTED);
}

void office_lose(void)
{
    script_close(0);
    assert_int_equal(office->contact, CONTACT_DISCONNECTED);
}

void office_reconnect(void)
{
    for (int seconds = 0; seconds < 15 && !script_is_open(); seconds++)
        script_pass(1000);
    script_connect();
}

void office_return(void)
{
    office_reconnect();
    script_say(SCRIPT_GREETING);
}

int office_total;

/* What load-stats counts: the rows of a reply that have an address in the tunnel. */
static int total_of(const char *reply)
{
    int total = 0;

    if (office_total >= 0)
        return office_total;
    for (const char *row = reply; (row = strstr(row, "CLIENT_LIST\t")); row++) {
        const char *ipv4 = row;
        const char *ipv6;

        if (row > reply && row[-1] != '\n')
            continue;
        for (int i = 0; i < 3; i++)
            ipv4 = strchr(ipv4, '\t') + 1;
        ipv6 = ipv4 + strcspn(ipv4, "\t") + 1;
        total += ipv4[0] != '\t' || memchr(ipv6, ':', strcspn(ipv6, "\t"));
    }
    return total;
}

static void answer_poll(const char *stats, const char *reply)
{
    script_answer("load-stats\n", stats);
    script_answer("status 3\nload-stats\n", reply);
    script_say(stats);
}

static const char *reply_of(const char *rows)
{
    static char text[65536];
    int len = snprintf(text, sizeof(text), "%s%sEND\r\n", STATUS_TITLE STATUS_HEADERS, rows);

    assert_true(len > 0 && (size_t)len < sizeof(text));
    return text;
}

void office_status(const char *rows)
{
    const char *reply = reply_of(rows);
    char stats[128];

    snprintf(stats, sizeof(stats), "SUCCESS: nclients=%d,bytesin=100,bytesout=200\r\n",
             total_of(reply));
    answer_poll(stats, reply);
}

void office_poll_reply(const char *reply)
{
    static unsigned bytes = 1000;
    char stats[128];

    snprintf(stats, sizeof(stats), "SUCCESS: nclients=%d,bytesin=%u,bytesout=200\r\n",
             total_of(reply), bytes++);
    script_pass(10000);
    answer_poll(stats, reply);
}

void office_poll(const char *rows)
{
    office_poll_reply(reply_of(rows));
}

const struct client *office_client(size_t position)
{
    assert_true(position < office->clients.count);
    return (const struct client *)office->clients.list[position];
}

const struct route *office_route(size_t position)
{
    assert_true(position < office->routes.count);
    return (const struct route *)office->routes.list[position];
}
