#ifndef AGENT_NOTIFY_TRIGGERS_H
#define AGENT_NOTIFY_TRIGGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/tables/walker.h"

struct instance_config;

/*
 * Turns events of the model into notifications: an observer that captures the varbinds by the
 * getters of the tables, at the moment of the event, and hands them to the queue
 * (agent/notify/outbox.h). Which are wanted and how many of a kind may be sent in a minute is the
 * configuration's word.
 */

/*
 * Checks that each event has a notification, and that the tables have the columns it names. Returns
 * the first that is not there, for people; NULL when all is right.
 */
const char *triggers_check(void);

/* Begins to observe.  The walker is borrowed until triggers_stop(). */
void triggers_start(const struct walker *walker);
void triggers_stop(void);

/*
 * The number of the last notification (ovpnNotificationSequence) is there from now on, 0 where
 * there was none, and goes on from there.
 */
void triggers_count_in(uint32_t *number);

/*
 * What holds for the instance with that index from now on; without a call nothing is sent for it.
 * Nothing of the configuration is kept but numbers.  Returns false when memory is out, which only
 * the first call for an index needs.
 */
bool triggers_configure(uint32_t index, const struct instance_config *config);

/* The instance is gone. */
void triggers_forget(uint32_t index);

#endif
