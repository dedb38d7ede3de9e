#include "ctl/act.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "ctl/change.h"
#include "ctl/secret.h"

/* The cells of a question. */
enum { KIND, NAME, PROMPT, REASON, ECHO_ALLOWED, STATUS, CELLS };

static const enum object columns[CELLS] = {
    [KIND] = ovpnRequestKind,     [NAME] = ovpnRequestName,         [PROMPT] = ovpnRequestPrompt,
    [REASON] = ovpnRequestReason, [ECHO_ALLOWED] = ovpnRequestEcho, [STATUS] = ovpnRequestStatus,
};

/* The answers of one question, and the terminal where they are typed. */
struct dialogue {
    const struct call *call;
    const struct daemons *daemons;
    const struct row *row;
    FILE *terminal;
    struct page page; /* the same terminal, for text of strangers */
    struct secret secrets[CHANGE_MAX];
    struct change change;
};

static bool read_questions(struct grid *rows, struct remote *remote, unsigned long daemon,
                           struct fault *fault)
{
    const struct remote_columns wanted = {columns, CELLS, 2, daemon, 0};

    return remote_read(remote, &wanted, rows, fault);
}

/* The pending question of that number, or the only one for NULL. */
static const struct row *choose(const struct grid *rows, const char *number, const char *daemon,
                                struct fault *fault)
{
    const struct row *chosen = NULL;
    uint64_t wanted = 0;
    size_t count = 0;

    if (number && !slice_to_u64(slice_of(number), &wanted)) {
        fault_set(fault, OUTCOME_USAGE, "\"%s\" is not the number of a question", number);
        return NULL;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];

        if (cell_number(&row->cells[STATUS], 0) != objects_value(ovpnRequestStatus, "pending") ||
            (number && row->index[1] != wanted))
            continue;
        chosen = row;
        count++;
    }
    if (count == 1)
        return chosen;
    if (count == 0)
        fault_set(fault, OUTCOME_NOT_FOUND, "%s waits for no %s", daemon,
                  number ? "answer of this number" : "answer");
    else
        fault_set(fault, OUTCOME_USAGE,
                  "%s waits for %zu answers: `ovpnctl requests' has their numbers, and one of them "
                  "goes behind the name",
                  daemon, count);
    return NULL;
}

static bool is_kind(const struct row *row, const char *label)
{
    return cell_number(&row->cells[KIND], 0) == objects_value(ovpnRequestKind, label);
}

static bool has_challenge(const struct row *row)
{
    return cell_number(&row->cells[ECHO_ALLOWED], 0) != objects_value(ovpnRequestEcho, "unknown");
}

static bool may_echo(const struct row *row)
{
    return cell_number(&row->cells[ECHO_ALLOWED], 0) == objects_value(ovpnRequestEcho, "true");
}

/* A challenge that came with the reason of the last failure takes a response alone. */
static bool is_dynamic(const struct row *row)
{
    return has_challenge(row) && slice_starts(slice_of(cell_text(&row->cells[REASON])), "CRV1:");
}

/* Asks for one part of the answer and puts it into the SET. */
static bool ask_part(struct dialogue *dialogue, enum object object, const char *label, bool shown,
                     bool may_be_empty)
{
    struct change *change = &dialogue->change;
    struct secret *secret = &dialogue->secrets[change->count];

    page_print(&dialogue->page, label);
    fputs(": ", dialogue->terminal);
    fflush(dialogue->terminal);
    if (!secret_read(secret, fileno(dialogue->terminal), shown) ||
        (secret->len == 0 && !may_be_empty))
        return false;
    change->set[change->count++] = (struct remote_change){
        .name = {object, 2, {dialogue->row->index[0], dialogue->row->index[1]}},
        .text = secret->text,
        .len = secret->len};
    return true;
}

static bool ask_confirmation(struct dialogue *dialogue)
{
    struct secret secret = {0};
    bool yes;

    fputs("ok? [y/N] ", dialogue->terminal);
    fflush(dialogue->terminal);
    if (!secret_read(&secret, fileno(dialogue->terminal), true))
        return false;
    yes = secret.text[0] == 'y' || secret.text[0] == 'Y';
    dialogue->change.allow = "confirm";
    dialogue->change.set[dialogue->change.count++] = (struct remote_change){
        .name = {ovpnConfirmConfirm, 2, {dialogue->row->index[0], dialogue->row->index[1]}},
        .number = objects_value(ovpnConfirmConfirm, yes ? "ok" : "cancel")};
    return true;
}

/* All parts that the kind of the question has. */
static bool ask_parts(struct dialogue *dialogue)
{
    const struct row *row = dialogue->row;

    if (is_kind(row, "confirm"))
        return ask_confirmation(dialogue);
    if (is_kind(row, "string"))
        return ask_part(dialogue, ovpnCredentialString, "Answer", false, false);
    if (is_kind(row, "challenge") || is_dynamic(row))
        return ask_part(dialogue, ovpnCredentialResponse, "Response", may_echo(row), false);
    if (is_kind(row, "username"))
        return ask_part(dialogue, ovpnCredentialUsername, "User name", true, false);
    if (is_kind(row, "usernamePassword") &&
        !ask_part(dialogue, ovpnCredentialUsername, "User name", true, false))
        return false;
    if (!ask_part(dialogue, ovpnCredentialPassword, "Password", false, true))
        return false;
    return !has_challenge(row) ||
           ask_part(dialogue, ovpnCredentialResponse, "Response", may_echo(row), false);
}

static void tell_question(const struct dialogue *dialogue)
{
    const char *prompt = cell_text(&dialogue->row->cells[PROMPT]);
    const char *reason = cell_text(&dialogue->row->cells[REASON]);

    page_print(&dialogue->page, daemons_name(dialogue->daemons, dialogue->row->index[0]));
    fputs(" asks for ", dialogue->terminal);
    page_print(&dialogue->page, cell_text(&dialogue->row->cells[NAME]));
    if (prompt[0]) {
        fputs(": ", dialogue->terminal);
        page_print(&dialogue->page, prompt);
    }
    if (reason[0] && !is_dynamic(dialogue->row)) {
        fputs("\nThe last answer was wrong: ", dialogue->terminal);
        page_print(&dialogue->page, reason);
    }
    fputc('\n', dialogue->terminal);
}

static int hold_dialogue(struct dialogue *dialogue)
{
    const char *name = daemons_name(dialogue->daemons, dialogue->row->index[0]);
    int status;

    dialogue->terminal = fopen("/dev/tty", "r+e");
    if (!dialogue->terminal)
        return fault_exit(OUTCOME_DECLINED, "an answer is typed on a terminal, and here is none");
    dialogue->page = dialogue->call->page;
    dialogue->page.out = dialogue->terminal;
    tell_question(dialogue);
    if (ask_parts(dialogue))
        status = change_run(&dialogue->change, dialogue->call, name, NULL);
    else
        status = fault_exit(OUTCOME_DECLINED, "nothing was answered");
    for (size_t i = 0; i < CHANGE_MAX; i++)
        secret_wipe(&dialogue->secrets[i]);
    fclose(dialogue->terminal);
    return status;
}

static int answer_question(const struct call *call, const struct daemons *daemons,
                           const struct row *row)
{
    struct dialogue dialogue = {
        .call = call,
        .daemons = daemons,
        .row = row,
        .change = {.daemon = row->index[0],
                   .what = "an answer",
                   .allow = "passwords",
                   .quiet = true},
    };

    if (is_kind(row, "other") || is_kind(row, "unknown"))
        return fault_exit(OUTCOME_REFUSED,
                          "this question (%s) cannot be answered through SNMP: whoever has asked "
                          "for it answers it elsewhere",
                          cell_text(&row->cells[NAME]));
    if (!is_kind(row, "confirm") && !remote_is_private(call->remote))
        return fault_exit(OUTCOME_DENIED,
                          "the answer would go to %s in the clear: -v 3 -l authPriv encrypts it",
                          remote_host(call->remote));
    return hold_dialogue(&dialogue);
}

int act_answer(struct call *call)
{
    struct daemons daemons = {0};
    struct grid rows = {0};
    const struct row *row;
    struct fault fault;
    unsigned long daemon;
    int status;

    if (!call_words(call, 1, 2))
        return OUTCOME_USAGE;
    secret_prepare();
    if (daemons_of_call(&daemons, call, 1, &daemon, &fault) &&
        read_questions(&rows, call->remote, daemon, &fault) &&
        (row = choose(&rows, call_word(call, 2), daemons_name(&daemons, daemon), &fault)))
        status = answer_question(call, &daemons, row);
    else
        status = fault_tell(&fault);
    grid_fini(&rows);
    daemons_fini(&daemons);
    return status;
}
