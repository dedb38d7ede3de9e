#ifndef SHARE_ASKS_H
#define SHARE_ASKS_H

#include <stdbool.h>
#include <stddef.h>

#include "control/change.h"
#include "model/instance.h"
#include "protocol/command.h"
#include "protocol/lexer.h"
#include "protocol/verbs.h"

/*
 * What a guest asks for: its line, judged, as a command and, when it writes what managers can
 * write too, as a change, so that both are checked and known in the same way.  Pure but for reading
 * the model.
 */
struct ask {
    const struct verb *verb;
    struct verb_judgement judgement;
    struct command command; /* written anew; of a block the first line; may hold secrets */
    bool has_change;        /* managers can ask for it too: */
    struct change change;   /* without secrets; its source is the caller's business */

    /* Which login or question it answers: answers.h. */
    int64_t cid;                       /* -1 when it is no login's */
    int64_t kid;                       /* likewise, and where 2.5 gives none */
    char question[LEXER_WORD_MAX + 1]; /* its name, "" when it answers none */
    uint32_t row;                      /* of the request, when it is open; else 0 */
};

/*
 * Reads a clean line of at most COMMAND_MAX bytes.  allow holds bits of enum permission, of the
 * share.  Returns what it is: of LINE_EMPTY there is nothing to answer; of LINE_WRONG and
 * LINE_FORBIDDEN ask->judgement.text is to be answered, and the rest of *ask is empty, or of the
 * latter has the verb; else all is filled in.
 */
enum verb_verdict ask_read(struct ask *ask, struct slice line, struct verb_manners manners,
                           unsigned allow, const struct instance *instance);

/*
 * Whether a daemon that is in contact can bear it, to be asked right before it is sent: true, or
 * false with the answer in text.
 */
bool ask_fits(const struct ask *ask, const struct instance *instance, char text[VERB_TEXT_MAX]);

/* The daemon has accepted it (SUCCESS): the model is changed accordingly. */
void ask_accepted(const struct ask *ask, struct instance *instance);

/* The command as people may see it: secrets are "***". */
enum { ASK_SHOWN_MAX = COMMAND_SHOWN_MAX };
void ask_show(const struct ask *ask, char text[ASK_SHOWN_MAX]);

/* Overwrites it, so that nothing secret stays in memory. */
void ask_wipe(struct ask *ask);

/* Whether one answer can do for both: they read the same. */
bool ask_equal(const struct ask *one, const struct ask *other);

#endif
