#include "base/job.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * While its thread runs, the work is the thread's, and it writes to signal as the last thing that
 * it does.  All else is the loop's, so nothing needs a lock.
 */
struct job {
    const struct job_kind *kind;
    void *work;
    bool running;
    bool failed; /* to get a thread */
    bool cancelled;
    pthread_t thread;
    int signal; /* an eventfd(2) */
    struct event *event;
    struct job *next;
};

/* In the order of their starts; those that run may stand between others. */
static struct job *jobs;

static void *run_job(void *arg)
{
    struct job *job = arg;

    job->kind->carry_out(job->work);
    eventfd_write(job->signal, 1);
    return NULL;
}

static void release_job(struct job *job)
{
    struct job **at = &jobs;

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (job->event)
        event_free(job->event);
    if (job->signal >= 0)
        close(job->signal);
    free(job);
}

/* The process's signals are for the thread of the loop. */
static void start_thread(struct job *job)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    job->running = pthread_create(&job->thread, NULL, run_job, job) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    job->failed = !job->running;
}

/* One that cannot begin ends by an event of its own, not within its start. */
static void start_waiting(const struct job_kind *kind)
{
    unsigned running = 0;

    for (const struct job *job = jobs; job; job = job->next)
        running += job->kind == kind && job->running;
    for (struct job *job = jobs; job && running < kind->at_once; job = job->next) {
        if (job->kind != kind || job->running || job->failed)
            continue;
        start_thread(job);
        running += job->running;
        if (job->failed)
            eventfd_write(job->signal, 1);
    }
}

static void on_job_done(evutil_socket_t fd, short what, void *arg)
{
    struct job *job = arg;
    const struct job_kind *kind = job->kind;
    void *work = job->work;
    bool cancelled = job->cancelled;
    bool ran = job->running;

    (void)fd;
    (void)what;
    if (ran)
        pthread_join(job->thread, NULL);
    release_job(job);
    start_waiting(kind);
    if (cancelled)
        kind->forgotten(work);
    else
        kind->done(work, ran);
}

struct job *job_start(struct event_base *base, const struct job_kind *kind, void *work)
{
    struct job *job = calloc(1, sizeof(*job));
    struct job **last = &jobs;

    if (!job)
        return NULL;
    job->kind = kind;
    job->work = work;
    while (*last)
        last = &(*last)->next;
    *last = job;
    job->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->signal >= 0)
        job->event = event_new(base, job->signal, EV_READ, on_job_done, job);
    if (!job->event || event_add(job->event, NULL) != 0) {
        release_job(job);
        return NULL;
    }
    start_waiting(kind);
    return job;
}

static void forget_job(struct job *job)
{
    const struct job_kind *kind = job->kind;
    void *work = job->work;

    release_job(job);
    kind->forgotten(work);
}

void job_cancel(struct job *job)
{
    if (!job)
        return;
    job->cancelled = true;
    if (!job->running)
        forget_job(job);
}

static struct timespec moment_in(int milliseconds)
{
    struct timespec moment;

    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_sec += milliseconds / 1000;
    moment.tv_nsec += milliseconds % 1000 * 1000000L;
    if (moment.tv_nsec >= 1000000000L) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000L;
    }
    return moment;
}

/* One that does not end in time is as one that was cancelled. */
void jobs_stop(const struct job_kind *kind, int milliseconds)
{
    struct timespec until = moment_in(milliseconds);
    struct job *next;

    for (struct job *job = jobs; job; job = next) {
        next = job->next;
        if (job->kind != kind)
            continue;
        job->cancelled = true;
        if (!job->running || pthread_timedjoin_np(job->thread, NULL, &until) == 0)
            forget_job(job);
    }
}
