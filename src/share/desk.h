#ifndef SHARE_DESK_H
#define SHARE_DESK_H

#include "config/config.h"
#include "model/shares.h"
#include "protocol/message.h"
#include "share/bucket.h"
#include "share/turns.h"

/* What all guests of a daemon have in common. */
struct desk {
    struct instance *instance;
    struct session *session;
    struct turns turns;
    char *greeting; /* as the daemon wrote it, NULL before contact */
    char *question; /* the hold or the question told last, likewise */
    bool hold;      /* it is a hold */
};

/* And those of a share. */
struct site {
    struct desk *desk;
    const struct share_config *config;
    struct share_row *row;
    struct bucket bucket;
};

/* Both must outlive the desk. */
void desk_init(struct desk *desk, struct instance *instance, struct session *session);
void desk_fini(struct desk *desk);

/* The daemon has said something by itself, which the model knows by now. */
void desk_heard(struct desk *desk, struct slice line, const struct message *message);

/* What the daemon said was of a session that has ended. */
void desk_forget(struct desk *desk);

/* The line that tells of a hold or a question that is still open; NULL when there is none. */
const char *desk_question(const struct desk *desk);

#endif
