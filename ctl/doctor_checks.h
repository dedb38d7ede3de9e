#ifndef CTL_DOCTOR_CHECKS_H
#define CTL_DOCTOR_CHECKS_H

#include "ctl/doctor.h"

/* The checks: each says what it finds, and nothing when all is well. */

/* The agent (doctor_agent.c). */
void doctor_check_user(struct doctor *doctor);
void doctor_check_config(struct doctor *doctor); /* reads it, for those behind it too */
void doctor_check_passwords(struct doctor *doctor);
void doctor_check_memory(struct doctor *doctor);

/* OpenVPN (doctor_daemons.c, doctor_openvpn.c). */
void doctor_check_openvpn(struct doctor *doctor);
void doctor_check_management(struct doctor *doctor);

/* snmpd (doctor_snmpd.c), and the tools' modules (doctor_modules.c). */
void doctor_check_snmpd(struct doctor *doctor);
void doctor_check_agentx(struct doctor *doctor);
void doctor_check_views(struct doctor *doctor);
void doctor_check_people(struct doctor *doctor);
void doctor_check_modules(struct doctor *doctor);

/* What runs and what it answers (doctor_running.c). */
void doctor_check_services(struct doctor *doctor);
void doctor_check_answers(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);

#endif
