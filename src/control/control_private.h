#ifndef CONTROL_CONTROL_PRIVATE_H
#define CONTROL_CONTROL_PRIVATE_H

#include "base/hash.h"
#include "control/control.h"
#include "model/ondemand.h"

/* Shared by the files of this folder only. */

/* Something that is being read anew. */
struct reading {
    bool active;
    uint64_t ticket; /* of its command among the shown ones */
    int64_t begun;   /* clock_mono() */
};

struct control {
    struct instance *instance;
    struct session *session;
    const struct instance_config *config;
    uint64_t id;
    unsigned unattended; /* commands that are: see control_unattended_begin() */

    /* control/refresh.c */
    struct reading net;
    struct reading pkcs11;
    struct net_lines read_net;
    struct pkcs11_list read_pkcs11;
    unsigned next_certificate; /* index to ask for */

    struct hash_node by_index; /* of the daemon */
    struct hash_node by_id;
};

#endif
