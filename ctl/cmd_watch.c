#include "ctl/stay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/receiver.h"

#define LISTEN "udp:1162"

static enum page_colour severity_colour(const char *severity)
{
    if (strcmp(severity, "CRITICAL") == 0 || strcmp(severity, "MAJOR") == 0)
        return COLOUR_BAD;
    if (strcmp(severity, "MINOR") == 0 || strcmp(severity, "WARNING") == 0)
        return COLOUR_WAITS;
    return strcmp(severity, "NORMAL") == 0 ? COLOUR_GOOD : COLOUR_NONE;
}

static int64_t notice_time(const struct notice *notice)
{
    const struct cell *cell = notice_find(notice, ovpnNotificationUnixTime);

    return cell ? cell_number(cell, clock_wall()) : clock_wall();
}

static void tell_people(const struct notice *notice, const struct page *page, const char *words)
{
    enum page_colour colour = severity_colour(notice->kind->severity);
    char time[FORMAT_MAX];

    format_time(time, notice_time(notice), clock_wall());
    fprintf(page->out, "%s ", time);
    if (colour != COLOUR_NONE)
        page_paint(page, colour);
    page_print(page, words);
    if (colour != COLOUR_NONE)
        page_paint(page, COLOUR_NONE);
    fputc('\n', page->out);
}

static void tell_value(const struct notice_value *value, FILE *out)
{
    const char *label = NULL;

    output_json_text(out, objects_name(value->object));
    fputs(": ", out);
    if (objects_kind(value->object) == OBJECTS_ENUM)
        label = objects_label(value->object, value->cell.number);
    if (!value->cell.there)
        fputs("null", out);
    else if (label || value->cell.text)
        output_json_text(out, label ? label : value->cell.text);
    else
        fprintf(out, "%lld", (long long)value->cell.number);
}

/* An object in a line of its own. */
static void tell_programs(const struct notice *notice, FILE *out, const char *words)
{
    fprintf(out, "{\"time\": %lld, \"notification\": ", (long long)notice_time(notice));
    output_json_text(out, notice->kind->name);
    fputs(", \"severity\": ", out);
    output_json_text(out, notice->kind->severity);
    fputs(", \"text\": ", out);
    output_json_text(out, words);
    fputs(", \"values\": {", out);
    for (size_t i = 0; i < notice->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        tell_value(&notice->values[i], out);
    }
    fputs("}}\n", out);
}

static bool tell_notice(const struct notice *notice, void *context)
{
    const struct page *page = context;
    char words[2048];

    if (!notice->kind)
        return true; /* somebody else's */
    notice_words(notice, words, sizeof(words));
    if (page->format == PAGE_JSON)
        tell_programs(notice, page->out, words);
    else
        tell_people(notice, page, words);
    return fflush(page->out) == 0;
}

static bool take_listen(int letter, const char *value, void *context)
{
    (void)letter;
    *(const char **)context = value;
    return true;
}

int stay_watch(struct call *call)
{
    static const char *const longs[] = {"listen", NULL};
    const char *address = LISTEN;
    struct fault fault;

    if (!call_options(call, "", longs, take_listen, &address) || !call_words(call, 0, 0))
        return OUTCOME_USAGE;
    if (call->page.format == PAGE_CSV)
        return call_usage(call, "notifications go with --json, not with --csv");
    if (!receiver_run(call->remote, address, tell_notice, &call->page, &fault))
        return fault_tell(&fault);
    return fault_exit(OUTCOME_FAILED, "cannot write");
}
