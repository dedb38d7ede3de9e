#include "ctl/show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/doctor.h"
#include "ctl/doctor_checks.h"
#include "ctl/output.h"

#define CONFIG_FILE SYSCONFDIR "/openvpn-agentx/openvpn-agentx.conf"
#define AGENT_USER  "openvpn-agentx"

/* Each in the order in which somebody would set things up. */
static const struct {
    const char *name;
    const char *good;                          /* what is said when it finds nothing */
    enum { OF_ALL, OF_CONFIG, OF_SNMPD } part; /* what it looks at is named there */
    void (*run)(struct doctor *doctor);
} checks[] = {
    {"user", "the agent's user", OF_ALL, doctor_check_user},
    {"config", "the agent's configuration", OF_ALL, doctor_check_config},
    {"passwords", "files with passwords: owner and mode", OF_CONFIG, doctor_check_passwords},
    {"memory", "where the agent keeps what it remembers", OF_CONFIG, doctor_check_memory},
    {"openvpn", "OpenVPN's configurations", OF_ALL, doctor_check_openvpn},
    {"management", "management sockets", OF_CONFIG, doctor_check_management},
    {"snmpd", "snmpd's configuration", OF_SNMPD, doctor_check_snmpd},
    {"agentx", "snmpd's socket for the agent", OF_SNMPD, doctor_check_agentx},
    {"views", "who may see the agent's objects", OF_SNMPD, doctor_check_views},
    {"users", "snmpd's users", OF_SNMPD, doctor_check_people},
    {"modules", "MIB modules for the tools of Net-SNMP", OF_ALL, doctor_check_modules},
    {"services", "what runs", OF_ALL, doctor_check_services},
    {"answers", "what the agent answers", OF_ALL, doctor_check_answers},
    {"clock", "the clock", OF_ALL, doctor_check_clock},
};

static const struct {
    const char *word;
    enum page_colour colour;
} marks[] = {
    [DOCTOR_OK] = {"ok", COLOUR_GOOD},
    [DOCTOR_SKIP] = {"skip", COLOUR_DIM},
    [DOCTOR_WARN] = {"warn", COLOUR_WAITS},
    [DOCTOR_FAIL] = {"fail", COLOUR_BAD},
};

static const struct output_field fields[] = {
    {"result", "", OUTPUT_TEXT, 0, 0}, {"check", "", OUTPUT_TEXT, 0, 0},
    {"where", "", OUTPUT_TEXT, 0, 0},  {"what", "", OUTPUT_TEXT, 0, 0},
    {"mend", "", OUTPUT_TEXT, 0, 0},
};

#define INDENT 18 /* of the texts, in columns */

/* Words from there on, in lines that fit the page; a longer word stands in a line of its own. */
static void print_wrapped(const struct page *page, const char *text)
{
    size_t room = page->width > INDENT + 20 ? page->width - INDENT : 20;
    size_t used = 0;

    while (*text) {
        char word[2048];
        size_t len = strcspn(text, " ");

        snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word)), text);
        if (used > 0 && used + 1 + page_width(word) > room) {
            fprintf(page->out, "\n%*s", INDENT, "");
            used = 0;
        } else if (used > 0) {
            fputc(' ', page->out);
            used++;
        }
        page_print(page, word);
        used += page_width(word);
        text += len + (text[len] == ' ');
    }
    fputc('\n', page->out);
}

static void print_finding(const struct page *page, const struct doctor_finding *finding)
{
    char text[4096];

    page_paint(page, marks[finding->level].colour);
    page_put(page, marks[finding->level].word, 6, false);
    page_paint(page, COLOUR_NONE);
    page_put(page, finding->check, INDENT - 6, false);
    snprintf(text, sizeof(text), "%s%s%s", finding->where ? finding->where : "",
             finding->where ? ": " : "", finding->what ? finding->what : "");
    print_wrapped(page, text);
    if (!finding->mend)
        return;
    /* Whole, for whoever copies it. */
    fprintf(page->out, "%*s$ ", INDENT, "");
    page_print(page, finding->mend);
    fputc('\n', page->out);
}

static bool print_for_programs(const struct doctor *doctor, const struct page *page)
{
    struct output output;
    bool good;

    output_init(&output, fields, sizeof(fields) / sizeof(fields[0]), (int64_t)time(NULL));
    for (size_t i = 0; i < doctor->count; i++) {
        const struct doctor_finding *finding = &doctor->findings[i];

        output_text(&output, marks[finding->level].word, COLOUR_NONE);
        output_text(&output, finding->check, COLOUR_NONE);
        output_text(&output, finding->where, COLOUR_NONE);
        output_text(&output, finding->what, COLOUR_NONE);
        output_text(&output, finding->mend, COLOUR_NONE);
    }
    good = output_print(&output, page, NULL);
    output_fini(&output);
    return good;
}

static bool print_all(const struct doctor *doctor, const struct page *page)
{
    if (page->format != PAGE_TABLE)
        return print_for_programs(doctor, page) && !doctor->failed;
    for (size_t i = 0; i < doctor->count; i++)
        print_finding(page, &doctor->findings[i]);
    return !doctor->failed;
}

/* Why a check has nothing to look at; NULL when it has. */
static const char *why_not(const struct doctor *doctor, size_t place)
{
    if (checks[place].part == OF_CONFIG && !doctor->config)
        return "no configuration says where";
    if (checks[place].part == OF_SNMPD && doctor->config && doctor->config->listen)
        return "the agent answers by itself, without snmpd";
    return NULL;
}

static void run_all(struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        const char *why = why_not(doctor, i);
        size_t before = doctor->count;

        doctor->check = checks[i].name;
        if (why)
            doctor_say(doctor, DOCTOR_SKIP, NULL, "%s: %s", checks[i].good, why);
        else
            checks[i].run(doctor);
        if (doctor->count == before)
            doctor_say(doctor, DOCTOR_OK, NULL, "%s", checks[i].good);
    }
}

static enum outcome outcome_of(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++)
        if (doctor->findings[i].level == DOCTOR_FAIL)
            return OUTCOME_ILL;
    return OUTCOME_OK;
}

static bool take_choice(int letter, const char *value, void *context)
{
    struct doctor *doctor = context;

    if (letter == 'c')
        doctor->config_file = value;
    else if (letter == 'u')
        doctor->user.name = value;
    else
        doctor->root = value;
    return true;
}

int show_health(struct call *call)
{
    static const char *const longs[] = {"root", NULL};
    struct doctor doctor = {.root = "",
                            .config_file = CONFIG_FILE,
                            .user = {.name = AGENT_USER},
                            .remote = call->remote};
    enum outcome outcome;

    if (!call_options(call, "c:u:", longs, take_choice, &doctor) || !call_words(call, 0, 0))
        return OUTCOME_USAGE;
    if (strcmp(doctor.root, "/") == 0)
        doctor.root = "";
    if (doctor.config_file[0] != '/' || (doctor.root[0] != '\0' && doctor.root[0] != '/'))
        return call_usage(call, "a path begins with /");
    run_all(&doctor);
    outcome = outcome_of(&doctor);
    if (!print_all(&doctor, &call->page))
        outcome = (enum outcome)fault_exit(OUTCOME_FAILED, "out of memory");
    doctor_fini(&doctor);
    return (int)outcome;
}
