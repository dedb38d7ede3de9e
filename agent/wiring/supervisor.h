#ifndef AGENT_WIRING_SUPERVISOR_H
#define AGENT_WIRING_SUPERVISOR_H

struct model;

/* What systemd is told (sd_notify(3)), and shows in `systemctl status`; nothing without it. */

/* The agent serves the model from now on. */
void supervisor_ready(const struct model *model);

/*
 * To be called in every turn of the loop: tells how many daemons there are and are in contact, and
 * whether there is a master agent, within SUPERVISOR_WAIT milliseconds of a change.
 */
void supervisor_turn(void);

/* The agent ends. */
void supervisor_stopping(void);

#define SUPERVISOR_WAIT 500

#endif
