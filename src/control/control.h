#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "control/change.h"
#include "control/verdict.h"
#include "model/instance.h"
#include "session/session.h"

/*
 * What may be asked of one daemon: who permits it, and whether it makes sense now.  Controls are
 * found by the index of their daemon.
 */
struct control;

/*
 * Makes the controls of a daemon.  instance, session and config must outlive them.  NULL when
 * memory is out.
 */
struct control *control_new(struct instance *instance, struct session *session,
                            const struct instance_config *config);

/* From now on another configuration holds; the old one may be freed. */
void control_configure(struct control *control, const struct instance_config *config);

/* Frees them.  The session must be gone already, so that no answer is waited for; NULL is fine. */
void control_free(struct control *control);

/* The controls of the daemon with that index; NULL when there is none. */
struct control *control_find(uint32_t index);

/*
 * A number that no other controls ever have, and the controls that have it; NULL when they are
 * gone. After a reload another daemon may have the index.
 */
uint64_t control_id(const struct control *control);
struct control *control_with_id(uint64_t id);

/* Usernames, passwords and the like are not permitted at all: the way to here is not safe. */
void control_forbid_secrets(bool forbidden);

/*
 * Whether a change may be made now; *why says in words for people why not.  What several changes
 * mean together is the plan's business (control/plan.h).
 */
enum control_verdict control_check(const struct control *control, const struct change *change,
                                   const char **why);

/*
 * The same without CONTROL_BUSY: whether it is still permitted and makes sense in the moment before
 * it is sent.
 */
enum control_verdict control_recheck(const struct control *control, const struct change *change,
                                     const char **why);

/*
 * A change that answers a question is about to be sent: from now on nobody but managers, who are
 * one, may answer it, until they have done with it.  False when somebody else does already.
 */
bool control_claim(struct control *control, const struct change *change);
void control_unclaim(struct control *control);

struct instance *control_instance(const struct control *control);
struct session *control_session(const struct control *control);

/*
 * A command whose answer is overdue, or that puts something back unattended, is under way, or has
 * ended.  Until then the controls are busy.  To be called in pairs; an end
 * without a beginning is ignored.
 */
void control_unattended_begin(struct control *control);
void control_unattended_end(struct control *control);

/* Milliseconds that a change may take. */
unsigned control_timeout(const struct control *control);

/* Begins to read again what the change says (CLASS_REFRESH); harmless while that is under way. */
void control_refresh(struct control *control, const struct change *change);

#endif
