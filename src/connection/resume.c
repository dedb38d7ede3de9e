#include "connection/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/keep.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "connection/listener.h"
#include "connection/queue.h"
#include "protocol/command.h"

/*
 * The words are lines: this, the endpoint, WHOLE or TORN, the greeting, the question or nothing,
 * and LAST.  Of a process that died while it wrote them LAST is missing.
 */
static const char first_line[] = "management session 1";
static const char whole_line[] = "whole";
static const char torn_line[] = "torn";
static const char last_line[] = "end";

void resume_init(struct resume *resume)
{
    *resume = (struct resume){.fd = -1};
}

static bool parse_words(struct resume *resume, const struct instance_config *config)
{
    struct slice rest = slice_of(resume->words);
    struct slice state;

    if (!slice_is(slice_cut(&rest, '\n'), first_line) ||
        !slice_is(slice_cut(&rest, '\n'), config->management.text))
        return false;
    state = slice_cut(&rest, '\n');
    resume->torn = !slice_is(state, whole_line);
    resume->greeting = slice_cut(&rest, '\n');
    resume->question = slice_cut(&rest, '\n');
    return slice_is(slice_cut(&rest, '\n'), last_line) && resume->greeting.len > 0;
}

void resume_find(struct resume *resume, const struct instance_config *config)
{
    if (resume->keep)
        return;
    resume->keep = keep_take(config->name, &resume->fd, &resume->words);
    if (!resume->keep || parse_words(resume, config))
        return;
    log_notice("%s: the session that another agent has left cannot be gone on with", config->name);
    resume_drop(resume);
}

bool resume_waits(const struct resume *resume)
{
    return resume->fd >= 0;
}

void resume_give(struct resume *resume, int fd)
{
    resume->fd = fd;
}

int resume_take(struct resume *resume)
{
    int fd = resume->fd;

    resume->fd = -1;
    return fd;
}

void resume_done(struct resume *resume)
{
    free(resume->words);
    resume->words = NULL;
    resume->greeting = resume->question = (struct slice){NULL, 0};
}

void resume_put(struct resume *resume, const struct instance_config *config, int fd)
{
    if (!resume->keep && fd >= 0)
        resume->keep = keep_put(config->name, fd);
}

void resume_note(struct resume *resume, const struct instance_config *config, const char *greeting,
                 const char *question, bool torn)
{
    char *words = NULL;
    int len;

    if (!resume->keep || !greeting)
        return;
    len = asprintf(&words, "%s\n%s\n%s\n%s\n%s\n%s\n", first_line, config->management.text,
                   torn ? torn_line : whole_line, greeting, text_or_empty(question), last_line);
    if (len < 0)
        return;
    keep_note(resume->keep, (struct slice){words, (size_t)len});
    free(words);
}

void resume_drop(struct resume *resume)
{
    keep_drop(resume->keep);
    if (resume->fd >= 0)
        close(resume->fd);
    resume_done(resume);
    resume_init(resume);
}

void resume_leave(struct resume *resume)
{
    keep_leave(resume->keep);
    resume->keep = NULL;
    resume_drop(resume);
}

bool resume_ask(struct queue *queue)
{
    static const char rest[] = "echo off\nbytecount 0\nload-stats\npid\n";
    const struct listener listener = {.done = listener_ignore};
    struct command command;

    command_log_off(&command);
    command.form = REPLY_RESYNC;
    return queue_add(queue, &command, (struct slice){rest, sizeof(rest) - 1}, &listener);
}
