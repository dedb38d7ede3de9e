#include "share/share.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timers.h"
#include "model/instance.h"
#include "share/door.h"

/* Before it is tried again to listen, in milliseconds. */
enum { RETRY_WAIT = 5000 };

static struct log_limit refusals = {.level = LOG_LEVEL_WARNING, .what = "refused guests"};

/* Who is there; it takes part in the share's rows. */
struct visitor {
    struct guest *guest;
    struct visitor *next;
};

struct share {
    struct site site;
    void (*changed)(void *arg);
    void *arg;
    struct event_base *loop;
    int fd; /* -1 while it does not listen */
    struct evconnlistener *listener;
    struct timer retry;
    bool failed; /* that was logged */
    struct visitor *visitors;
};

static void guests_changed(void *arg)
{
    const struct share *share = arg;

    share->changed(share->arg);
}

static void on_left(void *arg, struct guest *guest)
{
    struct share *share = arg;
    struct visitor **at = &share->visitors;
    struct visitor *visitor;

    while ((*at)->guest != guest)
        at = &(*at)->next;
    visitor = *at;
    *at = visitor->next;
    free(visitor);
    guest_free(guest);
    guests_changed(share);
}

static const struct guest_host guest_host = {guests_changed, on_left};

static uint32_t count_visitors(const struct share *share)
{
    uint32_t count = 0;

    for (const struct visitor *visitor = share->visitors; visitor; visitor = visitor->next)
        count++;
    return count;
}

static void refuse(struct share *share, int fd, const char *peer, const char *why)
{
    static const char words[] = ">FATAL:the agent has no contact with the daemon\r\n";

    share->site.row->refused++;
    if (log_admits(&refusals))
        log_warning("%s: share %s, %s is refused: %s", share->site.desk->instance->name,
                    share->site.row->endpoint, peer, why);
    if (!share->site.config->password_file && !session_is_ready(share->site.desk->session))
        send(fd, words, sizeof(words) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    struct share *share = arg;
    struct visitor *visitor;
    char peer[DOOR_PEER_MAX];

    (void)listener;
    (void)address;
    (void)len;
    clock_idle_end();
    door_peer(fd, peer);
    if (!session_is_ready(share->site.desk->session)) {
        refuse(share, fd, peer, "there is no contact with the daemon");
        return;
    }
    if (count_visitors(share) >= share->site.config->guests) {
        refuse(share, fd, peer, "there are as many guests as may be");
        return;
    }
    visitor = calloc(1, sizeof(*visitor));
    if (!visitor) {
        refuse(share, fd, peer, "out of memory");
        return;
    }
    visitor->guest = guest_new(&share->site, fd, peer, &guest_host, share, share->loop);
    if (!visitor->guest) {
        free(visitor);
        return;
    }
    visitor->next = share->visitors;
    share->visitors = visitor;
    guests_changed(share);
}

/* Out of file descriptors, perhaps: it goes on when a guest leaves, or the retry fires. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct share *share = arg;

    if (log_admits(&refusals))
        log_warning("%s: share %s: cannot let a guest in: %s", share->site.desk->instance->name,
                    share->site.row->endpoint, strerror(errno));
    evconnlistener_disable(listener);
    timer_start(&share->retry, RETRY_WAIT);
}

static void open_door(struct share *share)
{
    char error[256];

    share->fd = door_open(share->site.config, error, sizeof(error));
    if (share->fd >= 0)
        share->listener =
            evconnlistener_new(share->loop, on_accept, share, LEV_OPT_CLOSE_ON_EXEC, 0, share->fd);
    if (share->listener) {
        evconnlistener_set_error_cb(share->listener, on_accept_error);
        log_notice("%s: shared at %s", share->site.desk->instance->name, share->site.row->endpoint);
        share->failed = false;
        return;
    }
    if (!share->failed)
        log_error("%s: share %s: %s", share->site.desk->instance->name, share->site.row->endpoint,
                  share->fd < 0 ? error : "out of memory");
    share->failed = true;
    if (share->fd >= 0)
        door_close(share->site.config, share->fd);
    share->fd = -1;
    timer_start(&share->retry, RETRY_WAIT);
}

static void knock_again(void *arg)
{
    struct share *share = arg;

    if (share->listener)
        evconnlistener_enable(share->listener);
    else
        open_door(share);
}

static void show_config(struct share *share)
{
    shares_configure(share->site.row, share->site.config->allow, share->site.config->guests);
}

struct share *share_new(struct desk *desk, const struct share_config *config,
                        void (*changed)(void *arg), void *arg, struct event_base *loop)
{
    struct share *share = calloc(1, sizeof(*share));

    if (!share)
        return NULL;
    *share = (struct share){.site = {.desk = desk, .config = config},
                            .changed = changed,
                            .arg = arg,
                            .loop = loop,
                            .fd = -1};
    share->site.row = shares_add(desk->instance, config->listen.text);
    if (!share->site.row) {
        free(share);
        return NULL;
    }
    bucket_init(&share->site.bucket, config->rate);
    timer_init(&share->retry, knock_again, share);
    show_config(share);
    open_door(share);
    return share;
}

void share_free(struct share *share)
{
    if (!share)
        return;
    timer_stop(&share->retry);
    if (share->listener)
        evconnlistener_free(share->listener);
    if (share->fd >= 0)
        door_close(share->site.config, share->fd);
    while (share->visitors) {
        struct visitor *visitor = share->visitors;

        share->visitors = visitor->next;
        guest_free(visitor->guest);
        free(visitor);
    }
    shares_remove(share->site.desk->instance, share->site.row);
    free(share);
}

void share_configure(struct share *share, const struct share_config *config)
{
    char error[256];

    share->site.config = config;
    bucket_set_rate(&share->site.bucket, config->rate);
    show_config(share);
    if (share->fd >= 0 && door_grant(config, error, sizeof(error)) != 0)
        log_error("%s: share %s: %s", share->site.desk->instance->name, share->site.row->endpoint,
                  error);
    for (struct visitor *visitor = share->visitors; visitor; visitor = visitor->next)
        guest_follow(visitor->guest);
}

const char *share_endpoint(const struct share *share)
{
    return share->site.row->endpoint;
}

void share_lose(struct share *share)
{
    for (struct visitor *visitor = share->visitors; visitor; visitor = visitor->next)
        guest_lose(visitor->guest);
}

void share_hear(struct share *share, struct slice line, const struct message *message)
{
    for (struct visitor *visitor = share->visitors; visitor; visitor = visitor->next)
        guest_hear(visitor->guest, line, message);
}

void share_add_wants(const struct share *share, struct session_wants *wants)
{
    for (const struct visitor *visitor = share->visitors; visitor; visitor = visitor->next)
        guest_add_wants(visitor->guest, wants);
}
