#include "connection/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/job.h"

/* The work of a job: host and port go in, error and found come out. */
struct lookup {
    struct job *job;
    void (*done)(void *arg, int error, struct addrinfo *found);
    void *arg;
    int error;
    struct addrinfo *found;
    char port[8];
    char host[]; /* behind all others */
};

static void run_lookup(void *work)
{
    static const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *lookup = work;

    lookup->error = getaddrinfo(lookup->host, lookup->port, &wanted, &lookup->found);
}

static void lookup_done(void *work, bool ran)
{
    struct lookup *lookup = work;
    void (*done)(void *arg, int error, struct addrinfo *found) = lookup->done;
    void *arg = lookup->arg;
    int error = ran ? lookup->error : EAI_AGAIN;
    struct addrinfo *found = error == 0 ? lookup->found : NULL;

    free(lookup);
    done(arg, error, found);
}

static void lookup_forgotten(void *work)
{
    struct lookup *lookup = work;

    if (lookup->error == 0 && lookup->found)
        freeaddrinfo(lookup->found);
    free(lookup);
}

static const struct job_kind lookups = {LOOKUPS_MAX, run_lookup, lookup_done, lookup_forgotten};

struct lookup *lookup_start(struct event_base *base, const char *host, uint16_t port,
                            void (*done)(void *arg, int error, struct addrinfo *found), void *arg)
{
    size_t size = strlen(host) + 1;
    struct lookup *lookup = calloc(1, sizeof(*lookup) + size);

    if (!lookup)
        return NULL;
    memcpy(lookup->host, host, size);
    snprintf(lookup->port, sizeof(lookup->port), "%u", port);
    lookup->done = done;
    lookup->arg = arg;
    lookup->job = job_start(base, &lookups, lookup);
    if (lookup->job)
        return lookup;
    free(lookup);
    return NULL;
}

void lookup_cancel(struct lookup *lookup)
{
    if (lookup)
        job_cancel(lookup->job);
}
