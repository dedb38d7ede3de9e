#include "model/users.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "model/clients.h"

static int order_by_name(const void *left, const void *right)
{
    const struct user *a = left;
    const struct user *b = right;

    return strcmp(a->name, b->name);
}

static int order_by_index(const void *left, const void *right)
{
    const struct user *a = left;
    const struct user *b = right;

    return (a->index > b->index) - (a->index < b->index);
}

/* A search that finds nothing and on its way comes by the first user behind the index. */
struct seek {
    uint32_t index;
    const struct user **found;
};

static int pass_by(const void *key, const void *node)
{
    const struct seek *seek = key;
    const struct user *user = node;

    if (user->index <= seek->index)
        return 1;
    *seek->found = user;
    return -1;
}

const struct user *users_after(const struct users *users, uint32_t index)
{
    const struct user *found = NULL;
    const struct seek seek = {index, &found};

    tfind(&seek, (void *const *)&users->by_index, pass_by);
    return found;
}

static void append_user(struct user_list *list, struct user *user)
{
    user->previous = list->last;
    user->next = NULL;
    *(list->last ? &list->last->next : &list->first) = user;
    list->last = user;
}

static void take_user(struct user_list *list, struct user *user)
{
    *(user->previous ? &user->previous->next : &list->first) = user->next;
    *(user->next ? &user->next->previous : &list->last) = user->previous;
}

static void user_free(void *node)
{
    struct user *user = node;

    free(user->name);
    free(user->real_text);
    free(user);
}

/* Who is away longest goes. */
static void drop_user(struct users *users)
{
    struct user *user = users->away.first;

    users->dropped++;
    tdelete(user, &users->by_name, order_by_name);
    tdelete(user, &users->by_index, order_by_index);
    take_user(&users->away, user);
    users->count--;
    user_free(user);
}

/* So that there are no more than that, as far as enough are away. */
static void keep_at_most(struct users *users, uint32_t count)
{
    while (users->count > count && users->away.first)
        drop_user(users);
}

/* For one more; false when there is none, which counts too. */
static bool make_room(struct users *users)
{
    keep_at_most(users, users->bound - 1);
    if (users->count < users->bound && users->last_index < UINT32_MAX)
        return true;
    users->dropped++;
    return false;
}

void users_configure(struct users *users, const struct instance_config *config)
{
    users->bound = config->limits.user_lines;
    users->by_username = config->by_username;
    keep_at_most(users, users->bound);
}

static void keep_users(void *node)
{
    (void)node; /* the other tree frees them */
}

void users_fini(struct users *users)
{
    tdestroy(users->by_name, keep_users);
    tdestroy(users->by_index, user_free);
    *users = (struct users){0};
}

const struct user *users_first(const struct users *users)
{
    return users->away.first ? users->away.first : users->online.first;
}

const struct user *users_next(const struct users *users, const struct user *user)
{
    return user->next || user->sessions > 0 ? user->next : users->online.first;
}

/* A user who is away finds a place; false when memory is out, or one like it is there. */
static bool place(struct users *users, struct user *user)
{
    void **node = tsearch(user, &users->by_name, order_by_name);

    if (!node || *node != user)
        return false;
    node = tsearch(user, &users->by_index, order_by_index);
    if (!node || *node != user) {
        tdelete(user, &users->by_name, order_by_name);
        return false;
    }
    append_user(&users->away, user);
    user->shown = INT64_MIN;
    users->count++;
    if (user->index > users->last_index)
        users->last_index = user->index;
    return true;
}

bool users_restore(struct users *users, struct user *user)
{
    if (user->index == 0 || !user->name || !place(users, user))
        return false;
    keep_at_most(users, users->bound);
    return true;
}

static struct user *add_user(struct users *users, char *name)
{
    struct user *user = calloc(1, sizeof(*user));

    if (!user)
        return NULL;
    user->index = users->last_index + 1;
    user->name = text_copy(name);
    user->created = clock_wall();
    if (user->name && place(users, user))
        return user;
    user_free(user);
    return NULL;
}

/* NULL when it is not known. */
static char *name_of(const struct users *users, const struct identity *who)
{
    if (users->by_username && who->username)
        return who->username;
    return text_equal(who->common_name, "UNDEF") ? NULL : who->common_name;
}

static struct user *find_user(const struct users *users, char *name)
{
    const struct user key = {.name = name};
    void **node = tfind(&key, (void *const *)&users->by_name, order_by_name);

    return node ? *node : NULL;
}

static int64_t seen_mono(const struct users *users, const struct user *user)
{
    bool never =
        users->seen_mono == 0; /* who was put back may have been seen before the clock began */

    return never || user->seen_mono > users->seen_mono ? user->seen_mono : users->seen_mono;
}

uint64_t users_seconds(const struct users *users, const struct user *user)
{
    int64_t now = seen_mono(users, user) * user->sessions - user->starts;

    return (uint64_t)(user->spent + now) / 1000;
}

int64_t users_last_seen(const struct users *users, const struct user *user)
{
    return user->sessions > 0 && users->seen_unix > user->last_seen ? users->seen_unix
                                                                    : user->last_seen;
}

void users_heard(struct users *users)
{
    users->seen_mono = clock_mono();
    users->seen_unix = clock_wall();
}

/* clock_mono() at that time of day, in seconds since 1970; not in the future. */
static int64_t mono_of(int64_t unix_time)
{
    int64_t now = clock_wall();

    return clock_mono() - (unix_time > 0 && unix_time < now ? (now - unix_time) * 1000 : 0);
}

static void open_session(struct users *users, struct user *user, struct client *client,
                         int64_t start)
{
    client->user = user;
    client->start = start;
    user->starts += start;
    if (user->sessions++ > 0)
        return;
    take_user(&users->away, user);
    append_user(&users->online, user);
}

static void join(struct users *users, struct client *client)
{
    char *name = name_of(users, &client->who);
    struct user *user = name ? find_user(users, name) : NULL;

    if (!name)
        return;
    if (!user) {
        client->counted = !make_room(users);
        user = client->counted ? NULL : add_user(users, name);
    }
    if (!user)
        return;
    client->counted = true;
    open_session(users, user, client, mono_of(client->since));
    user->connects++;
    user->bytes_in += client->bytes_in;
    user->bytes_out += client->bytes_out;
    user->seen_mono = clock_mono();
    user->last_seen = clock_wall();
    if (client->since > user->last_connected)
        user->last_connected = client->since;
}

/* Of several sessions that which began last shows where the user is. */
static void show(struct user *user, const struct client *client)
{
    const struct tunnel_addresses *tunnel = &client->who.tunnel;

    if (client->since < user->shown && client->base.index != user->shown_by)
        return;
    user->shown = client->since;
    user->shown_by = client->base.index;
    if (client->who.real_text && !text_equal(user->real_text, client->who.real_text))
        text_set(&user->real_text, ADMIN_MAX, slice_of(client->who.real_text));
    if (tunnel->has_ipv4 || tunnel->has_ipv6)
        user->tunnel = *tunnel;
}

void users_see(struct users *users, struct client *client)
{
    if (!client->counted)
        join(users, client);
    if (client->user)
        show(client->user, client);
}

void users_move(const struct client *client, uint64_t in, uint64_t out)
{
    if (!client->user)
        return;
    client->user->bytes_in += in;
    client->user->bytes_out += out;
}

void users_settle(struct users *users, const struct rows *clients)
{
    for (size_t i = 0; i < clients->count && users->unsettled; i++) {
        const struct client *client = (const struct client *)clients->list[i];

        if (client->user)
            show(client->user, client);
    }
    users->unsettled = false;
}

uint32_t users_leave(struct users *users, const struct client *client, int64_t ended)
{
    struct user *user = client->user;
    int64_t seen;
    int64_t end;

    if (!user)
        return 0;
    seen = users_last_seen(users, user);
    end = mono_of(ended > seen ? ended : seen);
    if (end < seen_mono(users, user))
        end = seen_mono(users, user);
    user->spent += end - client->start;
    user->starts -= client->start;
    user->sessions--;
    if (client->base.index == user->shown_by) {
        user->shown = INT64_MIN;
        user->shown_by = 0;
    }
    if (user->sessions > 0) {
        users->unsettled |= user->shown_by == 0;
        return user->index;
    }
    user->last_seen = ended > seen ? ended : seen;
    take_user(&users->online, user);
    append_user(&users->away, user);
    return user->index;
}

void users_reject(struct users *users, const struct identity *who)
{
    char *name = name_of(users, who);
    struct user *user = name ? find_user(users, name) : NULL;

    if (user)
        user->rejected++;
}

void users_resume(struct users *users, struct client *client, uint32_t user_index)
{
    const struct user key = {.index = user_index};
    void **node = tfind(&key, (void *const *)&users->by_index, order_by_index);
    struct user *user = node ? *node : NULL;

    if (!user)
        return;
    if (user->sessions == 0)
        user->seen_mono = mono_of(user->last_seen);
    client->counted = true;
    open_session(users, user, client, user->seen_mono);
    if (client->since < user->shown)
        return;
    user->shown = client->since;
    user->shown_by = client->base.index;
}
