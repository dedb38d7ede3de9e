#include "connection/backoff.h"

#include <stdio.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"

/* In milliseconds. */
enum { PAUSE_FIRST = 1000, PAUSE_MAX = 15000, PAUSE_REFUSED = 30000 };

/* A session of that many milliseconds was a good one. */
enum { STEADY_AFTER = 60000 };

void backoff_reset(struct backoff *backoff)
{
    backoff->next = PAUSE_FIRST;
}

void backoff_session_ended(struct backoff *backoff, int64_t good_since)
{
    if (good_since && clock_mono() - good_since >= STEADY_AFTER)
        backoff_reset(backoff);
}

static bool look_at_folder(struct backoff *backoff, const struct endpoint *endpoint)
{
    char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

    if (!endpoint->listen)
        return false;
    text_folder(folder, sizeof(folder), endpoint->path);
    return watch_look(&backoff->folder, folder);
}

/* Each is looked at, whatever is new of the others. */
static bool has_news(struct backoff *backoff, const struct instance_config *config)
{
    bool socket = watch_look(&backoff->socket, config->management.path);
    bool folder = look_at_folder(backoff, &config->management);

    return watch_look(&backoff->password, config->password_file) || socket || folder;
}

void backoff_try(struct backoff *backoff, const struct instance_config *config)
{
    has_news(backoff, config);
}

/* Before the password is read: what is written from now on is news. */
void backoff_login(struct backoff *backoff, const struct instance_config *config)
{
    watch_look(&backoff->password, config->password_file);
}

static int64_t next_look(const struct backoff *backoff)
{
    int64_t left = backoff->end - clock_mono();

    if (left <= 0)
        return 0;
    return backoff->refused && left > BACKOFF_LOOK_EVERY ? BACKOFF_LOOK_EVERY : left;
}

int64_t backoff_take(struct backoff *backoff, bool refused)
{
    backoff->refused = refused;
    backoff->end = clock_mono() + (refused ? PAUSE_REFUSED : backoff->next);
    backoff->next = backoff->next * 2 < PAUSE_MAX ? backoff->next * 2 : PAUSE_MAX;
    return next_look(backoff);
}

int64_t backoff_left(struct backoff *backoff, const struct instance_config *config)
{
    if (backoff->refused && has_news(backoff, config))
        return 0;
    return next_look(backoff);
}

bool backoff_password_is_new(struct backoff *backoff, const struct instance_config *config)
{
    return watch_look(&backoff->password, config->password_file);
}
