#include "model/mask.h"

#include <string.h>

#include "base/text.h"

static const char stars[] = "***";
enum { STARS = sizeof(stars) - 1 };

/* Where a URL goes on behind its host; its name and password, if it has them, become stars. */
static size_t mask_url(const char *text, size_t len, char *url)
{
    char *host = url + strlen("://");
    size_t host_len = strcspn(host, "/?# ");
    const char *at = memrchr(host, '@', host_len);

    if (at) {
        memcpy(host, stars, STARS);
        return (size_t)(host - text) + STARS;
    }
    host += host_len;
    if (*host == '\0')
        return len;
    memcpy(host, "/***", 1 + STARS);
    return (size_t)(host - text) + 1 + STARS;
}

/* What follows the first secret is dropped with it: nobody knows where a secret ends. */
void mask_set(char **where, size_t limit, struct slice text)
{
    char masked[TEXT_MAX + 1 + STARS + 1];
    size_t len = text_clean(masked, limit < TEXT_MAX ? limit : TEXT_MAX, text);
    char *url = strstr(masked, "://");
    char *challenge = strstr(masked, "CRV1:");

    if (challenge && (!url || challenge < url)) {
        challenge += strlen("CRV1:");
        memcpy(challenge, stars, STARS);
        len = (size_t)(challenge - masked) + STARS;
    } else if (url) {
        len = mask_url(masked, len, url);
    }
    text_set(where, limit, (struct slice){masked, len});
}

void mask_set_log(char **where, size_t limit, struct slice text)
{
    static const char *const words[] = {"CRV1:", "OPEN_URL:", "WEB_AUTH:"};
    bool secret = false;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        secret |= text.len > 0 && memmem(text.at, text.len, words[i], strlen(words[i]));
    if (secret)
        mask_set(where, limit, text);
    else
        text_set(where, limit, text);
}
