#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "config/config.h"
#include "connection/lookup.h"
#include "connection/transport.h"

/* Host names of daemons: real sockets and threads, and a system that knows what the test says. */

enum { LISTENERS = 2, GUARD = 30 };

static struct {
    const char *addresses[4]; /* IPv4 */
    uint16_t ports[4];
    int error;
    sem_t answers; /* each look-up takes one */
    unsigned asked;
    unsigned freed;
} names;

static struct event_base *loop;
static int listeners[LISTENERS];
static uint16_t ports[LISTENERS];
static bool connected;
static int closed; /* -1 while nothing has failed */

/* Of threads, so nothing is asserted here. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found)
{
    struct addrinfo **last = found;

    __atomic_add_fetch(&names.asked, 1, __ATOMIC_SEQ_CST);
    sem_wait(&names.answers);
    if (strcmp(host, "openvpn") != 0 || strcmp(port, "7505") != 0 ||
        hints->ai_socktype != SOCK_STREAM)
        return EAI_FAIL;
    for (size_t i = 0; names.error == 0 && names.addresses[i]; i++) {
        struct sockaddr_in *address = calloc(1, sizeof(*address));

        *last = calloc(1, sizeof(**last));
        address->sin_family = AF_INET;
        address->sin_port = htons(names.ports[i]);
        inet_pton(AF_INET, names.addresses[i], &address->sin_addr);
        (*last)->ai_addr = (struct sockaddr *)address;
        (*last)->ai_addrlen = sizeof(*address);
        last = &(*last)->ai_next;
    }
    return names.error;
}

void freeaddrinfo(struct addrinfo *found)
{
    names.freed++;
    while (found) {
        struct addrinfo *next = found->ai_next;

        free(found->ai_addr);
        free(found);
        found = next;
    }
}

static void on_connected(void *arg, int64_t user)
{
    (void)arg;
    assert_int_equal(user, TRANSPORT_PEER_UNKNOWN);
    connected = true;
}

static void on_received(void *arg, struct slice bytes)
{
    (void)arg;
    (void)bytes;
}

static void on_closed(void *arg, int error)
{
    (void)arg;
    assert_int_equal(closed, -1);
    closed = error;
}

static const struct transport_handler handler = {on_connected, on_received, on_closed};

static struct transport *open_name(void)
{
    static char host[] = "openvpn";
    static const struct endpoint endpoint = {.host = host, .port = 7505};
    int error = 0;
    struct transport *transport = socket_transport.open(loop, &endpoint, &handler, NULL, &error);

    assert_non_null(transport);
    return transport;
}

static void until_it_ends(void)
{
    while (!connected && closed == -1)
        event_base_loop(loop, EVLOOP_ONCE);
}

static bool has_caller(int listener)
{
    int peer = accept(listener, NULL, NULL);

    if (peer >= 0)
        close(peer);
    return peer >= 0;
}

/* A port that nobody listens on: it is bound. */
static uint16_t bind_loopback(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    *fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static int set_up(void **state)
{
    (void)state;
    memset(&names, 0, sizeof(names));
    sem_init(&names.answers, 0, 0);
    for (int i = 0; i < LISTENERS; i++)
        ports[i] = bind_loopback(&listeners[i]);
    connected = false;
    closed = -1;
    loop = event_base_new();
    alarm(GUARD); /* a test that waits for nothing must end */
    return loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < LISTENERS; i++)
        close(listeners[i]);
    event_base_free(loop);
    sem_destroy(&names.answers);
    return 0;
}

static void know(size_t place, const char *address, uint16_t port)
{
    names.addresses[place] = address;
    names.ports[place] = port;
}

/* Nothing waits for the answer; then the address is taken, and each try asks anew. */
static void test_found(void **state)
{
    struct transport *transport;

    (void)state;
    assert_int_equal(listen(listeners[0], 5), 0);
    know(0, "127.0.0.1", ports[0]);
    transport = open_name();
    event_base_loop(loop, EVLOOP_NONBLOCK);
    assert_false(connected);
    sem_post(&names.answers);
    until_it_ends();
    assert_true(connected);
    assert_true(has_caller(listeners[0]));
    socket_transport.close(transport);
    assert_int_equal(names.freed, 1);
    assert_int_equal(listen(listeners[1], 5), 0);
    know(0, "127.0.0.1", ports[1]);
    connected = false;
    sem_post(&names.answers);
    transport = open_name();
    until_it_ends();
    assert_true(has_caller(listeners[1]));
    socket_transport.close(transport);
    assert_int_equal(names.freed, 2);
}

/* In turn, until one listens; one that cannot even be tried is passed over. */
static void test_all_addresses(void **state)
{
    struct transport *transport;

    (void)state;
    assert_int_equal(listen(listeners[1], 5), 0);
    know(0, "255.255.255.255", 1);
    know(1, "127.0.0.1", ports[0]);
    know(2, "127.0.0.1", ports[1]);
    sem_post(&names.answers);
    transport = open_name();
    until_it_ends();
    assert_true(connected);
    assert_true(has_caller(listeners[1]));
    socket_transport.close(transport);
}

static void test_nobody_listens(void **state)
{
    struct transport *transport;

    (void)state;
    know(0, "127.0.0.1", ports[0]);
    know(1, "127.0.0.1", ports[1]);
    sem_post(&names.answers);
    transport = open_name();
    until_it_ends();
    assert_int_equal(closed, ECONNREFUSED);
    socket_transport.close(transport);
}

static void test_not_found(void **state)
{
    struct transport *transport;
    char text[256];

    (void)state;
    names.error = EAI_NONAME;
    sem_post(&names.answers);
    transport = open_name();
    until_it_ends();
    assert_int_equal(closed, EAI_NONAME);
    assert_string_equal(transport_why(closed, text, sizeof(text)),
                        "cannot connect: Name or service not known");
    assert_string_equal(transport_why(EAI_AGAIN, text, sizeof(text)),
                        "cannot connect: Temporary failure in name resolution; no name server "
                        "answers, or the service's unit does not allow its address");
    socket_transport.close(transport);
    assert_int_equal(names.freed, 0);
}

/* However many are given up while they run, LOOKUPS_MAX run; what comes late is thrown away. */
static void test_given_up(void **state)
{
    struct transport *transports[LOOKUPS_MAX + 3];
    enum { COUNT = sizeof(transports) / sizeof(transports[0]) };

    (void)state;
    assert_int_equal(listen(listeners[0], 5), 0);
    know(0, "127.0.0.1", ports[0]);
    for (int i = 0; i < COUNT; i++)
        transports[i] = open_name();
    while (__atomic_load_n(&names.asked, __ATOMIC_SEQ_CST) < LOOKUPS_MAX)
        usleep(1000);
    for (int i = 0; i < COUNT - 1; i++)
        socket_transport.close(transports[i]);
    event_base_loop(loop, EVLOOP_NONBLOCK);
    assert_int_equal(__atomic_load_n(&names.asked, __ATOMIC_SEQ_CST), LOOKUPS_MAX);
    for (int i = 0; i < COUNT; i++)
        sem_post(&names.answers);
    until_it_ends();
    assert_true(connected);
    socket_transport.close(transports[COUNT - 1]);
    while (names.freed < LOOKUPS_MAX + 1)
        event_base_loop(loop, EVLOOP_ONCE);
    assert_int_equal(names.asked, LOOKUPS_MAX + 1);
    assert_int_equal(closed, -1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_found),     TEST(test_all_addresses), TEST(test_nobody_listens),
        TEST(test_not_found), TEST(test_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
