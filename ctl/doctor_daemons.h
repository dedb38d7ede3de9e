#ifndef CTL_DOCTOR_DAEMONS_H
#define CTL_DOCTOR_DAEMONS_H

#include "ctl/doctor.h"

/* What OpenVPN's own configuration files say of management. */

/* Files that are read at most. */
#define DOCTOR_DAEMONS_MAX 512

struct doctor_daemon {
    char path[512];  /* of its file */
    char unit[300];  /* openvpn-server@office */
    char where[256]; /* the first word behind `management`; "" without such a line */
    char port[64];   /* the second one: a port, or "unix" */
    bool password;   /* there is a third one */
    bool client;     /* management-client: it connects, and does not listen */
    bool client_auth;
    bool hold;
    bool signal;
    char group[64]; /* management-client-group; "" without */
    char user[64];  /* management-client-user; "" without */
};

struct doctor_daemons {
    struct doctor_daemon *list;
    size_t count;
    size_t unread; /* files and folders that could not be looked into */
};

/* Reads etc/openvpn and its folders server and client; freed with doctor_daemons_fini(). */
void doctor_daemons_read(struct doctor_daemons *daemons, const struct doctor *doctor);
void doctor_daemons_fini(struct doctor_daemons *daemons);

/* Whether the daemon's line means that endpoint. */
bool doctor_daemon_is_at(const struct doctor_daemon *daemon, const struct endpoint *endpoint);

#endif
