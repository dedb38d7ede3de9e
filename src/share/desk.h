#ifndef SHARE_DESK_H
#define SHARE_DESK_H

#include "config/config.h"
#include "model/shares.h"
#include "share/bucket.h"
#include "share/turns.h"

/* What all guests of a daemon have in common. */
struct desk {
    struct instance *instance;
    struct session *session;
    struct turns turns;
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

#endif
