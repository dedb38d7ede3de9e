#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stdbool.h>

struct event_base;
struct job;

/*
 * Work that may have to wait for a disk or a name server, in a thread of its own, so that the event
 * loop does not.  What it needs and what it finds stand in one piece of memory, the work.
 */
struct job_kind {
    unsigned at_once; /* so many run at a time; others wait for one that is done */

    /* In the thread: touches nothing but its work, and takes no part in the program's signals. */
    void (*carry_out)(void *work);

    /*
     * From the event loop, once; the work is the callee's from then on.  ran is false when there
     * was no thread to be had: nothing was done then.
     */
    void (*done)(void *work, bool ran);

    /* In the place of done, of a job that was cancelled: frees the work. */
    void (*forgotten)(void *work);
};

/*
 * Begins.  The kind must stay valid.  Returns NULL when memory is out; the work is the caller's
 * then.
 */
struct job *job_start(struct event_base *base, const struct job_kind *kind, void *work);

/*
 * Forgets a job that is not done.  One that runs ends by itself, and is waited for by nobody.  NULL
 * is harmless.
 */
void job_cancel(struct job *job);

/*
 * At the end of the program: waits for the jobs of a kind that run still, not longer than so many
 * milliseconds, and forgets them and those that wait.  For work that must not go on while the
 * program exits.
 */
void jobs_stop(const struct job_kind *kind, int milliseconds);

#endif
