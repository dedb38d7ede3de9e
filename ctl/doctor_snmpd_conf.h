#ifndef CTL_DOCTOR_SNMPD_CONF_H
#define CTL_DOCTOR_SNMPD_CONF_H

#include "ctl/doctor.h"

/* What snmpd's configuration says (snmpd.conf(5)), as far as the agent needs it.  Of secrets in
 * these files nothing is kept. */

#define SNMPD_LIST_MAX 256

/* A line view. */
struct snmpd_view {
    char name[64];
    bool included;
    char oid[200];
};

/* Who may read: of a line rouser, rwuser, rocommunity, rwcommunity or access. */
struct snmpd_access {
    char user[64]; /* of SNMPv3; "" for the others */
    char view[64]; /* "" is all there is */
    bool named;    /* it is the name of a view, and no identifier */
};

struct snmpd_conf {
    bool found;           /* there is /etc/snmp/snmpd.conf */
    int error;            /* why one of the files could not be read */
    char unread[512];     /* that file */
    bool includes_folder; /* includeDir /etc/snmp/snmpd.conf.d */
    bool master;          /* master agentx */
    bool perms;           /* agentXPerms */
    char socket[512];     /* agentXSocket, the last one; "" without */
    struct snmpd_view views[SNMPD_LIST_MAX];
    size_t view_count;
    struct snmpd_access access[SNMPD_LIST_MAX];
    size_t access_count;
};

/* Reads it with all that it includes; a folder's files in their order. */
void snmpd_conf_read(struct snmpd_conf *conf, const struct doctor *doctor);

/* What is known of a user of SNMPv3. */
enum snmpd_user {
    SNMPD_USER_NONE,
    SNMPD_USER_ASKED, /* a line createUser that snmpd has not taken yet */
    SNMPD_USER_THERE,
    SNMPD_USER_UNKNOWN /* the files are not for us to read */
};

enum snmpd_user snmpd_conf_user(const struct doctor *doctor, const char *name);

/* Whether lines say what is in the view. */
bool snmpd_conf_has_view(const struct snmpd_conf *conf, const char *view);

/* Whether somebody with that view sees the agent's objects; "" is the view of all. */
bool snmpd_conf_shows(const struct snmpd_conf *conf, const char *view);

/* Whether the view has something behind the agent's objects (see the shipped example). */
bool snmpd_conf_ends_well(const struct snmpd_conf *conf, const char *view);

#endif
